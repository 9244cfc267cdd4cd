"""Lists of push logs, the newest first. No list scans; each page takes a bounded number of calls.

* Of a session: its document on each platform names its events, the newest forty.
* Of a status other than success: the index by status.
* Of a time: the pages of the push log, a day at a time.
* Of a task: the pages of that time bear a mark of each task; the session of the log that is found tells the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain

import msgspec

from admin_api.lists import Piece, Place, read_merged, skip_empty
from admin_api.moments import EARLIEST, at, seconds
from taskbridge.moments import DAY_S, utc_text
from taskbridge.push.causes import has_cause
from taskbridge.push.differences import events_of
from taskbridge.push.logs import LogKey, LogStatus, PushLog
from taskbridge.tables.dynamo import Page
from taskbridge.tables.instances import InstanceTable
from taskbridge.tables.push_log_items import status_shards
from taskbridge.tables.push_log_pages import LogPage, PushLogPageTable, page_time, task_mark
from taskbridge.tables.push_logs import PushLogTable, load_own, load_shared

_Keys = dict[LogKey, set[str]]  # (event id, platform id) with the sessions of the batches that name it

DAYS_A_PAGE = 8
PAGES_A_CALL = 4
BATCHES = 500  # of a shard and day that one page looks at
CANDIDATES = 20  # batches that bear the mark of a task: more than one of another task is most unlikely


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which logs are asked for. `start` and `end` are times, or empty; empty texts ask for nothing in particular."""

    platform_ids: tuple[str, ...]
    sess_id: str = ""
    task_id: str = ""
    status: LogStatus | None = None
    errcode: str = ""
    cause: str = ""
    start: str = ""
    end: str = ""

    def takes(self, log: PushLog) -> bool:
        """Whether a log is one of them, its time apart."""
        return (
            (not self.sess_id or log.sess_id == self.sess_id)
            and (not self.task_id or self.task_id in log.entries)
            and (self.status is None or log.status is self.status)
            and has_cause(log, self.errcode, self.cause)
        )


class _Position(msgspec.Struct, omit_defaults=True):
    """Where a list goes on. `end` is fixed by the first page, so that the list does not move."""

    end: str
    sess_id: str = ""  # that the search for a task has found
    after: tuple[str, ...] = ()
    shards: dict[str, tuple[str, ...]] = {}
    batch: str = ""
    offset: int = 0


@dataclass(frozen=True, slots=True)
class PushLogLists:
    """The lists, over the tables."""

    logs: PushLogTable
    instances: InstanceTable
    batches: PushLogPageTable
    retention_s: float

    def find(self, wanted: LogFilter, cursor: str | None, limit: int, now: float) -> Page[PushLog]:
        """A page of the logs that are wanted, the first that holds one of the next `PAGES_A_CALL`.

        It may be short, or empty, where there is a next one.
        """
        return skip_empty(lambda position: self._find(wanted, position, limit, now), cursor, PAGES_A_CALL)

    def _find(self, wanted: LogFilter, cursor: str | None, limit: int, now: float) -> Page[PushLog]:
        position = msgspec.json.decode(cursor, type=_Position) if cursor else _Position(wanted.end or at(now))
        wanted = replace(wanted, end=position.end, sess_id=wanted.sess_id or position.sess_id)
        if wanted.sess_id:
            return self._of_session(wanted, position, limit)
        if wanted.task_id:
            return self._of_task(wanted, position, limit)
        if wanted.status not in (None, LogStatus.SUCCEEDED):
            return self._of_status(wanted, position, limit)
        return self._of_time(wanted, position, limit)

    def _of_session(self, wanted: LogFilter, position: _Position, limit: int) -> Page[PushLog]:
        keys = [(platform_id, wanted.sess_id) for platform_id in wanted.platform_ids]
        stored = self.instances.load(keys).values()
        named = [
            (event_id, each.instance.platform_id, wanted.sess_id)
            for each in stored
            for event_id in events_of(each.instance)
        ]
        start = wanted.start or EARLIEST
        found = {
            _place(log): log
            for log in load_own(self.logs, named).values()
            if wanted.takes(log) and start <= _received(log) <= wanted.end
        }
        left = sorted((place for place in found if not position.after or place < position.after), reverse=True)
        shown = left[:limit]
        following = _Position(wanted.end, wanted.sess_id, after=shown[-1]) if len(left) > limit else None
        return Page([found[place] for place in shown], _encode(following))

    def _of_status(self, wanted: LogFilter, position: _Position, limit: int) -> Page[PushLog]:
        assert wanted.status is not None  # noqa: S101  # `find` has looked
        shards = [shard for each in wanted.platform_ids for shard in status_shards(each, wanted.status)]
        read = partial(self._piece, wanted, limit)
        logs, reached = read_merged(read, shards, position.shards, limit)
        logs = [log for log in logs if has_cause(log, wanted.errcode, wanted.cause)]
        return Page(logs, _encode(_Position(wanted.end, shards=reached) if reached is not None else None))

    def _piece(self, wanted: LogFilter, limit: int, shard: str, after: Place) -> Piece[PushLog]:
        start = wanted.start or EARLIEST
        listed, has_more = self.logs.by_status(shard, start, wanted.end, limit, after=after, newest_first=True)
        return Piece([(each.place, each.log) for each in listed], has_more)

    def _of_task(self, wanted: LogFilter, position: _Position, limit: int) -> Page[PushLog]:
        """The newest batch that names the task tells its session. A page looks at no more than eight days."""
        first, last = self._bounds(wanted, position)
        day = last[:10]
        if last < first:
            return Page([])
        for _ in range(DAYS_A_PAGE):
            sess_id, reached = self._session_of(wanted, day, first, last)
            if sess_id:
                return self._of_session(replace(wanted, sess_id=sess_id), _Position(wanted.end, sess_id), limit)
            if reached:
                return Page([], _encode(_Position(wanted.end, batch=reached)))
            day = _before(day)
            if day < first[:10]:
                return Page([])
        return Page([], _encode(_Position(wanted.end, batch=f"{day}T24")))

    def _session_of(self, wanted: LogFilter, day: str, first: str, last: str) -> tuple[str, str]:
        """The session of a task, empty where no batch of the day names it; and down to which batch that is known."""
        found: list[LogPage] = []
        reached = ""
        for platform_id in wanted.platform_ids:
            batches, end = self.batches.of_day(platform_id, day, first, last)
            mark = task_mark(wanted.task_id)
            found += [batch for batch in batches if mark in batch.tasks]
            reached = max(reached, end)
        newest = sorted(found, key=lambda batch: batch.name, reverse=True)[:CANDIDATES]
        keys = [(event_id, batch.platform_id) for batch in newest for event_id in batch.events]
        logs = chain(*load_shared(self.logs, keys).values()) if keys else ()
        return next((log.sess_id for log in logs if wanted.task_id in log.entries), ""), reached

    def _of_time(self, wanted: LogFilter, position: _Position, limit: int) -> Page[PushLog]:
        keys, following = self._keys(wanted, position, limit)
        loaded = load_shared(self.logs, keys) if keys else {}
        logs = [log for key in keys for log in loaded.get(key, ()) if _is_of(keys[key], log) and wanted.takes(log)]
        return Page(logs, _encode(following))

    def _keys(self, wanted: LogFilter, position: _Position, most: int) -> tuple[_Keys, _Position | None]:
        """At most `most` events of the next batches, and where the page after begins.

        One of them may have a log more, where two instances used its id.
        """
        keys: _Keys = {}
        batches, following = self._walk(wanted, position, most)
        for batch in batches:
            skipped = position.offset if batch.name == position.batch else 0
            for number, event_id in enumerate(batch.events[skipped:], start=skipped):
                if len(keys) == most:
                    return keys, _Position(wanted.end, batch=batch.name, offset=number)
                keys.setdefault((event_id, batch.platform_id), set()).update(batch.instances)
        return keys, following

    def _walk(self, wanted: LogFilter, position: _Position, most: int) -> tuple[list[LogPage], _Position | None]:
        """Batches, day by day into the past, until they hold enough events; and where to go on behind them."""
        first, last = self._bounds(wanted, position)
        found: list[LogPage] = []
        day = last[:10]
        if last < first:
            return [], None
        for _ in range(DAYS_A_PAGE):
            # One more: the batch where the last page ended may have nothing left.
            of_day, is_cut = self._day(wanted, day, first, last, min(most + 1, BATCHES))
            found += of_day
            if is_cut:
                return found, _Position(wanted.end, batch=found[-1].name, offset=len(found[-1].events))
            day = _before(day)
            if day < first[:10]:
                return found, None
            if sum(len(batch.events) for batch in found) > most:
                break
        return found, _Position(wanted.end, batch=f"{day}T24")  # behind every batch of that day

    def _bounds(self, wanted: LogFilter, position: _Position) -> tuple[str, str]:
        """Names of batches that a page lies between: back to `start`, or a week, and from where the last page ended."""
        end = seconds(wanted.end)
        start = seconds(wanted.start) if wanted.start else end - (DAYS_A_PAGE - 1) * DAY_S
        first = page_time(max(start, end - self.retention_s))
        if position.batch:
            return first, position.batch + "!"  # behind the batch of this name, and before any other
        return first, page_time(end + 0.001)

    def _day(self, wanted: LogFilter, day: str, first: str, last: str, most: int) -> tuple[list[LogPage], bool]:
        """The newest batches of a day, and whether it has more: where one platform has, older ones of others wait."""
        by_platform = [self.batches.newest(name, day, first, last, most) for name in wanted.platform_ids]
        cut = [found[-1].name for found in by_platform if len(found) == most]
        oldest = max(cut, default="")
        batches = [batch for found in by_platform for batch in found if batch.name >= oldest]
        return sorted(batches, key=lambda batch: batch.name, reverse=True), bool(cut)


def _before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _received(log: PushLog) -> str:
    return utc_text(datetime.fromisoformat(log.received_at or log.updated_at))


def _is_of(sessions: set[str], log: PushLog) -> bool:
    """Whether a log belongs to its batches, and not to another instance that used the id of its event."""
    return log.sess_id in sessions or not log.shared_with


def _place(log: PushLog) -> tuple[str, ...]:
    return _received(log), log.event_id, log.platform_id


def _encode(position: _Position | None) -> str | None:
    return msgspec.json.encode(position).decode() if position else None
