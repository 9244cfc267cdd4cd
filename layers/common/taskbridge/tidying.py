"""An event as it is meant: the same thing once, nobody left out, no date where there is none. Pure.

What was set right is noted, by the place in the event: the log of the event says it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, UnsetType

from taskbridge.errors import InvalidEvent
from taskbridge.events import EventTask, Session, TriggerEvent, User
from taskbridge.moments import FIRST_YEAR, LAST_YEAR, is_given, read_moment
from taskbridge.reasons import build_reason

NOTES_KEPT = 20
NO_DATE = f"no date: not from {FIRST_YEAR} to {LAST_YEAR}, so it counts as not given"
NOBODY = "nobody: neither uid nor number"
_UNKNOWN = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
_SAME = ("status", "node_id", "node_kind")  # two entries of one task must agree on them


@dataclass(slots=True)
class _Notes:
    kept: list[str] = field(default_factory=list)
    left_out: int = 0

    def add(self, place: str, text: str) -> None:
        if len(self.kept) < NOTES_KEPT:
            self.kept.append(f"{place}: {text}")
        else:
            self.left_out += 1

    def all(self) -> tuple[str, ...]:
        return (*self.kept, f"and {self.left_out} more") if self.left_out else tuple(self.kept)


def tidy(event: TriggerEvent, received_at: str) -> tuple[TriggerEvent, tuple[str, ...]]:
    """The event as it is meant, and what was set right. An event without its own time happened at `received_at`.

    Raises InvalidEvent where two entries of one task contradict each other.
    """
    notes = _Notes()
    changes: dict[str, object] = {}
    if not is_given(event.occurred_at):
        notes.add("occurred_at", NO_DATE)
        changes["occurred_at"] = read_moment(received_at) or _UNKNOWN
    if isinstance(event.session, Session) and not _is_said(event.session.created_at):
        notes.add("session.created_at", NO_DATE)
        changes["session"] = msgspec.structs.replace(event.session, created_at=UNSET)
    tasks = _unite([_tidy_task(task, f"tasks[{n}]", notes) for n, task in enumerate(event.tasks)], notes)
    if len(tasks) != len(event.tasks) or any(new is not old for new, old in zip(tasks, event.tasks, strict=True)):
        changes["tasks"] = tasks
    return (msgspec.structs.replace(event, **changes) if changes else event), notes.all()


def _is_said(moment: datetime | UnsetType) -> bool:
    return isinstance(moment, UnsetType) or is_given(moment)


def _tidy_task(task: EventTask, place: str, notes: _Notes) -> EventTask:
    changes: dict[str, object] = {}
    for name in ("created_at", "finished_at"):
        if not _is_said(getattr(task, name)):
            notes.add(f"{place}.{name}", NO_DATE)
            changes[name] = UNSET
    for name in ("assignees", "previous_assignees"):
        users = getattr(task, name)
        once = users if isinstance(users, UnsetType) else _once(users, f"{place}.{name}", notes)
        if once is not users:
            changes[name] = once
    return msgspec.structs.replace(task, **changes) if changes else task


def _once(users: list[User], place: str, notes: _Notes) -> list[User]:
    """Everybody once, nobody left out; the very list where that changes nothing."""
    found: dict[tuple[str, str], User] = {}
    for number, user in enumerate(users):
        if not (user.uid or user.number):
            notes.add(f"{place}[{number}]", NOBODY)
            continue
        key = ("uid", user.uid) if user.uid else ("number", user.number)
        known = found.get(key)
        if known is not None:
            notes.add(f"{place}[{number}]", "named twice")
            user = User(user.uid, known.number or user.number, known.name or user.name)  # noqa: PLW2901
        found[key] = user
    return users if len(found) == len(users) else list(found.values())


def _unite(tasks: list[EventTask], notes: _Notes) -> list[EventTask]:
    """A task that is named twice as one, with the people of both. What the first entry says prevails."""
    first: dict[str, int] = {}
    found: list[EventTask] = []
    for number, task in enumerate(tasks):
        if task.task_id not in first:
            first[task.task_id] = len(found)
            found.append(task)
            continue
        place = f"tasks[{number}]"
        known = found[first[task.task_id]]
        for name in _SAME:
            if getattr(known, name) != getattr(task, name):
                raise InvalidEvent(
                    f"{place}.task_id", build_reason("task_twice", name=name, task=repr(task.task_id[:60]))
                )
        notes.add(place, "names a task that another entry names: both are one, with the people of both")
        found[first[task.task_id]] = _united(known, task, place, notes)
    return found


def _united(known: EventTask, other: EventTask, place: str, notes: _Notes) -> EventTask:
    said = {name: getattr(other, name) for name in EventTask.__struct_fields__ if _is_unsaid(getattr(known, name))}
    for name in ("assignees", "previous_assignees"):
        both = [*_users(getattr(known, name)), *_users(getattr(other, name))]
        if both:
            said[name] = _once(both, f"{place}.{name}", notes)
    return msgspec.structs.replace(known, **said)


def _is_unsaid(value: object) -> bool:
    return isinstance(value, UnsetType) or value == ""


def _users(users: Iterable[User] | UnsetType) -> Iterable[User]:
    return () if isinstance(users, UnsetType) else users
