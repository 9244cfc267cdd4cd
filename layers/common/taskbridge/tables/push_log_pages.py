"""The pages of the push log: which events were worked on, in the order of time.

A worker writes one page for a batch, before it calls out: the events and the instances in it. That makes a list
by time for a tenth of what an index over every log would cost (docs/decisions/0004), and tells the reconciler
which instances somebody has begun to work on.

Item: `bucket` (platform#day#shard), `page` (time#id), `detail` (deflated JSON), `expires_at`.
"""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from taskbridge.moments import DAY_S, utc_stamp
from taskbridge.tables.dynamo import Item, binary, text, to_attribute
from taskbridge.tables.packing import Packed
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SHARDS = 4
_BETWEEN = "#bucket = :bucket AND #page BETWEEN :first AND :last"


class LogPage(msgspec.Struct, frozen=True):
    """A batch of one platform: `at` in epoch seconds, `events` ids, `instances` session ids, in its order.

    `tasks` are the marks of the tasks that its events name (see task_mark): who looks for one need not read the logs.
    """

    platform_id: str
    at: float
    page_id: str
    events: tuple[str, ...]
    instances: tuple[str, ...]
    tasks: tuple[int, ...] = ()
    unreadable: str = ""  # why what the page lists cannot be read; it lists nothing then

    @property
    def name(self) -> str:
        """Its place in the order of time, one of its own."""
        return f"{page_time(self.at)}#{self.page_id}"


class _Detail(msgspec.Struct, array_like=True):
    events: tuple[str, ...]
    instances: tuple[str, ...]
    tasks: tuple[int, ...] = ()


_packed = Packed(_Detail, level=9)


def task_mark(task_id: str) -> int:
    """Four bytes that stand for a task in a page. Two tasks may share them."""
    return zlib.crc32(task_id.encode())


def page_time(at: float) -> str:
    """Epoch seconds as sortable text, to the millisecond."""
    return utc_stamp(at).removesuffix("+00:00") + "Z"


class PushLogPageTable(Table):
    """Pages on DynamoDB. `retention_s` is how long they are kept."""

    def __init__(self, client: DynamoDBClient, table: str, retention_s: float) -> None:
        super().__init__(client, table)
        self._retention_s = retention_s

    def insert_statement(self, page: LogPage) -> dict[str, Any]:
        """PartiQL that stores the page, to travel with other statements."""
        detail = _packed.pack(_Detail(page.events, page.instances, page.tasks))
        shard = zlib.crc32(page.page_id.encode()) % SHARDS
        moment = page_time(page.at)
        values: list[str | int | bytes] = [
            f"{page.platform_id}#{moment[:10]}#{shard}",
            page.name,
            detail,
            int(page.at + self._retention_s),
        ]
        fields = "{'bucket': ?, 'page': ?, 'detail': ?, 'expires_at': ?}"
        return {
            "Statement": f'INSERT INTO "{self._table}" VALUE {fields}',
            "Parameters": [to_attribute(value) for value in values],
        }

    def between(self, platform_id: str, start: float, end: float, limit: int) -> list[LogPage]:
        """The first `limit` pages of a platform in [start, end), the oldest first, whatever the days between."""
        pages: list[LogPage] = []
        for day in _days(start, end):
            for shard in range(SHARDS):
                pages += self._named(f"{platform_id}#{day}#{shard}", page_time(start), page_time(end), limit)
        pages.sort(key=lambda page: page.at)
        return pages[:limit]

    def stretch(self, platform_id: str, start: float, end: float, most: int) -> tuple[list[LogPage], float]:
        """The next pages of a platform in [start, end), the oldest first; and the moment before which these are all.

        That moment lies behind `start`, within its day, and is `end` where nothing is left. There are about `most`
        pages, more only where more are of one moment. So who goes on from it passes none.
        """
        until = min((start // DAY_S + 1) * DAY_S, end)
        day, each = page_time(start)[:10], -(-most // SHARDS)
        while True:
            shards = [
                self._named(f"{platform_id}#{day}#{shard}", page_time(start), page_time(until), each)
                for shard in range(SHARDS)
            ]
            cut = [pages[-1].at for pages in shards if len(pages) == each]
            reached = min(cut, default=until)
            if not cut or page_time(reached) > page_time(start):
                found = [page for pages in shards for page in pages if page.at < reached]
                return sorted(found, key=lambda page: page.at), reached
            each *= 2

    def newest(self, platform_id: str, day: str, first: str, last: str, limit: int) -> list[LogPage]:
        """Pages of a platform and day (YYYY-MM-DD) whose names lie in [first, last), the newest first.

        A page's name is its time (see page_time), `#` and its id. One query for each shard.
        """
        pages: list[LogPage] = []
        for shard in range(SHARDS):
            found = self._named(f"{platform_id}#{day}#{shard}", first, last, limit + 1, newest_first=True)
            pages += [page for page in found if page.name < last][:limit]  # BETWEEN takes in `last` itself
        return sorted(pages, key=lambda page: page.name, reverse=True)[:limit]

    def of_day(self, platform_id: str, day: str, first: str, last: str) -> tuple[list[LogPage], str]:
        """The newest pages of a day as `newest`, a megabyte of each shard; and down to which name these are all.

        That is empty where the day has no others.
        """
        pages: list[LogPage] = []
        reached = ""
        for shard in range(SHARDS):
            values = {":bucket": f"{platform_id}#{day}#{shard}", ":first": first, ":last": last}
            answer = self._look(_BETWEEN, values, ScanIndexForward=False)
            found = [page for page in map(_read, answer["Items"]) if page.name < last]
            pages += found
            if "LastEvaluatedKey" in answer:
                reached = max(reached, text(answer["LastEvaluatedKey"], "page"))
        return [page for page in pages if page.name >= reached], reached

    def _named(self, bucket: str, first: str, last: str, limit: int, *, newest_first: bool = False) -> list[LogPage]:
        values = {":bucket": bucket, ":first": first, ":last": last}
        return list(map(_read, self._first(limit, _BETWEEN, values, ScanIndexForward=not newest_first)))


def _read(item: Item) -> LogPage:
    moment, page_id = text(item, "page").split("#", 1)
    unreadable = ""
    try:
        detail = _packed.unpack(binary(item, "detail"))
    except (zlib.error, ValueError, LookupError) as error:  # what a release wrote that this code does not know
        detail, unreadable = _Detail((), ()), f"{type(error).__name__}: {error}"
    return LogPage(
        platform_id=text(item, "bucket").rsplit("#", 2)[0],
        at=datetime.fromisoformat(moment).timestamp(),
        page_id=page_id,
        events=detail.events,
        instances=detail.instances,
        tasks=detail.tasks,
        unreadable=unreadable,
    )


def _days(start: float, end: float) -> list[str]:
    first, last = (int(moment // DAY_S) for moment in (start, end))
    return [page_time(day * DAY_S)[:10] for day in range(first, last + 1)]
