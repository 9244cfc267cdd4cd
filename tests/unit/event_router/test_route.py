"""Where an event goes, and why if nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from event_router.route import MEANT_FOR_NOBODY, NO_AI, NO_TARGET, QUESTIONNAIRE, Envelope, Routed, route
from taskbridge.ai.messages import TrackMessage
from taskbridge.ai.settings import AiSettings
from taskbridge.events import PUSHED_ACTIONS
from taskbridge.push.trigger_rules import DEFAULT_RULE, TriggerRule
from taskbridge.tables.configuration import Configuration
from taskbridge.tables.events import UnroutedEvent
from tests.builders import RECEIVED_AT, as_json, calm, configuration, event, message_of, platform, task

TWO = configuration([platform("jz"), platform("jz-2")])


def routed(detail: Any, config: Configuration = TWO) -> Routed | UnroutedEvent:
    raw = detail if isinstance(detail, bytes) else as_json(detail)
    return route(Envelope("bus-1", msgspec.Raw(raw)), RECEIVED_AT, config)


def nowhere(detail: Any, config: Configuration = TWO) -> UnroutedEvent:
    decision = routed(detail, config)
    assert isinstance(decision, UnroutedEvent)
    return decision


@pytest.mark.parametrize("action", sorted(PUSHED_ACTIONS))
def test_an_event_makes_one_message_for_each_platform(action: str) -> None:
    detail = event(action)

    decision = routed(detail)

    assert decision == Routed("S1-e1", "S1", (message_of(detail, "jz"), message_of(detail, "jz-2")))


def test_a_disabled_platform_gets_no_message() -> None:
    decision = routed(event(), configuration([platform("jz", enabled=False), platform("jz-2")]))

    assert isinstance(decision, Routed)
    assert [message.platform_id for message in decision.messages] == ["jz-2"]


@pytest.mark.parametrize(
    ("rule", "platforms"),
    [
        (TriggerRule("r", "规则", targets=("push:jz",)), ["jz"]),
        (TriggerRule("r", "规则", actions=("task_received",), targets=("push:jz-2",)), ["jz-2"]),
        (TriggerRule("r", "规则", app_ids=("leave",), targets=("push:*",)), ["jz", "jz-2"]),
    ],
)
def test_the_rules_decide_by_action_and_application(rule: TriggerRule, platforms: list[str]) -> None:
    decision = routed(event(), configuration([platform("jz"), platform("jz-2")], [rule]))

    assert isinstance(decision, Routed)
    assert [message.platform_id for message in decision.messages] == platforms


SURVEY = {"app_id": "s", "name": "问卷", "kind": "questionnaire"}
CONTRADICTION = [task(), {**task(), "node_id": "another"}]
SKIPPED = {
    "a questionnaire": (event(app=SURVEY), QUESTIONNAIRE),
    "a questionnaire's unknown action": (event("coffee_made", app=SURVEY), QUESTIONNAIRE),
    "a questionnaire without a session": (event(app=SURVEY, session=None), QUESTIONNAIRE),
    "a questionnaire's published node": (event("node_published", app=SURVEY), QUESTIONNAIRE),
    "a questionnaire with contradictory tasks": (event(app=SURVEY, tasks=CONTRADICTION), QUESTIONNAIRE),
    "an unknown action with contradictory tasks": (
        event("coffee_made", tasks=CONTRADICTION),
        "unknown action coffee_made",
    ),
    "a published node": (event("node_published", node={"node_id": "n"}), NO_AI),
    "an unknown action": (event("coffee_made"), "unknown action coffee_made"),
    "an unknown action without a session": (event("coffee_made", session=None), "unknown action coffee_made"),
}


@pytest.mark.parametrize(("detail", "reason"), SKIPPED.values(), ids=SKIPPED)
def test_what_no_task_center_has_to_know_is_skipped_with_the_reason(detail: dict[str, Any], reason: str) -> None:
    skipped = nowhere(detail)

    assert (skipped.status, skipped.reason, skipped.event_id) == ("skipped", reason, "S1-e1")
    assert (skipped.action, skipped.app_id) == (detail["event"].split(".")[1], detail["app"]["app_id"])
    assert skipped.received_at == RECEIVED_AT


@pytest.mark.parametrize(
    "config",
    [
        configuration([]),
        configuration([platform(enabled=False)]),
        configuration(rules=[TriggerRule("r", "规则", app_ids=("travel",), targets=("push:*",))]),
        configuration(rules=[TriggerRule("r", "规则", actions=("task_completed",), targets=("push:*",))]),
        configuration(rules=[TriggerRule("r", "规则", enabled=False, targets=("push:*",))]),
        configuration(rules=[TriggerRule("r", "规则", targets=("push:gone",))]),
    ],
    ids=["no platform", "disabled", "other application", "other action", "disabled rule", "unknown platform"],
)
def test_an_event_that_no_rule_sends_to_an_enabled_platform_is_skipped(config: Configuration) -> None:
    skipped = nowhere(event(), config)

    assert (skipped.status, skipped.reason, skipped.sess_id) == ("skipped", NO_TARGET, "S1")


def test_an_event_that_only_a_rule_without_targets_covers_is_meant_for_nobody() -> None:
    kept_back = TriggerRule("r", "规则", app_ids=("leave",))
    gone = TriggerRule("g", "规则", targets=("push:gone",))

    assert nowhere(event(), configuration([platform("jz")], [kept_back])).reason == MEANT_FOR_NOBODY
    assert nowhere(event(), configuration([platform("jz")], [kept_back, gone])).reason == NO_TARGET


# AI approval

WITH_AI = configuration([platform("jz")], ai=AiSettings(examine_enable=True))


def test_an_event_of_an_approve_node_goes_to_ai_approval_as_it_came() -> None:
    detail = event()

    decision = routed(detail, WITH_AI)

    assert isinstance(decision, Routed)
    assert [message.platform_id for message in decision.messages] == ["jz"]
    assert decision.tracked == TrackMessage(RECEIVED_AT, msgspec.Raw(as_json(detail)))


def test_tasks_are_tracked_while_ai_approval_is_switched_off() -> None:
    decision = routed(event(), configuration([platform("jz")], ai=AiSettings(examine_enable=False)))

    assert isinstance(decision, Routed)
    assert decision.tracked is not None


@pytest.mark.parametrize(
    ("detail", "config"),
    [
        (event(), configuration([platform("jz")])),
        (event(tasks=[task(node_kind="handle")]), WITH_AI),
        (event(), configuration([platform("jz")], [TriggerRule("r", "规则", targets=("push:*",))], ai=AiSettings())),
    ],
    ids=["nobody set it up", "no approve node", "no rule sends it there"],
)
def test_what_ai_approval_has_nothing_to_do_with_goes_to_the_task_center_alone(
    detail: dict[str, Any], config: Configuration
) -> None:
    decision = routed(detail, config)

    assert isinstance(decision, Routed)
    assert decision.tracked is None


def test_a_published_node_goes_to_ai_approval_alone() -> None:
    decision = routed(event("node_published", node={"node_id": "n"}), WITH_AI)

    assert isinstance(decision, Routed)
    assert decision.messages == ()
    assert decision.tracked is not None


def test_without_a_task_center_ai_approval_still_gets_its_events() -> None:
    decision = routed(event(), configuration([], ai=AiSettings()))

    assert isinstance(decision, Routed)
    assert (decision.messages, decision.tracked is not None) == ((), True)


def test_an_ai_platform_is_no_task_center() -> None:
    config = configuration([platform("jz"), replace(platform("aigc"), class_name="Aigc")], ai=AiSettings())

    decision = routed(event(), config)

    assert isinstance(decision, Routed)
    assert [message.platform_id for message in decision.messages] == ["jz"]


def test_what_cannot_be_read_is_rejected_under_its_own_id_with_the_field() -> None:
    rejected = nowhere({**event(), "sequence": "soon"})

    assert (rejected.status, rejected.event_id) == ("rejected", "S1-e1")
    assert rejected.reason.startswith("sequence: expected `int`")


def test_a_number_that_nothing_holds_does_not_hide_the_id() -> None:
    detail = as_json({**event(), "sequence": "soon", "more": 1}).replace(b'"more":1', b'"more":1e999')

    assert nowhere(detail).event_id == "S1-e1"


@pytest.mark.parametrize("event_id", [None, 7, "", "x" * 129, ["e1"]])
def test_without_a_usable_id_it_stands_under_that_of_the_bus(event_id: Any) -> None:
    detail = {**event(), "sequence": "soon", "id": event_id}

    assert nowhere(detail).event_id == "bus-1"


@pytest.mark.parametrize("detail", [b"null", b"[]", b"7", b'"e1"', b'{"id": ""}', b"[" * 20_000 + b"]" * 20_000])
def test_what_is_no_event_at_all_is_rejected_under_the_id_of_the_bus(detail: bytes) -> None:
    rejected = nowhere(detail)

    assert (rejected.status, rejected.event_id) == ("rejected", "bus-1")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
PLACES = tuple(event())


@settings(calm, max_examples=300)
@given(place=st.sampled_from(PLACES), value=anything)
def test_nothing_that_an_event_may_hold_stops_the_router(place: str, value: Any) -> None:
    routed({**event(), place: value}, configuration([platform()], [DEFAULT_RULE]))
    routed(value)


@settings(calm, max_examples=200)
@given(detail=st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_no_bytes_stop_the_router(detail: bytes) -> None:
    assert nowhere(detail).status == "rejected"
