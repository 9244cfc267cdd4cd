"""What the trigger rules leave out, in words."""

from __future__ import annotations

import pytest

from taskbridge.events import PUSHED_ACTIONS, Action
from taskbridge.push.coverage import find_gaps
from taskbridge.push.trigger_rules import DEFAULT_RULE, TriggerRule, in_force, resolve_platforms

ALL = "match no enabled trigger rule: they are skipped"


def rule(*targets: str, **changes: object) -> TriggerRule:
    values = {"id": "r", "name": "规则", "targets": targets, **changes}
    return TriggerRule(**values)  # type: ignore[arg-type]


def gaps(*stored: TriggerRule, platforms: tuple[str, ...] = ("jz",), has_ai: bool = False) -> tuple[str, ...]:
    return find_gaps(in_force(stored), platforms, has_ai=has_ai)


def test_a_draft_leaves_the_default_rule_in_force_and_says_so() -> None:
    draft = rule("push:jz", enabled=False)

    assert in_force([draft]) == (draft, DEFAULT_RULE)
    assert resolve_platforms(in_force([draft]), "task_received", "leave", ("jz", "old")) == ("jz", "old")
    assert gaps(draft, platforms=("jz", "old")) == (
        "no trigger rule is enabled: every event goes to jz, old, AI approval",
    )


def test_a_rule_that_sends_everything_leaves_nothing_out() -> None:
    assert gaps(rule("push:*", "ai"), has_ai=True) == ()
    assert gaps(rule("push:jz")) == ()


def test_actions_that_match_nothing_are_named() -> None:
    rest = tuple(action for action in Action if action not in {"task_aborted", "instance_deleted"})

    assert gaps(rule("push:jz", actions=rest)) == (f"events of task_aborted, instance_deleted {ALL}",)


def test_events_whose_rules_name_no_enabled_task_center_are_told_apart_from_skipped_ones() -> None:
    found = gaps(rule("push:jz", actions=("task_received",)), rule("push:gone", "ai", actions=("task_completed",)))

    others = ", ".join(a for a in Action if a in PUSHED_ACTIONS and a not in {"task_received", "task_completed"})
    assert found == (
        "events of task_completed match only rules that name no enabled task center: they are not pushed",
        f"events of {others} {ALL}",
    )


def test_applications_that_alone_are_pushed_are_named_shortly() -> None:
    apps = tuple(f"app-{number}" for number in range(7))

    (gap,) = gaps(rule("push:jz", app_ids=apps))

    assert gap.startswith("events of every action are pushed only where the application is one of app-0, app-1, ")
    assert gap.endswith("app-4 and 2 more")
    assert gaps(rule("push:jz", app_ids=apps), rule("push:*")) == ()


def test_a_target_that_nothing_is_sent_to_is_named() -> None:
    assert gaps(rule("push:jz"), platforms=("jz", "old", "new"), has_ai=True) == (
        "no enabled trigger rule sends anything to old, new",
        "no enabled trigger rule sends anything to AI approval",
    )


@pytest.mark.parametrize("stored", [(), (rule("push:*"),)], ids=["no rule", "a rule"])
def test_without_a_task_center_nothing_is_pushed_whatever_the_rules_say(stored: tuple[TriggerRule, ...]) -> None:
    assert gaps(*stored, platforms=())[0] == "no task center is enabled: nothing is pushed"


def test_a_rule_that_cannot_be_read_is_named_with_the_reason() -> None:
    broken = rule(id="r0", enabled=False, unreadable="KeyError: 'L'")

    assert gaps(broken, rule("push:jz")) == ("rule r0 cannot be read and counts as disabled: KeyError: 'L'",)
    assert len(gaps(broken)) == 2
