"""The sample events, and how their story has to end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.analyses import SeatRow
from local.outcomes import EventRow
from taskbridge.push.trigger_rules import AI

FILES_PLACEHOLDER = "http://attachments.invalid/"
_TRACKED = frozenset({"succeeded", "superseded"})

SeatKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Chapter:
    """Events that are sent in this order, at once; the next chapter begins when they are settled."""

    name: str
    events: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """The end: the todos by id, the status of each instance, what became of the events, and what the AI says.

    `events` has the statuses that each event may have at the task center, none where it concerns AI approval alone.
    An event may have been superseded where a newer one of the same batch overtook it. `analyses` has some facts of
    the analysis of a seat (uid and task id), None where there is none.
    """

    todos: Mapping[str, Mapping[str, Any]]
    instances: Mapping[str, str]
    events: Mapping[str, Sequence[str]]
    analyses: Mapping[SeatKey, Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Story:
    """Sample events in chapters, with the end that they must have."""

    chapters: tuple[Chapter, ...]
    expected: Expected

    @property
    def event_count(self) -> int:
        """How many events are sent, repetitions included."""
        return sum(len(chapter.events) for chapter in self.chapters)

    @property
    def seats(self) -> tuple[SeatKey, ...]:
        """Whoever has, or had, a task on an approve node: uid and task id, once each."""
        tasks = [task for chapter in self.chapters for event in chapter.events for task in event.get("tasks", [])]
        people = [
            (str(person["uid"]), str(task["task_id"]))
            for task in tasks
            if task.get("node_kind", "approve") == "approve"
            for person in (*task.get("assignees", []), *task.get("previous_assignees", []))
        ]
        return tuple(dict.fromkeys(people))


def read_story(folder: Path, files_url: str = "") -> Story:
    """The story of a folder: each `*.jsonl` is a chapter, in the order of their names.

    `files_url` is where the attachments of the samples are served; without one their addresses lead nowhere.
    """
    files = sorted(folder.glob("*.jsonl"))
    chapters = tuple(Chapter(file.stem, _read_events(file, files_url or FILES_PLACEHOLDER)) for file in files)
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    todos = {todo["task_id"]: todo for todo in expected["todos"]}
    analyses = {(entry["uid"], entry["task_id"]): entry["analysis"] for entry in expected["analyses"]}
    return Story(chapters, Expected(todos, expected["instances"], expected["events"], analyses))


def find_event_mismatches(expected: Expected, rows: Iterable[EventRow]) -> list[str]:
    """What did not happen to the events as it should have, a sentence each."""
    rows = list(rows)
    pushed: dict[str, set[str]] = {}
    for row in rows:
        if row.target != AI:
            pushed.setdefault(row.event_id, set()).add(row.status)
    untracked = [
        f"event {row.event_id}: AI approval has it as {row.status}"
        for row in rows
        if row.target == AI and row.status not in _TRACKED
    ]
    return untracked + [
        f"event {event_id}: expected {' or '.join(allowed) or 'nothing'}, "
        f"found {' and '.join(sorted(pushed.get(event_id, ()))) or 'nothing'}"
        for event_id, allowed in expected.events.items()
        if not pushed.get(event_id, set()) <= set(allowed) or bool(allowed) != bool(pushed.get(event_id))
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


def find_analysis_mismatches(expected: Expected, rows: Iterable[SeatRow], *, is_simulated: bool) -> list[str]:
    """What AI approval does not hold as it should, a sentence each. What a real model says, nobody can expect."""
    found = {(row.uid, row.task_id): row for row in rows if row.status}
    problems = []
    for (uid, task_id), wanted in expected.analyses.items():
        row = found.get((uid, task_id))
        if wanted is None or row is None:
            if wanted is not None or row is not None:
                problems.append(f"analysis of {task_id} for {uid}: should {'not ' if wanted is None else ''}be there")
            continue
        facts = {name: value for name, value in wanted.items() if is_simulated or name != "verdict"}
        problems += [
            f"analysis of {task_id} for {uid}: {name} should be {value}, is {getattr(row, name) or 'empty'}"
            for name, value in facts.items()
            if getattr(row, name) != value
        ]
    return problems


def _wrong_todos(expected: Expected, todos: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        f"todo {task_id}: {name} should be {value!r}, is {todos.get(task_id, {}).get(name)!r}"
        for task_id, todo in expected.todos.items()
        for name, value in todo.items()
        if todos.get(task_id, {}).get(name) != value
    ]


def _read_events(file: Path, files_url: str) -> tuple[Mapping[str, Any], ...]:
    lines = file.read_text(encoding="utf-8").replace(FILES_PLACEHOLDER, files_url).splitlines()
    return tuple(json.loads(line) for line in lines if line.strip())
