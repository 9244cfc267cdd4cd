"""Trigger events of the upstream process system: their form, and what their actions mean.

The form is the `detail` of an EventBridge event with source `htd.process` and detail-type `process.trigger`,
as `docs/trigger-event.schema.json` has it. Unknown properties are ignored. The values of form fields are kept
as they came (raw JSON): the push half never looks into them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from taskbridge.commands import Person, SessionStatus, TaskStatus

SOURCE = "htd.process"
DETAIL_TYPE = "process.trigger"

# The schema sets no bounds; an empty id names nothing, and a key of a table has at most 2,048 bytes.
ID_CHARS = 500
Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=ID_CHARS)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class LangText(msgspec.Struct, frozen=True):
    """One language of a multilingual text."""

    lang: str
    text: str | None


Text = str | dict[str, str | None] | list[LangText]

# Languages in the order of preference. Traditional Chinese is Chinese all the same, but after the simplified.
_PREFERRED = ("zh", "zh-cn", "cn", "zh-hans", "zh-sg", "zh-my", "zh-*", "traditional", "en", "en-us", "en-*")
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


class Action(StrEnum):
    """The main actions: `<name>` of `action.<name>.<x>`."""

    TASK_RECEIVED = "task_received"
    TASK_COMPLETED = "task_completed"
    TASK_ABORTED = "task_aborted"
    APPROVER_CHANGED = "approver_changed"
    INSTANCE_COMPLETED = "instance_completed"
    INSTANCE_STARTED_AND_ENDED = "instance_started_and_ended"
    INSTANCE_TERMINATED = "instance_terminated"
    INSTANCE_REVOKED = "instance_revoked"
    INSTANCE_REJECTED = "instance_rejected"
    INSTANCE_DELETED = "instance_deleted"
    NODE_PUBLISHED = "node_published"


PUSHED_ACTIONS = frozenset(Action) - {Action.NODE_PUBLISHED}


class User(msgspec.Struct, frozen=True):
    """A user; `number` is the campus-wide account."""

    uid: str
    number: str = ""
    name: str = ""

    def person(self) -> Person:
        """The same user in taskbridge's own words."""
        return Person(uid=self.uid, number=self.number, name=self.name)


class App(msgspec.Struct, frozen=True):
    """The application (process definition) that the event belongs to."""

    app_id: str
    name: Text
    kind: Literal["process", "questionnaire"] = "process"


class Session(msgspec.Struct, frozen=True):
    """The process instance, as it is after the trigger."""

    sess_id: Identifier
    status: SessionStatus
    initiator: User
    subject: Text | msgspec.UnsetType = msgspec.UNSET
    created_at: Moment | msgspec.UnsetType = msgspec.UNSET


class Option(msgspec.Struct, frozen=True):
    """An option of a choice field."""

    value: msgspec.Raw
    label: Text


class Field(msgspec.Struct, frozen=True):
    """A form field. Its value is kept as it came: what it means depends on the control type."""

    key: str
    label: Text
    type: str
    value: msgspec.Raw = msgspec.Raw(b"null")
    options: list[Option] = []
    hidden: bool = False


class EventForm(msgspec.Struct, frozen=True):
    """A form as it was filled in."""

    fields: list[Field]


class EventTask(msgspec.Struct, frozen=True):
    """A task, as it is after the trigger."""

    task_id: Identifier
    node_id: str
    status: TaskStatus
    node_key: str = ""
    node_name: Text | msgspec.UnsetType = msgspec.UNSET
    node_kind: Literal["approve", "handle", "notify"] = "approve"
    priority: Annotated[int, msgspec.Meta(ge=1, le=3)] | msgspec.UnsetType = msgspec.UNSET
    assignees: list[User] | msgspec.UnsetType = msgspec.UNSET
    previous_assignees: list[User] = []
    created_at: Moment | msgspec.UnsetType = msgspec.UNSET
    finished_at: Moment | msgspec.UnsetType = msgspec.UNSET
    decision: Literal["approved", "rejected", "returned"] | msgspec.UnsetType = msgspec.UNSET
    form: EventForm | msgspec.UnsetType = msgspec.UNSET


class BackupTask(msgspec.Struct, frozen=True):
    """A deleted task as the backup names it."""

    task_id: str


class Backup(msgspec.Struct, frozen=True):
    """What was deleted with an instance."""

    task_ids: list[str] = []
    tasks: list[BackupTask] = []

    def all_task_ids(self) -> tuple[str, ...]:
        """The union of both lists, once each, in order; an empty id names nothing."""
        named = [*self.task_ids, *(task.task_id for task in self.tasks)]
        return tuple(task_id for task_id in dict.fromkeys(named) if task_id)


class NodeField(msgspec.Struct, frozen=True):
    """A field of a published node's form."""

    key: str
    label: Text
    type: str


class PublishedNode(msgspec.Struct, frozen=True):
    """A published node with its default rule."""

    node_id: str
    node_key: str = ""
    node_name: Text = ""
    rule: str | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="aiExamineRule")
    keynote: str | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="aiExamineMainInfo")
    file_key: list[str] | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="aiExamineFileKey")
    enabled: bool | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="aiExamineEnabled")
    auto: bool | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="aiExamineAuto")
    form_fields: list[NodeField] = []


class TriggerEvent(msgspec.Struct, frozen=True):
    """One trigger. `sequence` is the order in which things really happened within a process instance."""

    version: Literal["1"]
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    # `\Z`: to Python, `$` also stands before a line break at the end.
    event: Annotated[str, msgspec.Meta(pattern=r"^action\.[a-z_]+(\.[A-Za-z0-9_-]+)?\Z")]
    sequence: Annotated[int, msgspec.Meta(ge=0)]
    occurred_at: Moment
    app: App
    session: Session | msgspec.UnsetType = msgspec.UNSET
    tasks: list[EventTask] = []
    operator: User | msgspec.UnsetType = msgspec.UNSET
    backup: Backup | msgspec.UnsetType = msgspec.UNSET
    node: PublishedNode | msgspec.UnsetType = msgspec.UNSET

    @property
    def action(self) -> str:
        """The main action: `task_received` of `action.task_received.7`. May be one that is not known."""
        return self.event.split(".")[1]


def resolve_text(text: Text) -> str:
    """A multilingual text as one string: Chinese, then English, then the first that is not empty.

    A language may be spelled in any case, with `-` or `_`, with script and region (`zh-Hans-CN`).
    """
    if isinstance(text, str):
        return text
    said = [(lang, value) for lang, value in _pairs(text) if value and value.strip()]
    return min(said, key=lambda pair: _preference(pair[0]))[1] if said else ""


@lru_cache(maxsize=256)
def _preference(lang: str) -> tuple[int, bool]:
    """Its place among the languages, the first is taken; `-` goes before `_`."""
    parts = lang.strip().lower().replace("_", "-").split("-")
    if parts[0] == "zh" and not _TRADITIONAL.isdisjoint(parts[1:]) and "hans" not in parts:
        return _PREFERRED.index("traditional"), "_" in lang
    for name in ("-".join(parts), "-".join(parts[:2]), f"{parts[0]}-*"):
        if name in _PREFERRED:
            return _PREFERRED.index(name), "_" in lang
    return len(_PREFERRED), False


def _pairs(text: Mapping[str, str | None] | list[LangText]) -> list[tuple[str, str | None]]:
    if isinstance(text, list):
        return [(entry.lang, entry.text) for entry in text]
    return list(text.items())
