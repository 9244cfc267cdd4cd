"""Jobs of operators on the job table: replays and comparisons, until a month after their last change.

`kind` is always `replay`, `detail` JSON. They are few: those that run are found by a Query over all of their kind.
"""

from __future__ import annotations

import msgspec

from taskbridge.moments import DAY_S
from taskbridge.push.jobs import JobStatus, PushJob
from taskbridge.tables.dynamo import Attributes, Item, Page, text, to_item
from taskbridge.tables.jobs import IS_RUNNING, RUNNING, JobTable

KIND = "replay"
_decoder = msgspec.json.Decoder(PushJob)


class PushJobTable(JobTable[PushJob]):
    """Jobs of operators on DynamoDB."""

    kept_s = 30 * DAY_S

    def read(self, job_id: str) -> PushJob | None:
        """A job, or None."""
        return self._get(_key(job_id))

    def newest(self, before: str | None, limit: int) -> Page[PushJob]:
        """The jobs that were asked for last, those before an id: one Query."""
        condition = "kind = :kind" + (" AND id < :before" if before else "")
        values = {":kind": KIND, **({":before": before} if before else {})}
        items = self._first(limit + 1, condition, values, ScanIndexForward=False)
        shown = [self._read(item) for item in items[:limit]]
        return Page(shown, shown[-1].id if len(items) > limit else None)

    def active(self) -> list[str]:
        """Ids of the jobs that run, the oldest first."""
        items = self._query("kind = :kind", {":kind": KIND, ":running": RUNNING}, FilterExpression=IS_RUNNING)
        return [text(item, "id") for item in items]

    def take(self, job_id: str, holder: str, now: float, lease_s: float) -> PushJob | None:
        """Be the one that works on it for `lease_s` seconds; None where another does, or it runs no more."""
        return self._claim(_key(job_id), holder, now, now + lease_s)

    def save(self, job: PushJob, holder: str, now: float, lease_s: float) -> bool:
        """Write the progress and keep the lease; False where the job was stopped, or belongs to another by now."""
        kept = to_item({"lease_until": now + lease_s})
        return self._change(_key(job.id), holder, self._values(job, now) | kept)

    def release(self, job_id: str, holder: str) -> None:
        """Leave it to whoever comes next."""
        self._lease.release(_key(job_id), holder)

    def stop(self, job_id: str) -> PushJob | None:
        """End a job that runs; one that has ended stays as it is. Returns it as it stands, None where there is none."""
        return self._stop(_key(job_id), JobStatus.STOPPED)

    def _key(self, job: PushJob) -> Attributes:
        return _key(job.id)

    def _pack(self, job: PushJob) -> dict[str, str | bytes]:
        return {"status": job.status, "detail": msgspec.json.encode(job).decode()}

    def _read(self, item: Item) -> PushJob:
        """A stored job. Whoever stops it writes the status alone."""
        job = _decoder.decode(text(item, "detail"))
        job.status = JobStatus(text(item, "status"))
        return job


def _key(job_id: str) -> Attributes:
    return to_item({"kind": KIND, "id": job_id})
