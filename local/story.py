"""The sample events, and how their story has to end. What was found is in the shapes of the HTTP API."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.event_files import Found, read_events
from taskbridge.push.trigger_rules import AI

FILES_PLACEHOLDER = "http://attachments.invalid/"
_TRACKED = frozenset({"succeeded", "superseded"})


@dataclass(frozen=True, slots=True)
class Chapter:
    """Events that are sent in this order, at once; the next chapter begins when they are settled."""

    name: str
    lines: tuple[Found, ...]

    @property
    def events(self) -> tuple[Mapping[str, Any], ...]:
        """The events as they are read."""
        return tuple(json.loads(line.text) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Expected:
    """The end: the todos by id, the status of each instance, what became of the events, and what the AI says.

    `events` has the statuses that each event may have at the task center, none where it concerns AI approval alone.
    An event may have been superseded where a newer one of the same batch overtook it. `analyses` has some facts of
    the analysis of a person's task (uid and task id), None where there is none.
    """

    todos: Mapping[str, Mapping[str, Any]]
    instances: Mapping[str, str]
    events: Mapping[str, Sequence[str]]
    analyses: Mapping[tuple[str, str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Story:
    """Sample events in chapters, with the end that they must have."""

    chapters: tuple[Chapter, ...]
    expected: Expected


def read_story(folder: Path, files_url: str = "") -> Story:
    """The story of a folder: each `*.jsonl` is a chapter, in the order of their names.

    `files_url` is where the attachments of the samples are served; without one their addresses lead nowhere.
    """
    there = (files_url or FILES_PLACEHOLDER).encode()
    chapters = tuple(
        Chapter(file.stem, tuple(read_events(file.read_bytes().replace(FILES_PLACEHOLDER.encode(), there))))
        for file in sorted(folder.glob("*.jsonl"))
    )
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    todos = {todo["task_id"]: todo for todo in expected["todos"]}
    analyses = {(entry["uid"], entry["task_id"]): entry["analysis"] for entry in expected["analyses"]}
    return Story(chapters, Expected(todos, expected["instances"], expected["events"], analyses))


def statuses_of(outcome: Mapping[str, Any]) -> list[str]:
    """The status of an event at each of its targets; its own where it went nowhere."""
    return [target["status"] for target in outcome["targets"]] or [outcome["status"]]


def find_event_mismatches(expected: Expected, outcomes: Mapping[str, Mapping[str, Any] | None]) -> Iterator[str]:
    """What did not happen to the events as it should have, a sentence each. `outcomes`: see `GET /v1/events/{id}`."""
    for event_id, allowed in expected.events.items():
        outcome = outcomes.get(event_id) or {"status": "routed", "targets": []}
        at_ai = [target["status"] for target in outcome["targets"] if target["target"] == AI]
        pushed = {target["status"] for target in outcome["targets"] if target["target"] != AI}
        if outcome["status"] != "routed":
            pushed.add(outcome["status"])
        yield from (f"event {event_id}: AI approval has it as {status}" for status in at_ai if status not in _TRACKED)
        if not pushed <= set(allowed) or bool(allowed) != bool(pushed):
            wanted = " or ".join(allowed) or "nothing"
            yield f"event {event_id}: expected {wanted}, found {' and '.join(sorted(pushed)) or 'nothing'}"


def find_todo_mismatches(expected: Expected, state: Mapping[str, Any]) -> Iterator[str]:
    """What the task center does not hold as it should, a sentence each. Todos of others are not looked at."""
    instances = {instance["sess_id"]: instance["status"] for instance in state["instances"]}
    todos = {todo["task_id"]: todo for todo in state["tasks"]}
    ours = set(expected.instances) | {todo["sess_id"] for todo in expected.todos.values()}
    for task_id, todo in todos.items():
        if todo["sess_id"] in ours and task_id not in expected.todos:
            yield f"todo {task_id} should not be there"
    for sess_id, status in expected.instances.items():
        if instances.get(sess_id) != status:
            yield f"instance {sess_id}: expected {status}, found {instances.get(sess_id, 'nothing')}"
    for task_id, wanted in expected.todos.items():
        found = todos.get(task_id, {})
        for name, value in wanted.items():
            if found.get(name) != value:
                yield f"todo {task_id}: {name} should be {value!r}, is {found.get(name)!r}"


def find_analysis_mismatches(
    expected: Expected, tasks: Iterable[Mapping[str, Any]], *, is_simulated: bool
) -> Iterator[str]:
    """What AI approval does not hold as it should, a sentence each. What a real model says, nobody can expect.

    `tasks`: see `GET /v1/ai/tasks`, each with the `uid` of who has it.
    """
    found = {(task["uid"], task["task_id"]): task for task in tasks if task["result"]}
    for (uid, task_id), wanted in expected.analyses.items():
        where, task = f"analysis of {task_id} for {uid}", found.get((uid, task_id))
        if wanted is None or task is None:
            if wanted is not None or task is not None:
                yield f"{where}: should {'not ' if wanted is None else ''}be there"
            continue
        facts = {**task["result"], "decision": task["decision"]}
        for name, value in wanted.items():
            if facts[name] != value and (is_simulated or name != "verdict"):
                yield f"{where}: {name} should be {value}, is {facts[name] or 'empty'}"
