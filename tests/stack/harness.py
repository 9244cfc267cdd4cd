"""The whole stack on this machine, for tests that need it: emulator, simulator, deployed template."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.bus import send_events
from cli.event_files import Found
from local.aigc_simulator.attachments import FILES_PREFIX
from local.emulator import Aws
from local.processes import free_port
from local.settings import StackSettings, read_settings
from local.simulators import SimulatorClient
from local.stack import up
from local.steps import Steps
from taskbridge.push.trigger_rules import AI
from tests.stack.tables import EventRow, SeatRow, StackTables

# Only so that a stack that is stuck ends at all: no test is decided by it. What died with a worker, or was lent to a
# message that got lost, is found within a quarter of an hour.
PATIENCE_S = 1200.0


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A stack that is up: its outputs, clients for its AWS services, a look into its task center and AI platform."""

    settings: StackSettings
    outputs: Mapping[str, Any]
    aws: Aws
    simulator: SimulatorClient
    ai: SimulatorClient

    def put_events(self, *events: Mapping[str, Any]) -> None:
        """Put events on the bus, in this order."""
        found = [Found(event["id"], json.dumps(event, ensure_ascii=False).encode()) for event in events]
        refused = send_events(self.aws.events, self.outputs["EventBusName"], found, lambda _: None, time.sleep)
        assert refused == []

    def wait_until_settled(self, *event_ids: str) -> list[EventRow]:
        """Wait until the queues are empty and these events accounted for; what became of them at the task center.

        However long it takes: it fails where nothing has moved for a while.
        """
        tables, wanted = StackTables(self.aws, self.outputs), tuple(dict.fromkeys(event_ids))
        deadline, seen = time.monotonic() + PATIENCE_S, None
        while True:
            # Queues first: what leaves a queue after this is in the tables that are read next.
            looked = time.monotonic()
            waiting, rows = tables.waiting(), tables.events_of(wanted)
            unsettled = [row for row in rows if row.status == "retrying"]
            unknown = set(wanted) - {row.event_id for row in rows}
            if not (waiting or unsettled or unknown):
                return [row for row in rows if row.target != AI]
            if (left := (waiting, unsettled, unknown)) != seen:
                deadline, seen = time.monotonic() + PATIENCE_S, left
            assert time.monotonic() < deadline, left
            rest(since=looked)

    def status_of(self, event_id: str) -> str:
        """Wait until the event is accounted for; its status."""
        (row,) = self.wait_until_settled(event_id)
        return row.status

    def seats(self, *keys: tuple[str, str]) -> list[SeatRow]:
        """What these people (uid, task id) have of these tasks, and what the AI says of it."""
        return StackTables(self.aws, self.outputs).seats(keys)

    def wait_for_seats(self, *keys: tuple[str, str], until: Callable[[list[SeatRow]], bool]) -> list[SeatRow]:
        """Look at seats until they are as they have to be."""
        deadline = time.monotonic() + PATIENCE_S
        tables = StackTables(self.aws, self.outputs)
        while True:
            looked = time.monotonic()
            if until(rows := tables.seats(keys)):
                return rows
            assert time.monotonic() < deadline, rows
            rest(since=looked)

    def questions(self) -> list[dict[str, Any]]:
        """What the AI platform was asked, in order."""
        return [call for call in self.ai.calls() if call["operation"] == "talk_stream"]

    def attachment(self, name: str) -> str:
        """The address of an attachment of the samples."""
        return f"{self.outputs['ai_simulator_url']}{FILES_PREFIX}{name}"

    def todos(self) -> dict[str, dict[str, Any]]:
        """What the task center holds, by task id."""
        return {todo["task_id"]: todo for todo in self.simulator.state()["tasks"]}


def rest(since: float) -> None:
    """Wait eight times as long as the look took: it takes the time of the stack's processors, a ninth at most."""
    time.sleep(max(0.05, 8 * (time.monotonic() - since)))


def new_settings(state_dir: Path) -> StackSettings:
    """Settings of a stack of its own, on a port of its own; four models may be asked at the same time."""
    return read_settings({"STATE_DIR": str(state_dir), "AWS_PORT": str(free_port()), "AI_CONCURRENCY": "4"})


@contextmanager
def running(settings: StackSettings) -> Iterator[RunningStack]:
    """Bring the stack up and connect to it. Leaving it closes the connections; the stack stays up."""
    outputs = up(settings, Steps(io.StringIO()))
    with ExitStack() as connections:
        yield RunningStack(
            settings,
            outputs,
            connections.enter_context(Aws(outputs["endpoint_url"], outputs["region"])),
            connections.enter_context(SimulatorClient(outputs["simulator_url"])),
            connections.enter_context(SimulatorClient(outputs["ai_simulator_url"])),
        )


def task_received(
    *, sess_id: str = "", task_id: str = "", event_id: str = "", sequence: int = 1, assignee: str = "10021"
) -> dict[str, Any]:
    """A new todo of a running instance; ids that nobody else has where none are given."""
    sess_id = sess_id or f"P-{uuid.uuid4().hex[:12]}"
    return {
        "version": "1",
        "id": event_id or f"ev-{uuid.uuid4().hex[:12]}",
        "event": "action.task_received.t1",
        "sequence": sequence,
        "occurred_at": "2026-11-22T09:00:00+08:00",
        "app": {"app_id": "leave", "name": "请假申请"},
        "session": {
            "sess_id": sess_id,
            "status": "running",
            "subject": "请假",
            "initiator": {"uid": "u-1", "number": "2024010117"},
        },
        "tasks": [
            {
                "task_id": task_id or f"{sess_id}-T",
                "node_id": "counsellor",
                "node_name": "辅导员审批",
                "status": "init",
                "assignees": [{"uid": f"u-{assignee}", "number": assignee}],
                "created_at": "2026-11-22T09:00:00+08:00",
            }
        ],
    }
