"""The AI person table: what is counted and noted of one person on one node.

Item: `uid` (as a key part; `*` for everyone), `node`, the ids and names that these stand for, `open_count`, `decided`,
`agree_<verdict>_<decision>`, `rule_updated_at` with `rule_updated_version`, and `dismissed_at`. The counters are
written with the seats that they count (see ai_tasks), the notes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from taskbridge.ai.people import DECISIONS, EVERYONE, PersonNode, count_open, verdict_of
from taskbridge.ai.results import Verdict
from taskbridge.ai.seats import Seat
from taskbridge.tables.conditional import build_update
from taskbridge.tables.dynamo import (
    Attributes,
    Item,
    from_values,
    key_part,
    node_key,
    number,
    to_attribute,
    to_item,
)
from taskbridge.tables.table import Table

Node = tuple[str, str]  # (app id, node id)
_COUNTERS = {f"agree_{verdict}_{decision}": (verdict, decision) for verdict in Verdict for decision in DECISIONS}


class PersonNodeTable(Table):
    """Persons on nodes, on DynamoDB. The uid `*` (EVERYONE) reads what is counted of all."""

    def list(self, uid: str, app_id: str = "") -> list[PersonNode]:
        """All nodes of a person, of one application where given."""
        condition, values = "uid = :uid", {":uid": _owner(uid)}
        if app_id:
            condition, values = f"{condition} AND begins_with(node, :app)", {**values, ":app": f"{key_part(app_id)}#"}
        return list(map(_person_node, self._query(condition, values)))

    def get(self, uid: str, app_id: str, node_id: str) -> PersonNode | None:
        """One person on one node, or None where there is nothing to tell."""
        item = self._item(_key(uid, app_id, node_id))
        return _person_node(item) if item else None

    def set_reminder(self, uid: str, app_id: str, node_id: str, at: str, rule_version: str) -> bool:
        """Note that the rule in force changed to this version; False where that was noted before.

        Also where the person has looked since: a message that is delivered again reminds nobody again.
        """
        return self._update(
            _key(uid, app_id, node_id),
            sets=_ids(uid, (app_id, node_id)) | to_item({"rule_updated_at": at, "rule_updated_version": rule_version}),
            condition="attribute_not_exists(#rule_updated_version) OR #rule_updated_version <> :version",
            values={":version": rule_version},
        )

    def clear_reminders(self, uid: str) -> None:
        """The person has looked. What is noted in the meantime stays."""
        for seen in self.list(uid):
            if seen.rule_updated_at:
                self._update(
                    _key(uid, seen.app_id, seen.node_id),
                    removes=["rule_updated_at"],
                    condition="#rule_updated_at = :seen",
                    values={":seen": seen.rule_updated_at},
                )

    def dismiss(self, uid: str, app_id: str, node_id: str, at: str) -> None:
        """No recommendation of this node any more."""
        sets = _ids(uid, (app_id, node_id)) | to_item({"dismissed_at": at})
        self._update(_key(uid, app_id, node_id), sets=sets)

    def remove(self, uid: str, app_id: str, node_id: str) -> None:
        """Forget what is counted and noted of one person on one node; what is counted of everyone stays."""
        self._erase(to_item({"uid": key_part(uid), "node": node_key(app_id, node_id)}))


def build_open_counts(table: str, before: Seat | None, seat: Seat) -> list[dict[str, Any]]:
    """Updates of the counts of open tasks, to travel in a transaction with the seat."""
    owner = key_part(seat.uid)
    changes = count_open(before, seat).items()
    return [_count(table, owner, seat, node, {"open_count": change}) for node, change in changes]


def build_decision_counts(table: str, before: Seat | None, seat: Seat) -> list[dict[str, Any]]:
    """The same, where the person decided: the decision, and how it agreed with the verdict that stood there."""
    owner, here = key_part(seat.uid), (seat.app_id, seat.node_id)
    changes: dict[Node, dict[str, int]] = {node: {"open_count": n} for node, n in count_open(before, seat).items()}
    mine = changes.setdefault(here, {})
    mine["decided"] = 1
    verdict = verdict_of(before)
    if verdict is None or seat.decision not in DECISIONS:
        return [_count(table, owner, seat, node, counts) for node, counts in changes.items()]
    agreed = {f"agree_{verdict}_{seat.decision}": 1}
    mine |= agreed
    everyone = _count(table, EVERYONE, seat, here, agreed)
    return [everyone, *(_count(table, owner, seat, node, counts) for node, counts in changes.items())]


def _count(table: str, owner: str, seat: Seat, node: Node, counts: Mapping[str, int]) -> dict[str, Any]:
    names = {"app_name": seat.app_name, "node_name": seat.node_name, "node_key": seat.node_key}
    kept = {name: to_attribute(value) for name, value in names.items() if value and node == (seat.app_id, seat.node_id)}
    return {
        "Update": build_update(
            table,
            to_item({"uid": owner, "node": node_key(*node)}),
            sets=_ids(EVERYONE if owner == EVERYONE else seat.uid, node) | kept,
            adds=counts,
        )
    }


def _key(uid: str, app_id: str, node_id: str) -> Attributes:
    return to_item({"uid": _owner(uid), "node": node_key(app_id, node_id)})


def _owner(uid: str) -> str:
    return EVERYONE if uid == EVERYONE else key_part(uid)


def _ids(uid: str, node: Node) -> Attributes:
    return to_item({"raw_uid": uid, "app_id": node[0], "node_id": node[1]})


def _person_node(item: Item) -> PersonNode:
    agreement = {pair: int(number(item, name)) for name, pair in _COUNTERS.items() if name in item}
    known = from_values({**item, "uid": item["raw_uid"]}, PersonNode)
    return msgspec.structs.replace(known, agreement=agreement)
