"""How much may be asked of AI platforms in a day of Asia/Shanghai: of one person, on one node, and by all. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from taskbridge.ai.settings import AiSettings
from taskbridge.reasons import build_reason

_ZONE = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class AskedToday:
    """What was asked in a day. `person` and `node` count analyses and jobs, `total` every question, with its `cost`."""

    person: int = 0
    node: int = 0
    total: int = 0
    cost: float = 0.0


def reached_cap(settings: AiSettings, asked: AskedToday) -> str:
    """The setting that leaves no room for one more, such as `daily_person`; empty where there is room. 0 is no cap."""
    counts = {
        "daily_person": asked.person,
        "daily_node": asked.node,
        "daily_total": asked.total,
        "daily_cost": asked.cost,
    }
    caps = ((name, getattr(settings, name), count) for name, count in counts.items())
    return next((name for name, most, count in caps if most and count >= most), "")


def find_reached(settings: AiSettings, asked: AskedToday) -> str:
    """The same for people, in Chinese; empty where there is room."""
    name = reached_cap(settings, asked)
    if not name:
        return ""
    most = getattr(settings, name)
    return build_reason(name.replace("daily", "cap"), most=f"{most:g}" if name == "daily_cost" else most)


def day_of(now: float) -> str:
    """The day of a moment (epoch seconds), such as 2026-11-22."""
    return _local(now).date().isoformat()


def seconds_to_tomorrow(now: float) -> float:
    """Until the counts begin anew, at least 1."""
    local = _local(now)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return max(1.0, (midnight - local).total_seconds())


def _local(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC).astimezone(_ZONE)
