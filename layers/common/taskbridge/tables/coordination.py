"""The coordination table: small items by which the workers of the fleet agree. Keys: `breaker#<platform>`,
`rate#<platform>`, `seats#<platform>` (see agreements), `cursor#<name>`, `token#<platform>` (see tokens_ssm),
`upload#<platform>#<content>` (see ai_uploads).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.aws import store_call
from taskbridge.breaker import BreakerState
from taskbridge.errors import StoreError
from taskbridge.tables.dynamo import number, text

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class CoordinationTable:
    """Breaker states, the ends of lines, and cursors on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def read_breaker(self, platform_id: str) -> BreakerState:
        """The breaker of a platform; closed where nothing is stored."""
        item = self._get(f"breaker#{platform_id}")
        return BreakerState(
            is_open=text(item, "state") == "open",
            opened_at=number(item, "opened_at"),
            probe_until=number(item, "probe_until"),
            reason=text(item, "reason"),
            quiet_until=number(item, "quiet_until"),
        )

    def open_breaker(self, platform_id: str, now: float, reason: str) -> bool:
        """Open it, unless it is open; tells whether this call did."""
        return self._update(
            f"breaker#{platform_id}",
            "SET #s = :open, opened_at = :now, reason = :reason, probe_until = :zero",
            {":open": "open", ":now": now, ":reason": reason[:200], ":zero": 0},
            "attribute_not_exists(#s) OR #s <> :open",
        )

    def close_breaker(self, platform_id: str, now: float) -> bool:
        """Close it, unless it is closed; tells whether this call did."""
        return self._update(
            f"breaker#{platform_id}",
            "SET #s = :closed, closed_at = :now",
            {":closed": "closed", ":open": "open", ":now": now},
            "#s = :open",
        )

    def take_probe(self, platform_id: str, now: float, lease_s: float) -> bool:
        """Be the one that may try through an open breaker, for `lease_s` seconds."""
        return self._update(
            f"breaker#{platform_id}",
            "SET probe_until = :until",
            {":until": now + lease_s, ":now": now, ":open": "open"},
            "#s = :open AND probe_until <= :now",
        )

    def keep_quiet(self, platform_id: str, until: float) -> bool:
        """Nobody calls the platform until then, unless it asked for longer; tells whether this call changed it."""
        return self._update(
            f"breaker#{platform_id}",
            "SET quiet_until = :until",
            {":until": until},
            "attribute_not_exists(quiet_until) OR quiet_until < :until",
            named=False,
        )

    def line_end(self, platform_id: str) -> float:
        """When the fleet's line in front of the platform is next free, in epoch seconds; 0 where there is none."""
        return number(self._get(f"rate#{platform_id}"), "next_at")

    def cursor(self, name: str) -> float:
        """A stored position, 0 where there is none."""
        return number(self._get(f"cursor#{name}"), "position")

    def move_cursor(self, name: str, position: float) -> None:
        """Store a position, unless a later one stands there."""
        self._update(
            f"cursor#{name}",
            "SET #p = :position",
            {":position": position},
            "attribute_not_exists(#p) OR #p < :position",
            names={"#p": "position"},
        )

    def _get(self, key: str) -> dict[str, Any]:
        answer = store_call(self._client.get_item, TableName=self._table, Key={"key": {"S": key}}, ConsistentRead=True)
        return dict(answer.get("Item", {}))

    def _update(
        self,
        key: str,
        expression: str,
        values: dict[str, str | float],
        condition: str,
        *,
        named: bool = True,
        names: dict[str, str] | None = None,
    ) -> bool:
        request: Any = {
            "TableName": self._table,
            "Key": {"key": {"S": key}},
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {
                name: {"S": value} if isinstance(value, str) else {"N": repr(value)} for name, value in values.items()
            },
        }
        if names or named:
            request["ExpressionAttributeNames"] = names or {"#s": "state"}
        try:
            self._client.update_item(**request)
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            if code == "ConditionalCheckFailedException":
                return False
            raise StoreError(f"UpdateItem: {code}") from error
        except BotoCoreError as error:
            raise StoreError(type(error).__name__) from error
        return True
