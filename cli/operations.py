"""`taskbridge summary`, `dlq` and `platforms`: how everything stands."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from cli.api import path_of
from cli.errors import REFUSED
from cli.screen import Column, build_facts, build_table
from cli.session import Session

_QUEUES: Sequence[Column] = (
    ("Queue", "name"),
    ("Waiting", "waiting"),
    ("In work", "in_flight"),
    ("Delayed", "delayed"),
    ("Oldest, s", "oldest_age_s"),
)
_STANDING: Sequence[Column] = (
    ("Platform", "id"),
    ("Name", "name"),
    ("Enabled", "enabled"),
    ("Breaker", lambda each: each["breaker"]["state"]),
    ("Why", lambda each: each["breaker"]["reason"] or each.get("unreadable", "")),
    ("Last success", "last_success_at"),
    ("Failed, hour", lambda each: each["last_hour"]["failed"]),
    ("Failed, day", lambda each: each["last_day"]["failed"]),
    ("Retrying, day", lambda each: each["last_day"]["retrying"]),
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
_GAPS: Sequence[Column] = (("What they leave out", "gap"),)
_PLATFORMS: Sequence[Column] = (
    ("Id", "id"),
    ("Name", "name"),
    ("Class", "class_name"),
    ("Enabled", "enabled"),
    ("Draining", "draining"),
    ("Version", "version"),
)


def summarise(_options: argparse.Namespace, session: Session) -> int:
    """Queues, platforms, and events by status."""
    found = session.api.get("/v1/ops/summary")
    gaps = [{"gap": each} for each in found.get("rule_gaps", [])]
    counts = [{"span": "last hour", **found["last_hour"]}, {"span": "last day", **found["last_day"]}]
    session.screen.show(
        found,
        build_table("Queues", _QUEUES, found["queues"]),
        *([build_table("Trigger rules", _GAPS, gaps)] if gaps else []),
        build_table("Task centers", _STANDING, found["platforms"]),
        build_table("What became of events", _COUNTS, counts),
    )
    return 0


def list_dead_letters(_options: argparse.Namespace, session: Session) -> int:
    """Where dead letters are."""
    queues = [each for each in session.api.get("/v1/ops/summary")["queues"] if each["is_dead_letters"]]
    session.screen.show(queues, build_table("Dead letters", _QUEUES, queues))
    return 0


def redrive(options: argparse.Namespace, session: Session) -> int:
    """Move dead letters back, in as many calls as that takes."""
    path = path_of("ops", "queues", options.queue, "redrive")
    found = session.api.post(path)
    moved = found["moved"]
    while moved and not found["is_done"]:
        again = session.api.post(path)
        if not again["moved"]:
            break  # what is left is in other hands, or refused
        moved += again["moved"]
        found = {**again, "waiting": found["waiting"], "moved": moved}
    facts = {
        "from": found["queue"],
        "to": found["destination"],
        "letters, about": found["waiting"],
        "moved": "SQS is moving them" if moved is None else moved,
    }
    session.screen.show(found, build_facts("Redrive", facts))
    return 0


def list_platforms(options: argparse.Namespace, session: Session) -> int:
    """Which platforms there are."""
    found = session.api.items("/v1/platforms", {}, options.limit)
    session.screen.show(found, build_table("Platforms", _PLATFORMS, found))
    return 0


def try_platform(options: argparse.Namespace, session: Session) -> int:
    """Whether a platform can be worked with; 1 where it cannot."""
    found = session.api.post(path_of("platforms", options.platform_id, "test"))
    facts = {
        "cause": found["cause"],
        "message": found["message"],
        "HTTP": found["status"],
        "code": found["errcode"],
        "took": f"{found['duration_ms']} ms",
    }
    session.screen.show(found, build_facts(f"Platform {options.platform_id}", facts))
    return 0 if found["ok"] else REFUSED
