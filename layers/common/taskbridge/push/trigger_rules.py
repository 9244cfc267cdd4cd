"""Trigger rules: which actions of which applications go to which targets. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from taskbridge.errors import ConfigurationError
from taskbridge.events import Action
from taskbridge.flaws import flaw

EVERY_PLATFORM = "push:*"
AI = "ai"


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """Events of these actions and applications go to these targets. While none is enabled, every event goes to every
    platform and to AI approval.

    `actions` and `app_ids`: empty means all. `targets`: `push:<platform id>`, `push:*` for every platform, `ai`
    for AI approval. `version` is that of the store, 0 before. `unreadable` is why a stored rule cannot be read, empty
    where it can.
    """

    id: str
    name: str
    enabled: bool = True
    actions: tuple[str, ...] = ()
    app_ids: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    version: int = 0
    unreadable: str = ""

    def matches(self, action: str, app_id: str) -> bool:
        """Whether an event falls under the rule."""
        return (
            self.enabled
            and (not self.actions or action in self.actions)
            and (not self.app_ids or app_id in self.app_ids)
        )


# In force while no stored rule is enabled.
DEFAULT_RULE = TriggerRule(id="default", name="默认：全部事件推送到全部平台和智能审批", targets=(EVERY_PLATFORM, AI))


def in_force(stored: Iterable[TriggerRule]) -> tuple[TriggerRule, ...]:
    """The rules that count: those that are stored, and the default one where none of them is enabled.

    A draft replaces nothing. Nor does it lose an event when the last rule is switched off: a todo too many is seen and
    taken away, one that is missing is not.
    """
    rules = tuple(stored)
    return rules if any(rule.enabled for rule in rules) else (*rules, DEFAULT_RULE)


def check_rule(rule: TriggerRule) -> None:
    """Refuse a rule that can never do what it says. Raises ConfigurationError with the field."""
    for index, action in enumerate(rule.actions):
        if action not in set(Action):
            known = ", ".join(sorted(Action))
            raise ConfigurationError(f"actions[{index}]", flaw("one_of", expected=known, got=repr(action)))
    for index, target in enumerate(rule.targets):
        if target != AI and (not target.startswith("push:") or target == "push:"):
            raise ConfigurationError(f"targets[{index}]", flaw("target", got=repr(target)))


def resolve_platforms(
    rules: Iterable[TriggerRule], action: str, app_id: str, enabled_platforms: Iterable[str]
) -> tuple[str, ...]:
    """Ids of the platforms that an event goes to, once each, in the order of the platforms."""
    targets = _targets(rules, action, app_id)
    if EVERY_PLATFORM in targets:
        return tuple(enabled_platforms)
    return tuple(platform for platform in enabled_platforms if f"push:{platform}" in targets)


def goes_to_ai(rules: Iterable[TriggerRule], action: str, app_id: str) -> bool:
    """Whether an event goes to AI approval."""
    return AI in _targets(rules, action, app_id)


def is_for_nobody(rules: Iterable[TriggerRule], action: str, app_id: str) -> bool:
    """Whether rules cover an event, and none of them has a target: what they are for is to keep it back."""
    matching = [rule for rule in rules if rule.matches(action, app_id)]
    return bool(matching) and not any(rule.targets for rule in matching)


def _targets(rules: Iterable[TriggerRule], action: str, app_id: str) -> set[str]:
    return {target for rule in rules if rule.matches(action, app_id) for target in rule.targets}
