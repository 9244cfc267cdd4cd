"""The AI rule table: the default rule of each node, and each person's own; and the table of all their versions.

Item: `owner` (default, or user#uid), `node`, `version`, `document` (JSON). A version is the same under `rule`
(owner#node) and `version`. Some facts change without a new version and stand beside the document: `published_sequence`,
`cleared_version`, and `newer_document` (JSON).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from taskbridge.ai.documents import NewerDocument
from taskbridge.ai.rules import DefaultRule, NodeKey, OwnKey, PersonalRule
from taskbridge.errors import StaleVersion
from taskbridge.tables.conditional import build_update, transact
from taskbridge.tables.dynamo import (
    Attributes,
    Item,
    Page,
    Value,
    key_part,
    node_key,
    number,
    text,
    to_item,
)
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

R = TypeVar("R", DefaultRule, PersonalRule)

DEFAULT_OWNER = "default"
_BESIDE = ("published_sequence", "cleared_version")
_OF_OWNER = "#owner = :owner"
_OF_RULE = "#rule = :rule"


def owner_of(uid: str) -> str:
    """The owner of a person's own rules. DEFAULT_OWNER is that of the nodes' defaults."""
    return f"user#{key_part(uid)}"


class _VersionTable(Table):
    """Every version of each rule, by the rule's `owner#node`."""

    def get(self, rule: str, version: int) -> PersonalRule | None:
        item = self._item(to_item({"rule": rule, "version": version}))
        return _own(item) if item else None

    def newest(self, rule: str, cursor: str | None, limit: int) -> Page[PersonalRule]:
        return self._page(_own, cursor, limit, _OF_RULE, {":rule": rule}, ScanIndexForward=False)

    def highest(self, rule: str) -> int:
        """The newest version that there ever was, 0 where there was none."""
        answer = self._look(_OF_RULE, {":rule": rule}, ScanIndexForward=False, Limit=1, ConsistentRead=True)
        return max((int(number(item, "version")) for item in answer["Items"]), default=0)

    def put(self, rule: str, document: dict[str, Value]) -> dict[str, Any]:
        """What keeps a version, to travel in a transaction."""
        item = to_item({"rule": rule, **document})
        return {"Put": {"Item": item, **self._if("attribute_not_exists(#version)")}}

    def erase(self, rule: str) -> int:
        """Take all of a rule away; returns how many there were."""
        return self._erase(*self._keys_in(to_item({"rule": rule}), "version"))


class RuleTable(Table):
    """Rules on DynamoDB, with every version that there ever was. What is saved gets the next version."""

    def __init__(self, client: DynamoDBClient, table: str, versions: str) -> None:
        super().__init__(client, table)
        self._versions = _VersionTable(client, versions)

    # Reading

    def default(self, app_id: str, node_id: str) -> DefaultRule | None:
        """The default of a node, read consistently."""
        return self._read(DEFAULT_OWNER, node_key(app_id, node_id), DefaultRule)

    def own(self, uid: str, app_id: str, node_id: str) -> PersonalRule | None:
        """What a person set for a node, read consistently."""
        return self._read(owner_of(uid), node_key(app_id, node_id), PersonalRule)

    def defaults(self, keys: Iterable[NodeKey]) -> dict[NodeKey, DefaultRule]:
        """Defaults by (app id, node id), read consistently; those that do not exist are left out."""
        wanted = [_key(DEFAULT_OWNER, node_key(*key)) for key in dict.fromkeys(keys)]
        rules = (_rule(item, DefaultRule) for item in self._items(wanted))
        return {(rule.app_id, rule.node_id): rule for rule in rules}

    def owns(self, keys: Iterable[OwnKey]) -> dict[OwnKey, PersonalRule]:
        """Own rules by (uid, app id, node id), read consistently; those that do not exist are left out."""
        wanted = [_key(owner_of(uid), node_key(*node)) for uid, *node in dict.fromkeys(keys)]
        rules = (_rule(item, PersonalRule) for item in self._items(wanted))
        return {(rule.uid, rule.app_id, rule.node_id): rule for rule in rules}

    def list_defaults(self, cursor: str | None = None, limit: int = 50) -> Page[DefaultRule]:
        """The defaults of all nodes: one Query."""
        return self._page(_default, cursor, limit, _OF_OWNER, {":owner": DEFAULT_OWNER})

    def list_own(self, uid: str) -> list[PersonalRule]:
        """All rules of a person, as they are now."""
        return list(map(_own, self._query(_OF_OWNER, {":owner": owner_of(uid)}, ConsistentRead=True)))

    def own_page(self, uid: str, cursor: str | None = None, limit: int = 50) -> Page[PersonalRule]:
        """A page of a person's rules: one Query."""
        return self._page(_own, cursor, limit, _OF_OWNER, {":owner": owner_of(uid)}, ConsistentRead=True)

    def own_versions(
        self, uid: str, app_id: str, node_id: str, cursor: str | None = None, limit: int = 50
    ) -> Page[PersonalRule]:
        """Every version of an own rule, the newest first, also of one that was deleted."""
        return self._versions.newest(f"{owner_of(uid)}#{node_key(app_id, node_id)}", cursor, limit)

    def own_version(self, uid: str, app_id: str, node_id: str, version: int) -> PersonalRule | None:
        """One version of an own rule."""
        return self._versions.get(f"{owner_of(uid)}#{node_key(app_id, node_id)}", version)

    # Writing

    def save_default(self, rule: DefaultRule, expected_version: int) -> DefaultRule:
        """Save a default over the version that was read (0: there was none); returns it with its new version.

        Raises StaleVersion where somebody else has saved it since, or has taken in a newer `node_published`.
        """
        # An older publication must not make the table forget the newest one that it took in.
        order = "(attribute_not_exists(#published_sequence) OR #published_sequence <= :sequence)"
        sequence = {"published_sequence": rule.published_sequence}
        return self._save(
            DEFAULT_OWNER, rule, expected_version, sequence, order, {":sequence": rule.published_sequence}
        )

    def save_own(self, rule: PersonalRule, expected_version: int) -> PersonalRule:
        """The same for a person's own rule. One that was deleted goes on counting where it was."""
        return self._save(owner_of(rule.uid), rule, expected_version)

    def delete_own(self, uid: str, app_id: str, node_id: str, expected_version: int) -> None:
        """Take an own rule away; its versions stay. Raises StaleVersion."""
        key = _key(owner_of(uid), node_key(app_id, node_id))
        if not self._delete(key, "#version = :expected", {":expected": expected_version}):
            raise StaleVersion(_stale(expected_version))

    def erase_own(self, uid: str, app_id: str, node_id: str) -> int:
        """Take an own rule away with all its versions; returns how many versions there were."""
        node = node_key(app_id, node_id)
        erased = self._versions.erase(f"{owner_of(uid)}#{node}")
        self._erase(_key(owner_of(uid), node))
        return erased

    def mark_published(self, app_id: str, node_id: str, sequence: int, version: int) -> bool:
        """Remember that a publication changed nothing at this version, so that an older one is not taken for news.

        False where another version, or a newer publication, stands there by now.
        """
        return self._mark(DEFAULT_OWNER, app_id, node_id, "published_sequence", sequence, version)

    def mark_cleared(self, owner: str, app_id: str, node_id: str, version: int) -> bool:
        """Remember that the pending results before this version were cleared; False where that is known."""
        return self._mark(owner, app_id, node_id, "cleared_version", version)

    def mark_newer(self, uid: str, app_id: str, node_id: str, version: int, newer: NewerDocument) -> bool:
        """Remember which version of the document of a rule (of the node's default where `uid` is empty) is the newest.

        False where another version of the rule stands there by now.
        """
        return self._update(
            _key(owner_of(uid) if uid else DEFAULT_OWNER, node_key(app_id, node_id)),
            sets=to_item({"newer_document": msgspec.json.encode(newer).decode()}),
            condition="#version = :version",
            values={":version": version},
        )

    def _mark(self, owner: str, app_id: str, node_id: str, name: str, value: int, version: int | None = None) -> bool:
        same = "attribute_exists(#version)" if version is None else "#version = :version"
        return self._update(
            _key(owner, node_key(app_id, node_id)),
            sets=to_item({name: value}),
            condition=f"{same} AND (attribute_not_exists(#{name}) OR #{name} < :value)",
            values={":value": value, **({} if version is None else {":version": version})},
        )

    def _save(
        self,
        owner: str,
        rule: R,
        expected: int,
        beside: dict[str, int] | None = None,
        order: str = "",
        values: dict[str, Any] | None = None,
    ) -> R:
        node = node_key(rule.app_id, rule.node_id)
        version = (expected or self._versions.highest(f"{owner}#{node}")) + 1
        saved = msgspec.structs.replace(rule, version=version)
        kept_text = msgspec.json.encode(msgspec.structs.replace(saved, newer=None)).decode()
        document: dict[str, Value] = {"version": version, "document": kept_text}
        same = "#version = :expected" if expected else "attribute_not_exists(#version)"
        update = build_update(
            self._table,
            _key(owner, node),
            sets=to_item({**document, **(beside or {})}),
            condition=f"{same} AND {order}" if order else same,
            values={**({":expected": expected} if expected else {}), **(values or {})},
        )
        if not transact(self._client, [{"Update": update}, self._versions.put(f"{owner}#{node}", document)]):
            raise StaleVersion(_stale(expected))
        return saved

    def _read(self, owner: str, node: str, kind: type[R]) -> R | None:
        item = self._item(_key(owner, node))
        return _rule(item, kind) if item else None


def _key(owner: str, node: str) -> Attributes:
    return to_item({"owner": owner, "node": node})


def _default(item: Item) -> DefaultRule:
    return _rule(item, DefaultRule)


def _own(item: Item) -> PersonalRule:
    return _rule(item, PersonalRule)


def _rule(item: Item, kind: type[R]) -> R:
    beside: dict[str, Any] = {name: int(number(item, name)) for name in _BESIDE if name in item}
    if "newer_document" in item:
        beside["newer"] = msgspec.json.decode(text(item, "newer_document"), type=NewerDocument)
    return msgspec.structs.replace(msgspec.json.decode(text(item, "document"), type=kind), **beside)


def _stale(expected: int) -> str:
    return f"the rule is no longer at version {expected}"
