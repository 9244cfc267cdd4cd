"""Which events reach which target, and what a change of the rules takes away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from taskbridge.events import PUSHED_ACTIONS, Action
from taskbridge.push.flows import Flow, find_flows, find_lost
from taskbridge.push.trigger_rules import TriggerRule, goes_to_ai, in_force, resolve_platforms

EVERYTHING = in_force([])
TARGETS = ("push:jz", "push:old", "ai")
PUSHED = tuple(action.value for action in Action if action in PUSHED_ACTIONS)
APPS = ("leave", "trip", "other")


def rule(*targets: str, **changes: object) -> TriggerRule:
    values = {"id": "r", "name": "规则", "targets": targets, **changes}
    return TriggerRule(**values)  # type: ignore[arg-type]


RULES = st.lists(
    st.builds(
        TriggerRule,
        id=st.just("r"),
        name=st.just("规则"),
        enabled=st.booleans(),
        actions=st.lists(st.sampled_from(["task_received", "node_published"]), max_size=2).map(tuple),
        app_ids=st.lists(st.sampled_from(APPS[:2]), max_size=2).map(tuple),
        targets=st.lists(st.sampled_from([*TARGETS, "push:*"]), max_size=2).map(tuple),
    ),
    max_size=3,
)


def test_without_a_rule_every_action_goes_everywhere_and_a_published_node_to_ai_approval_alone() -> None:
    assert find_flows(EVERYTHING, TARGETS) == (
        Flow("push:jz", PUSHED),
        Flow("push:old", PUSHED),
        Flow("ai", tuple(Action)),
    )


def test_the_first_rule_takes_away_all_that_it_does_not_name() -> None:
    after = in_force([rule("push:jz", actions=("task_received",), app_ids=("leave",))])

    assert find_lost(EVERYTHING, after, TARGETS) == (
        Flow("push:jz", ("task_received",), except_app_ids=("leave",)),
        Flow("push:jz", tuple(action for action in PUSHED if action != "task_received")),
        Flow("push:old", PUSHED),
        Flow("ai", tuple(Action)),
    )
    assert find_lost(after, EVERYTHING, ()) == ()


def test_applications_that_a_rule_no_longer_names_are_named() -> None:
    before = [rule("ai", actions=("task_received",), app_ids=("leave", "trip"))]

    assert find_lost(before, [rule("ai", app_ids=("trip",))], TARGETS) == (Flow("ai", ("task_received",), ("leave",)),)
    assert find_lost(before, [rule("ai")], TARGETS) == ()


@given(RULES, RULES)
def test_what_is_lost_is_what_the_router_no_longer_sends(before: list[TriggerRule], after: list[TriggerRule]) -> None:
    lost = find_lost(before, after, TARGETS)

    for target in TARGETS:
        for action in Action if target == "ai" else PUSHED:
            for app_id in APPS:
                told = any(flow.target == target and action in flow.actions and names(flow, app_id) for flow in lost)
                assert told is (sends(before, target, action, app_id) and not sends(after, target, action, app_id))


def names(flow: Flow, app_id: str) -> bool:
    return app_id in flow.app_ids if flow.app_ids else app_id not in flow.except_app_ids


def sends(rules: list[TriggerRule], target: str, action: str, app_id: str) -> bool:
    if target == "ai":
        return goes_to_ai(rules, action, app_id)
    return target.removeprefix("push:") in resolve_platforms(rules, action, app_id, ["jz", "old"])
