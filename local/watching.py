"""Sends events, and watches until nothing more happens to them."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.analyses import SeatRow
from local.emulator import Aws
from local.errors import StackError
from local.outcomes import EventRow, Outcomes
from local.queues import failure_depths, working_depths
from taskbridge.aws import chunks
from taskbridge.events import DETAIL_TYPE, SOURCE

_PUT_EVENTS_LIMIT = 10
_POLL_S = 0.3


@dataclass(frozen=True, slots=True)
class Picture:
    """The stack at one moment.

    `wanted` are the ids that were sent, `rows` what is known of them, `waiting` messages by working queue,
    `given_up` messages by dead-letter queue, `todos` what the task center holds (empty where it cannot say),
    `seats` the tasks of people with what the AI says of them.
    """

    wanted: tuple[str, ...]
    rows: tuple[EventRow, ...]
    waiting: Mapping[str, int]
    given_up: Mapping[str, int]
    todos: tuple[Mapping[str, Any], ...]
    seats: tuple[SeatRow, ...] = ()

    @property
    def counts(self) -> Counter[str]:
        """How many rows have which status; `on its way` counts events that nothing is known of yet."""
        counts = Counter(row.status for row in self.rows)
        unknown = len(self.unknown)
        return counts + Counter({"on its way": unknown}) if unknown else counts

    @property
    def unknown(self) -> tuple[str, ...]:
        """Events that stand in no table yet."""
        known = {row.event_id for row in self.rows}
        return tuple(event_id for event_id in self.wanted if event_id not in known)

    @property
    def queues(self) -> dict[str, int]:
        """Messages by queue, of every queue."""
        return {**self.waiting, **self.given_up}

    @property
    def is_settled(self) -> bool:
        """Whether the queues are empty, every event is accounted for, and nothing more happens by itself."""
        is_drained = not any(self.waiting.values())
        has_ended = all(row.is_settled for row in self.rows) and not any(seat.is_under_way for seat in self.seats)
        return is_drained and not self.unknown and has_ended

    @property
    def settled_events(self) -> int:
        """How many events nothing more happens to, at any target."""
        return len({row.event_id for row in self.rows} - {row.event_id for row in self.rows if not row.is_settled})


def send_events(
    aws: Aws, bus: str, events: Sequence[Mapping[str, Any]], sent: Callable[[int], None] | None = None
) -> None:
    """Put events on the bus in this order, ten a call; `sent` is told how many each call took."""
    for piece in chunks(list(events), _PUT_EVENTS_LIMIT):
        answer = aws.events.put_events(
            Entries=[
                {
                    "EventBusName": bus,
                    "Source": SOURCE,
                    "DetailType": DETAIL_TYPE,
                    "Detail": json.dumps(event, ensure_ascii=False),
                }
                for event in piece
            ]
        )
        if answer["FailedEntryCount"]:
            problem = next(entry for entry in answer["Entries"] if "ErrorCode" in entry)
            raise StackError(f"EventBridge refused an event: {problem.get('ErrorMessage', problem)}")
        if sent is not None:
            sent(len(piece))


def take_picture(
    aws: Aws,
    outputs: Mapping[str, Any],
    outcomes: Outcomes,
    event_ids: Iterable[str],
    todos: Callable[[], Sequence[Mapping[str, Any]]],
    seats: Callable[[], Sequence[SeatRow]] = tuple,
) -> Picture:
    """The stack as it is now."""
    wanted = tuple(dict.fromkeys(event_ids))
    # Queues first: what leaves a queue after this is in the tables that are read next.
    waiting, given_up = working_depths(aws, outputs), failure_depths(aws, outputs)
    return Picture(wanted, tuple(outcomes.events_of(wanted)), waiting, given_up, tuple(todos()), tuple(seats()))


def watch_until_settled(picture: Callable[[], Picture], seen: Callable[[Picture], None], timeout_s: float) -> Picture:
    """Look again and again; the first picture in which everything is settled, or the last one in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        current = picture()
        seen(current)
        if current.is_settled or time.monotonic() > deadline:
            return current
        time.sleep(_POLL_S)


def explain_unsettled(picture: Picture, timeout_s: float) -> str:
    """What still happens, or does not, for people."""
    working = [row for row in picture.rows if not row.is_settled]
    parts = [
        *(f"{count} messages in queue {name}" for name, count in picture.waiting.items() if count),
        *(f"{count} messages given up in {name}" for name, count in picture.given_up.items() if count),
        *(f"{row.event_id} is {row.status} ({row.reason or 'no reason yet'})" for row in working[:5]),
        *(f"{event_id} stands in no table" for event_id in picture.unknown[:5]),
        *(
            f"the analysis of {seat.task_id} for {seat.uid} is {seat.status} ({seat.reason or 'no reason yet'})"
            for seat in [seat for seat in picture.seats if seat.is_under_way][:5]
        ),
    ]
    return f"Not everything was settled within {timeout_s:.0f} s: {'; '.join(parts)}."
