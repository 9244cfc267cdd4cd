"""What the simulated task center holds, remembers and is asked, whatever the wire.

Times are epoch seconds. Statuses are those of the newer generation: RUNNING, COMPLETE, ABORT.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from local.simulating.simulator import BaseSnapshot

TASK_STATUSES = frozenset({"RUNNING", "COMPLETE"})
INSTANCE_STATUSES = frozenset({"RUNNING", "COMPLETE", "ABORT"})


class Operation(StrEnum):
    """What a request asks for. The last two name requests that cannot be told apart further."""

    TOKEN = "token"  # noqa: S105 (an operation, not a token)
    INSERT_TASK = "insert_task"
    UPDATE_TASK = "update_task"
    DELETE_TASK = "delete_task"
    SAVE_INSTANCE = "save_instance"
    DELETE_INSTANCE = "delete_instance"
    SAVE_TASKS = "save_tasks"
    UNKNOWN = "unknown"


SAVES = frozenset({Operation.INSERT_TASK, Operation.UPDATE_TASK, Operation.SAVE_INSTANCE})


class Verdict(StrEnum):
    """What became of a call: only the first two changed anything, only the first was told so."""

    ACKNOWLEDGED = "acknowledged"
    UNHEARD = "unheard"
    REFUSED = "refused"
    FAILED = "failed"


class ViolationKind(StrEnum):
    """What a caller must never do, and what the task center can prove by itself."""

    SECOND_INSERT = "second_insert"
    SAVE_AFTER_DELETE = "save_after_delete"  # but an update to done, which is refused: it only asks
    INSTANCE_BEFORE_TODOS = "instance_before_todos"


@dataclass(frozen=True, slots=True)
class Settings:
    """How this task center behaves where no public source says how the real one does.

    `older_app_secrets` stay valid beside `app_secret`. `repeated_insert` is what happens to an insert of a
    task that is there: taken as an update, or refused with code 40902. `gone_delete_succeeds` answers deletes
    of what is not there with success instead of 40402 and 40404. `static_token` belongs to the older
    generation. `numeric_errcode` sends codes as JSON numbers.
    """

    app_id: str = "taskbridge"
    app_secret: str = "simulated-secret"  # noqa: S105 (of a simulator)
    older_app_secrets: tuple[str, ...] = ()
    scene_code: str = "todo"
    token_lifetime_s: float = 7200.0
    new_token_ends_old: bool = False
    repeated_insert: Literal["update", "refuse"] = "update"
    gone_delete_succeeds: bool = False
    numeric_errcode: bool = False
    static_token: str = "simulated-static-token"  # noqa: S105 (of a simulator)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a request asks for. Empty texts were not sent; `processors` None means unchanged."""

    operation: Operation
    task_id: str = ""
    sess_id: str = ""
    status: str = ""
    instance_status: str = ""
    processors: tuple[str, ...] | None = None
    subject: str = ""
    node_name: str = ""
    service_name: str = ""
    url: str = ""
    created: str = ""
    item: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """A todo as it stands. `item` has every field that was ever sent, the newest value of each.

    `acknowledged`: somebody was told that the insert succeeded.
    """

    task_id: str
    sess_id: str
    status: str
    processors: tuple[str, ...]
    subject: str
    node_name: str
    service_name: str
    url: str
    created: str
    inserted_at: float
    updated_at: float
    acknowledged: bool
    item: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Instance:
    """A process instance as it stands; `item` is empty unless it was saved by itself."""

    sess_id: str
    status: str
    subject: str
    node_name: str
    updated_at: float
    item: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One line of the ledger: one change of one request, or a whole request that could not be read.

    `number` counts lines and `request` requests, both from 1. `status`, `instance_status`, `processors`,
    `subject` and `node_name` are as sent. `http_status` is 0 where no answer went out, `fault` the kind of
    the fault that struck, else empty, `errcode` what was answered or would have been.
    """

    number: int
    request: int
    at: float
    operation: Operation
    task_id: str
    sess_id: str
    status: str
    instance_status: str
    processors: tuple[str, ...]
    subject: str
    node_name: str
    verdict: Verdict
    errcode: str
    message: str
    http_status: int
    fault: str

    @property
    def acted(self) -> bool:
        """Whether the task center has held this change since."""
        return self.verdict in (Verdict.ACKNOWLEDGED, Verdict.UNHEARD)


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that the caller must never do, with the `request` that did it."""

    kind: ViolationKind
    request: int
    at: float
    task_id: str
    sess_id: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(BaseSnapshot):
    """Everything that a task center keeps over a restart: see BaseSnapshot. `deleted_tasks`: the instance of each."""

    tasks: list[Task] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)
    deleted_tasks: dict[str, str] = field(default_factory=dict)
    deleted_instances: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    version: Literal[1] = 1
