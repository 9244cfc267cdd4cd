"""How many messages wait in each queue, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from taskbridge.aws import store_call
from taskbridge.errors import StoreError

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

AGE_WINDOW_S = 900
_NUMBERS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """A queue: messages that wait, that a worker has, and that come later. `oldest_age_s` None: not known."""

    name: str
    waiting: int
    in_flight: int
    delayed: int
    oldest_age_s: int | None


def read_queues(urls: Mapping[str, str], sqs: SQSClient, cloudwatch: Any, now: float) -> list[QueueDepth]:
    """Every queue. SQS tells the numbers, and only CloudWatch the ages. Raises StoreError."""
    ages = _read_ages(urls, cloudwatch, now)
    return [_read_queue(name, url, sqs, ages.get(name)) for name, url in urls.items()]


def _read_queue(name: str, url: str, sqs: SQSClient, age: int | None) -> QueueDepth:
    names: Any = list(_NUMBERS)
    attributes: Mapping[str, str] = {
        str(key): value
        for key, value in store_call(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=names)["Attributes"].items()
    }
    waiting, in_flight, delayed = (int(attributes.get(each, 0)) for each in _NUMBERS)
    return QueueDepth(name, waiting, in_flight, delayed, age if waiting or in_flight else 0)


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
