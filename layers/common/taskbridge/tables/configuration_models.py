"""The configuration table as people write it: pynamodb models with optimistic locking.

Only code that a person waits for imports this module; the workers read through `configuration`, without pynamodb's
import time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    VersionAttribute,
)
from pynamodb.exceptions import PynamoDBException
from pynamodb.models import Model

from taskbridge.ai.rules import AiSettings
from taskbridge.errors import StaleVersion, StoreError
from taskbridge.rules import TriggerRule, check_rule
from taskbridge.tables.ai_items import Page
from taskbridge.tables.configuration import PlatformConfig

T = TypeVar("T")
LOST = "ConditionalCheckFailedException"


class _ConfigurationModel(Model):
    kind = UnicodeAttribute(hash_key=True)
    id = UnicodeAttribute(range_key=True)


class PlatformModel(_ConfigurationModel):
    """A platform. `settings` is JSON text: numbers stay what they are."""

    class Meta:
        """Filled in by `Configurator`."""

        table_name = ""

    name = UnicodeAttribute()
    class_name = UnicodeAttribute()
    enabled = BooleanAttribute()
    settings = UnicodeAttribute()
    draining = BooleanAttribute(null=True)
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

    Each change counts the configuration's version up after it is stored. A write at a version gives the new one, and
    raises StaleVersion where somebody else has changed the item since it was read; version 0 creates, and is refused
    where there is one. Whatever the table fails on is a StoreError.
    """

    def __init__(self, table: str, region: str, endpoint_url: str | None = None) -> None:
        self.platforms = _bound(PlatformModel, table, region, endpoint_url)
        self.rules = _bound(RuleModel, table, region, endpoint_url)
        self.ai_settings = _bound(AiSettingsModel, table, region, endpoint_url)
        self._versions = _bound(VersionModel, table, region, endpoint_url)

    def read_platform(self, platform_id: str) -> PlatformConfig | None:
        """A platform as it is stored."""
        model = self._read(self.platforms, "platform", platform_id)
        return None if model is None else _platform(model)

    def list_platforms(self, after: str | None = None, limit: int = 50) -> Page[PlatformConfig]:
        """The platforms by id, those after an id: one Query."""
        return self._list(self.platforms, "platform", _platform, after, limit)

    def save_platform(
        self,
        platform_id: str,
        *,
        name: str,
        class_name: str,
        enabled: bool,
        settings: dict[str, Any],
        version: int = 0,
        draining: bool = False,
    ) -> int:
        """Create a platform (version 0), or change the one that was read at `version`."""
        model = self.platforms(
            "platform",
            platform_id,
            name=name,
            class_name=class_name,
            enabled=enabled,
            settings=json.dumps(settings, ensure_ascii=False),
            draining=draining or None,
        )
        return self._save(model, version)

    def delete_platform(self, platform_id: str, version: int = 0) -> None:
        """Delete a platform, the one that was read at `version` where given.

        Messages in the queue are then recorded as failed; parked work waits for its return.
        """
        self._delete(self.platforms("platform", platform_id), version)

    def read_rule(self, rule_id: str) -> tuple[TriggerRule, int] | None:
        """A stored rule with its version."""
        model = self._read(self.rules, "rule", rule_id)
        return None if model is None else _rule(model)

    def list_rules(self, after: str | None = None, limit: int = 50) -> Page[tuple[TriggerRule, int]]:
        """The stored rules by id with their versions, those after an id: one Query."""
        return self._list(self.rules, "rule", _rule, after, limit)

    def save_rule(self, rule: TriggerRule, version: int = 0) -> int:
        """Create or change a rule. Raises ConfigurationError where it cannot work."""
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
        return self._save(model, version)

    def delete_rule(self, rule_id: str, version: int = 0) -> None:
        """Delete a rule, the one that was read at `version` where given."""
        self._delete(self.rules("rule", rule_id), version)

    def read_ai_settings(self) -> tuple[AiSettings, int]:
        """The switches of AI approval with their version; all off and version 0 where nobody has set them."""
        model = self._read(self.ai_settings, "ai", "settings")
        if model is None:
            return AiSettings(), 0
        return msgspec.json.decode(model.settings, type=AiSettings), int(model.version)

    def save_ai_settings(self, settings: AiSettings, version: int = 0) -> int:
        """Set the switches of AI approval."""
        model = self.ai_settings("ai", "settings", settings=msgspec.json.encode(settings).decode())
        return self._save(model, version)

    def _read(self, kind: Any, hash_key: str, range_key: str) -> Any:
        with _store_errors():
            try:
                return kind.get(hash_key, range_key, consistent_read=True)
            except kind.DoesNotExist:
                return None

    def _list(self, kind: Any, hash_key: str, convert: Callable[[Any], T], after: str | None, limit: int) -> Page[T]:
        later = kind.id > after if after else None
        with _store_errors():
            found = kind.query(hash_key, later, limit=limit, page_size=limit, consistent_read=True)
            models = list(found)
            has_more = found.last_evaluated_key is not None
        return Page([convert(model) for model in models], models[-1].id if has_more else None)

    def _save(self, model: Any, version: int) -> int:
        if version:
            model.version = version
        with _store_errors():
            model.save()
        self._changed()
        return int(model.version)

    def _delete(self, model: Any, version: int) -> None:
        if version:
            model.version = version
        with _store_errors():
            model.delete(add_version_condition=bool(version))
        self._changed()

    def _changed(self) -> None:
        counter = self._versions("version", "configuration")
        with _store_errors():
            counter.update(actions=[self._versions.value.add(1)])


@contextmanager
def _store_errors() -> Iterator[None]:
    """What pynamodb raises, in our own tree, without what was sent."""
    try:
        yield
    except PynamoDBException as error:
        code = error.cause_response_code or type(error).__name__
        if code == LOST:
            raise StaleVersion("somebody else has changed it") from None
        raise StoreError(f"configuration: {code}") from None


def _platform(model: Any) -> PlatformConfig:
    return PlatformConfig(
        id=model.id,
        name=model.name,
        class_name=model.class_name,
        enabled=model.enabled,
        version=int(model.version),
        settings=msgspec.json.decode(model.settings or "{}"),
        draining=bool(model.draining),
    )


def _rule(model: Any) -> tuple[TriggerRule, int]:
    rule = TriggerRule(
        id=model.id,
        name=model.name,
        enabled=model.enabled,
        actions=tuple(model.actions),
        app_ids=tuple(model.app_ids),
        targets=tuple(model.targets),
    )
    return rule, int(model.version)


def _bound(model: Any, table: str, region: str, endpoint_url: str | None) -> Any:
    """The model for one table: pynamodb binds a class, so each binding is a class of its own."""
    meta = type("Meta", (), {"table_name": table, "region": region, "host": endpoint_url})
    return type(model.__name__, (model,), {"Meta": meta})
