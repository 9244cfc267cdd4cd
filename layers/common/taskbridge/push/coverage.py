"""What the trigger rules in force leave out, in words, for whoever changes or runs them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from taskbridge.events import PUSHED_ACTIONS, Action
from taskbridge.push.trigger_rules import AI, DEFAULT_RULE, EVERY_PLATFORM, TriggerRule

NAMED_APPS = 5
ACTIONS = tuple(action for action in Action if action in PUSHED_ACTIONS)


def find_gaps(rules: Sequence[TriggerRule], platforms: Sequence[str], *, has_ai: bool) -> tuple[str, ...]:
    """What does not go where one might think, a sentence each; nothing where every event goes everywhere.

    `rules` are those in force, `platforms` the ids of the task centers that take events; `has_ai`: AI approval is set
    up.
    """
    broken = [
        f"rule {rule.id} cannot be read and counts as disabled: {rule.unreadable}" for rule in rules if rule.unreadable
    ]
    idle = [] if platforms else ["no task center is enabled: nothing is pushed"]
    if DEFAULT_RULE in rules:
        receivers = ", ".join([*platforms, "AI approval"])
        return (*broken, *idle, f"no trigger rule is enabled: every event goes to {receivers}")
    enabled = [rule for rule in rules if rule.enabled]
    actions = _action_gaps(enabled, platforms) if platforms else []
    return (*broken, *idle, *actions, *_target_gaps(enabled, platforms, has_ai=has_ai))


def _action_gaps(rules: Sequence[TriggerRule], platforms: Sequence[str]) -> list[str]:
    """Actions whose events are skipped, are not pushed, or only of some applications."""
    gaps: dict[str, list[Action]] = {}
    for action in ACTIONS:
        gap = _gap_of(action, rules, platforms)
        if gap:
            gaps.setdefault(gap, []).append(action)
    return [f"events of {_listed(actions)} {gap}" for gap, actions in gaps.items()]


def _gap_of(action: Action, rules: Sequence[TriggerRule], platforms: Sequence[str]) -> str:
    matching = [rule for rule in rules if not rule.actions or action in rule.actions]
    if not matching:
        return "match no enabled trigger rule: they are skipped"
    pushing = [rule for rule in matching if _pushes(rule, platforms)]
    if not pushing:
        return "match only rules that name no enabled task center: they are not pushed"
    if all(rule.app_ids for rule in pushing):
        apps = dict.fromkeys(app_id for rule in pushing for app_id in rule.app_ids)
        return f"are pushed only where the application is one of {_shortened(list(apps))}"
    return ""


def _pushes(rule: TriggerRule, platforms: Iterable[str]) -> bool:
    return EVERY_PLATFORM in rule.targets or any(f"push:{platform}" in rule.targets for platform in platforms)


def _target_gaps(rules: Sequence[TriggerRule], platforms: Sequence[str], *, has_ai: bool) -> list[str]:
    """Task centers, and AI approval, that no rule sends anything to."""
    named = {target for rule in rules for target in rule.targets}
    idle = [platform for platform in platforms if named.isdisjoint({EVERY_PLATFORM, f"push:{platform}"})]
    gaps = [f"no enabled trigger rule sends anything to {', '.join(idle)}"] if idle else []
    if has_ai and AI not in named:
        gaps.append("no enabled trigger rule sends anything to AI approval")
    return gaps


def _listed(actions: Sequence[Action]) -> str:
    return "every action" if len(actions) == len(ACTIONS) else ", ".join(actions)


def _shortened(apps: Sequence[str]) -> str:
    more = len(apps) - NAMED_APPS
    return ", ".join(apps[:NAMED_APPS]) + (f" and {more} more" if more > 0 else "")
