"""Whether findings follow a fact that is changed, as the nights have asked: by node, model and kind of change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from admin_api.ai.people import Id
from admin_api.ai.results import moment
from admin_api.api import Api, Router
from admin_api.ids import encode_id
from admin_api.problems import invalid
from admin_api.views import show
from taskbridge.ai.flips import WANTED, FlipScore, score_answers
from taskbridge.ai.jobs import AiJob, TryFlips
from taskbridge.flaws import flaw

Kind = Literal["amount", "number", "date", "period", "entries", "harmless"]
router = Router("AI overview")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipRate:
    """How the findings of one model followed one kind of change, on one node.

    `flipped` of the `turning` clauses were found as the checks say, before the change and after it: `rate`, of which
    the true one is between `low` and `high` with 95%; null where nothing had to turn. `kept` of the `keeping` clauses,
    on which the change has no bearing, were found as before.
    """

    path: str
    app_id: str
    node_id: str
    node_name: str
    platform_id: str
    model: str
    kind: Kind
    forms: int
    turning: int
    flipped: int
    rate: float | None
    low: float | None
    high: float | None
    keeping: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipRates:
    """What the nights of the last 30 days found. `wanted` is the rate of a careful reader, `asked_at` the last night.

    `nightly_flips` is how many questions a night may take, 0 where none are asked.
    """

    items: tuple[FlipRate, ...]
    wanted: float
    nights: int
    asked_at: datetime | None
    nightly_flips: int


@router.get("/v1/ai/flips", summary="Whether findings follow a fact that is changed")
def get_flips(api: Api, app_id: Id = None, node_id: Id = None) -> FlipRates:
    """Of a node, an application, or all. `node_id` needs its `app_id`. Nothing of a form is stored."""
    if node_id and not app_id:
        raise invalid("node_id", flaw("together", field="app_id"), where="query")
    jobs = [
        job
        for job in api.services.ai_jobs.list_nights()
        if (not app_id or job.app_id == app_id) and (not node_id or job.node_id == node_id) and job.flips
    ]
    return FlipRates(
        items=tuple(_rates(jobs)),
        wanted=WANTED,
        nights=len({job.wanted.day for job in jobs if isinstance(job.wanted, TryFlips)}),
        asked_at=moment(max((job.created_at for job in jobs), default="")),
        nightly_flips=api.services.switches().settings.nightly_flips,
    )


def _rates(jobs: Iterable[AiJob]) -> list[FlipRate]:
    by_node: dict[tuple[str, str], list[AiJob]] = defaultdict(list)
    for job in jobs:
        by_node[job.app_id, job.node_id].append(job)
    return [
        _show(group[0], *place, score)
        for _, group in sorted(by_node.items())
        for place, score in sorted(score_answers(answer for job in group for answer in job.flips).items())
    ]


def _show(latest: AiJob, platform_id: str, model: str, kind: str, score: FlipScore) -> FlipRate:
    return show(
        FlipRate,
        score,
        path=f"{encode_id(latest.app_id)}/{encode_id(latest.node_id)}",
        app_id=latest.app_id,
        node_id=latest.node_id,
        node_name=latest.wanted.node_name if isinstance(latest.wanted, TryFlips) else "",
        platform_id=platform_id,
        model=model,
        kind=kind,
        **({} if score.turning else {"rate": None, "low": None, "high": None}),
    )
