"""Comparisons with the log: one instance at once, a whole platform by a job. What differs is pushed."""

from __future__ import annotations

from dataclasses import dataclass

from admin_api.api import Api, Router
from admin_api.moments import at
from admin_api.problems import not_found
from admin_api.push.replays import Id, build_job
from admin_api.requests import Wanted
from admin_api.setup.platforms import task_centers
from admin_api.wiring import Services
from taskbridge.moments import DAY_S
from taskbridge.push.differences import Difference, build_sync, events_of, find_differences
from taskbridge.push.jobs import JobKind, PushJob
from taskbridge.push.messages import instance_key
from taskbridge.tables.push_logs import load_own

router = Router("operations")


class ReconcileWanted(Wanted):
    """Compare one instance, or the whole platform."""

    platform_id: Id
    sess_id: Id | None = None


@dataclass(frozen=True, slots=True)
class DifferenceFound:
    """A task (null: the instance itself) that is sent again, and why."""

    sess_id: str
    task_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class ReconcileAnswer:
    """What differs of one instance; of a platform, the job that finds out: see `GET /v1/replays/{id}`."""

    platform_id: str
    job_id: str | None
    differences: list[DifferenceFound] | None


@router.post("/v1/ops/reconcile", summary="Compare with the log, push what differs", status_code=202)
def reconcile(api: Api, body: ReconcileWanted) -> ReconcileAnswer:
    """One instance at once; a whole platform by a job that begins within a minute."""
    task_centers(api.services.configuration.current(), body.platform_id, where="body")
    if body.sess_id is None:
        return ReconcileAnswer(body.platform_id, _start(api, body.platform_id).id, None)
    found = [
        DifferenceFound(each.sess_id, each.key or None, each.reason)
        for each in compare(api.services, body.platform_id, body.sess_id)
    ]
    return ReconcileAnswer(body.platform_id, None, found)


def compare(services: Services, platform_id: str, sess_id: str) -> list[Difference]:
    """What differs of an instance, and is sent again by now. Raises Problem (404), StoreError."""
    stored = services.instances.load([(platform_id, sess_id)])[instance_key(platform_id, sess_id)]
    if not stored.version:
        raise not_found("instance on this platform")
    instance, now = stored.instance, services.clock()
    logs = load_own(services.push_logs, ((event_id, platform_id, sess_id) for event_id in events_of(instance)))
    differences = find_differences(instance, logs.values(), now)
    if differences:
        services.push_queue.send_whole([build_sync(instance, differences, "comparison", at(now))])
    return differences


def _start(api: Api, platform_id: str) -> PushJob:
    """As far back as logs are kept: what is older cannot be compared."""
    services, now = api.services, api.services.clock()
    start = at(now - services.retention_days * DAY_S)
    job = build_job(JobKind.COMPARISON, (platform_id,), api.caller.uid, now, services.new_id(), start=start)
    services.jobs.add(job, now)
    return job
