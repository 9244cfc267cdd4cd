"""Events that went nowhere: listed, the rejected ones whole, and those sent in again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from admin_api.merging import Piece, Place, read_merged
from admin_api.problems import not_found
from taskbridge.aws import store_call
from taskbridge.tables.dynamo import Page
from taskbridge.tables.events import STATUS_SHARDS, UnroutedEvent

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

LOADED = 25  # events of up to a megabyte that are in memory before the answer is found to be full
BODY_BYTES = 3_000_000  # an answer of Lambda has 6 MB, and every quotation mark of a body becomes two bytes


class Events(Protocol):
    """See EventTable."""

    def listed(self, status: str, shard: int, limit: int, before: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """See EventTable."""

    def load(self, event_ids: Sequence[str]) -> dict[str, UnroutedEvent]:
        """See EventTable."""

    def read(self, event_id: str) -> UnroutedEvent | None:
        """See EventTable."""

    def mark_replayed(self, event_id: str, by: str, at: str) -> bool:
        """See EventTable."""


@dataclass(frozen=True, slots=True)
class UnroutedEvents:
    """Events that went nowhere: rejected ones, which could not be read, or skipped ones, which have no body."""

    events: Events
    status: Literal["rejected", "skipped"]

    def page(self, cursor: str | None, limit: int) -> Page[UnroutedEvent]:
        """The newest first, with their bodies. A page ends early where its bodies come to `BODY_BYTES`."""
        positions = msgspec.json.decode(cursor, type=dict[str, tuple[str, ...]]) if cursor else {}
        shards = [str(number) for number in range(STATUS_SHARDS)]
        places, reached = read_merged(partial(self._piece, limit), shards, positions, limit)
        shown: list[UnroutedEvent] = []
        size = 0
        for start in range(0, len(places), LOADED):
            piece = places[start : start + LOADED]
            loaded = self.events.load([event_id for _, (_, event_id) in piece])
            for shard, place in piece:
                event = loaded.get(place[1])
                size += len(event.body) if event else 0
                if size > BODY_BYTES and shown:
                    return Page(shown, _encode(positions))
                positions = {**positions, shard: place}
                shown += [event] if event and event.status == self.status else []
        return Page(shown, _encode(reached))

    def _piece(self, limit: int, shard: str, before: Place) -> Piece[tuple[str, tuple[str, str]]]:
        places = self.events.listed(self.status, int(shard), limit, before)
        return Piece([(place, (shard, place)) for place in places], has_more=len(places) == limit)


def send_again(events: Events, event_id: str, by: str, at: str, sqs: SQSClient, ingest_url: str) -> None:
    """Put a rejected event back into the ingest queue, as it came, and note who did.

    Where it is rejected again, it stands in the list as it did at first. Raises Problem (404), StoreError.
    """
    event = events.read(event_id)
    if event is None or event.status != "rejected" or not events.mark_replayed(event_id, by, at):
        raise not_found("rejected event")
    store_call(sqs.send_message, QueueUrl=ingest_url, MessageBody=event.body.decode())


def _encode(positions: dict[str, Place] | None) -> str | None:
    return msgspec.json.encode(positions).decode() if positions is not None else None
