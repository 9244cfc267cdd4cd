"""`taskbridge summary`: how everything stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from cli.dead_letters import QUEUES
from cli.screen import Column, build_table, show_moment
from cli.session import Session


def _state(platform: Mapping[str, Any]) -> str:
    """Whether it may be called: the breaker, or what stands before it."""
    breaker = platform["breaker"]
    if not platform["enabled"]:
        return "disabled"
    if breaker["state"] == "open":
        return "no quota" if breaker.get("wants_money") else "open"
    return "quiet" if breaker.get("quiet_until") else "closed"


def _why(platform: Mapping[str, Any]) -> str:
    breaker = platform["breaker"]
    asked = f"asked to be left alone until {show_moment(breaker['quiet_until'])}" if breaker.get("quiet_until") else ""
    return "; ".join(filter(None, (breaker["reason"], asked, platform.get("unreadable", ""))))


_STATE: Sequence[Column] = (
    ("Platform", "id"),
    ("Name", "name"),
    ("Breaker", _state),
    ("Since", lambda each: each["breaker"]["opened_at"]),
    ("Why", _why),
    ("Last success", "last_success_at"),
)
_STANDING: Sequence[Column] = (
    *_STATE,
    ("Failed 1 h / 24 h", lambda each: f"{each['last_hour']['failed']} / {each['last_day']['failed']}"),
    ("Waiting", lambda each: each["last_day"]["retrying"]),
)
_COUNTS: Sequence[Column] = (
    ("Events", "span"),
    ("Succeeded", "succeeded"),
    ("Retrying", "retrying"),
    ("Failed", "failed"),
    ("Superseded", "superseded"),
    ("Skipped", "skipped"),
    ("Exact", "is_exact"),
)
_GAPS: Sequence[Column] = (("What follows from them", "gap"),)

_NOWHERE: Sequence[Column] = (("Last day", "count"), ("Exact", "is_exact"), ("Which", "verb"))


def summarise(context: typer.Context) -> int:
    """Queues, platforms, and events by status."""
    session: Session = context.obj
    found = session.api.get("/v1/ops/summary")
    gaps = [{"gap": each} for each in found.get("rule_gaps", [])]
    counts = [{"span": "last hour", **found["last_hour"]}, {"span": "last day", **found["last_day"]}]
    nowhere = [
        {"verb": f"taskbridge events {kind}", **found[f"{kind}_events"]}
        for kind in ("rejected", "skipped")
        if found.get(f"{kind}_events", {}).get("count")
    ]
    session.screen.show(
        found,
        build_table("Queues", QUEUES, found["queues"]),
        *([build_table("Trigger rules", _GAPS, gaps)] if gaps else []),
        build_table("Task centers", _STANDING, found["platforms"]),
        build_table("AI platforms", _STATE, found.get("ai_platforms", [])),
        build_table("What became of events", _COUNTS, counts),
        *([build_table("Events that went nowhere", _NOWHERE, nowhere)] if nowhere else []),
    )
    return 0
