"""The configuration table as people write it: pynamodb models with optimistic locking.

Only code that a person waits for imports this module; the workers read through `configuration`, without pynamodb's
import time.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    VersionAttribute,
)
from pynamodb.models import Model

from taskbridge.ai.rules import AiSettings
from taskbridge.rules import TriggerRule, check_rule


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
    """Writes platforms, rules and AI settings. Each change counts the configuration's version up after it is stored."""

    def __init__(self, table: str, region: str, endpoint_url: str | None = None) -> None:
        self.platforms = _bound(PlatformModel, table, region, endpoint_url)
        self.rules = _bound(RuleModel, table, region, endpoint_url)
        self.ai_settings = _bound(AiSettingsModel, table, region, endpoint_url)
        self._versions = _bound(VersionModel, table, region, endpoint_url)

    def save_platform(
        self,
        platform_id: str,
        *,
        name: str,
        class_name: str,
        enabled: bool,
        settings: dict[str, Any],
        version: int = 0,
    ) -> None:
        """Create a platform (version 0), or change the one that was read at `version`.

        Raises pynamodb's PutError where somebody else changed it since.
        """
        model = self.platforms(
            "platform",
            platform_id,
            name=name,
            class_name=class_name,
            enabled=enabled,
            settings=json.dumps(settings, ensure_ascii=False),
        )
        if version:
            model.version = version
        model.save()
        self._changed()

    def delete_platform(self, platform_id: str) -> None:
        """Delete a platform. Messages in the queue are then recorded as failed; parked work waits for its return."""
        self.platforms("platform", platform_id).delete(add_version_condition=False)
        self._changed()

    def save_rule(self, rule: TriggerRule, version: int = 0) -> None:
        """Create or change a rule. Raises ConfigurationError where it cannot work, PutError as above."""
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
        if version:
            model.version = version
        model.save()
        self._changed()

    def delete_rule(self, rule_id: str) -> None:
        """Delete a rule."""
        self.rules("rule", rule_id).delete(add_version_condition=False)
        self._changed()

    def save_ai_settings(self, settings: AiSettings, version: int = 0) -> None:
        """Set the switches of AI approval. Raises PutError where somebody else changed them since `version`."""
        model = self.ai_settings("ai", "settings", settings=msgspec.json.encode(settings).decode())
        if version:
            model.version = version
        model.save()
        self._changed()

    def _changed(self) -> None:
        counter = self._versions("version", "configuration")
        counter.update(actions=[self._versions.value.add(1)])


def _bound(model: Any, table: str, region: str, endpoint_url: str | None) -> Any:
    """The model for one table: pynamodb binds a class, so each binding is a class of its own."""
    meta = type("Meta", (), {"table_name": table, "region": region, "host": endpoint_url})
    return type(model.__name__, (model,), {"Meta": meta})
