"""What is counted of each person on each node: open tasks, decisions, and how often the verdicts agreed with them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from taskbridge.ai.results import Verdict
from taskbridge.ai.seats import AnalysisStatus, Seat, SeatState

DECISIONS = ("approved", "rejected", "returned")
EVERYONE = "*"  # stands in the place of a uid where the decisions of all are counted
MIN_DECISIONS = 30
_Z95 = 1.959963984540054  # the normal quantile that 95% lie within

Counters = Mapping[tuple[Verdict, str], int]


class PersonNode(msgspec.Struct, frozen=True, kw_only=True):
    """One person on one node. Times are RFC 3339 in UTC, empty for none.

    `open_count` tasks are with the person, `decided` were decided by the person; of the latter, `agreement` counts
    those that had a verdict, by (verdict, decision). `rule_updated_at`: the rule in force changed (to
    `rule_updated_version`) since the person last looked. `dismissed_at`: no recommendation of this node is wanted.
    """

    uid: str
    app_id: str
    node_id: str
    app_name: str = ""
    node_name: str = ""
    node_key: str = ""
    open_count: int = 0
    decided: int = 0
    agreement: dict[tuple[Verdict, str], int] = msgspec.field(default_factory=dict)
    rule_updated_at: str = ""
    rule_updated_version: str = ""
    dismissed_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often verdict and decision agreed. `low` and `high` bound the true rate with 95% (Wilson's interval).

    `decided` is the decisions that had the verdict approve or reject, `agreed` those of them that followed it,
    `false_approvals` those where approve was advised and the person refused; `abstained` the decisions beside them
    where the verdict was needs_human.
    """

    decided: int
    agreed: int
    rate: float
    low: float
    high: float
    false_approvals: int
    abstained: int


def agreement_of(counters: Counters) -> Rates | None:
    """The agreement that these counts come to; None where fewer than 30 decisions say too little.

    approve agrees with approved, reject with rejected and with returned.
    """
    approvals = [counters.get((Verdict.APPROVE, decision), 0) for decision in DECISIONS]
    rejections = [counters.get((Verdict.REJECT, decision), 0) for decision in DECISIONS]
    decided = sum(approvals) + sum(rejections)
    if decided < MIN_DECISIONS:
        return None
    agreed = approvals[0] + rejections[1] + rejections[2]
    low, high = wilson_interval(agreed, decided)
    return Rates(
        decided=decided,
        agreed=agreed,
        rate=agreed / decided,
        low=low,
        high=high,
        false_approvals=approvals[1] + approvals[2],
        abstained=sum(counters.get((Verdict.NEEDS_HUMAN, decision), 0) for decision in DECISIONS),
    )


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95% score interval of a rate, within 0 and 1. `trials` is at least 1.

    E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22 (1927).
    """
    rate, square = successes / trials, _Z95 * _Z95
    centre = rate + square / (2 * trials)
    spread = _Z95 * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials * trials))
    scale = 1 + square / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def count_open(before: Seat | None, seat: Seat) -> dict[tuple[str, str], int]:
    """By how much the counts of open tasks change, by (app id, node id), when `before` becomes `seat`."""
    was, now = ((s.app_id, s.node_id) if s and s.state is SeatState.OPEN else None for s in (before, seat))
    if was == now:
        return {}
    changes = {} if now is None else {now: 1}
    return changes if was is None else {**changes, was: -1}


def is_decision(before: Seat | None, seat: Seat) -> bool:
    """Whether this very person decided the task between `before` and `seat`."""
    return _is_decided_here(seat) and (before is None or not _is_decided_here(before))


def verdict_of(seat: Seat | None) -> Verdict | None:
    """The verdict that stood there for the person to see, if one did."""
    analysis = seat.analysis if seat else None
    return analysis.verdict if analysis and analysis.status is AnalysisStatus.DONE else None


def _is_decided_here(seat: Seat) -> bool:
    return seat.state is SeatState.DONE and seat.decided_here
