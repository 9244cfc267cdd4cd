"""What is known of a person on each node, and what an approver is told of it: counts, missing and changed rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.api import Api, Router
from admin_api.ids import encode_id
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.problems import not_found
from admin_api.views import show
from admin_api.wiring import Services
from taskbridge.ai.people import EVERYONE, PersonNode

T = TypeVar("T")
Id = Annotated[str | None, Query(min_length=1, max_length=200)]
router = Router("AI overview")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of an application. `path` is application and node as a path of the API takes them."""

    app_id: str
    app_name: str
    node_id: str
    node_key: str
    node_name: str
    path: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many open tasks AI approval is on for."""

    count: int


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


@router.get("/v1/ai/count", summary="How many open tasks AI approval is on for")
def count_tasks(api: Api) -> Count:
    """Your open tasks on nodes where a rule is in force, and not switched off."""
    uid = api.caller.uid
    nodes = {
        (node.app_id, node.node_id): node.open_count
        for node in nodes_of(api.caller.uid, api.services)
        if node.open_count > 0
    }
    rules = api.services.book.in_force(uid, nodes).rules
    return Count(sum(nodes[node] for node, rule in rules.items() if rule.enabled))


@router.get("/v1/ai/recommendations", summary="Nodes that one decides on without a rule")
def list_recommendations(api: Api, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[Recommendation]:
    """Those with the most decisions first."""
    position = api.open_cursor(cursor)
    decided = [node for node in nodes_of(api.caller.uid, api.services) if node.decided > 0 and not node.dismissed_at]
    in_force = api.services.book.in_force(api.caller.uid, [(node.app_id, node.node_id) for node in decided])
    if not in_force.switches.settings.examine_enable:
        return api.listed([], None)
    without = [node for node in decided if not in_force.has_rule(node.app_id, node.node_id)]
    without.sort(key=lambda node: (-node.decided, node.app_id, node.node_id))
    return page_of(api, without, _recommendation, position, limit)


@router.delete("/v1/ai/recommendations/{app_id}/{node_id}", summary="Dismiss a recommendation", status_code=204)
def dismiss_recommendation(api: Api, app_id: str, node_id: str) -> Response[str]:
    """It does not come back."""
    uid, services = api.caller.uid, api.services
    if not is_person(uid) or services.people.get(uid, app_id, node_id) is None:
        raise not_found("recommendation")
    services.people.dismiss(uid, app_id, node_id, services.now())
    return Response(204, body="")


@router.get("/v1/ai/rule-updates", summary="Nodes whose rule changed")
def list_rule_updates(api: Api, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[RuleUpdate]:
    """Since you last said that you had looked: reading does not say so."""
    position = api.open_cursor(cursor)
    changed = [node for node in nodes_of(api.caller.uid, api.services) if node.rule_updated_at]
    changed.sort(key=lambda node: node.rule_updated_at, reverse=True)
    return page_of(api, changed, _rule_update, position, limit)


@router.delete("/v1/ai/rule-updates", summary="Say that one has looked", status_code=204)
def clear_rule_updates(api: Api) -> Response[str]:
    """What changes from now on is told again."""
    if is_person(api.caller.uid):
        api.services.people.clear_reminders(api.caller.uid)
    return Response(204, body="")


def _recommendation(node: PersonNode) -> Recommendation:
    return show(Recommendation, node, path=path_of(node), open_count=max(0, node.open_count))


def _rule_update(node: PersonNode) -> RuleUpdate:
    updated_at = datetime.fromisoformat(node.rule_updated_at)
    return show(RuleUpdate, node, path=path_of(node), rule_version=node.rule_updated_version, updated_at=updated_at)


def path_of(node: PersonNode) -> str:
    """Application and node as a path of the API takes them."""
    return f"{encode_id(node.app_id)}/{encode_id(node.node_id)}"


def nodes_of(uid: str, services: Services) -> list[PersonNode]:
    """All nodes of a person: one Query."""
    return services.people.list(uid) if is_person(uid) else []


def is_person(uid: str) -> bool:
    """Whoever is called `*` would read what is counted of all."""
    return uid != EVERYONE


def page_of(
    api: Api, found: Sequence[PersonNode], show: Callable[[PersonNode], T], position: str | None, limit: int
) -> Listed[T]:
    """A page of a list that is short."""
    start = int(position or 0)
    end = start + limit
    return api.listed([show(each) for each in found[start:end]], str(end) if end < len(found) else None)
