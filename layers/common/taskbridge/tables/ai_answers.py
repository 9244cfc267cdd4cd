"""The AI answer table: what a platform answers to one fingerprint, in pieces as they come, and what it came to.

Item: `answer_id`, `number`, `expires_at`. Number 0 is the head: `status`, `holder` with `lease_until` while somebody is
asking, `review` (deflated JSON) with `last_piece` when it is done, `reason` where it failed. The numbers after it are
pieces of text; those of an attempt that died stay, and the next attempt goes on counting.

The head's `sessions` are the instances (as key parts) that show the answer: it quotes their form, and goes with the
last of them. A head of a release before has none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import msgspec

from taskbridge.ai.results import Review
from taskbridge.tables.conditional import Lease, names_in, write_if
from taskbridge.tables.dynamo import (
    Attributes,
    Item,
    Value,
    binary,
    fits_item,
    key_part,
    number,
    text,
    to_attribute,
    to_item,
    to_set,
)
from taskbridge.tables.packing import Packed
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

PIECES = 100
_HEAD = 0
_ALL = "#answer_id = :id"
_TEXT_LIMITS = (100_000, 20_000)  # of characters; the first also where there is room for more
_REVIEW_BYTES = 380_000  # an item may have 400 KB
# With the review they fit into an item. Who comes later is not noted, and loses the answer with those who are.
MOST_SESSIONS = 100
_packed = Packed(Review)


class AnswerStatus(StrEnum):
    """Whether an answer can be read. FAILED: whoever wants it may ask again."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Flight:
    """What `begin` found. "mine": ask, and count the pieces from `next_piece`. "done": `review` is there.

    "running": another asks, whose lease ends at `lease_until` (epoch seconds).
    """

    state: Literal["mine", "running", "done"]
    next_piece: int = 1
    review: Review | None = None
    lease_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer. `last_piece` is the number of the last piece of a done one.

    `sessions` are the instances that show it, as key parts.
    """

    answer_id: str
    status: AnswerStatus
    review: Review | None = None
    last_piece: int = 0
    reason: str = ""
    lease_until: float = 0.0
    sessions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AnswerPiece:
    """A piece of streamed text."""

    number: int
    text: str


class AnswerTable(Table):
    """Answers on DynamoDB. Times are epoch seconds."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        super().__init__(client, table)
        self._lease = Lease(client, table)

    def begin(
        self, answer_id: str, holder: str, now: float, lease_until: float, expires_at: float, sess_id: str
    ) -> Flight:
        """Be the only one who asks, or learn what has become of it.

        Instance `sess_id` shows the answer from then on: noted in the same write, and for an answer that is there in
        one write, unless it stands there.
        """
        fresh: dict[str, Value] = {"status": AnswerStatus.RUNNING, "expires_at": int(expires_at), "reason": ""}
        claimed = self._lease.claim(
            _key(answer_id, _HEAD),
            holder,
            now,
            lease_until,
            when="attribute_not_exists(#status) OR #status <> :done",
            values={":done": AnswerStatus.DONE},
            sets={**to_item(fresh), "sessions": to_set(key_part(sess_id))},  # nobody shows what is not there yet
        )
        if claimed is not None:
            return Flight("mine", next_piece=self._highest(answer_id) + 1)
        head = self.head(answer_id)
        if head is not None and head.status is AnswerStatus.DONE:
            return (
                Flight("done", review=head.review) if self._join(head, sess_id) else Flight("running", lease_until=now)
            )
        return Flight("running", lease_until=head.lease_until if head else now)

    def renew(self, answer_id: str, holder: str, lease_until: float) -> bool:
        """Hold on to it for longer; False where it was lost."""
        running = {":running": AnswerStatus.RUNNING}
        return self._lease.renew(_key(answer_id, _HEAD), holder, lease_until, when="#status = :running", values=running)

    def append(self, answer_id: str, number: int, text: str, expires_at: float) -> bool:
        """Store a piece; False where another one has that number."""
        kept = fits_item(text)
        item = _key(answer_id, number) | to_item({"text": kept, "expires_at": int(expires_at)})
        # The same text passes: what the SDK repeats because an answer was lost must not be refused.
        return self._put(item, "attribute_not_exists(#text) OR #text = :text", {":text": kept})

    def finish(self, answer_id: str, holder: str, review: Review, last_piece: int) -> bool:
        """Say what it came to; False where it is no longer this holder's.

        Raises ValueError for a review whose findings alone do not fit into an item.
        """
        return self._end(
            answer_id,
            holder,
            to_item({"status": AnswerStatus.DONE, "review": _pack(review), "last_piece": last_piece}),
        )

    def fail(self, answer_id: str, holder: str, reason: str) -> bool:
        """Say why there is none, and let others try; False where it is no longer this holder's."""
        return self._end(answer_id, holder, to_item({"status": AnswerStatus.FAILED, "reason": reason[:1000]}))

    def head(self, answer_id: str) -> Answer | None:
        """What has become of an answer, read consistently; None where nobody has asked."""
        item = self._item(_key(answer_id, _HEAD))
        return _answer(item) if item else None

    def heads(self, answer_ids: Iterable[str]) -> dict[str, Answer]:
        """The same of many, by id; those that do not exist are left out."""
        keys = [_key(answer_id, _HEAD) for answer_id in dict.fromkeys(answer_ids)]
        return {answer.answer_id: answer for answer in map(_answer, self._items(keys))}

    def pieces(self, answer_id: str, after: int, limit: int = PIECES) -> list[AnswerPiece]:
        """The pieces behind number `after`, in order, read consistently: one Query."""
        values: dict[str, Value] = {":id": answer_id, ":after": max(after, _HEAD)}
        answer = self._look(f"{_ALL} AND #number > :after", values, Limit=limit, ConsistentRead=True)
        return [AnswerPiece(int(number(item, "number")), text(item, "text")) for item in answer["Items"]]

    def erase(self, answer_id: str) -> int:
        """Take an answer away with all its pieces; returns how many items that were."""
        return self._erase(*self._keys(answer_id))

    def leave(self, answer_id: str, sess_id: str) -> bool:
        """An instance was deleted: erase the answer, unless another one shows it. Tells whether it is gone.

        Pieces without a head go too: they are of who wrote on after the answer was erased.
        """
        # Read first: whoever begins anew after this counts on behind these pieces, and loses none of its own.
        pieces = [key for key in self._keys(answer_id) if key != _key(answer_id, _HEAD)]
        kept = self._take_out(answer_id, sess_id)
        if kept is not None and (kept.sessions or not self._delete_head(answer_id)):
            return False
        self._erase(*pieces)
        return True

    def _join(self, head: Answer, sess_id: str) -> bool:
        """Note that an instance shows a done answer; False where that is gone by now."""
        session = key_part(sess_id)
        if session in head.sessions or len(head.sessions) >= MOST_SESSIONS:
            return True
        return self._update(
            _key(head.answer_id, _HEAD),
            adds={"sessions": frozenset({session})},
            condition="#status = :done",
            values={":done": AnswerStatus.DONE},
        )

    def _take_out(self, answer_id: str, sess_id: str) -> Answer | None:
        """The head without an instance; None where there is none."""
        update, condition = "DELETE #sessions :gone", "attribute_exists(#status)"
        answer = write_if(
            self._client.update_item,
            TableName=self._table,
            Key=_key(answer_id, _HEAD),
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames=names_in(update, condition),
            ExpressionAttributeValues={":gone": to_set(key_part(sess_id))},
            ReturnValues="ALL_NEW",
        )
        return _answer(answer["Attributes"]) if answer else None

    def _delete_head(self, answer_id: str) -> bool:
        return self._delete(_key(answer_id, _HEAD), "attribute_not_exists(#sessions)")

    def _keys(self, answer_id: str) -> list[Attributes]:
        return self._keys_in(to_item({"answer_id": answer_id}), "number")

    def _highest(self, answer_id: str) -> int:
        """The number of the last piece that any attempt stored."""
        only = {"ProjectionExpression": "#number", "ScanIndexForward": False, "Limit": 1, "ConsistentRead": True}
        answer = self._look(_ALL, {":id": answer_id}, **only)
        return max((int(number(item, "number")) for item in answer["Items"]), default=_HEAD)

    def _end(self, answer_id: str, holder: str, sets: Attributes) -> bool:
        return self._lease.change(
            _key(answer_id, _HEAD),
            holder,
            sets={**sets, "lease_until": to_attribute(0)},
            when="#status = :running OR #status = :ended",  # who ended it may end it so again: see append
            values={":running": AnswerStatus.RUNNING, ":ended": sets["status"]["S"]},
        )


def _key(answer_id: str, number: int) -> Attributes:
    return to_item({"answer_id": answer_id, "number": number})


def _answer(item: Item) -> Answer:
    return Answer(
        answer_id=text(item, "answer_id"),
        status=AnswerStatus(text(item, "status")),
        review=_packed.unpack(binary(item, "review")) if "review" in item else None,
        last_piece=int(number(item, "last_piece")),
        reason=text(item, "reason"),
        lease_until=number(item, "lease_until"),
        sessions=frozenset(item["sessions"]["SS"] if "sessions" in item else ()),
    )


def _pack(review: Review) -> bytes:
    """A review deflated, the whole answer in it cut; its prose only where it must be, since that stands in pieces."""
    packed = _packed.pack_first((_cut(review, limit) for limit in _TEXT_LIMITS), _REVIEW_BYTES)
    if len(packed) > _REVIEW_BYTES:
        raise ValueError(f"review: expected at most {_REVIEW_BYTES} bytes deflated, got {len(packed)}")
    return packed


def _cut(review: Review, limit: int) -> Review:
    return msgspec.structs.replace(review, raw=fits_item(review.raw[:limit]), text=fits_item(review.text[:limit]))
