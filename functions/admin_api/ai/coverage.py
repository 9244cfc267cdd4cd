"""What trust the advice on a node has earned: how much is decided against how much of that is wrong, by each model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from admin_api.ai.agreement import Of, counted_uid, read_decided
from admin_api.api import Api, Router
from taskbridge.ai.people import DECISIONS, MIN_DECISIONS
from taskbridge.ai.results import Review, Verdict
from taskbridge.ai.risk_coverage import Advised, Assurance, Curve, assurance_of, build_curve
from taskbridge.ai.seats import Seat

Rests = Literal["said", "quoted", "checked", "computed"]
_NAMES: dict[Assurance, Rests] = {
    Assurance.SAID: "said",
    Assurance.QUOTED: "quoted",
    Assurance.CHECKED: "checked",
    Assurance.COMPUTED: "computed",
}
router = Router("AI overview")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveragePoint:
    """What would follow where an advice were taken that rests on `assurance` or better.

    `coverage` is the share of all forms that is decided, `risk` the share of these that people decided otherwise; `low`
    and `high` bound the true risk with 95%. `wrong_approvals` of the `approved` were refused by people; the true rate
    of these is below `wrong_approvals_high` with 95%.
    """

    assurance: Rests
    coverage: float
    decided: int
    wrong: int
    risk: float
    low: float
    high: float
    approved: int
    wrong_approvals: int
    wrong_approvals_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCoverage:
    """One model on one node. Under `needed` forms `hidden` is true, `forms` is null, and there are no points.

    `without_wrong_approval` is the assurance with the most coverage and no wrong approve, null where each has one.
    """

    platform_id: str
    model: str
    hidden: bool
    needed: int
    forms: int | None = None
    points: tuple[CoveragePoint, ...] = ()
    without_wrong_approval: Rests | None = None


@dataclass(frozen=True, slots=True)
class NodeCoverage:
    """The models of a node, those with the most forms first, over its `looked_at` latest decisions."""

    items: tuple[ModelCoverage, ...]
    of_everyone: bool
    looked_at: int


@router.get("/v1/ai/agreement/nodes/{app_id}/{node_id}/coverage", summary="How much is decided, and how much is wrong")
def get_coverage(api: Api, app_id: str, node_id: str, of: Of = None) -> NodeCoverage:
    """Over the latest decisions, by model and by what an advice rests on: people's decisions are taken for right."""
    uid = counted_uid(api.caller, of)
    decided = read_decided(uid, app_id, node_id, api.services)
    by_model: dict[tuple[str, str], list[Advised]] = defaultdict(list)
    for seat, review in decided:
        if seat.decision in DECISIONS:
            by_model[review.platform_id, review.model].append(_advised(seat, review))
    ranked = sorted(by_model.items(), key=lambda each: (-len(each[1]) if len(each[1]) >= MIN_DECISIONS else 0, each[0]))
    return NodeCoverage(tuple(_show(*model, advised) for model, advised in ranked), uid is None, len(decided))


def _advised(seat: Seat, review: Review) -> Advised:
    approved = seat.decision == DECISIONS[0]
    is_right = approved if review.verdict is Verdict.APPROVE else not approved
    return Advised(review.verdict, assurance_of(review.verdict, review.findings), is_right)


def _show(platform_id: str, model: str, advised: Sequence[Advised]) -> ModelCoverage:
    if len(advised) < MIN_DECISIONS:
        return ModelCoverage(platform_id=platform_id, model=model, hidden=True, needed=MIN_DECISIONS)
    curve: Curve = build_curve(advised)
    safe = curve.without_wrong_approval
    points = ({**asdict(point), "assurance": _NAMES[point.assurance]} for point in curve.points)
    return ModelCoverage(
        platform_id=platform_id,
        model=model,
        hidden=False,
        needed=MIN_DECISIONS,
        forms=curve.forms,
        points=tuple(CoveragePoint(**point) for point in points),
        without_wrong_approval=_NAMES[safe.assurance] if safe else None,
    )
