"""How often verdict and decision agreed: of all, of each node, and of each clause of its rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.access import ADMIN, APPROVER, Caller
from admin_api.ai.people import Id, Node, is_person, page_of, path_of
from admin_api.ai.seats import read_reviews
from admin_api.api import Api, Router
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.problems import Problem, invalid
from admin_api.views import show
from admin_api.wiring import Services
from taskbridge.ai.clause_agreement import ClauseRates, count_clauses
from taskbridge.ai.people import EVERYONE, MIN_DECISIONS, Counters, PersonNode, agreement_of
from taskbridge.ai.results import Review, Verdict
from taskbridge.ai.seats import Seat
from taskbridge.flaws import flaw

LATEST_DECISIONS = 200  # of a node, whose clauses are counted
Of = Annotated[
    Literal["me", "everyone"] | None,
    Query(description="`everyone` is for admins. Without it: me for an approver, everyone for an admin who is none"),
]
router = Router("AI overview")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A rate of `agreed` among `decided`, with its 95% bounds. Under `needed` decisions it is `hidden`, and null."""

    hidden: bool
    needed: int
    decided: int | None = None
    agreed: int | None = None
    rate: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement(Rated):
    """How often verdict and decision agreed.

    `decided` counts the decisions that had the verdict approve or reject. Under `needed` of them `hidden` is true, and
    the others are null. `low` and `high` bound the true `rate` with 95%. `abstained` are decisions beside these, where
    the verdict was needs_human; `false_approvals` those where approve was advised and the person refused.
    """

    app_id: str | None
    node_id: str | None
    of_everyone: bool
    false_approvals: int | None = None
    abstained: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAgreement(Node):
    """Agreement on one node."""

    agreement: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseAgreement(Rated):
    """How often the decision was as one clause would have had it.

    `decided` counts the forms that met the clause, or did not; a form that met it and failed another counts for
    neither: it may have been refused for that one. Under `needed` of them `hidden` is true, and the others are null.
    `low` and `high` bound the true `rate` with 95%. `false_passes` are those that met it and were refused,
    `false_failures` those that did not and were approved; `unknown` are beside these.
    """

    clause: str
    false_passes: int | None = None
    false_failures: int | None = None
    unknown: int | None = None


@dataclass(frozen=True, slots=True)
class ClauseAgreements:
    """The clauses of a node's rules, those with the most decisions first, over its `looked_at` latest decisions."""

    items: tuple[ClauseAgreement, ...]
    of_everyone: bool
    looked_at: int


@router.get("/v1/ai/agreement", summary="How often verdict and decision agreed")
def get_agreement(api: Api, app_id: Id = None, node_id: Id = None, of: Of = None) -> Agreement:
    """Of a node, an application, or all. `node_id` needs its `app_id`."""
    if node_id and not app_id:
        raise invalid("node_id", flaw("together", field="app_id"), where="query")
    uid = counted_uid(api.caller, of)
    counters: Counter[tuple[Verdict, str]] = Counter()
    for node in _counted(uid, app_id or "", node_id or "", api.services):
        counters.update(node.agreement)
    return _rated(counters, uid, app_id or None, node_id or None)


@router.get("/v1/ai/agreement/nodes", summary="Agreement on each node")
def list_agreement(
    api: Api, of: Of = None, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Listed[NodeAgreement]:
    """Nodes with a verdict that was decided on: those with the most decisions first, those with too few by name."""
    uid, position = counted_uid(api.caller, of), api.open_cursor(cursor)
    nodes = [node for node in _counted(uid, "", "", api.services) if node.agreement]
    nodes.sort(key=_rank)

    def shown(node: PersonNode) -> NodeAgreement:
        agreement = _rated(node.agreement, uid, node.app_id, node.node_id)
        return show(NodeAgreement, node, path=path_of(node), agreement=agreement)

    return page_of(api, nodes, shown, position, limit)


@router.get("/v1/ai/agreement/nodes/{app_id}/{node_id}/clauses", summary="Agreement on each clause of a node's rules")
def list_clause_agreement(api: Api, app_id: str, node_id: str, of: Of = None) -> ClauseAgreements:
    """Over the latest decisions: clauses of rules that are no longer in force are among them.

    Of everyone, only those of the node's defaults are told: what people wrote for themselves is theirs.
    """
    uid = counted_uid(api.caller, of)
    found = [(seat.decision, review.findings) for seat, review in read_decided(uid, app_id, node_id, api.services)]
    clauses = tuple(ClauseAgreement(**_clause_rated(clause)) for clause in count_clauses(found))
    return ClauseAgreements(clauses, uid is None, len(found))


def counted_uid(caller: Caller, of: str | None) -> str | None:
    """Whose decisions are counted; None for everyone's. Raises Problem (403)."""
    if of == "everyone" and ADMIN not in caller.roles:
        raise Problem(403, "not_allowed", "What is counted of everyone is for the role admin.")
    return caller.uid if of == "me" or (of is None and APPROVER in caller.roles) else None


def read_decided(uid: str | None, app_id: str, node_id: str, services: Services) -> list[tuple[Seat, Review]]:
    """The latest tasks of the node that this very person decided (None: that anybody did), with what was found: a Query
    and a batch. Of everyone, only those by the node's default.
    """
    seats = [seat for seat in _decided(uid, app_id, node_id, services) if seat.decided_here and seat.decision]
    reviews = read_reviews(seats, services)
    return [(seat, review) for seat in seats if seat.analysis and (review := reviews.get(seat.analysis.answer_id))]


def _counted(uid: str | None, app_id: str, node_id: str, services: Services) -> Sequence[PersonNode]:
    if uid is not None and not is_person(uid):
        return []
    owner = EVERYONE if uid is None else uid
    if not node_id:
        return services.people.list(owner, app_id)
    node = services.people.get(owner, app_id, node_id)
    return [node] if node else []


def _rated(counters: Counters, uid: str | None, app_id: str | None, node_id: str | None) -> Agreement:
    rates = agreement_of(counters)
    shown = asdict(rates) if rates else {}
    hidden, of_everyone = rates is None, uid is None
    return Agreement(
        app_id=app_id, node_id=node_id, of_everyone=of_everyone, hidden=hidden, needed=MIN_DECISIONS, **shown
    )


def _rank(node: PersonNode) -> tuple[int, str, str, str, str]:
    """Those that show something first. How many decisions there are where too few are is not told by the order."""
    rates = agreement_of(node.agreement)
    return (-rates.decided if rates else 0, node.app_name, node.app_id, node.node_name, node.node_id)


def _decided(uid: str | None, app_id: str, node_id: str, services: Services) -> list[Seat]:
    """The latest tasks of the node that are done: one Query."""
    if uid is None:
        seats = services.seats.list_node_done(app_id, node_id, limit=LATEST_DECISIONS).items
        return [seat for seat in seats if seat.analysis and seat.analysis.rule_version.startswith("default-")]
    page = services.seats.list_person(uid, "done", app_id=app_id, node_id=node_id, limit=LATEST_DECISIONS)
    return page.items


def _clause_rated(clause: ClauseRates) -> dict[str, Any]:
    facts = asdict(clause)
    if clause.decided >= MIN_DECISIONS:
        return {"hidden": False, "needed": MIN_DECISIONS, **facts}
    return {"hidden": True, "needed": MIN_DECISIONS, "clause": clause.clause}
