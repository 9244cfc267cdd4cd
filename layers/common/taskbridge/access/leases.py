"""Leases in DynamoDB: the right of one worker in the fleet to do something, until a point in time.

An item holds `key`, `holder`, `lease_until` (epoch seconds), `generation` (how often the lease was granted)
and `expires_at` (epoch seconds, when DynamoDB may delete the item).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from taskbridge.moments import DAY_S
from taskbridge.tables.conditional import Lease
from taskbridge.tables.dynamo import to_item

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoLeases:
    """Leases in a table with the hash key `key`. `clock` gives epoch seconds, the same across the fleet.

    Raises StoreError, StoreThrottled where the table was asked too often: who wants a lease waits in a way of its own.
    """

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Callable[[], float]) -> None:
        self._lease = Lease(client, table_name, tries=1)
        self._clock = clock

    def acquire(self, key: str, holder: str, ttl_s: float) -> bool:
        """Take the lease for `ttl_s` seconds; False if another holder has it."""
        now = self._clock()
        until = now + ttl_s
        kept = to_item({"expires_at": int(until) + DAY_S})
        item = to_item({"key": key})
        return self._lease.claim(item, holder, now, until, sets=kept, adds={"generation": 1}) is not None

    def release(self, key: str, holder: str) -> None:
        """End the lease if `holder` still has it. The item stays, for its generation."""
        self._lease.release(to_item({"key": key}), holder)
