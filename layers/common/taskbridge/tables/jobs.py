"""The job table: bulk work that outlives a request, with its progress.

Item: `kind`, `id`, `status`, `detail` (JSON), `holder` and `lease_until` of the worker at it, `expires_at`. Jobs are
few, and gone after a month: those that run are found by a Query over all of their kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from taskbridge.aws import store_call
from taskbridge.errors import StaleVersion
from taskbridge.moments import DAY_S
from taskbridge.push.jobs import Job, JobStatus
from taskbridge.tables.conditional import build_update, write_if
from taskbridge.tables.dynamo import Item, Page, query_all, query_first, text, to_attribute, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

KIND = "replay"  # the partition of these jobs
RETENTION_S = 30 * DAY_S
_decoder = msgspec.json.Decoder(Job)


class JobTable:
    """Jobs on DynamoDB, kept for `RETENTION_S` after their last change."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, job: Job, now: float) -> None:
        """Write a new job down. Raises StaleVersion where its id is taken, StoreError."""
        written = write_if(
            self._client.put_item,
            TableName=self._table,
            Item={**_key(job.id), **_values(job, now)},
            ConditionExpression="attribute_not_exists(id)",
        )
        if written is None:
            raise StaleVersion("a job with this id is there")

    def read(self, job_id: str) -> Job | None:
        """A job, or None."""
        answer = store_call(self._client.get_item, TableName=self._table, Key=_key(job_id), ConsistentRead=True)
        return _job(answer["Item"]) if "Item" in answer else None

    def newest(self, before: str | None, limit: int) -> Page[Job]:
        """The jobs that were asked for last, those before an id: one Query."""
        bound = to_item({":kind": KIND, **({":before": before} if before else {})})
        items = query_first(
            self._client,
            limit + 1,
            TableName=self._table,
            KeyConditionExpression="kind = :kind" + (" AND id < :before" if before else ""),
            ExpressionAttributeValues=bound,
            ScanIndexForward=False,
        )
        shown = [_job(item) for item in items[:limit]]
        return Page(shown, shown[-1].id if len(items) > limit else None)

    def active(self) -> list[str]:
        """Ids of the jobs that run, the oldest first."""
        items = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            FilterExpression="#status = :running",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=to_item({":kind": KIND, ":running": JobStatus.RUNNING}),
        )
        return [text(item, "id") for item in items]

    def take(self, job_id: str, holder: str, now: float, lease_s: float) -> Job | None:
        """Be the one that works on it for `lease_s` seconds; None where another does, or it runs no more."""
        answer = self._update(
            job_id,
            sets={"holder": to_attribute(holder), "lease_until": to_attribute(now + lease_s)},
            # The same holder passes: what the SDK repeats because an answer was lost must not be refused.
            condition="#status = :running AND "
            "(attribute_not_exists(#lease_until) OR #lease_until <= :now OR #holder = :holder)",
            values={":running": JobStatus.RUNNING, ":now": now, ":holder": holder},
            ReturnValues="ALL_NEW",
        )
        return _job(answer["Attributes"]) if answer else None

    def save(self, job: Job, holder: str, now: float, lease_s: float) -> bool:
        """Write the progress and keep the lease; False where the job was stopped, or belongs to another by now."""
        written = self._update(
            job.id,
            sets={**_values(job, now), "lease_until": to_attribute(now + lease_s)},
            condition="#status = :running AND #holder = :holder",
            values={":running": JobStatus.RUNNING, ":holder": holder},
        )
        return written is not None

    def release(self, job_id: str, holder: str) -> None:
        """Leave it to whoever comes next."""
        self._update(
            job_id,
            sets={"lease_until": to_attribute(0)},
            condition="#holder = :holder",
            values={":holder": holder},
        )

    def stop(self, job_id: str) -> Job | None:
        """End a job that runs; one that has ended stays as it is. Returns it as it stands, None where there is none."""
        answer = self._update(
            job_id,
            sets={"status": to_attribute(JobStatus.STOPPED)},
            condition="#status = :running",
            values={":running": JobStatus.RUNNING},
            ReturnValues="ALL_NEW",
        )
        return _job(answer["Attributes"]) if answer else self.read(job_id)

    def _update(self, job_id: str, *, condition: str, ReturnValues: str = "NONE", **parts: Any) -> Any:  # noqa: N803
        update = build_update(self._table, _key(job_id), condition=condition, **parts)
        return write_if(self._client.update_item, **update, ReturnValues=ReturnValues)


def _values(job: Job, now: float) -> dict[str, dict[str, Any]]:
    detail = msgspec.json.encode(job).decode()
    return to_item({"status": job.status, "detail": detail, "expires_at": int(now + RETENTION_S)})


def _key(job_id: str) -> dict[str, dict[str, Any]]:
    return to_item({"kind": KIND, "id": job_id})


def _job(item: Item) -> Job:
    """A stored job. Whoever stops it writes the status alone."""
    job = _decoder.decode(text(item, "detail"))
    job.status = JobStatus(text(item, "status"))
    return job
