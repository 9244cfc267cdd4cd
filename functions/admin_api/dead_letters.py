"""Dead letters go back to the queue that they were meant for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from admin_api.problems import conflict, not_found
from taskbridge.errors import StoreError
from taskbridge.tables.attributes import store_call

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

# Where the letters of each dead-letter queue go. Those of failed invocations are of no queue: the clock runs again.
DESTINATIONS = {
    "ingest-dead-letters": "ingest",
    "rule-dead-letters": "ingest",
    "push-dead-letters": "push",
    "ai-dead-letters": "ai",
    "analysis-dead-letters": "analysis",
}
BY_HAND = 1000  # letters a call, where SQS itself does not move them
TIME_S = 15.0
_NOT_KNOWN = frozenset({"InvalidAction", "UnknownOperationException", "NotImplemented"})
_BUSY = frozenset({"UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"})


@dataclass(frozen=True, slots=True)
class Redriven:
    """How a redrive began, or went. `moved` is None while SQS moves them by itself."""

    queue: str
    destination: str
    waiting: int
    moved: int | None


def resolve_dead_letters(name: str) -> str:
    """The dead-letter queue that a name means, its own or that of its queue. Raises Problem (404)."""
    found = name if name in DESTINATIONS else f"{name}-dead-letters"
    if found not in DESTINATIONS:
        raise not_found("queue with dead letters that can be moved back")
    return found


def redrive(name: str, urls: Mapping[str, str], sqs: SQSClient, clock: Callable[[], float]) -> Redriven:
    """Move the dead letters of a queue back. SQS does it, where it can: for as long as it takes.

    Raises Problem (404; 409 while they are being moved), StoreError.
    """
    queue = resolve_dead_letters(name)
    destination = DESTINATIONS[queue]
    source, target = (_describe(sqs, urls[each]) for each in (queue, destination))
    waiting = int(source["ApproximateNumberOfMessages"])
    moved = None
    if not _start_task(sqs, source["QueueArn"], target["QueueArn"]):
        moved = _move_by_hand(sqs, urls[queue], urls[destination], clock)
    return Redriven(queue, destination, waiting, moved)


def _describe(sqs: SQSClient, url: str) -> Mapping[str, str]:
    names: Any = ["QueueArn", "ApproximateNumberOfMessages"]
    answer = store_call(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=names)
    return {str(name): value for name, value in answer["Attributes"].items()}


def _start_task(sqs: SQSClient, source: str, target: str) -> bool:
    """Let SQS move them; False where this SQS cannot."""
    try:
        sqs.start_message_move_task(SourceArn=source, DestinationArn=target)
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        if code in _NOT_KNOWN:
            return False
        if code in _BUSY:
            raise conflict("redrive_running", "These dead letters are being moved already.") from None
        raise StoreError(f"StartMessageMoveTask: {code}") from error
    except BotoCoreError as error:
        raise StoreError(type(error).__name__) from error
    return True


def _move_by_hand(sqs: SQSClient, source: str, target: str, clock: Callable[[], float]) -> int:
    """Send first and delete then: a letter may come twice, and is never lost."""
    moved, end = 0, clock() + TIME_S
    names: Any = ["MessageGroupId"]
    while moved < BY_HAND and clock() < end:
        answer = store_call(
            sqs.receive_message, QueueUrl=source, MaxNumberOfMessages=10, MessageSystemAttributeNames=names
        )
        letters = answer.get("Messages", [])
        if not letters:
            break
        for letter in letters:
            store_call(sqs.send_message, QueueUrl=target, MessageBody=letter["Body"], **_fifo(letter))
            store_call(sqs.delete_message, QueueUrl=source, ReceiptHandle=letter["ReceiptHandle"])
            moved += 1
    return moved


def _fifo(letter: Mapping[str, Any]) -> dict[str, str]:
    """A letter of a FIFO queue keeps its group. It is a new message: the queue may remember its old id."""
    group = letter.get("Attributes", {}).get("MessageGroupId")
    if not group:
        return {}
    dedup = hashlib.sha256(f"redrive#{letter['MessageId']}".encode()).hexdigest()
    return {"MessageGroupId": group, "MessageDeduplicationId": dedup}
