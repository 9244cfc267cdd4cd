"""Which events reach which target, and what a change of the trigger rules takes away. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from taskbridge.events import PUSHED_ACTIONS, Action
from taskbridge.push.trigger_rules import AI, EVERY_PLATFORM, TriggerRule

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Flow:
    """Events of `actions` for a target (`push:<platform id>`, `ai`).

    `app_ids`: of these applications alone. Where it is empty, of all but `except_app_ids`.
    """

    target: str
    actions: tuple[str, ...]
    app_ids: tuple[str, ...] = ()
    except_app_ids: tuple[str, ...] = ()


def find_flows(rules: Sequence[TriggerRule], targets: Iterable[str]) -> tuple[Flow, ...]:
    """What the rules in force send to each of the targets."""
    return find_lost(rules, (), targets)


def find_lost(before: Sequence[TriggerRule], after: Sequence[TriggerRule], targets: Iterable[str]) -> tuple[Flow, ...]:
    """What `before` sends and `after` does not; the other way round, what is new. Both are rules in force."""
    grouped: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for target, action in _pairs(targets):
        lost = _less(_apps(before, action, target), _apps(after, action, target))
        if lost is not None:
            grouped.setdefault((target, *lost), []).append(action.value)
    return tuple(Flow(target, tuple(actions), *apps) for (target, *apps), actions in grouped.items())


def _pairs(targets: Iterable[str]) -> Iterator[tuple[str, Action]]:
    """Each target with each action that can concern it: a task center is told nothing of a published node."""
    for target in targets:
        yield from ((target, action) for action in Action if target == AI or action in PUSHED_ACTIONS)


def _apps(rules: Sequence[TriggerRule], action: Action, target: str) -> frozenset[str] | None:
    """The applications whose events of this action reach the target; None: all."""
    every = set() if target == AI else {EVERY_PLATFORM}
    sending = [
        rule
        for rule in rules
        if rule.enabled
        and (not rule.actions or action in rule.actions)
        and not ({target} | every).isdisjoint(rule.targets)
    ]
    if any(not rule.app_ids for rule in sending):
        return None
    return frozenset(app_id for rule in sending for app_id in rule.app_ids)


def _less(had: frozenset[str] | None, has: frozenset[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """What is missing of `had`, as `app_ids` and `except_app_ids` of a flow; None where nothing is."""
    if has is None or had == NOTHING:
        return None
    if had is None:
        return (), tuple(sorted(has))
    missing = had - has
    return (tuple(sorted(missing)), ()) if missing else None
