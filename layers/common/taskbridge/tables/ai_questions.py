"""What was asked of AI platforms today: items of the coordination table, added to without being read.

Keys `asked#<day>#all`, `asked#<day>#person#<uid>`, `asked#<day>#node#<app>#<node>`. Item: `asked`, in the first also
`cost`, and `expires_at`. An analysis writes one count to each before it asks, and what it came to behind it.
"""

from __future__ import annotations

from typing import Any

from taskbridge.ai.caps import AskedToday, day_of, find_reached
from taskbridge.ai.settings import AiSettings
from taskbridge.aws import store_call
from taskbridge.moments import DAY_S
from taskbridge.tables.dynamo import Item, key_part, node_key, number, text, to_item
from taskbridge.tables.table import Table


class QuestionTable(Table):
    """Counts on DynamoDB. Times are epoch seconds; everything raises StoreError."""

    def take(self, uid: str, app_id: str, node_id: str, settings: AiSettings, now: float) -> str:
        """Count one more; returns why it may not be asked (see find_reached), and then it was not counted."""
        keys = _keys(uid, app_id, node_id, now)
        items = [self._add(key, now, 1) for key in keys]
        person, node, total = (int(number(item, "asked")) - 1 for item in items)
        reached = find_reached(settings, AskedToday(person, node, total, number(items[2], "cost")))
        if reached:
            for key in keys:
                self._add(key, now, -1)
        return reached

    def give_back(self, uid: str, app_id: str, node_id: str, now: float) -> None:
        """Count one less of a person and a node: what was taken at `now` has to come again."""
        person, node, _ = _keys(uid, app_id, node_id, now)
        for key in (person, node):
            self._add(key, now, -1)

    def spend(self, questions: int, cost: float, now: float) -> None:
        """Count what was asked beside the first question (-1: not even that), and what all of it cost."""
        if questions or cost:
            self._add(_total(now), now, questions, cost)

    def read(self, uid: str, app_id: str, node_id: str, now: float) -> AskedToday:
        """What was asked today: one BatchGetItem."""
        keys = _keys(uid, app_id, node_id, now)
        items = self._items(to_item({"key": key}) for key in keys)
        found: dict[str, Item] = {text(item, "key"): item for item in items}
        person, node, total = (found.get(key, {}) for key in keys)
        counts = [int(number(item, "asked")) for item in (person, node, total)]
        return AskedToday(counts[0], counts[1], counts[2], number(total, "cost"))

    def today(self, now: float) -> AskedToday:
        """What all have asked today."""
        key = to_item({"key": _total(now)})
        item = store_call(self._client.get_item, TableName=self._table, Key=key).get("Item", {})
        return AskedToday(total=int(number(item, "asked")), cost=number(item, "cost"))

    def _add(self, key: str, now: float, asked: int, cost: float = 0.0) -> dict[str, Any]:
        answer = store_call(
            self._client.update_item,
            TableName=self._table,
            Key=to_item({"key": key}),
            UpdateExpression="SET expires_at = :end ADD asked :asked, cost :cost",
            ExpressionAttributeValues=to_item({":end": int(now + 2 * DAY_S), ":asked": asked, ":cost": round(cost, 9)}),
            ReturnValues="ALL_NEW",
        )
        return dict(answer["Attributes"])


def _keys(uid: str, app_id: str, node_id: str, now: float) -> tuple[str, str, str]:
    day = day_of(now)
    return f"asked#{day}#person#{key_part(uid)}", f"asked#{day}#node#{node_key(app_id, node_id)}", _total(now)


def _total(now: float) -> str:
    return f"asked#{day_of(now)}#all"
