"""The queues as their senders see them, and as a consumer hides messages in them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.ai.messages import AiMessage, AnalysisMessage, encode_ai_message
from taskbridge.aws import store_call
from taskbridge.push.messages import Message, deduplication_id, encode_message, message_group

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.literals import QueueAttributeNameType

logger = logging.getLogger(__name__)

ENTRIES_A_CALL = 10
BYTES_A_CALL = 1_000_000  # SQS takes 1 MiB for all entries together
_DEPTHS: Sequence[QueueAttributeNameType] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class _Queue:
    """Sends entries ten a call."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def _send_all(self, entries: list[dict[str, str]]) -> set[int]:
        return {position for piece in _pieces(entries) for position in self._send(piece)}

    def _send(self, piece: list[Any]) -> set[int]:
        try:
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=piece)
        except (ClientError, BotoCoreError):
            return {int(entry["Id"]) for entry in piece}
        return {int(entry["Id"]) for entry in answer.get("Failed", [])}


class PushQueue(_Queue):
    """The push queue, a FIFO one."""

    def send(self, messages: Sequence[Message]) -> set[int]:
        """Send messages; returns the positions of those that did not get in."""
        return self._send_all([_entry(position, message) for position, message in enumerate(messages)])

    def depth(self) -> int:
        """About how many messages are in it: waiting, in work and delayed. Raises StoreError."""
        return queue_depth(self._client, self._url)


class AiQueue(_Queue):
    """The AI queue or the analysis queue. Neither keeps order, nor has to."""

    def send(self, messages: Sequence[AiMessage | AnalysisMessage]) -> set[int]:
        """Send messages; returns the positions of those that did not get in."""
        return self._send_all(
            [{"Id": str(position), "MessageBody": encode_ai_message(each)} for position, each in enumerate(messages)]
        )


class RawQueue(_Queue):
    """Any queue, for messages as they stand."""

    def send(self, messages: Sequence[Mapping[str, str]]) -> set[int]:
        """Send messages, each with `MessageBody` and what a FIFO queue wants; the positions of those not taken."""
        return self._send_all([{"Id": str(position), **message} for position, message in enumerate(messages)])


def queue_depth(client: SQSClient, url: str) -> int:
    """About how many messages are in a queue: waiting, in work and delayed. Raises StoreError."""
    answer = store_call(client.get_queue_attributes, QueueUrl=url, AttributeNames=list(_DEPTHS))
    return sum(int(answer["Attributes"].get(name, "0")) for name in _DEPTHS)


def _entry(position: int, message: Message) -> dict[str, str]:
    return {
        "Id": str(position),
        "MessageBody": encode_message(message),
        "MessageGroupId": message_group(message.platform_id, message.sess_id),
        "MessageDeduplicationId": deduplication_id(message),
    }


def _pieces(entries: list[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
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
