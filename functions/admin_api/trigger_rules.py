"""Trigger rules as admins see and change them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from admin_api.changes import Trail
from admin_api.models.trigger_rules import RuleChange, RuleFields, RuleNew
from admin_api.problems import conflict, not_found
from taskbridge.errors import ConfigurationError, StaleVersion, StoreError
from taskbridge.push.coverage import find_gaps
from taskbridge.push.trigger_rules import AI, EVERY_PLATFORM, TriggerRule
from taskbridge.registry import category_of
from taskbridge.tables.configuration import Configuration
from taskbridge.tables.configuration_models import Configurator
from taskbridge.tables.dynamo import Page

View = dict[str, Any]
UNKNOWN = "the rules could not be read again: see GET /v1/ops/summary for what they leave out"
logger = logging.getLogger("admin_api")


@dataclass(frozen=True, slots=True)
class TriggerRules:
    """The stored rules. Everything raises StoreError where a store does not answer.

    `current` reads the configuration as workers will: each change answers with what the rules leave out by now.
    """

    store: Configurator
    trail: Trail
    new_id: Callable[[], str]
    current: Callable[[], Configuration]

    def page(self, after: str | None, limit: int) -> Page[View]:
        """The rules by id, those after an id."""
        page = self.store.list_rules(after, limit)
        return Page([build_view(rule, version) for rule, version in page.items], page.next)

    def create(self, form: RuleNew, who: str) -> View:
        """Create a rule. Raises ConfigurationError, Problem (409) where there is one with this id."""
        rule_id = form.id or f"rule-{self.new_id()}"
        if self.store.read_rule(rule_id) is not None:
            raise conflict("rule_exists", f"There is a rule {rule_id} already.")
        return self._save(_parse(rule_id, form), 0, who, before=None)

    def change(self, rule_id: str, form: RuleChange, who: str) -> View:
        """Change a rule. Raises ConfigurationError, StaleVersion, Problem (404)."""
        before, version = self._read(rule_id)
        _check_version(form.version, version)
        return self._save(_parse(rule_id, form), version, who, before=build_view(before, version))

    def remove(self, rule_id: str, who: str, *, version: int | None) -> list[str]:
        """Delete a rule; what the others leave out. Raises StaleVersion, Problem (404)."""
        rule, stored = self._read(rule_id)
        _check_version(version, stored)
        self.store.delete_rule(rule_id, stored)
        self.trail.record(who, ("trigger-rule", rule_id), build_view(rule, stored), None)
        return self._gaps()

    def _read(self, rule_id: str) -> tuple[TriggerRule, int]:
        found = self.store.read_rule(rule_id)
        if found is None:
            raise not_found("rule")
        return found

    def _save(self, rule: TriggerRule, version: int, who: str, before: View | None) -> View:
        self._check_targets(rule)
        after = build_view(rule, self.store.save_rule(rule, version))
        self.trail.record(who, ("trigger-rule", rule.id), before, after)
        return {**after, "gaps": self._gaps()}

    def _gaps(self) -> list[str]:
        """The change is made by now: it does not fail where this cannot be told."""
        try:
            return gaps_of(self.current())
        except StoreError as error:
            logger.warning("the gaps of the rules are not known: %s", error)
            return [UNKNOWN]

    def _check_targets(self, rule: TriggerRule) -> None:
        """Each target is a task center that there is. Raises ConfigurationError."""
        for index, target in enumerate(rule.targets):
            if target in {AI, EVERY_PLATFORM}:
                continue
            platform = self.store.read_platform(target.removeprefix("push:"))
            if platform is None or category_of(platform.class_name) == "ai":
                raise ConfigurationError(f"targets[{index}]", f"{target!r} names no task center")


def _parse(rule_id: str, form: RuleFields) -> TriggerRule:
    return TriggerRule(
        id=rule_id,
        name=form.name,
        enabled=form.enabled,
        actions=tuple(dict.fromkeys(action.value for action in form.actions)),
        app_ids=tuple(dict.fromkeys(form.app_ids)),
        targets=tuple(dict.fromkeys(form.targets)),
    )


def _check_version(read_at: int | None, stored: int) -> None:
    if read_at is not None and read_at != stored:
        raise StaleVersion("the rule was changed since it was read")


def gaps_of(configured: Configuration) -> list[str]:
    """What the rules in force leave out, a sentence each."""
    return list(find_gaps(configured.rules, configured.enabled_platforms(), has_ai=configured.ai is not None))


def build_view(rule: TriggerRule, version: int) -> View:
    """A rule as admins see it."""
    return {**msgspec.to_builtins(rule), "version": version}
