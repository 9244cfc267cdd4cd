"""The configuration table as people write it: each item at the version that was read.

A change and the version counter that tells the workers of it are one transaction: what people are shown is what workers
come to see. Items are read as the workers read them, so that one which cannot be read is shown with the reason.

Item: `version` and, as text of JSON, `settings` and `secrets`, whose numbers stay what they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from taskbridge.ai.rules import AiSettings
from taskbridge.errors import StaleVersion
from taskbridge.push.trigger_rules import TriggerRule, check_rule
from taskbridge.tables.conditional import build_update, transact
from taskbridge.tables.configuration import PlatformConfig, read_ai_settings, read_platform, read_rule
from taskbridge.tables.dynamo import Attributes, Item, Page, to_item, to_value
from taskbridge.tables.table import Table

T = TypeVar("T")


class Configurator(Table):
    """Reads and writes platforms, rules and AI settings, consistently.

    A write at a version gives the new one, and raises StaleVersion where somebody else has changed the item since it
    was read; version 0 creates, and is refused where there is one. With each write the configuration's version counts
    up, or neither happens. Whatever the table fails on is a StoreError.
    """

    def read_platform(self, platform_id: str) -> PlatformConfig | None:
        """A platform as it is stored."""
        item = self._item(_key("platform", platform_id))
        return None if item is None else read_platform(item)

    def list_platforms(self, after: str | None = None, limit: int = 50) -> Page[PlatformConfig]:
        """The platforms by id, those after an id: one Query."""
        return self._list("platform", read_platform, after, limit)

    def save_platform(self, config: PlatformConfig) -> int:
        """Create a platform (version 0), or change the one that was read at its version; gives the new version.

        Settings and secrets change together.
        """
        told: dict[str, Any] = {
            "name": config.name,
            "class_name": config.class_name,
            "enabled": config.enabled,
            "settings": json.dumps(config.settings, ensure_ascii=False),
        }
        told |= {"draining": True} if config.draining else {}
        told |= {"secrets": json.dumps(config.secrets)} if config.secrets else {}
        values = {name: to_value(value) for name, value in told.items()}
        return self._save(_key("platform", config.id), values, config.version)

    def delete_platform(self, platform_id: str, version: int = 0) -> None:
        """Delete a platform, the one that was read at `version` where given.

        Messages in the queue are then recorded as failed; parked work waits for its return.
        """
        self._remove(_key("platform", platform_id), version)

    def read_rule(self, rule_id: str) -> TriggerRule | None:
        """A rule as it is stored."""
        item = self._item(_key("rule", rule_id))
        return None if item is None else read_rule(item)

    def list_rules(self, after: str | None = None, limit: int = 50) -> Page[TriggerRule]:
        """The stored rules by id, those after an id: one Query."""
        return self._list("rule", read_rule, after, limit)

    def save_rule(self, rule: TriggerRule) -> TriggerRule:
        """Create a rule (version 0), or change the one that was read at its version; the rule as it is stored now.

        Raises ConfigurationError where it cannot work.
        """
        check_rule(rule)
        lists = {"actions": rule.actions, "app_ids": rule.app_ids, "targets": rule.targets}
        values = {
            "name": to_value(rule.name),
            "enabled": to_value(rule.enabled),
            **{name: _to_list(texts) for name, texts in lists.items()},
        }
        return replace(rule, version=self._save(_key("rule", rule.id), values, rule.version))

    def delete_rule(self, rule_id: str, version: int = 0) -> None:
        """Delete a rule, the one that was read at `version` where given."""
        self._remove(_key("rule", rule_id), version)

    def read_ai_settings(self) -> AiSettings:
        """The switches of AI approval; all off and version 0 where nobody has set them."""
        item = self._item(_key("ai", "settings"))
        return AiSettings() if item is None else read_ai_settings(item)

    def save_ai_settings(self, settings: AiSettings) -> AiSettings:
        """Set the switches of AI approval in the place of those at their version; as they are stored now."""
        told = {name: value for name, value in msgspec.to_builtins(settings).items() if name != "version"}
        values = to_item({"settings": msgspec.json.encode(told).decode()})
        return replace(settings, version=self._save(_key("ai", "settings"), values, settings.version))

    def _list(self, kind: str, convert: Callable[[Item], T], after: str | None, limit: int) -> Page[T]:
        condition = "kind = :kind AND id > :after" if after else "kind = :kind"
        values = {":kind": kind, **({":after": after} if after else {})}
        answer = self._look(condition, values, Limit=limit, ConsistentRead=True)
        items = answer["Items"]
        has_more = bool(items) and "LastEvaluatedKey" in answer
        return Page([convert(item) for item in items], items[-1]["id"]["S"] if has_more else None)

    def _save(self, key: Attributes, values: Attributes, version: int) -> int:
        item = {**key, **values, **to_item({"version": version + 1})}
        same = self._at(version) if version else self._if("attribute_not_exists(#version)")
        self._change({"Put": {"Item": item, **same}})
        return version + 1

    def _remove(self, key: Attributes, version: int) -> None:
        same = self._at(version) if version else {"TableName": self._table}
        self._change({"Delete": {"Key": key, **same}})

    def _at(self, version: int) -> dict[str, Any]:
        return self._if("#version = :version", {":version": version})

    def _change(self, write: dict[str, Any]) -> None:
        """Make a change and count the version up, both or neither."""
        counter = build_update(self._table, _key("version", "configuration"), adds={"value": 1})
        if not transact(self._client, [write, {"Update": counter}]):
            raise StaleVersion("somebody else has changed it")


def _key(kind: str, item_id: str) -> Attributes:
    return to_item({"kind": kind, "id": item_id})


def _to_list(texts: Iterable[str]) -> dict[str, Any]:
    return {"L": [to_value(text) for text in texts]}
