"""The queues of a running stack, by the names of its outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from local.emulator import Aws

if TYPE_CHECKING:
    from types_boto3_sqs.literals import QueueAttributeNameType

_COUNTS: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_FAILURES = ("DeadLetterQueueUrl", "FailureQueueUrl")


def working_depths(aws: Aws, outputs: Mapping[str, str]) -> dict[str, int]:
    """Messages that wait or are being worked on, by queue: `Ingest`, `Push`, `Ai`, `Analysis`."""
    working = [(key, url) for key, url in _urls(outputs) if not key.endswith(_FAILURES)]
    return {_name(key): _depth(aws, url, _COUNTS) for key, url in working}


def failure_depths(aws: Aws, outputs: Mapping[str, str]) -> dict[str, int]:
    """Messages that were given up, by queue: `PushDeadLetter`, `InvocationFailure`."""
    failed = [(key, url) for key, url in _urls(outputs) if key.endswith(_FAILURES)]
    return {_name(key): _depth(aws, url, _COUNTS) for key, url in failed}


def in_flight(aws: Aws, outputs: Mapping[str, str]) -> int:
    """Messages that a function has taken and not finished, or that wait for their next attempt."""
    return sum(_depth(aws, url, _COUNTS[1:2]) for _, url in _urls(outputs))


def _urls(outputs: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(key, value) for key, value in outputs.items() if key.endswith("QueueUrl")]


def _name(output: str) -> str:
    return output.removesuffix("QueueUrl")


def _depth(aws: Aws, url: str, counts: Sequence[QueueAttributeNameType]) -> int:
    attributes = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
    return sum(int(attributes.get(count, "0")) for count in counts)
