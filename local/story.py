"""The sample events, and how their story has to end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.outcomes import EventRow


@dataclass(frozen=True, slots=True)
class Chapter:
    """Events that are sent in this order, at once; the next chapter begins when they are settled."""

    name: str
    events: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """The end: the todos by id, the status of each instance, and the statuses that each event may have.

    An event may have been superseded where a newer one of the same batch overtook it.
    """

    todos: Mapping[str, Mapping[str, Any]]
    instances: Mapping[str, str]
    events: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Story:
    """Sample events in chapters, with the end that they must have."""

    chapters: tuple[Chapter, ...]
    expected: Expected

    @property
    def event_count(self) -> int:
        """How many events are sent, repetitions included."""
        return sum(len(chapter.events) for chapter in self.chapters)


def read_story(folder: Path) -> Story:
    """The story of a folder: each `*.jsonl` is a chapter, in the order of their names."""
    chapters = tuple(Chapter(file.stem, _read_events(file)) for file in sorted(folder.glob("*.jsonl")))
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    todos = {todo["task_id"]: todo for todo in expected["todos"]}
    return Story(chapters, Expected(todos, expected["instances"], expected["events"]))


def find_event_mismatches(expected: Expected, rows: Iterable[EventRow]) -> list[str]:
    """What did not happen to the events as it should have, a sentence each."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.event_id, set()).add(row.status)
    return [
        f"event {event_id}: expected {' or '.join(allowed)}, "
        f"found {' and '.join(sorted(found.get(event_id, ()))) or 'nothing'}"
        for event_id, allowed in expected.events.items()
        if not found.get(event_id) or not found[event_id] <= set(allowed)
    ]


def find_todo_mismatches(expected: Expected, state: Mapping[str, Any]) -> list[str]:
    """What the task center does not hold as it should, a sentence each. Todos of others are not looked at."""
    instances = {instance["sess_id"]: instance["status"] for instance in state["instances"]}
    todos = {todo["task_id"]: todo for todo in state["tasks"]}
    ours = set(expected.instances) | {todo["sess_id"] for todo in expected.todos.values()}
    unexpected = [
        f"todo {task_id} should not be there"
        for task_id, todo in todos.items()
        if todo["sess_id"] in ours and task_id not in expected.todos
    ]
    wrong_instances = [
        f"instance {sess_id}: expected {status}, found {instances.get(sess_id, 'nothing')}"
        for sess_id, status in expected.instances.items()
        if instances.get(sess_id) != status
    ]
    return unexpected + wrong_instances + _wrong_todos(expected, todos)


def _wrong_todos(expected: Expected, todos: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        f"todo {task_id}: {name} should be {value!r}, is {todos.get(task_id, {}).get(name)!r}"
        for task_id, todo in expected.todos.items()
        for name, value in todo.items()
        if todos.get(task_id, {}).get(name) != value
    ]


def _read_events(file: Path) -> tuple[Mapping[str, Any], ...]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines if line.strip())
