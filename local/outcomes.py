"""What became of the events, read from the tables of the stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from local.emulator import Aws
from local.seed import PLATFORM_ID
from taskbridge.push.logs import Entry, PushLog, entry_name
from taskbridge.push.trigger_rules import AI
from taskbridge.tables.batches import batch_get
from taskbridge.tables.dynamo import text
from taskbridge.tables.parts import PartTable
from taskbridge.tables.push_logs import PushLogTable

WORKING = frozenset({"retrying"})


@dataclass(frozen=True, slots=True)
class EventRow:
    """What became of one event at one target: a platform, or `ai`; `target` is empty where it never had one."""

    event_id: str
    action: str
    status: str
    reason: str
    target: str
    attempts: int

    @property
    def is_settled(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.status not in WORKING


class Outcomes(Protocol):
    """Where to look up what became of events."""

    def events_of(self, event_ids: Sequence[str]) -> list[EventRow]:
        """Rows of these events; an event that nothing is known of yet has none."""


class StackOutcomes:
    """The outcomes in the tables of a running stack."""

    def __init__(self, aws: Aws, outputs: Mapping[str, str]) -> None:
        self._aws = aws
        self._event_table = outputs["EventTableName"]
        parts = PartTable(aws.dynamodb, outputs["PartTableName"])
        self._logs = PushLogTable(aws.dynamodb, outputs["PushLogTableName"], retention_s=0, parts=parts)

    def events_of(self, event_ids: Sequence[str]) -> list[EventRow]:
        """See Outcomes."""
        logs = self._logs.load((event_id, target) for event_id in event_ids for target in (PLATFORM_ID, AI))
        keys = [{"event_id": {"S": event_id}, "part": {"N": "0"}} for event_id in dict.fromkeys(event_ids)]
        items = batch_get(self._aws.dynamodb, self._event_table, keys, consistent=True)
        return [*map(_row_of_log, logs.values()), *map(_row_of_item, items)]


def _row_of_log(log: PushLog) -> EventRow:
    return EventRow(
        event_id=log.event_id,
        action=log.action,
        status=log.status,
        reason="; ".join(_reason(key, entry) for key, entry in log.entries.items() if entry.reason),
        target=log.platform_id,
        attempts=sum(entry.attempts for entry in log.entries.values()),
    )


def _reason(key: str, entry: Entry) -> str:
    return f"{entry_name(key)}: {entry.reason}"


def _row_of_item(item: Mapping[str, Any]) -> EventRow:
    """A row of the event table: the router skipped the event, or could not read it."""
    return EventRow(
        event_id=text(item, "event_id"),
        action=text(item, "action"),
        status=text(item, "status"),
        reason=text(item, "reason"),
        target="",
        attempts=0,
    )
