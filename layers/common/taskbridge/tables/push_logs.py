"""The push log table: one item per event and platform, and per instance where two used one event id.

See push_log_items. A log is kept for `retention_s` after its last change: EVENT_LOG_TTL_DAYS of the functions that
write it.

Whoever comes first has the place (event, platform); the log of another instance stands beside it, at
`platform#hash`, and the first hears of it in `shared_with`. So a new log is only inserted, never put over another:
that costs what a put does, and needs no look before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from taskbridge.errors import StoreError
from taskbridge.push.logs import LogKey, PushLog, place_beside
from taskbridge.tables.batches import batch_execute
from taskbridge.tables.dynamo import Item, text, to_attribute, to_item
from taskbridge.tables.parts import PartTable
from taskbridge.tables.push_log_items import Values, listed_place, log_parts, read_log, start_key, write_log
from taskbridge.tables.riders import Rider
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

ROUNDS = 6
TOLD = 100  # of the instances that share an event id, a log names so many


class ListedLog(msgspec.Struct, frozen=True):
    """A log with its place in the index by status: (received_at, event id, and its place where it stands beside).

    It may be listed by its last change.
    """

    log: PushLog
    place: tuple[str, ...]


def load_own(store: PushLogTable, wanted: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], PushLog]:
    """Logs by (event id, platform id, owner), wherever they stand; those that do not exist are left out."""
    asked = list(dict.fromkeys(wanted))
    first = store.load((event_id, platform_id) for event_id, platform_id, _ in asked) if asked else {}
    found = {key: log for key in asked if (log := first.get(key[:2])) and log.owner == key[2]}
    others = {key: (key[0], place_beside(key[1], key[2])) for key in asked if key[:2] in first and key not in found}
    beside = store.load(others.values()) if others else {}
    unreadable = {key: log for key in others if (log := first[key[:2]]).unreadable}  # it may be the one
    return found | unreadable | {key: beside[place] for key, place in others.items() if place in beside}


def load_shared(store: PushLogTable, keys: Iterable[LogKey]) -> dict[LogKey, list[PushLog]]:
    """Logs by (event id, platform id), each with those of other instances that used the same event id."""
    first = store.load(keys)
    others = {
        (log.event_id, place_beside(log.platform_id, owner)) for log in first.values() for owner in log.shared_with
    }
    beside = store.load(sorted(others)).values() if others else []
    return {key: [log, *(each for each in beside if _stands_beside(each, key))] for key, log in first.items()}


def _stands_beside(log: PushLog, key: LogKey) -> bool:
    return (log.event_id, log.platform_id) == key


class PushLogTable(Table):
    """The push log on DynamoDB. `retention_s` is how long a log is kept after its last change.

    `parts` is needed for logs that are too large for an item.
    """

    def __init__(
        self, client: DynamoDBClient, table: str, retention_s: float, *, parts: PartTable | None = None
    ) -> None:
        super().__init__(client, table)
        self._retention_s = retention_s
        self._parts = parts

    def load(self, keys: Iterable[LogKey]) -> dict[LogKey, PushLog]:
        """Logs by (event id, place); those that do not exist are left out.

        Reads consistently: what is loaded is going to be written back.
        """
        wanted = [to_item({"event_id": event, "platform_id": place}) for event, place in dict.fromkeys(keys)]
        items = self._items(wanted)
        places = [(text(item, "event_id"), text(item, "platform_id")) for item in items]
        return dict(zip(places, self._logs(items), strict=True))

    def put(self, logs: Iterable[PushLog], riders: Sequence[Rider] = ()) -> list[PushLog]:
        """Write logs whole, and mark them as stored; those that could not be read stay as they are. Riders go along.

        Returns those whose place another instance had: they stand beside it, and both tell of the other.
        """
        clashed: list[PushLog] = []
        left = [log for log in logs if not log.unreadable]
        for _ in range(ROUNDS):
            if not left and not riders:
                return clashed
            left, riders = self._write(left, riders), ()
            clashed += self._make_room(left) if left else []
        raise StoreError("push logs: their places change faster than they can be written")

    def _write(self, logs: Sequence[PushLog], riders: Sequence[Rider]) -> list[PushLog]:
        """Insert the new and replace the others; returns those that were not where they were thought to be.

        Of several for one place, one is written: DynamoDB refuses a call that names a key twice.
        """
        now: dict[LogKey, PushLog] = {}
        for log in sorted(logs, key=lambda log: not log.is_stored):
            now.setdefault(log.key, log)
        waiting = [log for log in logs if now[log.key] is not log]
        written = [(log, *write_log(log, self._retention_s)) for log in now.values()]
        bodies = {log.key: body for log, _, body in written if body}
        if bodies:
            self._part_table().put(bodies.values())
        statements = [self._statement(log, values) for log, values, _ in written]
        codes = batch_execute(self._client, statements, riders)
        for log, code in zip(now.values(), codes, strict=True):
            log.is_stored = not code
            if log.is_stored and log.key in bodies:
                body = bodies[log.key]
                self._part_table().tidy(body.document, body.generation, body)
        return [log for log in now.values() if not log.is_stored] + waiting

    def _make_room(self, logs: Sequence[PushLog]) -> list[PushLog]:
        """Look who has the place of each log; returns those that have to stand beside another instance's."""
        standing = self.load(log.key for log in logs)
        clashed = []
        for log in logs:
            there = standing.get(log.key)
            log.is_stored = there is not None and there.owner == log.owner
            if there is not None and not log.is_stored:
                self._tell(there, log.owner)
                log.is_beside, log.shared_with = True, [there.owner]
                clashed.append(log)
        return clashed

    def _tell(self, log: PushLog, owner: str) -> None:
        """Note at a log that this instance used its event id too; whoever writes the log meanwhile leaves that."""
        has_room = "attribute_not_exists(#shared_with) OR size(#shared_with) < :most"
        self._update(
            to_item({"event_id": log.event_id, "platform_id": log.place}),
            adds={"shared_with": frozenset({owner})},
            condition=f"attribute_exists(#event_id) AND ({has_room})",
            values={":most": TOLD},
        )

    def of_event(self, event_id: str) -> list[PushLog]:
        """What became of an event on each platform."""
        return self._logs(list(self._query("event_id = :event", {":event": event_id})))

    def by_status(
        self,
        shard: str,
        start: str,
        end: str,
        limit: int,
        *,
        after: tuple[str, ...] = (),
        newest_first: bool = False,
    ) -> tuple[list[ListedLog], bool]:
        """Logs of a shard (see status_shard) that were received from `start` to `end`, `after` a place: one Query.

        Returns them and whether there may be more. They may be fewer than `limit` and yet not all: a Query reads a
        megabyte at most.
        """
        more = {"Limit": limit, "ScanIndexForward": not newest_first, **start_key(shard, after)}
        answer = self._of_shard(shard, start, end, **more)
        listed = list(map(ListedLog, self._logs(answer["Items"]), map(listed_place, answer["Items"])))
        return listed, "LastEvaluatedKey" in answer

    def received(self, shard: str, start: str, end: str) -> tuple[list[str], bool]:
        """When the logs of a shard were received, newest first, and whether these are all: one Query, a megabyte."""
        answer = self._of_shard(shard, start, end, ProjectionExpression="received_at", ScanIndexForward=False)
        return [text(item, "received_at") for item in answer["Items"]], "LastEvaluatedKey" not in answer

    def _of_shard(self, shard: str, start: str, end: str, **more: Any) -> Mapping[str, Any]:
        condition = "status_shard = :shard AND received_at BETWEEN :start AND :end"
        values = {":shard": shard, ":start": start, ":end": end}
        return self._look(condition, values, IndexName="by_status", **more)

    def _logs(self, items: Iterable[Item]) -> list[PushLog]:
        """The logs of items, with the parts of those that are large."""
        named = {number: parts for number, item in enumerate(items) if (parts := log_parts(item))}
        bodies = self._part_table().load(named.values()) if named else {}
        return [read_log(item, bodies) for item in items]

    def _part_table(self) -> PartTable:
        if self._parts is None:
            raise StoreError("a log is too large for an item, and no part table is given")
        return self._parts

    def _statement(self, log: PushLog, values: Values) -> dict[str, Any]:
        """Insert a new log where nothing stands; replace one that is stored, but for what others noted at it."""
        key: Values = {"event_id": log.event_id, "platform_id": log.place}
        if log.is_stored:
            text, parameters = _update(self._table, tuple(values)), [*values.values(), *key.values()]
        else:
            text, parameters = _insert(self._table, (*key, *values)), [*key.values(), *values.values()]
        return {"Statement": text, "Parameters": [to_attribute(value) for value in parameters]}


@cache
def _insert(table: str, names: tuple[str, ...]) -> str:
    fields = ", ".join(f"'{name}': ?" for name in names)
    return f'INSERT INTO "{table}" VALUE {{{fields}}}'


@cache
def _update(table: str, names: tuple[str, ...]) -> str:
    sets = " ".join(f'SET "{name}" = ?' for name in names)
    removed = "".join(f' REMOVE "{name}"' for name in ("status_shard", "detail", "parts") if name not in names)
    return f'UPDATE "{table}" {sets}{removed} WHERE "event_id" = ? AND "platform_id" = ?'
