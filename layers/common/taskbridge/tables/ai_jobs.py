"""Jobs of people on the job table: dry runs and proposals, until a week after their last change.

Item: `kind` (ai#person) and `id`, `status`, `detail` (the whole job, deflated JSON), `holder` with `lease_until` while
a worker is at it, `attempts` since it was last saved, `expires_at`.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec

from taskbridge.ai.jobs import AiJob, AiJobStatus
from taskbridge.aws import store_call
from taskbridge.errors import StaleVersion
from taskbridge.moments import DAY_S
from taskbridge.tables.conditional import build_update, write_if
from taskbridge.tables.dynamo import Attributes, Item, binary, key_part, number, query_all, to_attribute, to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

KEPT_S = 7 * DAY_S
_decoder = msgspec.json.Decoder(AiJob)


class AiJobTable:
    """Jobs on DynamoDB. Times are epoch seconds."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, job: AiJob, now: float) -> None:
        """Write a new job down. Raises StaleVersion where its id is taken."""
        written = write_if(
            self._client.put_item,
            TableName=self._table,
            Item={**_key(job.uid, job.id), **_values(job, now)},
            ConditionExpression="attribute_not_exists(id)",
        )
        if written is None:
            raise StaleVersion("a job with this id is there")

    def get(self, uid: str, job_id: str) -> AiJob | None:
        """A person's job, read consistently; None where this person has no such job."""
        answer = store_call(self._client.get_item, TableName=self._table, Key=_key(uid, job_id), ConsistentRead=True)
        return _job(answer["Item"]) if "Item" in answer else None

    def erase_all(self, uid: str) -> int:
        """Take every job of a person away; returns how many there were."""
        items = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="kind = :kind",
            ProjectionExpression="kind, id",
            ExpressionAttributeValues=to_item({":kind": f"ai#{key_part(uid)}"}),
            ConsistentRead=True,
        )
        keys = [dict(item) for item in items]
        for key in keys:
            store_call(self._client.delete_item, TableName=self._table, Key=key)
        return len(keys)

    def claim(self, uid: str, job_id: str, holder: str, now: float, lease_until: float) -> AiJob | None:
        """Be the worker of a job until `lease_until`; None where it is over, or another's. Each claim is an attempt."""
        is_free = "attribute_not_exists(#holder) OR #lease_until <= :now OR #holder = :holder"
        request = build_update(
            self._table,
            _key(uid, job_id),
            sets=to_item({"holder": holder, "lease_until": lease_until}),
            adds={"attempts": 1},
            condition=f"#status = :running AND ({is_free})",
            values={":running": AiJobStatus.RUNNING, ":now": now, ":holder": holder},
        )
        answer = write_if(self._client.update_item, **request, ReturnValues="ALL_NEW")
        return _job(answer["Attributes"]) if answer else None

    def renew(self, uid: str, job_id: str, holder: str, lease_until: float) -> bool:
        """Stay its worker for longer; False where it is another's by now."""
        return self._change(uid, job_id, holder, to_item({"lease_until": lease_until}))

    def save(self, job: AiJob, holder: str, now: float) -> bool:
        """Write down what was found, and let go of the job; False where it is another's by now."""
        free = to_item({"lease_until": 0, "attempts": 0})
        return self._change(job.uid, job.id, holder, _values(job, now) | free)

    def _change(self, uid: str, job_id: str, holder: str, sets: Attributes) -> bool:
        request = build_update(
            self._table,
            _key(uid, job_id),
            sets=sets,
            condition="#status = :running AND #holder = :holder",
            values={":running": AiJobStatus.RUNNING, ":holder": holder},
        )
        return write_if(self._client.update_item, **request) is not None


def _key(uid: str, job_id: str) -> Attributes:
    return to_item({"kind": f"ai#{key_part(uid)}", "id": key_part(job_id)})


def _values(job: AiJob, now: float) -> Attributes:
    detail = zlib.compress(msgspec.json.encode(job), 6)
    return to_item({"status": job.status, "detail": detail}) | {"expires_at": to_attribute(int(now + KEPT_S))}


def _job(item: Item) -> AiJob:
    job = _decoder.decode(zlib.decompress(binary(item, "detail")))
    return msgspec.structs.replace(job, attempts=int(number(item, "attempts")))
