"""`taskbridge events`: files of events, the check, and the bus."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from cli.bus import BYTES_A_CALL, ENTRIES_A_CALL, gather_pieces
from cli.errors import NO_ANSWER, REFUSED, WRONG_USE, CommandError
from cli.event_files import Found, find_flaws, read_events
from local.settings import ROOT
from taskbridge.events import DETAIL_TYPE, SOURCE
from tests.builders import calm, event
from tests.unit.cli.terminal import Bus, Terminal, listed, ok, problem


def lines(count: int) -> bytes:
    return b"\n".join(json.dumps(event(id=f"ev-{number}")).encode() for number in range(count))


def send(*arguments: str, content: bytes, bus: Bus | None = None) -> tuple[int, Terminal]:
    terminal = Terminal(bus=bus or Bus(), stdin=content)
    return terminal.run("events", "send", "-", *arguments), terminal


def test_events_go_to_the_bus_in_their_order_ten_a_call() -> None:
    status, terminal = send(content=lines(23))
    assert status == 0
    assert terminal.json == {"read": 23, "sent": 23, "flaws": [], "refused": []}
    assert terminal.bus.ids == [f"ev-{number}" for number in range(23)]
    assert [len(call) for call in terminal.bus.calls] == [10, 10, 3]


def test_an_entry_says_what_the_rule_of_the_bus_asks_for() -> None:
    content = b'{"id": "ev-1", "amount": 1.50}'
    _, terminal = send("--bus", "another", content=content)
    entry = terminal.bus.calls[0][0]
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == ("another", SOURCE, DETAIL_TYPE)
    assert entry["Detail"] == content.decode()


def test_a_file_is_read_as_standard_input_is(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    path.write_text(json.dumps([event(), event(id="ev-2")], indent=1))
    terminal = Terminal()
    assert terminal.run("events", "send", str(path), "--check") == 0
    assert terminal.json["sent"] == 2


def test_an_event_over_many_lines_is_one_event() -> None:
    assert [found.place for found in read_events(json.dumps(event(), indent=2).encode())] == ["event 1"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b" \n", "no event"),
        (b'{"id": 1}\n{"id": \n', "line 2"),
        (b'{"id": 1}\n[2]\n', "line 2: an event is a JSON object"),
        (b"[1]", "event 1: an event is a JSON object"),
        (b'[{"id": 1}', "the array"),
        (b'{"id": "\xff"}', "line 1"),
    ],
)
def test_what_cannot_be_read_is_named_and_nothing_is_sent(content: bytes, told: str) -> None:
    status, terminal = send(content=content)
    assert status == WRONG_USE
    assert told in terminal.told
    assert not terminal.bus.calls


@given(content=st.binary(max_size=60) | st.text('{}[]",:1e\n ', max_size=60).map(str.encode))
def test_no_content_breaks_the_reading(content: bytes) -> None:
    with suppress(CommandError):
        list(find_flaws(read_events(content)))


def test_a_check_sends_nothing_when_one_event_is_wrong() -> None:
    wrong = event(id="ev-2")
    wrong["session"]["status"] = "approving"
    status, terminal = send("--check", content=b"\n".join(json.dumps(each).encode() for each in (event(), wrong)))
    assert status == REFUSED
    assert not terminal.bus.calls
    [flaw] = terminal.json["flaws"]
    assert (flaw["place"], flaw["field"]) == ("line 2", "session.status")
    assert "1 of 2 events do not have the agreed form. Nothing was sent." in terminal.told


def test_a_check_finds_what_the_schema_cannot_say() -> None:
    without_session = {name: value for name, value in event().items() if name != "session"}
    [flaw] = find_flaws([Found("line 1", json.dumps(without_session).encode())])
    assert flaw.field == "session"


def test_a_number_of_thousands_of_digits_is_a_flaw() -> None:
    text = json.dumps(event()).replace('"sequence": ', '"sequence": 1' + "0" * 5000).encode()
    assert list(find_flaws([Found("line 1", text)]))


def test_a_check_asks_nobody_and_sends_nothing() -> None:
    terminal = Terminal(stdin=lines(2), environment={})
    assert terminal.run("events", "check", "-") == 0
    assert not terminal.requests
    assert "2 events have the agreed form" in terminal.told


def test_what_became_of_each_event_is_waited_for() -> None:
    # given
    def outcome(status: str) -> httpx.Response:
        target = {"target": "push:jinzhi", "status": status, "reason": "", "attempts": 1, "updated_at": None}
        return ok({"event_id": "ev-1", "status": "routed", "reason": "", "targets": [{**target, "log_id": "l"}]})

    answers = [problem(404, "not_found", "no such event"), outcome("retrying"), outcome("succeeded")]
    terminal = Terminal(answers, stdin=lines(1))

    # when
    assert terminal.run("events", "send", "-", "--wait") == 0

    # then
    assert terminal.json[0]["targets"][0]["status"] == "succeeded"
    assert len(terminal.asked) == 3


def test_an_event_that_does_not_get_through_ends_the_waiting_with_status_one() -> None:
    rejected = {"event_id": "ev-1", "status": "rejected", "reason": "tasks: missing", "targets": []}
    terminal = Terminal([ok(rejected)], stdin=lines(1), is_terminal=True)
    assert terminal.run("events", "send", "-", "--wait") == REFUSED
    assert "tasks: missing" in terminal.out


def test_skipped_events_are_listed_with_the_reason() -> None:
    skipped = {"event_id": "ev-1", "action": "task_received", "reason": "no rule", "received_at": None}
    terminal = Terminal([listed([skipped])], is_terminal=True)
    assert terminal.run("events", "skipped", "--app", "leave") == 0
    assert "no rule" in terminal.out
    assert terminal.requests[0].url.params["app_id"] == "leave"
    assert set(terminal.requests[0].url.params) == {"app_id", "limit"}, "the route knows no times"


def test_without_a_check_the_router_judges() -> None:
    status, terminal = send(content=b'{"id": "wrong"}')
    assert status == 0
    assert terminal.bus.ids == ["wrong"]


def test_only_the_one_sample_that_is_meant_to_be_rejected_has_a_flaw() -> None:
    content = b"\n".join(path.read_bytes().strip() for path in sorted((ROOT / "examples").glob("*.jsonl")))
    assert len({flaw.place for flaw in find_flaws(read_events(content))}) == 1


def test_what_was_throttled_is_tried_again_alone() -> None:
    bus = Bus(lambda event_id, times: "ThrottlingException" if event_id == "ev-1" and times < 3 else "")
    status, terminal = send(content=lines(3), bus=bus)
    assert status == 0
    assert bus.ids == ["ev-0", "ev-1", "ev-2", "ev-1", "ev-1"]
    assert len(terminal.slept) == 2


def test_what_the_bus_refuses_is_named() -> None:
    bus = Bus(lambda event_id, _: "MalformedDetail" if event_id == "ev-1" else "")
    status, terminal = send(content=lines(3), bus=bus)
    assert status == REFUSED
    assert terminal.json["sent"] == 2
    assert terminal.json["refused"] == [{"place": "line 2", "code": "MalformedDetail", "message": "because"}]


def test_throttling_without_an_end_is_told() -> None:
    status, terminal = send(content=lines(1), bus=Bus(lambda _id, _times: "ThrottlingException"))
    assert status == REFUSED
    assert len(terminal.bus.calls) == 6


def test_a_refusal_of_aws_is_told_as_a_sentence() -> None:
    class Closed(Bus):
        def put_events(self, **_: object) -> dict[str, object]:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "PutEvents")

    status, terminal = send(content=lines(1), bus=Closed())
    assert status == REFUSED
    assert "EventBridge refused event 1: not you (AccessDenied)" in terminal.told


def test_a_bus_that_does_not_answer_has_a_status_of_its_own() -> None:
    class Silent(Bus):
        def put_events(self, **_: object) -> dict[str, object]:
            raise EndpointConnectionError(endpoint_url="https://events.example")

    assert send(content=lines(1), bus=Silent())[0] == NO_ANSWER


def test_a_bus_has_to_be_named() -> None:
    terminal = Terminal(environment={}, stdin=lines(1))
    assert terminal.run("events", "send", "-") == WRONG_USE
    assert "EventBusName" in terminal.told


@calm
@given(sizes=st.lists(st.integers(1, BYTES_A_CALL + 10), max_size=40))
def test_no_call_takes_more_than_it_may_and_none_is_lost(sizes: list[int]) -> None:
    events = [Found(str(number), b"x" * size) for number, size in enumerate(sizes)]
    pieces = list(gather_pieces(events))
    assert [each for piece in pieces for each in piece] == events
    for piece in pieces:
        assert len(piece) <= ENTRIES_A_CALL
        assert len(piece) == 1 or sum(len(each.text) for each in piece) <= BYTES_A_CALL


def test_an_id_that_no_path_can_carry_is_coded() -> None:
    answer: dict[str, Any] = {
        "event_id": "ev/1",
        "status": "rejected",
        "reason": "no session",
        "action": "",
        "app_id": "",
        "sess_id": "",
        "occurred_at": None,
        "received_at": None,
        "targets": [],
    }
    terminal = Terminal([ok(answer)], is_terminal=True)
    assert terminal.run("events", "show", "ev/1") == 0
    assert terminal.asked == ["GET /v1/events/~ZXYvMQ"]
    assert "no session" in terminal.out


def test_rejected_events_are_sent_in_again() -> None:
    terminal = Terminal([ok({"id": "ev-1", "event_id": "ev-1", "replayed_at": "t", "replayed_by": "ops"}, 202)])
    assert terminal.run("events", "resend", "ev-1", "ev-2") == 0
    assert terminal.asked == ["POST /v1/rejected-events/ev-1/replay", "POST /v1/rejected-events/ev-2/replay"]
