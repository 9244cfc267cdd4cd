"""The job table: work that outlives a request, with its progress. What kinds there are: see push_jobs and ai_jobs.

Item: `kind`, `id`, `status`, `detail` (the whole job), `holder` and `lease_until` of the worker at it, `expires_at`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from taskbridge.errors import StaleVersion
from taskbridge.tables.conditional import Lease
from taskbridge.tables.dynamo import Attributes, Item, to_item
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

J = TypeVar("J")

RUNNING = "running"  # the status of every kind of job that is not over
IS_RUNNING = "#status = :running"


class JobTable(Table, Generic[J]):
    """Jobs of one kind on DynamoDB, kept for `kept_s` after their last change. Times are epoch seconds."""

    kept_s: ClassVar[float]

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        super().__init__(client, table)
        self._lease = Lease(client, table)

    @abstractmethod
    def _key(self, job: J) -> Attributes: ...

    @abstractmethod
    def _pack(self, job: J) -> dict[str, str | bytes]:
        """Its `status` and `detail`."""

    @abstractmethod
    def _read(self, item: Item) -> J: ...

    def add(self, job: J, now: float) -> None:
        """Write a new job down. Raises StaleVersion where its id is taken, StoreError."""
        if not self._put({**self._key(job), **self._values(job, now)}, "attribute_not_exists(id)"):
            raise StaleVersion("a job with this id is there")

    def _get(self, key: Attributes) -> J | None:
        item = self._item(key)
        return self._read(item) if item else None

    def _claim(self, key: Attributes, holder: str, now: float, until: float, **changes: Any) -> J | None:
        """Be its worker; None where it is over, or another's."""
        item = self._lease.claim(key, holder, now, until, when=IS_RUNNING, values={":running": RUNNING}, **changes)
        return self._read(item) if item else None

    def _stop(self, key: Attributes, status: str) -> J | None:
        """End it where it runs, writing the status alone; as it stands then, None where there is none."""
        values = {":running": RUNNING}
        item = self._updated(key, sets=to_item({"status": status}), condition=IS_RUNNING, values=values)
        return self._read(item) if item else self._get(key)

    def _change(self, key: Attributes, holder: str, sets: Attributes) -> bool:
        """Change it as its worker; False where it is over, or another's by now."""
        return self._lease.change(key, holder, when=IS_RUNNING, values={":running": RUNNING}, sets=sets)

    def _values(self, job: J, now: float) -> Attributes:
        return to_item({**self._pack(job), "expires_at": int(now + self.kept_s)})
