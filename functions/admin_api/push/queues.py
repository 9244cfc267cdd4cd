"""Queues: how many messages wait and for how long, and dead letters that go back to the queue they were meant for.

SQS moves those of its own queues by itself. It refuses those that EventBridge left behind for a rule: these are moved
here, so many in a call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from admin_api.api import Api, Router
from admin_api.problems import conflict, not_found
from taskbridge.aws import store_call
from taskbridge.errors import StoreError
from taskbridge.queues import RawQueue

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

# Where the letters of each dead-letter queue go.
DESTINATIONS = {
    "ingest-dead-letters": "ingest",
    "rule-dead-letters": "ingest",
    "push-dead-letters": "push",
    "ai-dead-letters": "ai",
    "analysis-dead-letters": "analysis",
}
# Their source is a rule of EventBridge. A letter's body is the event as the rule would have delivered it.
OF_RULES = frozenset({"rule-dead-letters"})
INVOCATIONS = "invocation-dead-letters"
NO_QUEUE = (
    "These letters are ticks of the clock that the reconciler failed at, and came from no queue. The next minute's run "
    "does their work: remove them when the cause is gone, see InvocationDeadLettersAlarm in the operations handbook."
)
DEAD = "-dead-letters"
AGE_WINDOW_S = 900
BY_HAND = 1000  # letters a call
TIME_S = 15.0
LETTERS_A_CALL = 10
LOOK_S = 1  # a shorter look may see nothing where there is something
_NUMBERS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_NOT_KNOWN = frozenset({"InvalidAction", "UnknownOperationException", "NotImplemented"})
_BUSY = frozenset({"UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"})
router = Router("operations")


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue, `oldest_age_s` null where nothing tells it."""

    name: str
    is_dead_letters: bool
    waiting: int
    in_flight: int  # that a worker has
    delayed: int  # that come later
    oldest_age_s: int | None


@dataclass(frozen=True, slots=True)
class RedriveAnswer:
    """`waiting` dead letters, about, go back. `moved` is null while SQS moves them by itself."""

    queue: str
    destination: str
    waiting: int
    moved: int | None
    is_done: bool


@router.post("/v1/ops/queues/{name}/redrive", summary="Move dead letters back", status_code=202)
def redrive_queue(api: Api, name: str) -> RedriveAnswer:
    """Of ingest, push, ai and analysis, or of a dead-letter queue by its own name.

    Those of EventBridge's rule are moved here, up to a thousand a call: ask again until `is_done`.
    """
    return redrive(name, api.services.queues, api.services.sqs, api.services.clock)


def read_queues(urls: Mapping[str, str], sqs: SQSClient, cloudwatch: Any, now: float) -> list[Queue]:
    """Every queue. SQS tells the numbers, and only CloudWatch the ages. Raises StoreError."""
    ages = _read_ages(urls, cloudwatch, now)
    return [_read_queue(name, url, sqs, ages.get(name)) for name, url in urls.items()]


def resolve_dead_letters(name: str) -> str:
    """The dead-letter queue that a name means, its own or that of its queue. Raises Problem (404, 409)."""
    found = name if name in {*DESTINATIONS, INVOCATIONS} else f"{name}{DEAD}"
    if found == INVOCATIONS:
        raise conflict("no_queue_to_move_to", NO_QUEUE)
    if found not in DESTINATIONS:
        raise not_found("queue with dead letters that can be moved back")
    return found


def redrive(name: str, urls: Mapping[str, str], sqs: SQSClient, clock: Callable[[], float]) -> RedriveAnswer:
    """Move the dead letters of a queue back. SQS does it, where it can: for as long as it takes.

    Raises Problem (404; 409 while they are being moved, or where there is no queue to move them to), StoreError.
    """
    queue = resolve_dead_letters(name)
    destination = DESTINATIONS[queue]
    source, target = (_describe(sqs, urls[each]) for each in (queue, destination))
    waiting = int(source["ApproximateNumberOfMessages"])
    if queue not in OF_RULES and _start_task(sqs, source["QueueArn"], target["QueueArn"]):
        return RedriveAnswer(queue, destination, waiting, None, is_done=True)
    moved, is_done = _move_by_hand(sqs, urls[queue], urls[destination], clock)
    return RedriveAnswer(queue, destination, waiting, moved, is_done)


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


def _move_by_hand(sqs: SQSClient, source: str, target: str, clock: Callable[[], float]) -> tuple[int, bool]:
    """How many were moved, and whether none is left. Raises StoreError where none of ten could be sent."""
    moved, end = 0, clock() + TIME_S
    outbox = RawQueue(sqs, target)
    names: Any = ["MessageGroupId"]
    while moved < BY_HAND and clock() < end:
        answer = store_call(
            sqs.receive_message,
            QueueUrl=source,
            MaxNumberOfMessages=LETTERS_A_CALL,
            MessageSystemAttributeNames=names,
            WaitTimeSeconds=LOOK_S,
        )
        letters = answer.get("Messages", [])
        if not letters:
            return moved, True
        moved += _move(letters, sqs, source, outbox)
    return moved, False


def _move(letters: Sequence[Any], sqs: SQSClient, source: str, outbox: RawQueue) -> int:
    """Send first and delete then: a letter may come twice, and is never lost. One that is refused stays, alone."""
    refused = outbox.send([{"MessageBody": letter["Body"], **_fifo(letter)} for letter in letters])
    sent = [letter for position, letter in enumerate(letters) if position not in refused]
    if not sent:
        raise StoreError("SendMessageBatch: refused")
    entries: Any = [{"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]} for number, each in enumerate(sent)]
    store_call(sqs.delete_message_batch, QueueUrl=source, Entries=entries)
    return len(sent)


def _fifo(letter: Mapping[str, Any]) -> dict[str, str]:
    """A letter of a FIFO queue keeps its group. It is a new message: the queue may remember its old id."""
    group = letter.get("Attributes", {}).get("MessageGroupId")
    if not group:
        return {}
    dedup = hashlib.sha256(f"redrive#{letter['MessageId']}".encode()).hexdigest()
    return {"MessageGroupId": group, "MessageDeduplicationId": dedup}


def _read_queue(name: str, url: str, sqs: SQSClient, age: int | None) -> Queue:
    names: Any = list(_NUMBERS)
    attributes: Mapping[str, str] = {
        str(key): value
        for key, value in store_call(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=names)["Attributes"].items()
    }
    waiting, in_flight, delayed = (int(attributes.get(each, 0)) for each in _NUMBERS)
    return Queue(name, name.endswith(DEAD), waiting, in_flight, delayed, age if waiting or in_flight else 0)


def _read_ages(urls: Mapping[str, str], cloudwatch: Any, now: float) -> dict[str, int]:
    """The newest age of each queue that CloudWatch knows; none where it does not answer: the numbers matter more."""
    names = list(urls)
    queries: Any = [_age_of(f"q{number}", urls[name].rsplit("/", 1)[-1]) for number, name in enumerate(names)]
    try:
        answer = store_call(
            cloudwatch.get_metric_data,
            MetricDataQueries=queries,
            StartTime=datetime.fromtimestamp(now - AGE_WINDOW_S, UTC),
            EndTime=datetime.fromtimestamp(now, UTC),
            ScanBy="TimestampDescending",
        )
    except StoreError:
        return {}
    found = {each.get("Id", ""): each.get("Values", []) for each in answer.get("MetricDataResults", [])}
    return {name: int(values[0]) for number, name in enumerate(names) if (values := found.get(f"q{number}"))}


def _age_of(query_id: str, queue_name: str) -> dict[str, Any]:
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": queue_name}],
    }
    return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
