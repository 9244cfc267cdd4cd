"""Queues as their senders see them, and as a consumer hides messages in them. What goes into which is known in the
rooms: see taskbridge.push.queue and taskbridge.ai.queue.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.aws import store_call

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.literals import QueueAttributeNameType

logger = logging.getLogger(__name__)

ENTRIES_A_CALL = 10
BYTES_A_CALL = 1_000_000  # SQS takes 1 MiB for all entries together
_REFUSED_BY_SQS = re.compile("[\ufffe\uffff]")
_DEPTHS: Sequence[QueueAttributeNameType] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class Record(msgspec.Struct, frozen=True):
    """A message as SQS delivers it to a function; `receives` counts how often it did."""

    message_id: str
    receipt_handle: str
    body: str
    receives: int = 1


def read_records(event: Mapping[str, Any]) -> list[Record]:
    """The messages of a batch."""
    return [
        Record(
            each["messageId"],
            each["receiptHandle"],
            each["body"],
            int(each["attributes"].get("ApproximateReceiveCount", 1)),
        )
        for each in event["Records"]
    ]


class SqsQueue:
    """A queue. Sends entries ten a call."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def depth(self) -> int:
        """About how many messages are in it: waiting, in work and delayed. Raises StoreError."""
        return queue_depth(self._client, self._url)

    def _send_all(self, entries: Iterable[Mapping[str, str]]) -> set[int]:
        """Send entries, each with `MessageBody` and what a FIFO queue wants; the positions of those not taken."""
        escaped = (
            {"Id": str(position), **entry, "MessageBody": escape_for_sqs(entry["MessageBody"])}
            for position, entry in enumerate(entries)
        )
        return {position for piece in _pieces(escaped) for position in self._send(piece)}

    def _send(self, piece: list[Any]) -> set[int]:
        try:
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=piece)
        except (ClientError, BotoCoreError):
            return {int(entry["Id"]) for entry in piece}
        return {int(entry["Id"]) for entry in answer.get("Failed", [])}


class RawQueue(SqsQueue):
    """Any queue, for messages as they stand."""

    def send(self, messages: Sequence[Mapping[str, str]]) -> set[int]:
        """Send messages as entries; returns the positions of those that did not get in."""
        return self._send_all(messages)


def escape_for_sqs(text: str) -> str:
    """JSON text that SQS takes: it refuses two characters that JSON allows, and they go escaped."""
    return _REFUSED_BY_SQS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def queue_depth(client: SQSClient, url: str) -> int:
    """About how many messages are in a queue: waiting, in work and delayed. Raises StoreError."""
    answer = store_call(client.get_queue_attributes, QueueUrl=url, AttributeNames=list(_DEPTHS))
    return sum(int(answer["Attributes"].get(name, "0")) for name in _DEPTHS)


def _pieces(entries: Iterable[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    piece: list[dict[str, str]] = []
    size = 0
    for entry in entries:
        length = len(entry["MessageBody"].encode())
        if piece and (len(piece) == ENTRIES_A_CALL or size + length > BYTES_A_CALL):
            yield piece
            piece, size = [], 0
        piece.append(entry)
        size += length
    if piece:
        yield piece


class Visibility:
    """Makes messages of a queue invisible for a while, ten a call."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def hide(self, receipts: Sequence[tuple[str, float]]) -> None:
        """Hide messages, each (receipt handle, seconds from now).

        Where that fails, they come back after the queue's own visibility timeout: later, and no less safe.
        """
        for start in range(0, len(receipts), ENTRIES_A_CALL):
            entries: Any = [
                {"Id": str(index), "ReceiptHandle": receipt, "VisibilityTimeout": max(0, round(seconds))}
                for index, (receipt, seconds) in enumerate(receipts[start : start + ENTRIES_A_CALL])
            ]
            try:
                self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
            except (ClientError, BotoCoreError) as error:
                logger.warning("visibility not changed: %s", type(error).__name__)
