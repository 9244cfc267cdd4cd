"""Bulk replays: counted, started, watched, stopped."""

from __future__ import annotations

from admin_api.api import Api
from admin_api.asking import configured_platforms, parse_range
from admin_api.ids import decode_id
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.models.replays import Replay, ReplayWanted, show_job
from admin_api.problems import not_found
from admin_api.push_replays import build_job, count_logs
from admin_api.wiring import Services
from taskbridge.push.jobs import Job, JobKind
from taskbridge.push.logs import LogStatus

TAGS = ["replays"]


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    @api.post("/v1/replays", summary="Replay what failed", tags=TAGS, status_code=202)
    def start_replay(body: ReplayWanted) -> Replay:
        """Begins within a minute, at `rate_per_s`, and goes on after a crash. With `dry_run` it only counts."""
        job = _plan(services, body, api.caller.uid)
        count_logs(job, services.push_logs)
        if not body.dry_run:
            services.jobs.add(job, services.clock())
        return show_job(job, is_dry_run=body.dry_run)

    @api.get("/v1/replays", summary="Replays, the newest first", tags=TAGS)
    def list_replays(cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[Replay]:
        """Each with who started it, what it is to do, and how far it is; also the comparisons. Kept for 30 days."""
        page = services.jobs.newest(api.open_cursor(cursor), limit)
        return Listed(items=[show_job(each) for each in page.items], next_cursor=api.seal_cursor(page.next))

    @api.get("/v1/replays/{id}", summary="How far a replay is", tags=TAGS)
    def get_replay(id: str) -> Replay:
        """Also of the comparison of a platform."""
        job = services.jobs.read(decode_id(id))
        if job is None:
            raise not_found("replay")
        return show_job(job)

    @api.delete("/v1/replays/{id}", summary="Stop a replay", tags=TAGS)
    def stop_replay(id: str) -> Replay:
        """What is in the queue already is still sent. One that has ended stays as it is."""
        job = services.jobs.stop(decode_id(id))
        if job is None:
            raise not_found("replay")
        return show_job(job)


def _plan(services: Services, body: ReplayWanted, asked_by: str) -> Job:
    start, end = parse_range(body.from_, body.to, services.clock(), where="body")
    return build_job(
        JobKind.REPLAY,
        configured_platforms(services.configuration.current(), body.platform_id, where="body"),
        asked_by,
        services.clock(),
        services.new_id(),
        log_status=LogStatus(body.status),
        app_id=body.app_id or "",
        start=start,
        end=end,
        rate_per_s=body.rate_per_s,
    )
