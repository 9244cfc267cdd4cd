"""Push logs: listed, shown, replayed. What became of one event on one platform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.api import Api, Router
from admin_api.ids import log_id, parse_log_id
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.moments import at, parse_range, to_utc
from admin_api.problems import not_found
from admin_api.push.log_lists import LogFilter, PushLogLists
from admin_api.setup.platforms import task_centers
from admin_api.views import show
from admin_api.wiring import Services
from taskbridge.attempts import Attempt
from taskbridge.events import ID_CHARS
from taskbridge.moments import DAY_S
from taskbridge.push.instances import INSTANCE
from taskbridge.push.logs import Entry, LogStatus, PushLog
from taskbridge.push.messages import SyncMessage

CAUSE_CHARS = 2000
Status = Literal["retrying", "succeeded", "failed", "superseded", "skipped"]
Id = Annotated[str | None, Query(min_length=1, max_length=ID_CHARS)]
Cause = Annotated[str | None, Query(min_length=1, max_length=CAUSE_CHARS)]
Moment = Annotated[str | None, Query(alias="from", description="RFC 3339", max_length=40)]
End = Annotated[str | None, Query(alias="to", description="RFC 3339", max_length=40)]
router = Router("push logs")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What became of one task, or of the instance: then `task_id` is null."""

    task_id: str | None
    status: LogStatus
    operation: str
    reason: str
    attempts: int
    errcode: str
    failed_at: str | None
    settled_at: str | None


@dataclass(frozen=True, slots=True)
class LogAttempt:
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


@dataclass(frozen=True, slots=True)
class PushLogRow:
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


@dataclass(frozen=True, slots=True)
class PushLogDetail(PushLogRow):
    """One event on one platform, with its newest ten attempts."""

    attempts: list[LogAttempt]


@dataclass(frozen=True, slots=True)
class ReplayedLog:
    """What is sent again: the tasks of the log, as they should be now."""

    id: str
    platform_id: str
    sess_id: str
    requested_at: str


@router.get("/v1/push-logs", summary="Push logs, the newest first")
def list_push_logs(
    api: Api,
    sess_id: Id = None,
    task_id: Id = None,
    status: Annotated[Status | None, Query()] = None,
    platform_id: Id = None,
    errcode: Id = None,
    cause: Cause = None,
    from_: Moment = None,
    to: End = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listed[PushLogRow]:
    """By session, task, status, platform, cause and time. A page may be short, or empty, where there is a next one.

    Without session and status the list goes back a week, unless `from` says how far.
    """
    services, now = api.services, api.services.clock()
    start, end = parse_range(from_, to, now)
    platforms = task_centers(services.configuration.current(), platform_id, where="query")
    known = LogStatus(status) if status else None
    wanted = LogFilter(platforms, sess_id or "", task_id or "", known, errcode or "", cause or "", start, end)
    lists = PushLogLists(services.push_logs, services.instances, services.pages, services.retention_days * DAY_S)
    page = lists.find(wanted, api.open_cursor(cursor), limit, now)
    return api.listed([show(PushLogRow, each, **_facts(each)) for each in page.items], page.next)


@router.get("/v1/push-logs/{id}", summary="One push log with its attempts")
def get_push_log(api: Api, id: str) -> PushLogDetail:
    """Request and response of each attempt; secrets and tokens are masked."""
    log = read_log(api.services, id)
    return show(PushLogDetail, log, **_facts(log), attempts=list(map(show_attempt, log.attempts)))


@router.post("/v1/push-logs/{id}/replay", summary="Push again", status_code=202)
def replay_push_log(api: Api, id: str) -> ReplayedLog:
    """Sends what the tasks of the log should be now, not what they once were."""
    services, now = api.services, api.services.now()
    log = read_log(services, id)
    task_centers(services.configuration.current(), log.platform_id, where="path")
    # Also those that were acknowledged.
    force = tuple(log.entries)
    message = SyncMessage(log.platform_id, log.sess_id, f"replay:{log.event_id}", now, replay=True, force=force)
    services.push_queue.send_whole([message])
    return ReplayedLog(log_id(log.key), log.platform_id, log.sess_id, requested_at=now)


def show_entries(log: PushLog) -> list[LogEntry]:
    """What became of each task of a log."""
    return [_show_entry(key, entry) for key, entry in log.entries.items()]


def show_attempt(attempt: Attempt) -> LogAttempt:
    """An attempt of a log."""
    return show(LogAttempt, attempt, at=at(attempt.at), task_id=None if attempt.key == INSTANCE else attempt.key)


def read_log(services: Services, id: str) -> PushLog:
    """The log that a path names. Raises Problem (404), StoreError."""
    key = parse_log_id(id)
    found = services.push_logs.load([key]).get(key)
    if found is None:
        raise not_found("push log")
    return found


def _facts(log: PushLog) -> dict[str, Any]:
    return {
        "id": log_id(log.key),
        "sequence": log.sequence if log.sequence >= 0 else None,
        "occurred_at": to_utc(log.occurred_at),
        "received_at": to_utc(log.received_at),
        "updated_at": to_utc(log.updated_at),
        "entries": show_entries(log),
    }


def _show_entry(key: str, entry: Entry) -> LogEntry:
    times = {"failed_at": to_utc(entry.failed_at), "settled_at": to_utc(entry.settled_at)}
    return show(LogEntry, entry, task_id=None if key == INSTANCE else key, **times)
