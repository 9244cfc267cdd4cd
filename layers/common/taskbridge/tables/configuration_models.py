"""The configuration table as people write it: pynamodb models with optimistic locking.

A change and the version counter that tells the workers of it are one transaction: what people are shown is what workers
come to see. Items are read as the workers read them, so that one which cannot be read is shown with the reason.

Only code that a person waits for imports this module; the workers read through `configuration`, without pynamodb's
import time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    VersionAttribute,
)
from pynamodb.connection import TableConnection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from taskbridge.ai.settings import AiSettings
from taskbridge.errors import StaleVersion, StoreError
from taskbridge.push.trigger_rules import TriggerRule, check_rule
from taskbridge.tables.conditional import CONFLICTS, LOST
from taskbridge.tables.configuration import PlatformConfig, read_ai_settings, read_platform, read_rule
from taskbridge.tables.dynamo import Item, Page, pauses

T = TypeVar("T")


class _ConfigurationModel(Model):
    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class PlatformModel(_ConfigurationModel):
    """A platform. `settings` and `secrets` are JSON text: numbers stay what they are."""

    class Meta:
        """Filled in by `Configurator`."""

        table_name = ""

    name = UnicodeAttribute()
    class_name = UnicodeAttribute()
    enabled = BooleanAttribute()
    settings = UnicodeAttribute()
    draining = BooleanAttribute(null=True)
    secrets = UnicodeAttribute(null=True)
    version = VersionAttribute()


class RuleModel(_ConfigurationModel):
    """A trigger rule."""

    class Meta:
        """Filled in by `Configurator`."""

        table_name = ""

    name = UnicodeAttribute()
    enabled = BooleanAttribute()
    actions: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute)
    app_ids: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute)
    targets: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute)
    version = VersionAttribute()


class AiSettingsModel(_ConfigurationModel):
    """The switches of AI approval, as JSON text."""

    class Meta:
        """Filled in by `Configurator`."""

        table_name = ""

    settings = UnicodeAttribute()
    version = VersionAttribute()


class VersionModel(_ConfigurationModel):
    """Counts changes of the configuration."""

    class Meta:
        """Filled in by `Configurator`."""

        table_name = ""

    value = NumberAttribute()


class Configurator:
    """Reads and writes platforms, rules and AI settings, consistently.

    A write at a version gives the new one, and raises StaleVersion where somebody else has changed the item since it
    was read; version 0 creates, and is refused where there is one. With each write the configuration's version counts
    up, or neither happens. Whatever the table fails on is a StoreError.
    """

    def __init__(self, table: str, region: str, endpoint_url: str | None = None) -> None:
        self.platforms = _bound(PlatformModel, table, region, endpoint_url)
        self.rules = _bound(RuleModel, table, region, endpoint_url)
        self.ai_settings = _bound(AiSettingsModel, table, region, endpoint_url)
        self._versions = _bound(VersionModel, table, region, endpoint_url)
        self._raw = TableConnection(table, region, endpoint_url, meta_table=_keys(table))

    def read_platform(self, platform_id: str) -> PlatformConfig | None:
        """A platform as it is stored."""
        item = self._read("platform", platform_id)
        return None if item is None else read_platform(item)

    def list_platforms(self, after: str | None = None, limit: int = 50) -> Page[PlatformConfig]:
        """The platforms by id, those after an id: one Query."""
        return self._list("platform", read_platform, after, limit)

    def save_platform(self, config: PlatformConfig) -> int:
        """Create a platform (version 0), or change the one that was read at its version; gives the new version.

        Settings and secrets change together.
        """
        model = self.platforms(
            "platform",
            config.id,
            name=config.name,
            class_name=config.class_name,
            enabled=config.enabled,
            settings=json.dumps(config.settings, ensure_ascii=False),
            draining=config.draining or None,
            secrets=json.dumps(config.secrets) if config.secrets else None,
        )
        return self._save(model, config.version)

    def delete_platform(self, platform_id: str, version: int = 0) -> None:
        """Delete a platform, the one that was read at `version` where given.

        Messages in the queue are then recorded as failed; parked work waits for its return.
        """
        self._delete(self.platforms("platform", platform_id), version)

    def read_rule(self, rule_id: str) -> TriggerRule | None:
        """A rule as it is stored."""
        item = self._read("rule", rule_id)
        return None if item is None else read_rule(item)

    def list_rules(self, after: str | None = None, limit: int = 50) -> Page[TriggerRule]:
        """The stored rules by id, those after an id: one Query."""
        return self._list("rule", read_rule, after, limit)

    def save_rule(self, rule: TriggerRule) -> TriggerRule:
        """Create a rule (version 0), or change the one that was read at its version; the rule as it is stored now.

        Raises ConfigurationError where it cannot work.
        """
        check_rule(rule)
        model = self.rules(
            "rule",
            rule.id,
            name=rule.name,
            enabled=rule.enabled,
            actions=list(rule.actions),
            app_ids=list(rule.app_ids),
            targets=list(rule.targets),
        )
        return replace(rule, version=self._save(model, rule.version))

    def delete_rule(self, rule_id: str, version: int = 0) -> None:
        """Delete a rule, the one that was read at `version` where given."""
        self._delete(self.rules("rule", rule_id), version)

    def read_ai_settings(self) -> AiSettings:
        """The switches of AI approval; all off and version 0 where nobody has set them."""
        item = self._read("ai", "settings")
        return AiSettings() if item is None else read_ai_settings(item)

    def save_ai_settings(self, settings: AiSettings) -> AiSettings:
        """Set the switches of AI approval in the place of those at their version; as they are stored now."""
        told = {name: value for name, value in msgspec.to_builtins(settings).items() if name != "version"}
        model = self.ai_settings("ai", "settings", settings=msgspec.json.encode(told).decode())
        return replace(settings, version=self._save(model, settings.version))

    def _read(self, kind: str, item_id: str) -> Item | None:
        with _store_errors():
            answer = self._raw.get_item(kind, item_id, consistent_read=True)
        return answer.get("Item")

    def _list(self, kind: str, convert: Callable[[Item], T], after: str | None, limit: int) -> Page[T]:
        later = self.platforms.id > after if after else None
        with _store_errors():
            answer = self._raw.query(kind, later, limit=limit, consistent_read=True)
        items = answer["Items"]
        has_more = bool(items) and answer.get("LastEvaluatedKey") is not None
        return Page([convert(item) for item in items], items[-1]["id"]["S"] if has_more else None)

    def _save(self, model: Any, version: int) -> int:
        if version:
            model.version = version
        self._change(lambda transaction: transaction.save(model))
        return int(model.version)

    def _delete(self, model: Any, version: int) -> None:
        if version:
            model.version = version
        self._change(lambda transaction: transaction.delete(model, add_version_condition=bool(version)))

    def _change(self, add: Callable[[TransactWrite], None]) -> None:
        """Make a change and count the version up, both or neither. Again where others are at the counter just now."""
        for pause in pauses():
            if self._commit(add):
                return
            pause()
        raise StoreError("configuration: in conflict with others again and again")

    def _commit(self, add: Callable[[TransactWrite], None]) -> bool:
        with _store_errors():
            try:
                with TransactWrite(connection=self._raw.connection) as transaction:
                    add(transaction)
                    counter = self._versions("version", "configuration")
                    transaction.update(counter, actions=[self._versions.value.add(1)])
            except TransactWriteError as error:
                reasons = error.cancellation_reasons
                codes = {reason.code for reason in reasons if reason} or {error.cause_response_code or ""}
                if LOST in codes:
                    raise StaleVersion("somebody else has changed it") from None
                if not codes <= CONFLICTS:
                    raise
                return False
        return True


@contextmanager
def _store_errors() -> Iterator[None]:
    """What pynamodb raises, in our own tree, without what was sent."""
    try:
        yield
    except PynamoDBException as error:
        raise StoreError(f"configuration: {error.cause_response_code or type(error).__name__}") from None


def _keys(table: str) -> MetaTable:
    """What pynamodb would ask the table for."""
    names = (("kind", "HASH"), ("id", "RANGE"))
    return MetaTable(
        {
            "TableName": table,
            "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in names],
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name, _ in names],
        }
    )


def _bound(model: Any, table: str, region: str, endpoint_url: str | None) -> Any:
    """The model for one table: pynamodb binds a class, so each binding is a class of its own."""
    meta = type("Meta", (), {"table_name": table, "region": region, "host": endpoint_url})
    return type(model.__name__, (model,), {"Meta": meta})
