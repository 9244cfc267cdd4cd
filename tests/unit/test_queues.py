"""The push queue as its senders see it: ten entries a call, a megabyte a call, and no entry lost in silence."""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.push.messages import deduplication_id, encode_message, message_group, parse_message
from taskbridge.push.queue import PushQueue
from taskbridge.queues import BYTES_A_CALL, Visibility
from tests.builders import calm, event, message, message_of, session

URL = "https://sqs.test/push.fifo"
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
TAKEN_BY_SQS = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


class FakeSqs:
    """Takes calls and keeps them; refuses bodies that hold `refused`, and whole calls by their number."""

    def __init__(self, refused: str = "\0", broken_calls: tuple[int, ...] = ()) -> None:
        self.calls: list[dict[str, Any]] = []
        self._refused = refused
        self._broken_calls = broken_calls

    def send_message_batch(self, **call: Any) -> dict[str, Any]:
        self.calls.append(call)
        if len(self.calls) - 1 in self._broken_calls:
            raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessageBatch")
        failed = [{"Id": each["Id"]} for each in call["Entries"] if self._refused in each["MessageBody"]]
        return {"Failed": failed} if failed else {}

    def change_message_visibility_batch(self, **call: Any) -> dict[str, Any]:
        self.calls.append(call)
        if len(self.calls) - 1 in self._broken_calls:
            raise EndpointConnectionError(endpoint_url=URL)
        return {}


def queue(sqs: FakeSqs) -> PushQueue:
    return PushQueue(sqs, URL)  # type: ignore[arg-type]


def test_an_entry_carries_the_message_its_group_and_its_deduplication_id() -> None:
    sqs, sent = FakeSqs(), message()

    assert queue(sqs).send([sent]) == set()

    ((entry,),) = [call["Entries"] for call in sqs.calls]
    assert sqs.calls[0]["QueueUrl"] == URL
    assert parse_message(entry["MessageBody"]) == sent
    assert entry["MessageGroupId"] == message_group("jz", "S1")
    assert entry["MessageDeduplicationId"] == deduplication_id(sent)


subjects = st.text(max_size=20) | st.text('\x00\x1f\x7f\ufffd\ufffe\uffff\U0010ffff\u2028"\\', max_size=8)


@calm
@given(subject=subjects)
def test_sqs_takes_every_message_and_every_character_comes_back(subject: str) -> None:
    sent = message_of(event(session=session(subject=subject)))

    sqs = FakeSqs()

    queue(sqs).send([sent])

    body = sqs.calls[0]["Entries"][0]["MessageBody"]
    assert TAKEN_BY_SQS.fullmatch(body)
    assert parse_message(body) == sent


def test_ten_entries_go_in_one_call() -> None:
    sqs = FakeSqs()

    queue(sqs).send([message(sequence=number) for number in range(23)])

    assert [len(call["Entries"]) for call in sqs.calls] == [10, 10, 3]


def test_a_call_holds_no_more_bytes_than_sqs_takes() -> None:
    sqs = FakeSqs()
    long = [message_of(event(sequence=number, session=session(subject="长" * 100_000))) for number in range(5)]

    assert queue(sqs).send(long) == set()

    sizes = [sum(len(entry["MessageBody"].encode()) for entry in call["Entries"]) for call in sqs.calls]
    assert len(encode_message(long[0]).encode()) > 300_000
    assert all(size <= BYTES_A_CALL for size in sizes)
    assert [len(call["Entries"]) for call in sqs.calls] == [3, 2]


def test_what_was_refused_is_told_by_its_position() -> None:
    sqs = FakeSqs(refused="S1-e7")

    assert queue(sqs).send([message(sequence=number) for number in range(12)]) == {7}


def test_a_call_that_fails_is_told_as_all_of_its_entries() -> None:
    sqs = FakeSqs(broken_calls=(1,))

    assert queue(sqs).send([message(sequence=number) for number in range(12)]) == {10, 11}


def test_nothing_to_send_is_no_call() -> None:
    sqs = FakeSqs()

    assert queue(sqs).send([]) == set()
    assert sqs.calls == []


def test_messages_are_hidden_ten_a_call_for_whole_seconds() -> None:
    sqs = FakeSqs()

    Visibility(sqs, URL).hide([(f"r{number}", number + 0.6) for number in range(12)])  # type: ignore[arg-type]

    assert [len(call["Entries"]) for call in sqs.calls] == [10, 2]
    hidden = [(each["ReceiptHandle"], each["VisibilityTimeout"]) for call in sqs.calls for each in call["Entries"]]
    assert hidden[0] == ("r0", 1)
    assert hidden[11] == ("r11", 12)


def test_a_time_in_the_past_makes_a_message_visible_at_once() -> None:
    sqs = FakeSqs()

    Visibility(sqs, URL).hide([("r", -3.0)])  # type: ignore[arg-type]

    assert sqs.calls[0]["Entries"][0]["VisibilityTimeout"] == 0


def test_what_cannot_be_hidden_is_left_to_the_queues_own_timeout() -> None:
    sqs = FakeSqs(broken_calls=(0,))

    Visibility(sqs, URL).hide([(f"r{number}", 5.0) for number in range(12)])  # type: ignore[arg-type]

    assert len(sqs.calls) == 2
