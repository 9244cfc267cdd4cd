"""Puts trigger events on the event bus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import NO_ANSWER, CommandError
from cli.event_files import Found
from taskbridge.events import DETAIL_TYPE, SOURCE

ENTRIES_A_CALL = 10
BYTES_A_CALL = 256 * 1024
TRIES = 6
_MAY_PASS = frozenset({"ThrottlingException", "InternalFailure", "InternalException", "ServiceUnavailable"})


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that the bus did not take, and why."""

    place: str
    code: str
    message: str


def send_events(
    bus: Any, name: str, events: Sequence[Found], told: Callable[[int], None], sleep: Callable[[float], None]
) -> list[Refused]:
    """Put events on the bus, in this order; returns those that it did not take. `told` hears how many were settled.

    What was throttled is tried again. Raises CommandError where the bus does not answer: an event may be sent twice,
    as its id makes it the same event.
    """
    refused: list[Refused] = []
    for piece in gather_pieces(events):
        refused += _send_piece(bus, name, piece, sleep)
        told(len(piece))
    return refused


def gather_pieces(events: Sequence[Found]) -> Iterator[list[Found]]:
    """What goes with one call. An event that is too large for any goes alone, for the bus to refuse it."""
    piece: list[Found] = []
    size = 0
    for event in events:
        weight = len(event.text) + len(SOURCE) + len(DETAIL_TYPE)
        if piece and (len(piece) == ENTRIES_A_CALL or size + weight > BYTES_A_CALL):
            yield piece
            piece, size = [], 0
        piece.append(event)
        size += weight
    if piece:
        yield piece


def _send_piece(bus: Any, name: str, piece: list[Found], sleep: Callable[[float], None]) -> list[Refused]:
    refused: list[Refused] = []
    for number in range(TRIES):
        if number:
            sleep(min(2.0**number, 20.0))
        outcomes = list(zip(piece, _put(bus, name, piece), strict=True))
        failed = [(event, entry) for event, entry in outcomes if entry.get("ErrorCode")]
        is_last = number == TRIES - 1
        again = [event for event, entry in failed if entry["ErrorCode"] in _MAY_PASS and not is_last]
        refused += [
            Refused(event.place, entry["ErrorCode"], entry.get("ErrorMessage", ""))
            for event, entry in failed
            if event not in again
        ]
        if not again:
            break
        piece = again
    return refused


def _put(bus: Any, name: str, piece: list[Found]) -> list[dict[str, Any]]:
    entries = [
        {"EventBusName": name, "Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": event.text.decode()}
        for event in piece
    ]
    try:
        answer: list[dict[str, Any]] = bus.put_events(Entries=entries)["Entries"]
    except ClientError as error:
        problem = error.response["Error"]
        text = f"EventBridge refused {piece[0].place}: {problem.get('Message', '')} ({problem.get('Code', '')})"
        raise CommandError(text) from None
    except BotoCoreError as error:
        raise CommandError(f"EventBridge does not answer: {error}", NO_ANSWER) from None
    return answer
