"""docs/capacity.md: what a load costs, what limits each part first, and what to change for more of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bench import prices
from proof import monthly
from proof.record import Data, Record
from proof.words import section, table

_HEAD = """# Capacity

What a load costs, what gives first under it, and what to change. Prices are those of us-east-1 on demand, without the
free tier (`bench/prices.py`); what the bill of an event is made of was counted from the calls that a thousand events
make (`make prove ONLY=cost`). Quotas are AWS's defaults of an account: look yours up in Service Quotas.

"""

_LIMITS = Path(__file__).with_name("limits.md")


def page(records: Mapping[str, Record]) -> str:
    """The whole page."""
    cost = records["cost"].data if "cost" in records else None
    texts = [
        section("What a load costs", "cost", records, _cost(cost) if cost else ""),
        section("While nothing happens", "cost", records, _idle(cost) if cost else ""),
        section("What a million events are made of", "cost", records, _bills(cost) if cost else ""),
        _LIMITS.read_text(encoding="utf-8").format(push=_carried(cost, "push", 10), router=_carried(cost, "router", 5)),
    ]
    return _HEAD + "\n".join(texts)


def _cost(bills: Data) -> str:
    lone, full = bills["lone"]["usd"], bills["full"]["usd"]
    months = [monthly.month(rate, lone, full) for rate in monthly.RATES]
    rows = [
        (f"{m.rate:,}", f"{m.events / 1e6:,.1f}", _usd(m.lone), _usd(m.full), _usd(m.analysis), _usd(m.model))
        for m in months
    ]
    head = ("events a second", "millions a month", "alone in batches", "in full batches", "AI: AWS", "AI: the model")
    return (
        "USD for a month of a steady load. Events that come alone make batches of one; a backlog makes full ones of\n"
        "ten. 1 a second is near the first, 10,000 a second are at the second, 100 a second between.\n\n"
        + table(head, rows)
        + f"\nAI holds that {monthly.ANALYSED:.0%} of the events are tasks that are analysed, that an answer takes\n"
        f"20 s with {monthly.INPUT_TOKENS:,} tokens in and {monthly.OUTPUT_TOKENS} out, and that a million cost "
        f"{monthly.INPUT_PRICE:g} and {monthly.OUTPUT_PRICE:g} USD: assumed, not measured,\n"
        "and nothing where a campus runs its own model. `AnalysisCost`\n"
        "tells what yours cost. Beside that: log lines"
        f" ({bills['full']['log_bytes'] / 1000 * prices.LOG_GB:.2f} USD a million events), and each of some 30\n"
        f"metrics that has data ({prices.METRIC:.2f} USD a month).\n"
    )


def _idle(bills: Data) -> str:
    rows = [(what, f"{usd:.2f}") for what, usd in bills["idle"]]
    rows.append(("in all", f"**{sum(usd for _, usd in bills['idle']):.2f}**"))
    return "USD for a month, by the template and AWS's rules.\n\n" + table(("what", "USD"), rows)


def _bills(bills: Data) -> str:
    full, lone = bills["full"]["lines"], bills["lone"]["lines"]
    rows = [
        (what.partition(" (")[0], f"{each:.4f}", f"{usd:.3f}", f"{alone[3]:.3f}")
        for (what, each, _, usd), alone in zip(full, lone, strict=True)
    ]
    rows.append(("in all", "", f"**{bills['full']['usd']:.2f}**", f"{bills['lone']['usd']:.2f}"))
    head = ("what", "of it for an event", "USD a million, batches of ten", "batches of one")
    return (
        "A task center that takes 200 ms; one task an event, half of them its end.\n\n"
        + table(head, rows)
        + "\n"
        + _least(bills["full"])
    )


def _least(bill: Data) -> str:
    """What of the bill no code of ours can change."""
    stored = sum(usd for what, _, _, usd in bill["lines"] if what.startswith("DynamoDB"))
    computed = sum(usd for what, _, _, usd in bill["lines"] if what.startswith("Lambda: GB-s"))
    carried = bill["usd"] - stored - computed
    return (
        f"Of these {bill['usd']:.2f} USD, {carried:.2f} are for carrying events and invoking functions, as AWS\n"
        f"counts it, and {stored:.2f} for what is kept: three writes of an event, which are the document with\n"
        "the attempt marked, the log, and the document with the outcome. Without the first, a crash between call and\n"
        "outcome leaves a todo that nobody knows of; without the second, nobody can tell what was done. Computing and\n"
        f"waiting for the task center is {computed:.2f}: code without any cost would leave a floor of "
        f"{carried + stored:.2f} USD. The target\n"
        "of 3.50 USD would take one write fewer for each event, and is not met.\n"
    )


def _carried(bills: Data | None, name: str, workers: int) -> str:
    """Events a second that so many workers carry, by the measured time of a batch."""
    told = (
        next((what for what, *_ in bills["full"]["lines"] if what.startswith(f"Lambda: GB-s, {name}")), "")
        if bills
        else ""
    )
    found = re.search(r"\((\d+) ms here", told)
    if not found:
        return f"{workers} workers"
    wall_ms = int(found[1])
    return f"{workers} workers with a batch of ten in {wall_ms} ms: {workers * 10_000 // wall_ms:,} events a second"


def _usd(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"
