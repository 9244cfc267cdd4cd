"""Leases in DynamoDB: the right of one worker in the fleet to do something, until a point in time.

An item holds `key`, `holder`, `lease_until` (epoch seconds), `generation` (how often the lease was granted)
and `expires_at` (epoch seconds, when DynamoDB may delete the item).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.aws import is_throttled
from taskbridge.errors import StoreError, StoreThrottled
from taskbridge.moments import DAY_S

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoLeases:
    """Leases in a table with the hash key `key`. `clock` gives epoch seconds, the same across the fleet."""

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._table_name = table_name
        self._clock = clock

    def acquire(self, key: str, holder: str, ttl_s: float) -> bool:
        """Take the lease for `ttl_s` seconds; False if another holder has it. Raises StoreError."""
        now = self._clock()
        until = now + ttl_s
        # The same holder passes: what the SDK repeats because an answer was lost must not be refused.
        return self._update(
            key,
            "SET holder = :holder, lease_until = :until, expires_at = :expires_at ADD generation :one",
            "attribute_not_exists(lease_until) OR lease_until <= :now OR holder = :holder",
            {
                ":holder": {"S": holder},
                ":until": {"N": f"{until:.3f}"},
                ":now": {"N": f"{now:.3f}"},
                ":expires_at": {"N": str(int(until) + DAY_S)},
                ":one": {"N": "1"},
            },
        )

    def release(self, key: str, holder: str) -> None:
        """End the lease if `holder` still has it. The item stays, for its generation. Raises StoreError."""
        self._update(
            key,
            "SET lease_until = :ended",
            "holder = :holder",
            {":holder": {"S": holder}, ":ended": {"N": "0"}},
        )

    def _update(self, key: str, update: str, condition: str, values: dict[str, dict[str, str]]) -> bool:
        try:
            self._client.update_item(
                TableName=self._table_name,
                Key={"key": {"S": key}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            kind = StoreThrottled if is_throttled(error) else StoreError
            raise kind(f"lease {key}: {error}") from error
        except BotoCoreError as error:
            raise StoreError(f"lease {key}: {error}") from error
        return True
