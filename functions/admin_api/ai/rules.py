"""Rules as they are saved: checked, versioned, on the trail of changes, and told to what keeps results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from admin_api.ai.views import NO_NAMES, Names, auto_analysis_of, build_default, build_own
from admin_api.models import ai_rules as shown
from admin_api.problems import not_found
from admin_api.wiring import Services
from taskbridge.ai.checks import check_expression
from taskbridge.ai.clauses import find_clause, split_clauses
from taskbridge.ai.messages import RuleChanged
from taskbridge.ai.rules import AutoAnalysis, Check, NodeDefault, OwnRule
from taskbridge.errors import ConfigurationError, StaleVersion, StoreError
from taskbridge.tables.dynamo import Page

CLAUSE_SHOWN = 40
LONGEST_PROBLEM = 600

R = TypeVar("R", NodeDefault, OwnRule)


def list_defaults(position: str | None, limit: int, services: Services) -> Page[shown.NodeDefault]:
    """A page of the nodes that have a default rule."""
    page = services.rules.list_defaults(position, limit)
    return Page([build_default(rule) for rule in page.items], page.next)


def save_default(
    who: str, app_id: str, node_id: str, wanted: shown.NodeDefaultWanted, services: Services
) -> shown.NodeDefault:
    """Save the default of a node; its names, and what was published of it, stay. Raises StaleVersion."""
    checks = read_checks(wanted.checks, wanted.rule)
    stored = services.rules.default(app_id, node_id)
    rule = msgspec.structs.replace(
        stored or NodeDefault(app_id=app_id, node_id=node_id),
        rule=wanted.rule,
        keynote=wanted.keynote,
        file_key=tuple(wanted.file_key),
        checks=checks,
        enabled=wanted.enabled,
        automatic=auto_analysis_of(wanted.auto_analysis) is AutoAnalysis.ENABLED,
    )
    saved = _save(stored, rule, wanted.version, services.rules.save_default)
    what = ("node", app_id, node_id)
    _tell(
        who, what, _facts(stored, build_default), _facts(saved, build_default), RuleChanged(app_id, node_id), services
    )
    return build_default(saved)


def list_own(uid: str, position: str | None, limit: int, services: Services) -> Page[shown.OwnRule]:
    """A page of a person's own rules."""
    page = services.rules.own_page(uid, position, limit)
    defaults = services.rules.defaults([(rule.app_id, rule.node_id) for rule in page.items])
    names = {node: (default.node_key, default.node_name) for node, default in defaults.items()}
    return Page([build_own(rule, names.get((rule.app_id, rule.node_id), NO_NAMES)) for rule in page.items], page.next)


def get_own(uid: str, app_id: str, node_id: str, services: Services) -> shown.OwnRule:
    """A person's own rule. Raises Problem (404)."""
    return build_own(_own(uid, app_id, node_id, services), _names(app_id, node_id, services))


def save_own(uid: str, app_id: str, node_id: str, wanted: shown.OwnRuleWanted, services: Services) -> shown.OwnRule:
    """Save a person's own rule. Raises StaleVersion where `wanted.version` is no longer the one that stands there."""
    checks = read_checks(wanted.checks, asked_text(wanted.rule, app_id, node_id, services)) if wanted.checks else ()
    stored = services.rules.own(uid, app_id, node_id)
    rule = msgspec.structs.replace(
        stored or OwnRule(uid=uid, app_id=app_id, node_id=node_id),
        rule=wanted.rule,
        keynote=wanted.keynote,
        file_key=tuple(wanted.file_key),
        checks=checks,
        enabled=wanted.status,
        auto_analysis=auto_analysis_of(wanted.auto_analysis),
    )
    return _save_own(stored, rule, wanted.version, services)


def list_versions(
    uid: str, app_id: str, node_id: str, position: str | None, limit: int, services: Services
) -> Page[shown.OwnRule]:
    """Every version of a person's own rule, the newest first; also of one that was deleted."""
    page = services.rules.own_versions(uid, app_id, node_id, position, limit)
    names = _names(app_id, node_id, services)
    return Page([build_own(rule, names) for rule in page.items], page.next)


def restore_own(
    uid: str, app_id: str, node_id: str, number: int, expected: int | None, services: Services
) -> shown.OwnRule:
    """Save an earlier version of a person's own rule as the newest. Raises Problem (404), StaleVersion."""
    earlier = services.rules.own_version(uid, app_id, node_id, number)
    if earlier is None:
        raise not_found("version")
    stored = services.rules.own(uid, app_id, node_id)
    beside = stored or OwnRule(uid=uid, app_id=app_id, node_id=node_id)
    rule = msgspec.structs.replace(earlier, version=beside.version, cleared_version=beside.cleared_version)
    return _save_own(stored, rule, expected, services)


def delete_own(uid: str, app_id: str, node_id: str, expected: int | None, services: Services) -> None:
    """Take a person's own rule away; its versions stay. Raises Problem (404), StaleVersion."""
    stored = _own(uid, app_id, node_id, services)
    services.rules.delete_own(uid, app_id, node_id, stored.version if expected is None else expected)
    what = ("own-rule", uid, app_id, node_id)
    _tell(uid, what, _facts(stored, build_own), None, RuleChanged(app_id, node_id, uid), services)


def asked_text(rule: str, app_id: str, node_id: str, services: Services) -> str:
    """The text that an own rule asks: its own, else that of the node's default."""
    default = None if rule.strip() else services.rules.default(app_id, node_id)
    return default.rule if default else rule


def read_checks(wanted: Iterable[shown.CheckWanted], rule: str) -> tuple[Check, ...]:
    """The checks of a rule with this text.

    Raises ConfigurationError that names the one which cannot be computed, or is for none of the rule's clauses.
    """
    checks, clauses = [], split_clauses(rule)
    for position, each in enumerate(wanted):
        check_expression(each.expression, field=f"checks[{position}].expression")
        number = find_clause(each.clause, clauses)
        if not number:
            raise ConfigurationError(f"checks[{position}].clause", _no_clause(clauses))
        checks.append(Check(clauses[number - 1], each.expression, each.confirmed, each.covers))
    return tuple(checks)


def _no_clause(clauses: Sequence[str]) -> str:
    read = "；".join(f"{number}「{clause[:CLAUSE_SHOWN]}」" for number, clause in enumerate(clauses, start=1))
    return f"不是规则中的任何一条（照抄整条原文）。规则读作 {len(clauses)} 条：{read}"[:LONGEST_PROBLEM]


def _own(uid: str, app_id: str, node_id: str, services: Services) -> OwnRule:
    rule = services.rules.own(uid, app_id, node_id)
    if rule is None:
        raise not_found("rule")
    return rule


def _names(app_id: str, node_id: str, services: Services) -> Names:
    default = services.rules.default(app_id, node_id)
    return (default.node_key, default.node_name) if default else NO_NAMES


def _save_own(stored: OwnRule | None, rule: OwnRule, expected: int | None, services: Services) -> shown.OwnRule:
    saved = _save(stored, rule, expected, services.rules.save_own)
    what = ("own-rule", rule.uid, rule.app_id, rule.node_id)
    message = RuleChanged(rule.app_id, rule.node_id, rule.uid)
    _tell(rule.uid, what, _facts(stored, build_own), _facts(saved, build_own), message, services)
    return build_own(saved, _names(rule.app_id, rule.node_id, services))


def _save(stored: R | None, rule: R, expected: int | None, save: Callable[[R, int], R]) -> R:
    """The rule at its new version. One that says what stands there already gets none, whatever `expected` is.

    So whoever had no answer the first time may simply save again: all the rest is done again.
    """
    if stored is not None and rule == stored:
        return stored
    current = stored.version if stored else 0
    if expected is not None and expected != current:
        raise StaleVersion(f"the rule is no longer at version {expected}")
    return save(rule, current)


def _tell(
    who: str,
    what: tuple[str, ...],
    before: dict[str, object] | None,
    after: dict[str, object] | None,
    message: RuleChanged,
    services: Services,
) -> None:
    services.trail.record(who, what, before, after)
    if services.ai_queue.send([message]):
        raise StoreError("the AI queue did not take the message")


def _facts(rule: R | None, build: Callable[[R], shown.RuleShown]) -> dict[str, object] | None:
    return build(rule).model_dump(mode="json") if rule is not None else None
