"""Trigger rules: which actions of which applications go to which platforms."""

from __future__ import annotations

import pytest

from taskbridge.errors import ConfigurationError
from taskbridge.events import Action
from taskbridge.push.trigger_rules import DEFAULT_RULE, TriggerRule, check_rule, goes_to_ai, resolve_platforms

PLATFORMS = ("jz", "jz-2", "old")


def rule(*targets: str, **changes: object) -> TriggerRule:
    values = {"id": "r", "name": "规则", "targets": targets, **changes}
    return TriggerRule(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rules", "platforms"),
    [
        ([DEFAULT_RULE], PLATFORMS),
        ([], ()),
        ([rule()], ()),
        ([rule("push:jz")], ("jz",)),
        ([rule("push:old"), rule("push:jz"), rule("push:jz")], ("jz", "old")),
        ([rule("push:jz", "push:*")], PLATFORMS),
        ([rule("push:*", enabled=False)], ()),
        ([rule("push:jz", actions=("task_received",))], ("jz",)),
        ([rule("push:jz", actions=("task_completed", "task_aborted"))], ()),
        ([rule("push:jz", app_ids=("leave", "travel"))], ("jz",)),
        ([rule("push:jz", app_ids=("travel",))], ()),
        ([rule("push:jz", actions=("task_received",), app_ids=("travel",))], ()),
        ([rule("push:jz", actions=("task_received",), app_ids=("leave",)), rule("push:old", app_ids=("x",))], ("jz",)),
        ([rule("push:gone")], ()),
    ],
)
def test_an_event_goes_where_some_rule_sends_it(rules: list[TriggerRule], platforms: tuple[str, ...]) -> None:
    assert resolve_platforms(rules, "task_received", "leave", PLATFORMS) == platforms


def test_a_disabled_platform_gets_nothing() -> None:
    assert resolve_platforms([rule("push:jz", "push:old")], "task_received", "leave", ("old",)) == ("old",)
    assert resolve_platforms([DEFAULT_RULE], "task_received", "leave", ()) == ()


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([DEFAULT_RULE], True),
        ([rule("push:*")], False),
        ([rule("ai", app_ids=("leave",))], True),
        ([rule("ai", app_ids=("travel",)), rule("ai", enabled=False)], False),
    ],
)
def test_ai_approval_is_a_target_of_its_own(rules: list[TriggerRule], expected: bool) -> None:
    assert goes_to_ai(rules, "task_received", "leave") is expected


@pytest.mark.parametrize("sound", [DEFAULT_RULE, rule("ai"), rule("push:jz"), rule(), rule(actions=tuple(Action))])
def test_a_sound_rule_is_accepted(sound: TriggerRule) -> None:
    check_rule(sound)


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        (rule("push:*", actions=("task_received", "coffee_made")), "actions[1]", "coffee_made"),
        (rule("push:jz", "jz"), "targets[1]", "'jz'"),
        (rule("push:"), "targets[0]", "push:<platform id>"),
        (rule("ai:glm"), "targets[0]", "'ai:glm'"),
    ],
)
def test_a_rule_that_cannot_do_what_it_says_is_refused_by_field(wrong: TriggerRule, field: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_rule(wrong)

    assert caught.value.field == field
    assert said in caught.value.problem
