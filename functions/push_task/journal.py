"""Log lines and metrics of the push function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain

from push_task.settle import End, StepResult
from push_task.turn import Received, Turn
from taskbridge.errors import InvalidEvent
from taskbridge.observability import Observability
from taskbridge.platforms.masking import MASK
from taskbridge.push.instances import Instance
from taskbridge.push.logs import LogStatus, PushLog, entry_name
from taskbridge.queues import Record
from taskbridge.tables.instances import StoredInstance

_COUNTED = {LogStatus.SUPERSEDED: "EventSuperseded", LogStatus.SKIPPED: "EventSkipped"}
_ENDS = {End.DONE: "TaskPushed", End.TRANSIENT: "PushRetried"}


@dataclass(frozen=True, slots=True)
class PushJournal:
    """Who hears what happened. Ids and reasons only: never a request, a subject or a name."""

    observability: Observability

    def unreadable(self, record: Record, error: InvalidEvent) -> None:
        """A message that cannot be read goes to the dead-letter queue."""
        self.observability.logger.error("unreadable message", message_id=record.message_id, error=str(error))

    def failed(self, key: tuple[str, str], received: Sequence[Received], error: Exception) -> None:
        """The messages of an instance, (platform id, session id), stay in the queue for a fault of our own.

        The text of an unforeseen error may quote what it stumbled over: its kind has to do.
        """
        platform_id, sess_id = key
        self.observability.count("RecordFailed", len(received))
        self.observability.logger.error(
            "stays in the queue",
            message_ids=[entry.message_id for entry in received],
            platform=platform_id,
            sess_id=sess_id,
            error=type(error).__name__,
        )

    def clashed(self, log: PushLog) -> None:
        """The id of an event was used by another instance before."""
        self.observability.count("EventIdClash")
        self.observability.logger.warning(
            "event id used by two instances",
            event_id=log.event_id,
            sess_id=log.sess_id,
            platform=log.platform_id,
            shared_with=log.shared_with,
        )

    def set_aside(self, stored: StoredInstance, count: int) -> None:
        """So many messages wait aside, as their document cannot be read."""
        self.observability.count("SetAside", count)
        self.observability.logger.error(
            "document cannot be read",
            sess_id=stored.instance.sess_id,
            platform=stored.instance.platform_id,
            reason=stored.unreadable,
            messages=count,
        )

    def turned(self, turn: Turn, results: list[StepResult], logs: list[PushLog]) -> None:
        """A turn is over."""
        for result in results:
            self._count_call(result)
        called = {result.step.key for result in results}
        is_first = len(results) == len(turn.results)  # a later slice tells only of what it called
        reasons = _Impersonal(turn.instance)
        for log in logs:
            self.observability.count(_COUNTED.get(log.status, ""), 1 if log.status in _COUNTED else 0)
            self._tell_arrival(log)
            for key, entry in log.entries.items():
                if not is_first and key not in called:
                    continue
                failed_now = entry.status is LogStatus.FAILED and entry.settled_at == log.updated_at
                self.observability.count("TaskFailed", int(failed_now))
                reason = reasons(entry.reason)
                said = {"operation": entry.operation, "errcode": entry.errcode, "reason": reason}
                self.observability.logger.info(
                    entry.status,
                    event_id=log.event_id,
                    sess_id=log.sess_id,
                    platform=log.platform_id,
                    item=entry_name(key),
                    attempts=entry.attempts,
                    extra={name: value for name, value in said.items() if value},
                )

    def _tell_arrival(self, log: PushLog) -> None:
        """How long an event took from the ingest queue to the task center, when the last of it arrived."""
        is_new = any(entry.settled_at == log.updated_at for entry in log.entries.values())
        if is_new and log.received_at and log.status is LogStatus.SUCCEEDED:
            took = datetime.fromisoformat(log.updated_at) - datetime.fromisoformat(log.received_at)
            self.observability.milliseconds("TimeToPush", took.total_seconds() * 1000)

    def _count_call(self, result: StepResult) -> None:
        if result.end in _ENDS:
            self.observability.count(_ENDS[result.end])
        for attempt in result.attempts:
            if attempt.operation == "token":
                self.observability.count("TokenRefreshed")
            else:
                self.observability.milliseconds("PushLatency", attempt.duration_ms)


class _Impersonal:
    """Reasons without the subject and the names that a platform may quote in them; the push log has them whole.

    A large instance has ten thousand names, and as many times the same reason.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._known: dict[str, str] = {"": ""}

    def __call__(self, reason: str) -> str:
        if reason not in self._known:
            told = reason
            for text in self._texts:
                told = told.replace(text, MASK)
            self._known[reason] = told
        return self._known[reason]

    @cached_property
    def _texts(self) -> list[str]:
        """The longest first, as one may be part of another."""
        people = [
            self._instance.item.value("initiator", []),
            *chain(*(item.value("assignees", []) for item in self._instance.tasks.values())),
        ]
        texts = {self._instance.item.value("subject", ""), *(person[2] for person in people if len(person) > 2)}
        return sorted(filter(None, texts), key=len, reverse=True)
