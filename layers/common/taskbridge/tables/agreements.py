"""What the workers of the fleet agree upon before they call a platform: its line (how fast) and its seats (how many).

Each is one item of the coordination table, changed by compare-and-set: what it becomes is decided by pure functions
from what it was. Who remembers it rightly needs one call; a write that comes too late gets to see the item as it is.

Seats need no call where there are enough for all: they are taken and given back by statements that go along with the
documents and the logs (see Rider). Item: `turn`, its version; `taken`, how many in all; `workers`, how many hold some;
and `holder_<name>` of each, JSON of how many and until when. A statement counts on without knowing what stands there.
Who finds too few free reads who holds them, and takes away those whose time is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from taskbridge.budgets import Room
from taskbridge.push.concurrency import Held, leave_seats, take_seats
from taskbridge.push.rates import Grant, Line, join_line
from taskbridge.tables.conditional import build_update, write_or_look
from taskbridge.tables.dynamo import number, text, to_attribute, to_item
from taskbridge.tables.riders import Rider
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
Item = dict[str, Any]

TRIES = 25  # of a crowd that comes at once one gets through each time
HOLDER = "holder_"


class _Calls(msgspec.Struct, array_like=True):
    """The last calls of a line, valid while its `next_at` is this one: the release before moves only that."""

    next_at: float
    first: int = 0
    calls: list[tuple[int, int]] = []  # (milliseconds after `first`, how many)


class AgreementTable(Table):
    """Lines and seats on DynamoDB. One object for each process: it remembers what it saw."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        super().__init__(client, table)
        self._seen: dict[str, Item] = {}
        self._held: dict[tuple[str, str], tuple[int, float]] = {}

    def reserve(self, platform_id: str, wanted: int, rate_per_s: float, now: float, until: float) -> Grant:
        """Join the fleet's line: at most `wanted` calls that begin before `until`. See taskbridge.push.rates.

        None is granted where the line is longer than that, or too many want it at once.
        """

        def join(item: Item) -> tuple[Grant, Item | None]:
            starts, line = join_line(_read_line(item), wanted, rate_per_s, now, until)
            return Grant(starts, line.next_at), _write_line(line) if starts else None

        return self._agree(f"rate#{platform_id}", "next_at", join) or Grant((), now)

    def take_seats(self, platform_id: str, holder: str, wanted: int, room: Room, bounds: tuple[float, float]) -> int:
        """Take at most `wanted` seats of the platform; see taskbridge.push.concurrency."""

        def take(item: Item) -> tuple[int, Item | None]:
            granted, held = take_seats(_read_seats(item), holder, wanted, room, bounds)
            return granted, _write_seats(item, held) if granted else None

        granted = self._agree(_seats_of(platform_id), "turn", take) or 0
        if granted:
            self._held[platform_id, holder] = (granted, bounds[1])
        return granted

    def leave_seats(self, platform_id: str, holder: str) -> None:
        """Give the seats back. Where that fails they are free when their time is over."""

        def leave(item: Item) -> tuple[bool, Item | None]:
            return True, _write_seats(item, leave_seats(_read_seats(item), holder))

        self._held.pop((platform_id, holder), None)
        self._agree(_seats_of(platform_id), "turn", leave)

    def taking(
        self, platform_id: str, holder: str, seats: int, room: Room, until: float, tell: Callable[[bool], None]
    ) -> Rider:
        """Take all of these seats along with another call; `tell` hears whether they were free.

        A holder takes seats once: where AWS's library repeats a call, the second finds its name there.
        """
        held = (seats, until)

        def told(is_taken: bool) -> None:  # noqa: FBT001
            if is_taken:
                self._held[platform_id, holder] = held
            tell(is_taken)

        counts = 'SET "turn" = "turn" + ? SET "taken" = "taken" + ? SET "workers" = "workers" + ?'
        mine = f'"{HOLDER}{holder}"'
        changes = f'{counts} SET {mine} = ? WHERE "key" = ? AND "taken" <= ? AND "workers" < ? AND {mine} IS MISSING'
        left = room.seats - seats
        values: list[str | int] = [1, seats, 1, _encode(held), _seats_of(platform_id), left, room.holders]
        return self._rider(changes, values, told)

    def leaving(self, platform_id: str, holder: str, tell: Callable[[bool], None]) -> Rider:
        """Give the seats back along with another call. Whose time was over has none any more."""
        held = self._held.pop((platform_id, holder), (0, 0.0))
        counts = 'SET "turn" = "turn" + ? SET "taken" = "taken" - ? SET "workers" = "workers" - ?'
        mine = f'"{HOLDER}{holder}"'
        changes = f'{counts} REMOVE {mine} WHERE "key" = ? AND {mine} = ?'
        return self._rider(changes, [1, held[0], 1, _seats_of(platform_id), _encode(held)], tell)

    def _rider(self, changes: str, values: list[str | int], tell: Callable[[bool], None]) -> Rider:
        statement = f'UPDATE "{self._table}" {changes}'
        return Rider({"Statement": statement, "Parameters": [to_attribute(value) for value in values]}, tell)

    def _agree(self, key: str, version: str, change: Callable[[Item], tuple[T, Item | None]]) -> T | None:
        """Change an item by compare-and-set; None where others were always faster.

        A change that finds nothing to do is only believed of an item that was read now.
        """
        item, is_fresh = self._seen.get(key, {}), False
        for _ in range(TRIES):
            result, after = change(item)
            if after is None and is_fresh:
                self._seen[key] = item
                return result
            found = self._get(key) if after is None else self._write(key, version, item, after)
            if found is None and after is not None:
                self._seen[key] = after
                return result
            item, is_fresh = found or {}, True
        self._seen[key] = item
        return None

    def _get(self, key: str) -> Item:
        return dict(self._item(to_item({"key": key})) or {})

    def _write(self, key: str, version: str, before: Item, after: Item) -> Item | None:
        """Write attributes, if `version` is as it was before; otherwise the item as it is."""
        gone = [name for name in before if name.startswith(HOLDER) and name not in after]
        same, seen = f"attribute_not_exists(#{version})", {}
        if version in before:
            same, seen = f"#{version} = :seen", {":seen": number(before, version)}
        update = build_update(self._table, to_item({"key": key}), sets=after, removes=gone, condition=same, values=seen)
        answer, found = write_or_look(
            self._client.update_item, tries=1, **update, ReturnValuesOnConditionCheckFailure="ALL_OLD"
        )
        return None if answer else dict(found or self._get(key))


def _read_line(item: Item) -> Line:
    next_at, stored = number(item, "next_at"), text(item, "calls")
    known = msgspec.json.decode(stored, type=_Calls) if stored else _Calls(next_at)
    if known.next_at != next_at:
        return Line(next_at)
    return Line(next_at, tuple((known.first + after, count) for after, count in known.calls))


def _write_line(line: Line) -> Item:
    first = line.calls[0][0]
    known = _Calls(line.next_at, first, [(at - first, count) for at, count in line.calls])
    return {"next_at": {"N": repr(line.next_at)}, "calls": {"S": msgspec.json.encode(known).decode()}}


def _read_seats(item: Item) -> Held:
    held = [(name.removeprefix(HOLDER), text(item, name)) for name in item if name.startswith(HOLDER)]
    return {name: msgspec.json.decode(stored, type=tuple[int, float]) for name, stored in held}


def _write_seats(item: Item, held: Held) -> Item:
    counts = {
        "turn": int(number(item, "turn")) + 1,
        "taken": sum(seats for seats, _ in held.values()),
        "workers": len(held),
    }
    names = {f"{HOLDER}{name}": to_attribute(_encode(seats)) for name, seats in held.items()}
    return {**{name: to_attribute(count) for name, count in counts.items()}, **names}


def _encode(held: tuple[int, float]) -> str:
    return msgspec.json.encode(held).decode()


def _seats_of(platform_id: str) -> str:
    return f"seats#{platform_id}"
