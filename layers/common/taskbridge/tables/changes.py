"""The trail of changes: who changed which platform, rule or setting. Nothing in it is ever changed, and nothing leaves
it but the own rules of a person who is erased.

Item: `subject` (such as `platform#jinzhi`), `moment` (time#id, so that the order of keys is the order of time), `who`,
`detail` (the whole change, deflated JSON), `month_shard` and `changed_at` (its moment) for the index by time, which
changes of release 0.1.0 are not in. Nothing expires.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from taskbridge.tables.by_time import TimeIndex
from taskbridge.tables.dynamo import Item, Page, binary, key_part, to_item
from taskbridge.tables.packing import Packed
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_CUT = {"cut": "too large to be kept whole"}


class ChangeRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change. `what` names its subject, such as ("platform", "jinzhi"); `before` and `after` hold no secrets.

    `before` is None where it did not exist, `after` is None where it was deleted.
    """

    id: str
    at: str  # RFC 3339 in UTC
    who: str
    what: tuple[str, ...]
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


_packed = Packed(ChangeRecord)


class ChangeTable(Table):
    """The trail of changes on DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        super().__init__(client, table)
        self._by_month = TimeIndex(
            client, table, "by_month", "month_shard", "changed_at", ("subject", "moment"), width=7, buckets=6
        )

    def record(self, change: ChangeRecord) -> bool:
        """Add a change; False where it stands there already. Raises StoreError."""
        moment = f"{change.at}#{key_part(change.id)}"
        item = to_item(
            {
                "subject": _subject(change.what),
                "moment": moment,
                "who": change.who,
                "detail": _pack(change),
                "month_shard": self._by_month.place(change.at, _subject(change.what)),
                "changed_at": moment,
            }
        )
        return self._put(item, "attribute_not_exists(moment)")

    def of(
        self, what: tuple[str, ...], cursor: str | None = None, limit: int = 50, *, start: str = "", end: str = ""
    ) -> Page[ChangeRecord]:
        """The changes of a subject in [start, end), the newest first: one Query. Empty: no bound."""
        return self._by_month.of(_read, _subject(what), cursor, limit, start, end)

    def between(self, start: str, end: str, cursor: str | None = None, limit: int = 50) -> Page[ChangeRecord]:
        """The changes of everything in [start, end), the newest first; see TimeIndex.page."""
        return self._by_month.page(_read, start, end, cursor, limit)

    def erase(self, what: tuple[str, ...]) -> int:
        """Take every change of a subject away; returns how many there were."""
        return self._erase(*self._keys_in(to_item({"subject": _subject(what)}), "moment"))


def _subject(what: tuple[str, ...]) -> str:
    return "#".join(map(key_part, what))


def _pack(change: ChangeRecord) -> bytes:
    cut = msgspec.structs.replace(change, before=change.before and _CUT, after=change.after and _CUT)
    return _packed.pack_first((change, cut))


def _read(item: Item) -> ChangeRecord:
    return _packed.unpack(binary(item, "detail"))
