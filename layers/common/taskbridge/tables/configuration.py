"""The configuration table as the workers read it: platforms, trigger rules and AI settings, held in memory.

Items: `kind` platform, rule, ai or version, and `id`. Whoever changes something counts `version`/`configuration` up
(see configuration_models); a worker looks at that one item at most every `REFRESH_S` seconds, and reads the rest only
when it changed. An event costs no read.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from taskbridge.ai.rules import AiSettings
from taskbridge.errors import StoreError
from taskbridge.platforms import category_of
from taskbridge.rules import DEFAULT_RULE, TriggerRule
from taskbridge.tables.attributes import number, store_call, text

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

REFRESH_S = 20.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlatformConfig:
    """A configured platform. `settings` as stored: without secrets, not yet validated.

    `draining`: it gets no new events, what waits for it is still pushed.
    """

    id: str
    name: str
    class_name: str
    enabled: bool
    version: int
    settings: dict[str, Any]
    draining: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that is configured, at one version."""

    version: int
    platforms: dict[str, PlatformConfig]
    rules: tuple[TriggerRule, ...]
    ai: AiSettings | None = None  # None: nobody has set AI approval up

    def enabled_platforms(self) -> tuple[str, ...]:
        """Ids of the task centers that events go to. A class that nobody knows counts: its pushes say so."""
        return tuple(
            key
            for key, platform in self.platforms.items()
            if platform.enabled and not platform.draining and category_of(platform.class_name) != "ai"
        )


class ConfigurationTable:
    """The configuration, as fresh as `REFRESH_S`. Safe for threads."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._lock = threading.Lock()
        self._checked_at = -REFRESH_S
        self._current: Configuration | None = None

    def current(self) -> Configuration:
        """The configuration. Raises StoreError where it cannot be read for the first time."""
        with self._lock:
            now = self._clock()
            if self._current is None:
                self._current = self._read(self._version())
                self._checked_at = now
            elif now - self._checked_at >= REFRESH_S:
                self._current = self._refreshed(self._current)
                self._checked_at = now
            return self._current

    def _refreshed(self, current: Configuration) -> Configuration:
        """The newest configuration, or the one we have while the table does not answer."""
        try:
            version = self._version()
            return current if version == current.version else self._read(version)
        except StoreError as error:
            logger.warning("the configuration cannot be read, going on with version %d: %s", current.version, error)
            return current

    def _version(self) -> int:
        key = {"kind": {"S": "version"}, "id": {"S": "configuration"}}
        answer = store_call(self._client.get_item, TableName=self._table, Key=key, ConsistentRead=True)
        return int(number(answer.get("Item", {}), "value"))

    def _read(self, version: int) -> Configuration:
        platforms = [_platform(item) for item in self._all("platform")]
        rules = tuple(_rule(item) for item in self._all("rule"))
        return Configuration(
            version, {platform.id: platform for platform in platforms}, rules or (DEFAULT_RULE,), self._ai_settings()
        )

    def _ai_settings(self) -> AiSettings | None:
        found = next((item for item in self._all("ai") if text(item, "id") == "settings"), None)
        return msgspec.json.decode(text(found, "settings"), type=AiSettings) if found else None

    def _all(self, kind: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            answer = store_call(
                self._client.query,
                TableName=self._table,
                KeyConditionExpression="kind = :kind",
                ExpressionAttributeValues={":kind": {"S": kind}},
                ConsistentRead=True,
                **start,
            )
            items += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return items
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _platform(item: dict[str, Any]) -> PlatformConfig:
    return PlatformConfig(
        id=text(item, "id"),
        name=text(item, "name"),
        class_name=text(item, "class_name"),
        enabled=bool(item["enabled"]["BOOL"]),
        version=int(number(item, "version")),
        settings=msgspec.json.decode(text(item, "settings") or "{}"),
        draining=bool(item.get("draining", {}).get("BOOL", False)),
    )


def _rule(item: dict[str, Any]) -> TriggerRule:
    return TriggerRule(
        id=text(item, "id"),
        name=text(item, "name"),
        enabled=bool(item["enabled"]["BOOL"]),
        actions=_texts(item, "actions"),
        app_ids=_texts(item, "app_ids"),
        targets=_texts(item, "targets"),
    )


def _texts(item: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(str(value["S"]) for value in item.get(name, {}).get("L", []))
