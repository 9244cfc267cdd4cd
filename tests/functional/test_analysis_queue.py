"""The analysis queue shares its turns: what is sent into it names the application it is of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from taskbridge.ai.messages import AnalyseMessage, JobMessage, RuleChanged, parse_analysis_message
from taskbridge.ai.queue import AiQueue
from tests.functional.aws import new_client


@pytest.fixture
def sqs(ministack: str) -> Iterator[Any]:
    client = new_client("sqs", ministack)
    yield client
    client.close()


@pytest.fixture
def url(sqs: Any) -> Iterator[str]:
    made: str = sqs.create_queue(QueueName="fair-analyses")["QueueUrl"]
    yield made
    sqs.delete_queue(QueueUrl=made)


def received(sqs: Any, url: str) -> dict[str, str]:
    """The group of each message, by its body."""
    names = ["MessageGroupId"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=names)["Messages"]
    return {each["Body"]: each.get("Attributes", {}).get("MessageGroupId", "") for each in found}


def test_the_queue_takes_analyses_of_each_application_as_a_group_though_it_keeps_no_order(sqs: Any, url: str) -> None:
    leave = AnalyseMessage("u-1", "T1", "a1", app_id="leave")
    odd = AnalyseMessage("u-1", "T2", "a2", app_id="报销/2026 " * 20)
    job = JobMessage("u-1", "j1")

    assert AiQueue(sqs, url).send([leave, odd, job, leave]) == set()

    groups = received(sqs, url)
    by_message = {parse_analysis_message(body): group for body, group in groups.items()}
    assert by_message[leave] == "app:leave"
    assert by_message[odd].startswith("app:%E6%8A%A5")
    assert len(by_message[odd]) == 128
    assert by_message[job] == "jobs:u-1"


def test_what_changes_tasks_shares_nothing(sqs: Any, url: str) -> None:
    assert AiQueue(sqs, url).send([RuleChanged("leave", "n1")]) == set()

    assert list(received(sqs, url).values()) == [""]


def test_a_message_of_the_release_before_is_read() -> None:
    body = '{"kind":"analyse","uid":"u-1","task_id":"T1","analysis_id":"a1","version":1}'

    assert parse_analysis_message(body) == AnalyseMessage("u-1", "T1", "a1")
