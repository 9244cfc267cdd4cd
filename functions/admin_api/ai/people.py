"""What an approver is told beside tasks: counts, nodes without a rule, changed rules, agreement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.access import ADMIN, APPROVER
from admin_api.api import Api, Router
from admin_api.ids import encode_id
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.problems import Problem, invalid, not_found
from admin_api.wiring import Services
from taskbridge.ai.people import EVERYONE, MIN_DECISIONS, PersonNode, agreement_of
from taskbridge.ai.results import Verdict

T = TypeVar("T")
Id = Annotated[str | None, Query(min_length=1, max_length=200)]
Of = Annotated[
    Literal["me", "everyone"] | None,
    Query(description="`everyone` is for admins. Without it: me for an approver, everyone for an admin who is none"),
]
router = Router("AI overview")


@dataclass(frozen=True, slots=True)
class Count:
    """How many open tasks AI approval is on for."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of an application. `path` is application and node as a path of the API takes them."""

    app_id: str
    app_name: str
    node_id: str
    node_key: str
    node_name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation(Node):
    """A node without a rule on which the caller has decided `decided` times."""

    decided: int
    open_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUpdate(Node):
    """A node whose rule changed since the caller last looked; `rule_version` is empty where there is none now."""

    rule_version: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often verdict and decision agreed.

    `decided` counts the decisions that had the verdict approve or reject. Under `needed` of them `hidden` is true, and
    the others are null. `low` and `high` bound the true `rate` with 95%. `abstained` are decisions beside these, where
    the verdict was needs_human; `false_approvals` those where approve was advised and the person refused.
    """

    app_id: str | None
    node_id: str | None
    of_everyone: bool
    hidden: bool
    needed: int
    decided: int | None = None
    agreed: int | None = None
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    false_approvals: int | None = None
    abstained: int | None = None


@router.get("/v1/ai/count", summary="How many open tasks AI approval is on for")
def count_tasks(api: Api) -> Count:
    """Your open tasks on nodes where a rule is in force, and not switched off."""
    uid = api.caller.uid
    nodes = {(node.app_id, node.node_id): node.open_count for node in _nodes(api) if node.open_count > 0}
    rules = api.services.book.in_force(uid, nodes).rules
    return Count(sum(nodes[node] for node, rule in rules.items() if rule.enabled))


@router.get("/v1/ai/recommendations", summary="Nodes that one decides on without a rule")
def list_recommendations(api: Api, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[Recommendation]:
    """Those with the most decisions first."""
    position = api.open_cursor(cursor)
    decided = [node for node in _nodes(api) if node.decided > 0 and not node.dismissed_at]
    in_force = api.services.book.in_force(api.caller.uid, [(node.app_id, node.node_id) for node in decided])
    if not in_force.switches.settings.examine_enable:
        return api.listed([], None)
    without = [node for node in decided if not in_force.has_rule(node.app_id, node.node_id)]
    without.sort(key=lambda node: (-node.decided, node.app_id, node.node_id))
    return _slice(api, without, _recommendation, position, limit)


@router.delete("/v1/ai/recommendations/{app_id}/{node_id}", summary="Dismiss a recommendation", status_code=204)
def dismiss_recommendation(api: Api, app_id: str, node_id: str) -> Response[str]:
    """It does not come back."""
    uid, services = api.caller.uid, api.services
    if not _is_person(uid) or services.people.get(uid, app_id, node_id) is None:
        raise not_found("recommendation")
    services.people.dismiss(uid, app_id, node_id, services.now())
    return Response(204, body="")


@router.get("/v1/ai/rule-updates", summary="Nodes whose rule changed")
def list_rule_updates(api: Api, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[RuleUpdate]:
    """Since you last said that you had looked: reading does not say so."""
    position = api.open_cursor(cursor)
    changed = [node for node in _nodes(api) if node.rule_updated_at]
    changed.sort(key=lambda node: node.rule_updated_at, reverse=True)
    return _slice(api, changed, _rule_update, position, limit)


@router.delete("/v1/ai/rule-updates", summary="Say that one has looked", status_code=204)
def clear_rule_updates(api: Api) -> Response[str]:
    """What changes from now on is told again."""
    if _is_person(api.caller.uid):
        api.services.people.clear_reminders(api.caller.uid)
    return Response(204, body="")


@router.get("/v1/ai/agreement", summary="How often verdict and decision agreed")
def get_agreement(api: Api, app_id: Id = None, node_id: Id = None, of: Of = None) -> Agreement:
    """Of a node, an application, or all. `node_id` needs its `app_id`."""
    if node_id and not app_id:
        raise invalid("node_id", "expected together with app_id", where="query")
    caller = api.caller
    if of == "everyone" and ADMIN not in caller.roles:
        raise Problem(403, "not_allowed", "What is counted of everyone is for the role admin.")
    uid = caller.uid if of == "me" or (of is None and APPROVER in caller.roles) else None
    counters: Counter[tuple[Verdict, str]] = Counter()
    for node in _counted(uid, app_id or "", node_id or "", api.services):
        counters.update(node.agreement)
    rates = agreement_of(counters)
    return Agreement(
        app_id=app_id or None,
        node_id=node_id or None,
        of_everyone=uid is None,
        hidden=rates is None,
        needed=MIN_DECISIONS,
        **(asdict(rates) if rates else {}),
    )


def _counted(uid: str | None, app_id: str, node_id: str, services: Services) -> Sequence[PersonNode]:
    if uid is not None and not _is_person(uid):
        return []
    owner = EVERYONE if uid is None else uid
    if not node_id:
        return services.people.list(owner, app_id)
    node = services.people.get(owner, app_id, node_id)
    return [node] if node else []


def _nodes(api: Api) -> list[PersonNode]:
    uid = api.caller.uid
    return api.services.people.list(uid) if _is_person(uid) else []


def _is_person(uid: str) -> bool:
    """Whoever is called `*` would read what is counted of all."""
    return uid != EVERYONE


def _slice(
    api: Api, found: Sequence[PersonNode], show: Callable[[PersonNode], T], position: str | None, limit: int
) -> Listed[T]:
    """A page of a list that is short: a person has as many entries as nodes."""
    start = int(position or 0)
    end = start + limit
    return api.listed([show(each) for each in found[start:end]], str(end) if end < len(found) else None)


def _recommendation(node: PersonNode) -> Recommendation:
    return Recommendation(**_facts(node), decided=node.decided, open_count=max(0, node.open_count))


def _rule_update(node: PersonNode) -> RuleUpdate:
    updated_at = datetime.fromisoformat(node.rule_updated_at)
    return RuleUpdate(**_facts(node), rule_version=node.rule_updated_version, updated_at=updated_at)


def _facts(node: PersonNode) -> dict[str, Any]:
    return {
        "app_id": node.app_id,
        "app_name": node.app_name,
        "node_id": node.node_id,
        "node_key": node.node_key,
        "node_name": node.node_name,
        "path": f"{encode_id(node.app_id)}/{encode_id(node.node_id)}",
    }
