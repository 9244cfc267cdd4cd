"""What is counted and noted of a person: open tasks, nodes without a rule, changed rules, agreement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from admin_api.models import ai_people as shown
from admin_api.problems import not_found
from admin_api.wiring import Services
from taskbridge.ai.people import EVERYONE, MIN_DECISIONS, PersonNode, agreement_of
from taskbridge.ai.results import Verdict
from taskbridge.tables.dynamo import Page

T = TypeVar("T")
S = TypeVar("S")


def count_open(uid: str, services: Services) -> shown.Count:
    """A person's open tasks on nodes where a rule is in force that is not switched off."""
    nodes = {(node.app_id, node.node_id): node.open_count for node in _nodes(uid, services) if node.open_count > 0}
    rules = services.book.in_force(uid, nodes).rules
    return shown.Count(count=sum(nodes[node] for node, rule in rules.items() if rule.enabled))


def list_recommendations(uid: str, position: str | None, limit: int, services: Services) -> Page[shown.Recommendation]:
    """The nodes that a person decides on without a rule, those with the most decisions first."""
    decided = [node for node in _nodes(uid, services) if node.decided > 0 and not node.dismissed_at]
    in_force = services.book.in_force(uid, [(node.app_id, node.node_id) for node in decided])
    if not in_force.switches.settings.examine_enable:
        return Page([])
    without = [node for node in decided if not in_force.has_rule(node.app_id, node.node_id)]
    without.sort(key=lambda node: (-node.decided, node.app_id, node.node_id))
    return _slice(without, _recommendation, position, limit)


def dismiss(uid: str, app_id: str, node_id: str, services: Services) -> None:
    """Recommend this node to the person no more. Raises Problem (404) for a node that the person has no tasks of."""
    if not _is_person(uid) or services.people.get(uid, app_id, node_id) is None:
        raise not_found("recommendation")
    services.people.dismiss(uid, app_id, node_id, services.now())


def list_rule_updates(uid: str, position: str | None, limit: int, services: Services) -> Page[shown.RuleUpdate]:
    """The nodes whose rule changed since the person last looked, the newest change first."""
    changed = [node for node in _nodes(uid, services) if node.rule_updated_at]
    changed.sort(key=lambda node: node.rule_updated_at, reverse=True)
    return _slice(changed, _rule_update, position, limit)


def clear_rule_updates(uid: str, services: Services) -> None:
    """The person has looked."""
    if _is_person(uid):
        services.people.clear_reminders(uid)


def agreement(uid: str | None, app_id: str, node_id: str, services: Services) -> shown.Agreement:
    """How often verdict and decision agreed: those of one person, or of everyone (`uid` None).

    On one node, on all of an application, or on all there are.
    """
    counters: Counter[tuple[Verdict, str]] = Counter()
    for node in _counted(uid, app_id, node_id, services):
        counters.update(node.agreement)
    found = agreement_of(counters)
    return shown.Agreement(
        app_id=app_id or None,
        node_id=node_id or None,
        of_everyone=uid is None,
        hidden=found is None,
        needed=MIN_DECISIONS,
        decided=found.decided if found else None,
        agreed=found.agreed if found else None,
        rate=found.rate if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        false_approvals=found.false_approvals if found else None,
        abstained=found.abstained if found else None,
    )


def _counted(uid: str | None, app_id: str, node_id: str, services: Services) -> Sequence[PersonNode]:
    if uid is not None and not _is_person(uid):
        return []
    owner = EVERYONE if uid is None else uid
    if not node_id:
        return services.people.list(owner, app_id)
    node = services.people.get(owner, app_id, node_id)
    return [node] if node else []


def _nodes(uid: str, services: Services) -> list[PersonNode]:
    return services.people.list(uid) if _is_person(uid) else []


def _is_person(uid: str) -> bool:
    """Whoever is called `*` would read what is counted of all."""
    return uid != EVERYONE


def _slice(found: Sequence[S], build: Callable[[S], T], position: str | None, limit: int) -> Page[T]:
    """A page of a list that is short: a person has as many entries as nodes."""
    start = int(position or 0)
    end = start + limit
    return Page([build(each) for each in found[start:end]], str(end) if end < len(found) else None)


def _recommendation(node: PersonNode) -> shown.Recommendation:
    return shown.Recommendation(**_names(node), decided=node.decided, open_count=max(0, node.open_count))


def _rule_update(node: PersonNode) -> shown.RuleUpdate:
    return shown.RuleUpdate(
        **_names(node),
        rule_version=node.rule_updated_version,
        updated_at=datetime.fromisoformat(node.rule_updated_at),
    )


def _names(node: PersonNode) -> dict[str, str]:
    return {name: getattr(node, name) for name in ("app_id", "app_name", "node_id", "node_key", "node_name")}
