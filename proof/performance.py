"""docs/performance.md: the bench beside its targets, the floor below them, and what was lived through."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from proof.plot import Bar, render
from proof.record import Data, Record
from proof.words import section, table

_HEAD = """# Performance

What is claimed, beside what was measured, each as a ratio to something that ran beside it on the same machine. Anyone
can run it again: `make prove`, or one step of it, `make prove ONLY=bench`. What was found is kept in
[proof/](proof/) by step, and this page is made of that.

"""


def page(records: Mapping[str, Record], plot_file: str) -> str:
    """The whole page."""
    texts: dict[str, Callable[[Data], str]] = {
        "bench": lambda data: _bench(data, plot_file),
        "floor": _floor,
        "starts": _starts,
        "outage": _outage,
        "rows": _rows,
        "chaos": _chaos,
        "runtime": lambda data: "```\n" + "\n".join(data["said"]) + "\n```\n",
    }
    titles = {
        "bench": "Beside the targets",
        "floor": "What a push cannot save",
        "starts": "What a cold start cannot save",
        "outage": "Two hours without a task center",
        "rows": "Lists beside very many rows",
        "chaos": "Chaos, and an AWS that fails",
        "runtime": "Under the Python of Lambda",
    }
    parts = [
        section(title, step, records, texts[step](records[step].data) if step in records else "")
        for step, title in titles.items()
    ]
    return _HEAD + "\n".join(parts)


def plot(rows: Sequence[Data]) -> str:
    """The rows of the bench as bars."""
    names = [row["name"] for row in rows]
    bars = [
        Bar(_name(row, names), row["value"] / row["target"], row["ours"]) for row in rows if row["value"] is not None
    ]
    return render(bars, "Measured values as shares of their targets")


def _name(row: Data, names: Sequence[str]) -> str:
    """What the row is called, with what ran beside it where two are called the same."""
    told: str = row["name"]
    return told if names.count(told) == 1 else f"{told}, {row['beside'].rpartition(', ')[2]}"


def _bench(data: Data, plot_file: str) -> str:
    rows, missing = data["rows"], data["missing"]
    told = [[row["name"], row["ours"], row["beside"], _number(row["ratio"]), _bound(row), _met(row)] for row in rows]
    return (
        table(("measurement", "ours", "beside it", "ratio", "target", "met"), told)
        + f"\n![Each value as a share of its target]({plot_file})\n\n"
        + "Processor time, not wall time, for a task; wall time for a start and a batch. A busy machine makes both\n"
        + "sides of a ratio slower, and not always alike: run it on an idle one before a number is quoted.\n"
        + (f"Could not be measured: {', '.join(missing)}.\n" if missing else "")
    )


def _bound(row: Data) -> str:
    return f"{'below' if row['strict'] else 'at most'} {row['target']:.3g}{row['unit']}"


def _met(row: Data) -> str:
    return {True: "yes", False: "**no**", None: "not measured"}[row["met"]]


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.2g}"


def _floor(data: Data) -> str:
    whole, ours, plain = data["whole_ms"], data["ours_ms"], data["plain_ms"]
    center = data.get("center_ms", 0.0)  # of a run before it was measured
    return (
        f"A batch of ten pushes makes {len(data['calls'])} calls of AWS: {', '.join(data['calls'])}.\n"
        "The same calls, sent again and again by nothing but a client, are the part of a push that our code\n"
        "cannot save:\n\n"
        + table(
            ("", "ms of CPU for a task"),
            [
                ("those calls by botocore as it is delivered, over urllib3", f"{plain:.2f}"),
                (
                    "those calls as the functions make them ([0090](decisions/0090-the-usual-call-of-dynamodb.md))",
                    f"{ours:.2f}",
                ),
                *((("the call of the task center, by nothing but the client", f"{center:.2f}"),) if center else ()),
                ("the whole push: those calls, the task center's, and what is ours", f"{whole:.2f}"),
            ],
        )
        + (
            f"\nCode of ours that costs nothing would leave {(ours + center) / whole:.2f} of a push.\n"
            if center
            else ""
        )
    )


def _starts(data: Data) -> str:
    taken = data["ms"]
    names = {
        "botocore": "importing botocore, which any handler does that speaks to AWS",
        "clients": "and making three clients of AWS as the push function does: the floor of both below",
        "event_router": "the whole start of event_router",
        "push_task": "the whole start of push_task",
        "usual": "the usual handler",
    }
    rows = [(told, f"{taken[name]:.0f}", f"{taken[name] / taken['usual']:.2f}") for name, told in names.items()]
    left = (taken["push_task"] - taken["clients"]) / taken["usual"]
    return (
        table(("start of", "ms", "of the usual handler"), rows)
        + f"\nWhat push_task has beyond them (logging, tracing, reading messages, tokens, the task center's client,\n"
        f"all tables, our own code) is {left:.2f} of the usual handler's start. The rest is AWS's.\n"
    )


def _outage(data: Data) -> str:
    return (
        f"{data['tasks']} tasks come in while the task center is down for {data['hours']} hours, in simulated time\n"
        "(`tests/simulation`: what decides is real). All arrived. While it was down,\n"
        f"{data['attempts']} attempts were made, where a retry every 30 s would have made {data['blind']}; the\n"
        f"backlog was gone {data['drained_s']:.0f} s after the end, at 20 calls a second.\n"
    )


def _rows(data: Data) -> str:
    return (
        f"The tests of the lists of the push log, `{data['tests']}`, beside **{data['rows']:,} logs** on the\n"
        f"emulator: the calls of each list are counted, and have to be as many as beside a few.\n"
        f"`{data['said'].strip('= ')}`.\n"
        "How many rows fit is a matter of memory and patience, as the emulator holds them: `make prove ONLY=rows\n"
        "ROWS=1000000`.\n"
    )


def _chaos(data: Data) -> str:
    seeds = data["seeds"]
    told = [
        [
            seed["seed"],
            f"{seed['events']:,}",
            seed["instances"],
            seed["killed"],
            f"{seed['aws_calls']:,}",
            f"{sum(seed['aws_trouble'].values()):,}",
            seed["second_inserts"],
            f"{seed['seconds']} s",
            seed.get("run", "the last, below").removesuffix("+00:00"),
        ]
        for seed in seeds
    ]
    head = (
        "seed",
        "events",
        "instances",
        "workers killed",
        "calls of AWS",
        "of them failed",
        "second inserts",
        "took",
        "run",
    )
    kinds = sorted({kind for seed in seeds for kind in seed["aws_trouble"]})
    return (
        f"**{len(seeds)} seeds** of {data['events']:,} events and more through the whole stack: shuffled, a fifth of\n"
        "them twice, a task center that fails a tenth of its calls, push workers that are killed, and a proxy before\n"
        "AWS (DynamoDB, SQS, Parameter Store) that throttles, fails and hangs up: one call in twenty, and nearly all\n"
        "for 2 s in every 15, also after they were carried out. In the end each todo stands at the task center as the\n"
        "events imply, and each event is accounted for.\n"
        "A second insert is a call whose first answer died with its worker, or could not be written down.\n\n"
        + table(head, told)
        + f"\nWhat failed: {', '.join(kinds)}.\n"
    )
