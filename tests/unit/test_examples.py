"""The sample events are what they claim to be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ai_analyze.extraction.extract import extract
from ai_analyze.extraction.kinds import detect_kind
from ai_analyze.extraction.limits import DEFAULT_LIMITS
from ai_analyze.extraction.pages import Extract
from local.settings import ROOT
from local.simulators import ATTACHMENTS
from local.story import FILES_PLACEHOLDER, Story, read_story
from taskbridge.event_reading import parse_event
from taskbridge.events import Action
from tests.unit.sample_attachments import SCAN, TEXTS


@pytest.fixture(scope="module")
def story() -> Story:
    return read_story(ROOT / "examples")


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads((ROOT / "docs" / "trigger-event.schema.json").read_text(encoding="utf-8")))


def events_of(story: Story) -> list[Mapping[str, Any]]:
    return [event for chapter in story.chapters for event in chapter.events]


def is_to_be_rejected(story: Story, event: Mapping[str, Any]) -> bool:
    return list(story.expected.events[event["id"]]) == ["rejected"]


def action_of(event: Mapping[str, Any]) -> str:
    return str(event["event"]).split(".")[1]


def attachment(name: str) -> Extract:
    content = (ATTACHMENTS / name).read_bytes()
    return extract(detect_kind(content, DEFAULT_LIMITS), content, DEFAULT_LIMITS)


def test_every_valid_event_has_the_agreed_form(story: Story, schema: Draft202012Validator) -> None:
    for event in events_of(story):
        if not is_to_be_rejected(story, event):
            schema.validate(event)
            parse_event(json.dumps(event).encode())


def test_the_invalid_event_does_not(story: Story, schema: Draft202012Validator) -> None:
    rejected = [event for event in events_of(story) if is_to_be_rejected(story, event)]

    assert rejected
    assert not any(schema.is_valid(event) for event in rejected)


def test_every_action_occurs_and_one_that_nobody_knows(story: Story) -> None:
    occurring = {action_of(event) for event in events_of(story)}

    assert occurring >= set(Action)
    assert occurring - set(Action)


def test_what_people_see_in_the_task_center_needs_no_font_that_few_machines_have(story: Story) -> None:
    todos = json.dumps(list(story.expected.todos.values()), ensure_ascii=False)

    assert not [character for character in todos if character > "\uffff"]


def test_the_story_has_a_late_event_a_repetition_and_a_questionnaire(story: Story) -> None:
    events = events_of(story)
    ids = [event["id"] for event in events]
    sequences: dict[str, list[int]] = {}
    for event in events:
        if "session" in event:
            sequences.setdefault(event["session"]["sess_id"], []).append(event["sequence"])

    assert len(set(ids)) < len(ids)
    assert any(numbers != sorted(numbers) for numbers in sequences.values())
    assert any(event["app"].get("kind") == "questionnaire" for event in events)
    assert len(sequences) >= 6


def test_what_is_expected_is_about_the_events_that_are_sent(story: Story) -> None:
    events = events_of(story)
    tasks = [task for event in events for task in event.get("tasks", [])]
    named = {task["task_id"] for task in tasks}
    people = {
        (person["uid"], task["task_id"])
        for task in tasks
        for person in (*task.get("assignees", []), *task.get("previous_assignees", []))
    }
    instances = {event["session"]["sess_id"] for event in events if "session" in event}

    assert set(story.expected.events) == {event["id"] for event in events}
    assert set(story.expected.todos) <= named
    assert set(story.expected.instances) <= instances
    assert set(story.expected.analyses) <= people


def test_rules_come_before_the_forms_that_they_are_about(story: Story) -> None:
    rules, forms, *_ = story.chapters

    published = {(event["app"]["app_id"], event["node"]["node_id"]) for event in rules.events}
    nodes = {(event["app"]["app_id"], task["node_id"]) for event in forms.events for task in event["tasks"]}
    assert nodes == published


def test_every_attachment_that_is_served_is_used_and_of_the_size_that_is_told(story: Story) -> None:
    # given
    files = [
        file
        for event in events_of(story)
        for task in event.get("tasks", [])
        for field in task.get("form", {}).get("fields", [])
        if field["type"] == "file"
        for file in field["value"]
        if file["url"].startswith(FILES_PLACEHOLDER)
    ]
    sizes = {file["url"].removeprefix(FILES_PLACEHOLDER): file["size"] for file in files}

    # then
    assert sizes == {file.name: file.stat().st_size for file in ATTACHMENTS.iterdir()}


def test_their_addresses_become_those_of_the_simulator() -> None:
    there = read_story(ROOT / "examples", "http://127.0.0.1:9/files/")

    text = json.dumps([chapter.events for chapter in there.chapters])
    assert "http://127.0.0.1:9/files/invitation.pdf" in text
    assert FILES_PLACEHOLDER not in text


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_an_attachment_says_what_it_is_said_to_say(name: str) -> None:
    assert attachment(name).pages == ("\n".join(TEXTS[name]),)


def test_the_scan_has_no_text() -> None:
    assert attachment(SCAN).problem
