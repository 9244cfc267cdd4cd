"""The push queue, as those who send into it see it."""

from __future__ import annotations

from collections.abc import Sequence

from taskbridge.errors import StoreError
from taskbridge.push.messages import Message, deduplication_id, encode_message, message_group
from taskbridge.queues import SqsQueue


class PushQueue(SqsQueue):
    """The push queue, a FIFO one."""

    def send(self, messages: Sequence[Message]) -> set[int]:
        """Send messages; returns the positions of those that did not get in."""
        return self._send_all(map(_entry, messages))

    def send_whole(self, messages: Sequence[Message]) -> None:
        """Send messages. Raises StoreError where one of them did not get in."""
        if self.send(messages):
            raise StoreError("SendMessageBatch: refused")


def _entry(message: Message) -> dict[str, str]:
    return {
        "MessageBody": encode_message(message),
        "MessageGroupId": message_group(message.platform_id, message.sess_id),
        "MessageDeduplicationId": deduplication_id(message),
    }
