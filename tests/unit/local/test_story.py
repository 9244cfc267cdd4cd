"""How the end of a story is compared with what was expected."""

from __future__ import annotations

from typing import Any

from local.story import Expected, find_analysis_mismatches, find_event_mismatches, find_todo_mismatches
from tests.unit.local.seen import event, pushed, task, todo


def expect(
    events: dict[str, list[str]],
    todos: dict[str, dict[str, str]] | None = None,
    analyses: dict[tuple[str, str], dict[str, str] | None] | None = None,
) -> Expected:
    return Expected(todos or {}, {"P-1": "COMPLETE"}, events, analyses or {})


def test_an_event_that_ended_otherwise_is_told_in_a_sentence() -> None:
    # given
    expected = expect({"e-1": ["succeeded", "superseded"], "e-2": ["skipped"]})
    skipped = event(status="skipped")

    # then
    assert list(find_event_mismatches(expected, {"e-1": pushed("failed"), "e-2": None})) == [
        "event e-1: expected succeeded or superseded, found failed",
        "event e-2: expected skipped, found nothing",
    ]
    assert list(find_event_mismatches(expected, {"e-1": pushed("superseded"), "e-2": skipped})) == []


def test_what_ai_approval_took_in_is_no_matter_of_the_task_center() -> None:
    # given
    expected = expect({"e-1": ["succeeded"], "e-rule": []})
    both, rule = event(("push:jinzhi", "succeeded"), ("ai", "superseded")), event(("ai", "succeeded"))
    refused = event(("push:jinzhi", "succeeded"), ("ai", "failed"))

    # then
    assert list(find_event_mismatches(expected, {"e-1": both, "e-rule": rule})) == []
    assert list(find_event_mismatches(expected, {"e-1": both, "e-rule": pushed("succeeded")})) == [
        "event e-rule: expected nothing, found succeeded"
    ]
    assert list(find_event_mismatches(expected, {"e-1": refused, "e-rule": rule})) == [
        "event e-1: AI approval has it as failed"
    ]


def test_a_todo_that_is_not_as_it_should_be_is_told_in_a_sentence() -> None:
    expected = expect({}, todos={"T-1": {"task_id": "T-1", "sess_id": "P-1", "status": "COMPLETE"}})
    state: dict[str, Any] = {"tasks": [todo("T-1"), todo("T-2")], "instances": [{"sess_id": "P-1", "status": "ABORT"}]}

    assert list(find_todo_mismatches(expected, state)) == [
        "todo T-2 should not be there",
        "instance P-1: expected COMPLETE, found ABORT",
        "todo T-1: status should be 'COMPLETE', is 'RUNNING'",
    ]


def test_an_analysis_that_is_not_as_it_should_be_is_told_in_a_sentence() -> None:
    # given
    expected = expect(
        {},
        analyses={
            ("u-1", "T-1"): {"status": "done", "verdict": "approve"},
            ("u-1", "T-2"): None,
            ("u-1", "T-3"): {"status": "processed", "decision": "rejected"},
        },
    )
    done = task("processed", task_id="T-3", decision="rejected")
    as_it_should_be = [task("done", "approve"), task(task_id="T-2"), done]
    otherwise = [task("done", "reject"), task("done", task_id="T-2")]

    # then
    assert list(find_analysis_mismatches(expected, as_it_should_be, is_simulated=True)) == []
    assert list(find_analysis_mismatches(expected, otherwise, is_simulated=True)) == [
        "analysis of T-1 for u-1: verdict should be approve, is reject",
        "analysis of T-2 for u-1: should not be there",
        "analysis of T-3 for u-1: should be there",
    ]
    assert len(list(find_analysis_mismatches(expected, otherwise, is_simulated=False))) == 2
