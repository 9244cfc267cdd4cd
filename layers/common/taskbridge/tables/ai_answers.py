"""The AI answer table: what a platform answers to one fingerprint, in pieces as they come, and what it came to.

Item: `answer_id`, `number`, `expires_at`. Number 0 is the head: `status`, `holder` with `lease_until` while somebody is
asking, `review` (deflated JSON) with `last_piece` when it is done, `reason` where it failed. The numbers after it are
pieces of text; those of an attempt that died stay, and the next attempt goes on counting.

The head's `sessions` are the instances (as key parts) that show the answer: it quotes their form, and goes with the
last of them. A head of a release before has none.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import msgspec

from taskbridge.ai.results import Review
from taskbridge.aws import store_call
from taskbridge.tables.batches import batch_get
from taskbridge.tables.conditional import build_update, names_in, write_if
from taskbridge.tables.dynamo import (
    Attributes,
    Item,
    binary,
    fits_item,
    key_part,
    number,
    query_all,
    text,
    to_attribute,
    to_item,
    to_set,
)

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

PIECES = 100
_HEAD = 0
_TEXT_LIMITS = (100_000, 20_000)  # of characters; the first also where there is room for more
_REVIEW_BYTES = 380_000  # an item may have 400 KB
# With the review they fit into an item. Who comes later is not noted, and loses the answer with those who are.
MOST_SESSIONS = 100
_decoder = msgspec.json.Decoder(Review)


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
class Piece:
    """A piece of streamed text."""

    number: int
    text: str


class AnswerTable:
    """Answers on DynamoDB. Times are epoch seconds."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def begin(
        self, answer_id: str, holder: str, now: float, lease_until: float, expires_at: float, sess_id: str
    ) -> Flight:
        """Be the only one who asks, or learn what has become of it.

        Instance `sess_id` shows the answer from then on: noted in the same write, and for an answer that is there in
        one write, unless it stands there.
        """
        is_over = "#status = :failed OR (#status = :running AND (#lease_until <= :now OR #holder = :holder))"
        request = build_update(
            self._table,
            _key(answer_id, _HEAD),
            sets={
                **to_item(
                    {
                        "status": AnswerStatus.RUNNING,
                        "holder": holder,
                        "lease_until": lease_until,
                        "expires_at": int(expires_at),
                        "reason": "",
                    }
                ),
                "sessions": to_set(key_part(sess_id)),  # nobody shows what is not there yet
            },
            condition=f"attribute_not_exists(#status) OR {is_over}",
            values={
                ":failed": AnswerStatus.FAILED,
                ":running": AnswerStatus.RUNNING,
                ":now": now,
                ":holder": holder,
            },
        )
        if write_if(self._client.update_item, **request) is not None:
            return Flight("mine", next_piece=self._highest(answer_id) + 1)
        head = self.head(answer_id)
        if head is not None and head.status is AnswerStatus.DONE:
            return (
                Flight("done", review=head.review) if self._join(head, sess_id) else Flight("running", lease_until=now)
            )
        return Flight("running", lease_until=head.lease_until if head else now)

    def renew(self, answer_id: str, holder: str, lease_until: float) -> bool:
        """Hold on to it for longer; False where it was lost."""
        request = build_update(
            self._table,
            _key(answer_id, _HEAD),
            sets=to_item({"lease_until": lease_until}),
            condition="#status = :running AND #holder = :holder",
            values={":running": AnswerStatus.RUNNING, ":holder": holder},
        )
        return write_if(self._client.update_item, **request) is not None

    def append(self, answer_id: str, number: int, text: str, expires_at: float) -> bool:
        """Store a piece; False where another one has that number."""
        key, piece = _key(answer_id, number), {"text": fits_item(text)}
        written = write_if(
            self._client.put_item,
            TableName=self._table,
            Item={**key, **to_item(piece), "expires_at": to_attribute(int(expires_at))},
            # The same text passes: what the SDK repeats because an answer was lost must not be refused.
            ConditionExpression="attribute_not_exists(#text) OR #text = :text",
            ExpressionAttributeNames={"#text": "text"},
            ExpressionAttributeValues=to_item({":text": piece["text"]}),
        )
        return written is not None

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
        answer = store_call(
            self._client.get_item, TableName=self._table, Key=_key(answer_id, _HEAD), ConsistentRead=True
        )
        return _answer(answer["Item"]) if "Item" in answer else None

    def heads(self, answer_ids: Iterable[str]) -> dict[str, Answer]:
        """The same of many, by id; those that do not exist are left out."""
        keys = [_key(answer_id, _HEAD) for answer_id in dict.fromkeys(answer_ids)]
        answers = map(_answer, batch_get(self._client, self._table, keys, consistent=True))
        return {answer.answer_id: answer for answer in answers}

    def pieces(self, answer_id: str, after: int, limit: int = PIECES) -> list[Piece]:
        """The pieces behind number `after`, in order, read consistently: one Query."""
        answer = store_call(
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="#id = :id AND #number > :after",
            ExpressionAttributeNames={"#id": "answer_id", "#number": "number"},
            ExpressionAttributeValues=to_item({":id": answer_id, ":after": max(after, _HEAD)}),
            Limit=limit,
            ConsistentRead=True,
        )
        return [Piece(int(number(item, "number")), text(item, "text")) for item in answer["Items"]]

    def erase(self, answer_id: str) -> int:
        """Take an answer away with all its pieces; returns how many items that were."""
        keys = self._keys(answer_id)
        for key in keys:
            store_call(self._client.delete_item, TableName=self._table, Key=key)
        return len(keys)

    def leave(self, answer_id: str, sess_id: str) -> bool:
        """An instance was deleted: erase the answer, unless another one shows it. Tells whether it is gone.

        Pieces without a head go too: they are of who wrote on after the answer was erased.
        """
        # Read first: whoever begins anew after this counts on behind these pieces, and loses none of its own.
        pieces = [key for key in self._keys(answer_id) if key != _key(answer_id, _HEAD)]
        kept = self._take_out(answer_id, sess_id)
        if kept is not None and (kept.sessions or not self._delete_head(answer_id)):
            return False
        for key in pieces:
            store_call(self._client.delete_item, TableName=self._table, Key=key)
        return True

    def _join(self, head: Answer, sess_id: str) -> bool:
        """Note that an instance shows a done answer; False where that is gone by now."""
        session = key_part(sess_id)
        if session in head.sessions or len(head.sessions) >= MOST_SESSIONS:
            return True
        request = build_update(
            self._table,
            _key(head.answer_id, _HEAD),
            adds={"sessions": frozenset({session})},
            condition="#status = :done",
            values={":done": AnswerStatus.DONE},
        )
        return write_if(self._client.update_item, **request) is not None

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
        condition = "attribute_not_exists(#sessions)"
        deleted = write_if(
            self._client.delete_item,
            TableName=self._table,
            Key=_key(answer_id, _HEAD),
            ConditionExpression=condition,
            ExpressionAttributeNames=names_in(condition),
        )
        return deleted is not None

    def _keys(self, answer_id: str) -> list[Attributes]:
        items = query_all(
            self._client,
            TableName=self._table,
            KeyConditionExpression="#id = :id",
            ProjectionExpression="#id, #number",
            ExpressionAttributeNames={"#id": "answer_id", "#number": "number"},
            ExpressionAttributeValues=to_item({":id": answer_id}),
            ConsistentRead=True,
        )
        return [dict(item) for item in items]

    def _highest(self, answer_id: str) -> int:
        """The number of the last piece that any attempt stored."""
        answer = store_call(
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="#id = :id",
            ProjectionExpression="#number",
            ExpressionAttributeNames={"#id": "answer_id", "#number": "number"},
            ExpressionAttributeValues=to_item({":id": answer_id}),
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )
        return max((int(number(item, "number")) for item in answer["Items"]), default=_HEAD)

    def _end(self, answer_id: str, holder: str, sets: Attributes) -> bool:
        request = build_update(
            self._table,
            _key(answer_id, _HEAD),
            sets={**sets, "lease_until": to_attribute(0)},
            # Who ended it may end it so again: see append.
            condition="#holder = :holder AND (#status = :running OR #status = :ended)",
            values={":holder": holder, ":running": AnswerStatus.RUNNING, ":ended": sets["status"]["S"]},
        )
        return write_if(self._client.update_item, **request) is not None


def _key(answer_id: str, number: int) -> Attributes:
    return to_item({"answer_id": answer_id, "number": number})


def _answer(item: Item) -> Answer:
    return Answer(
        answer_id=text(item, "answer_id"),
        status=AnswerStatus(text(item, "status")),
        review=_decoder.decode(zlib.decompress(binary(item, "review"))) if "review" in item else None,
        last_piece=int(number(item, "last_piece")),
        reason=text(item, "reason"),
        lease_until=number(item, "lease_until"),
        sessions=frozenset(item["sessions"]["SS"] if "sessions" in item else ()),
    )


def _pack(review: Review) -> bytes:
    """A review deflated, the whole answer in it cut; its prose only where it must be, since that stands in pieces."""
    for limit in _TEXT_LIMITS:
        cut = msgspec.structs.replace(review, raw=fits_item(review.raw[:limit]), text=fits_item(review.text[:limit]))
        packed = zlib.compress(msgspec.json.encode(cut), 6)
        if len(packed) <= _REVIEW_BYTES:
            return packed
    raise ValueError(f"review: expected at most {_REVIEW_BYTES} bytes deflated, got {len(packed)}")
