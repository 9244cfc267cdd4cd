"""Push logs, and what became of an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field

from admin_api.failure_causes import Cause
from admin_api.ids import encode_id, log_id
from admin_api.moments import at, to_utc
from taskbridge.push.instances import INSTANCE
from taskbridge.push.logs import Entry, LoggedAttempt, LogStatus, PushLog
from taskbridge.push.trigger_rules import AI
from taskbridge.tables.events import UnroutedEvent

Status = Literal["retrying", "succeeded", "failed", "superseded", "skipped"]


class LogEntry(BaseModel):
    """What became of one task, or of the instance: then `task_id` is null."""

    task_id: str | None
    status: LogStatus
    operation: str
    reason: str
    attempts: int
    errcode: str
    failed_at: str | None
    settled_at: str | None


class LogAttempt(BaseModel):
    """One HTTP call. Request and response are cut, their secrets and tokens masked."""

    at: str
    operation: str
    task_id: str | None
    method: str
    path: str
    request: str
    status: int | None
    response: str
    duration_ms: int
    error: str


class PushLogRow(BaseModel):
    """One event on one platform. `status` is the worst of its entries.

    `shared_with`: sessions that used the same event id; each has a log of its own. `notes`: what was set right in the
    event, by the place in it.
    """

    id: str
    event_id: str
    platform_id: str
    sess_id: str
    app_id: str
    action: str
    sequence: int | None
    status: LogStatus
    occurred_at: str | None
    received_at: str | None
    updated_at: str | None
    entries: list[LogEntry]
    shared_with: list[str]
    notes: list[str]


class PushLogDetail(PushLogRow):
    """One event on one platform, with its newest ten attempts."""

    attempts: list[LogAttempt]


class ReplayedLog(BaseModel):
    """What is sent again: the tasks of the log, as they should be now."""

    id: str
    platform_id: str
    sess_id: str
    requested_at: str


class EventTarget(BaseModel):
    """What became of an event at one target: `push:<platform id>`, or `ai`. `sess_id` is whose event that was."""

    target: str
    log_id: str
    sess_id: str
    status: LogStatus
    reason: str
    attempts: int
    updated_at: str | None
    entries: list[LogEntry]
    calls: list[LogAttempt]


class EventOutcome(BaseModel):
    """What became of one event. `status` is routed, skipped or rejected; of the latter two `reason` says why.

    An id must be unique. Where it was not, `clash` says so: `targets` are those of every session that used the id, the
    facts of the event are those of the first, and `others` are the ids under which more skipped and rejected events
    of this id stand.
    """

    id: str
    event_id: str
    status: Literal["routed", "skipped", "rejected"]
    reason: str
    action: str
    app_id: str
    sess_id: str
    occurred_at: str | None
    received_at: str | None
    targets: list[EventTarget] = Field(default_factory=list)
    clash: str = ""
    others: list[str] = Field(default_factory=list)


class RejectedEvent(BaseModel):
    """An event that could not be read. `body` is the whole of it, as it came from the bus."""

    id: str
    event_id: str
    reason: str
    received_at: str | None
    replayed_at: str | None
    replayed_by: str | None
    body: str


class FailureCause(BaseModel):
    """Failed logs that have one cause."""

    platform_id: str = Field(description="the platform that they failed on", examples=["jz"])
    errcode: str = Field(description="the platform's own code, empty where none came", examples=["50001"])
    reason: str = Field(description="why; ids, numbers and times in it are shown as …", examples=["no such user …"])
    count: int = Field(description="failed logs with this cause", examples=[17])
    first: str | None = Field(description="when the oldest was received", examples=["2026-11-22T01:30:00.000+00:00"])
    last: str | None = Field(description="when the newest was received", examples=["2026-11-22T02:30:00.000+00:00"])
    example: str = Field(description="id of the newest log", examples=["jz:ev-1"])


class FailureCauses(BaseModel):
    """Failures by cause, the most frequent first, all on one page. `is_exact`: every failed log of the time counts."""

    items: list[FailureCause] = Field(description="the causes")
    next_cursor: None = Field(default=None, description="null: there is one page")
    is_exact: bool = Field(description="false where there are more failures than one call counts", examples=[True])


class SkippedEvent(BaseModel):
    """An event that no rule sends anywhere, as far as it was kept."""

    id: str
    event_id: str
    reason: str
    action: str
    app_id: str
    sess_id: str
    received_at: str | None


class ReplayedEvent(BaseModel):
    """An event that went back to the ingest queue."""

    id: str
    event_id: str
    replayed_at: str
    replayed_by: str


def show_log(log: PushLog) -> PushLogRow:
    """A log as it stands in a list."""
    return PushLogRow.model_validate(_row(log))


def show_detail(log: PushLog) -> PushLogDetail:
    """A log with its attempts."""
    return PushLogDetail.model_validate({**_row(log), "attempts": [_show_attempt(each) for each in log.attempts]})


def show_outcome(event_id: str, logs: list[PushLog], unrouted: UnroutedEvent | None) -> EventOutcome:
    """What became of an event. One of `logs` and `unrouted` is there."""
    log = min(logs, key=lambda each: (each.is_beside, each.platform_id), default=None)
    told: Mapping[str, object] = {
        "action": log.action if log else unrouted.action if unrouted else "",
        "app_id": log.app_id if log else unrouted.app_id if unrouted else "",
        "sess_id": log.sess_id if log else unrouted.sess_id if unrouted else "",
        "occurred_at": to_utc(log.occurred_at) if log else None,
        "received_at": to_utc(log.received_at if log else unrouted.received_at if unrouted else ""),
    }
    return EventOutcome.model_validate(
        {
            "id": encode_id(event_id),
            "event_id": event_id,
            "status": unrouted.status if unrouted and not log else "routed",
            "reason": unrouted.reason if unrouted and not log else "",
            "targets": [_show_target(each) for each in logs],
            "clash": _clash(logs, unrouted),
            "others": [encode_id(each) for each in unrouted.others] if unrouted else [],
            **told,
        }
    )


def _clash(logs: list[PushLog], unrouted: UnroutedEvent | None) -> str:
    """What is wrong with an id that several instances used; empty where all is well."""
    owners = [log.owner for log in logs]
    if unrouted and unrouted.sess_id:
        owners.append(unrouted.sess_id)
    known = sorted(set(owners))
    if len(known) < 2:
        return ""
    return f"{len(known)} instances used this id, which must be unique: {', '.join(known[:10])}"


def show_rejected(event: UnroutedEvent) -> RejectedEvent:
    """A rejected event, whole."""
    return RejectedEvent(
        id=encode_id(event.event_id),
        event_id=event.event_id,
        reason=event.reason,
        received_at=to_utc(event.received_at),
        replayed_at=to_utc(event.replayed_at),
        replayed_by=event.replayed_by or None,
        body=event.body.decode(errors="replace"),
    )


def show_cause(cause: Cause) -> FailureCause:
    """A cause of failures."""
    return FailureCause(
        platform_id=cause.platform_id,
        errcode=cause.errcode,
        reason=cause.reason,
        count=cause.count,
        first=to_utc(cause.first),
        last=to_utc(cause.last),
        example=cause.example,
    )


def show_skipped(event: UnroutedEvent) -> SkippedEvent:
    """A skipped event."""
    return SkippedEvent(
        id=encode_id(event.event_id),
        event_id=event.event_id,
        reason=event.reason,
        action=event.action,
        app_id=event.app_id,
        sess_id=event.sess_id,
        received_at=to_utc(event.received_at),
    )


def _row(log: PushLog) -> dict[str, object]:
    return {
        "id": log_id(log.key),
        "event_id": log.event_id,
        "platform_id": log.platform_id,
        "sess_id": log.sess_id,
        "app_id": log.app_id,
        "action": log.action,
        "sequence": log.sequence if log.sequence >= 0 else None,
        "status": log.status,
        "occurred_at": to_utc(log.occurred_at),
        "received_at": to_utc(log.received_at),
        "updated_at": to_utc(log.updated_at),
        "entries": [_show_entry(key, entry) for key, entry in log.entries.items()],
        "shared_with": log.shared_with,
        "notes": log.notes,
    }


def _show_entry(key: str, entry: Entry) -> LogEntry:
    return LogEntry(
        task_id=None if key == INSTANCE else key,
        status=entry.status,
        operation=entry.operation,
        reason=entry.reason,
        attempts=entry.attempts,
        errcode=entry.errcode,
        failed_at=to_utc(entry.failed_at),
        settled_at=to_utc(entry.settled_at),
    )


def _show_attempt(attempt: LoggedAttempt) -> LogAttempt:
    return LogAttempt(
        at=at(attempt.at),
        operation=attempt.operation,
        task_id=None if attempt.key == INSTANCE else attempt.key,
        method=attempt.method,
        path=attempt.path,
        request=attempt.request,
        status=attempt.status,
        response=attempt.response,
        duration_ms=attempt.duration_ms,
        error=attempt.error,
    )


def _show_target(log: PushLog) -> EventTarget:
    entries = list(log.entries.values())
    return EventTarget(
        target=AI if log.platform_id == AI else f"push:{log.platform_id}",
        log_id=log_id(log.key),
        sess_id=log.sess_id,
        status=log.status,
        reason=next((entry.reason for entry in entries if entry.status is log.status and entry.reason), ""),
        attempts=sum(entry.attempts for entry in entries),
        updated_at=to_utc(log.updated_at),
        entries=[_show_entry(key, entry) for key, entry in log.entries.items()],
        calls=[_show_attempt(each) for each in log.attempts],
    )
