"""The configuration table as the workers read it: platforms, trigger rules and AI settings, held in memory.

Items: `kind` platform, rule, ai or version, and `id`. Whoever changes something counts `version`/`configuration` up in
the same transaction (see configuration_models); a worker looks at that one item at most every `REFRESH_S` seconds, and
reads the rest only when it changed. An event costs no read.

An item that cannot be read harms itself alone: it is there with the reason, and everything else is in force.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from taskbridge.ai.settings import AiSettings
from taskbridge.errors import StoreError
from taskbridge.push.trigger_rules import TriggerRule, in_force
from taskbridge.registry import category_of
from taskbridge.tables.dynamo import Item, number, text, to_item
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

REFRESH_S = 20.0
REASON_CHARS = 300
# What an item of another shape makes the readers raise.
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, msgspec.MsgspecError)
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PlatformConfig:
    """A configured platform. `settings` as stored: without secrets, not yet validated.

    `draining`: it gets no new events, what waits for it is still pushed. `secrets` names the generations of each
    secret that are valid, newest first (see taskbridge.access.secrets). `unreadable` is why the item cannot be read,
    empty where it can: then it is enabled and has no settings, so that what goes to it is refused on record.
    """

    id: str
    name: str
    class_name: str
    enabled: bool
    version: int
    settings: dict[str, Any]
    draining: bool = False
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that is configured, at one version. `rules`: see `taskbridge.push.trigger_rules.in_force`."""

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


class ConfigurationTable(Table):
    """The configuration, as fresh as `REFRESH_S`. Safe for threads."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float]) -> None:
        super().__init__(client, table)
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

    def anew(self) -> Configuration:
        """The current configuration, after a look whether it was changed. Raises as `current` does."""
        with self._lock:
            self._checked_at = -REFRESH_S
        return self.current()

    def read_now(self) -> Configuration:
        """The configuration as it is at this moment, which is the current one from now on. Raises StoreError."""
        with self._lock:
            self._current = self._read(self._version())
            self._checked_at = self._clock()
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
        return int(number(self._item(to_item({"kind": "version", "id": "configuration"})) or {}, "value"))

    def _read(self, version: int) -> Configuration:
        platforms = [read_platform(item) for item in self._all("platform")]
        rules = [read_rule(item) for item in self._all("rule")]
        return Configuration(
            version, {platform.id: platform for platform in platforms}, in_force(rules), self._ai_settings()
        )

    def _ai_settings(self) -> AiSettings | None:
        found = next((item for item in self._all("ai") if text(item, "id") == "settings"), None)
        return read_ai_settings(found) if found else None

    def _all(self, kind: str) -> Iterator[Item]:
        return self._query("kind = :kind", {":kind": kind}, ConsistentRead=True)


def read_platform(item: Item) -> PlatformConfig:
    """A stored platform. One that cannot be read is `unreadable`."""
    try:
        return _platform(item)
    except UNREADABLE as error:
        name = str(item.get("name", {}).get("S", ""))
        return PlatformConfig(
            id=text(item, "id"),
            name=name,
            class_name=str(item.get("class_name", {}).get("S", "")),
            enabled=True,
            version=version_of(item),
            settings={},
            unreadable=_told("platform", item, error),
        )


def read_rule(item: Item) -> TriggerRule:
    """A stored rule. One that cannot be read is `unreadable`, and matches nothing."""
    try:
        return _rule(item)
    except UNREADABLE as error:
        name = str(item.get("name", {}).get("S", ""))
        why = _told("rule", item, error)
        return TriggerRule(text(item, "id"), name, enabled=False, version=version_of(item), unreadable=why)


def read_ai_settings(item: Item) -> AiSettings:
    """The switches of AI approval. Where they cannot be read all are off, and tasks are tracked as before."""
    try:
        return replace(msgspec.json.decode(text(item, "settings"), type=AiSettings), version=version_of(item))
    except UNREADABLE as error:
        _told("AI settings", item, error)
        return AiSettings(version=version_of(item))


def version_of(item: Item) -> int:
    """The version of a stored item, 0 where it has none."""
    version = str(item.get("version", {}).get("N", ""))
    return int(version) if version.isdigit() else 0


def _told(what: str, item: Item, error: Exception) -> str:
    reason = f"{type(error).__name__}: {error}"[:REASON_CHARS]
    logger.error("%s %s cannot be read: %s", what, text(item, "id"), reason)
    return reason


def _platform(item: Item) -> PlatformConfig:
    return PlatformConfig(
        id=text(item, "id"),
        name=text(item, "name"),
        class_name=text(item, "class_name"),
        enabled=bool(item["enabled"]["BOOL"]),
        version=int(number(item, "version")),
        settings=msgspec.json.decode(text(item, "settings") or "{}", type=dict[str, Any]),
        draining=bool(item.get("draining", {}).get("BOOL", False)),
        secrets=msgspec.json.decode(text(item, "secrets") or "{}", type=dict[str, tuple[str, ...]]),
    )


def _rule(item: Item) -> TriggerRule:
    return TriggerRule(
        id=text(item, "id"),
        name=text(item, "name"),
        enabled=bool(item["enabled"]["BOOL"]),
        actions=_texts(item, "actions"),
        app_ids=_texts(item, "app_ids"),
        targets=_texts(item, "targets"),
        version=version_of(item),
    )


def _texts(item: Item, name: str) -> tuple[str, ...]:
    return tuple(str(value["S"]) for value in item[name]["L"]) if name in item else ()
