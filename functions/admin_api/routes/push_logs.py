"""Push logs: listed, shown, replayed."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.api import Api
from admin_api.asking import ID_CHARS, configured_platforms, parse_range
from admin_api.failure_causes import find_causes
from admin_api.ids import log_id, parse_log_id
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.models.push_logs import (
    FailureCauses,
    PushLogDetail,
    PushLogRow,
    ReplayedLog,
    Status,
    show_cause,
    show_detail,
    show_log,
)
from admin_api.moments import at
from admin_api.problems import not_found
from admin_api.push_log_lists import PushLogLists, Wanted
from admin_api.push_replays import replay_log
from admin_api.wiring import Services
from taskbridge.moments import DAY_S
from taskbridge.push.logs import LogStatus, PushLog

TAGS = ["push logs"]
Id = Annotated[str | None, Query(min_length=1, max_length=ID_CHARS)]
Moment = Annotated[str | None, Query(alias="from", description="RFC 3339", max_length=40)]
End = Annotated[str | None, Query(alias="to", description="RFC 3339", max_length=40)]


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    @api.get("/v1/push-logs", summary="Push logs, the newest first", tags=TAGS)
    def list_push_logs(
        sess_id: Id = None,
        task_id: Id = None,
        status: Annotated[Status | None, Query()] = None,
        platform_id: Id = None,
        from_: Moment = None,
        to: End = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Listed[PushLogRow]:
        """By session, task, status, platform and time. A page may be short, or empty, where there is a next one.

        Without session and status the list goes back a week, unless `from` says how far.
        """
        start, end = parse_range(from_, to, services.clock())
        platforms = configured_platforms(services.configuration.current(), platform_id, where="query")
        known = LogStatus(status) if status else None
        wanted = Wanted(platforms, sess_id or "", task_id or "", known, start, end)
        page = build_lists(services).find(wanted, api.open_cursor(cursor), limit, services.clock())
        return Listed(items=[show_log(each) for each in page.items], next_cursor=api.seal_cursor(page.next))

    @api.get("/v1/push-logs/causes", summary="Failures by cause", tags=TAGS)
    def list_causes(platform_id: Id = None, from_: Moment = None, to: End = None) -> FailureCauses:
        """Failed logs grouped by platform, code and reason, the most frequent first; of the last day without `from`."""
        now = services.clock()
        start, end = parse_range(from_, to, now)
        platforms = configured_platforms(services.configuration.current(), platform_id, where="query")
        causes, is_exact = find_causes(services.push_logs, platforms, start or at(now - DAY_S), end or at(now + DAY_S))
        return FailureCauses(items=[show_cause(each) for each in causes], is_exact=is_exact)

    @api.get("/v1/push-logs/{id}", summary="One push log with its attempts", tags=TAGS)
    def get_push_log(id: str) -> PushLogDetail:
        """Request and response of each attempt; secrets and tokens are masked."""
        return show_detail(_read(services, id))

    @api.post("/v1/push-logs/{id}/replay", summary="Push again", tags=TAGS, status_code=202)
    def replay_push_log(id: str) -> ReplayedLog:
        """Sends what the tasks of the log should be now, not what they once were."""
        log = _read(services, id)
        configured_platforms(services.configuration.current(), log.platform_id, where="path")
        asked_at = replay_log(log, services.push_queue, services.now())
        return ReplayedLog(
            id=log_id(log.key),
            platform_id=log.platform_id,
            sess_id=log.sess_id,
            requested_at=asked_at,
        )


def build_lists(services: Services) -> PushLogLists:
    """The lists over the tables."""
    retention_s = services.retention_days * DAY_S
    return PushLogLists(services.push_logs, services.instances, services.pages, retention_s)


def _read(services: Services, id: str) -> PushLog:
    key = parse_log_id(id)
    found = services.push_logs.load([key]).get(key)
    if found is None:
        raise not_found("push log")
    return found
