"""Every fault of the simulated task center: whether it acted, and what its caller sees of it."""

from __future__ import annotations

import gzip
import random
from typing import Any

import httpx
import msgspec
import pytest

from local.jinzhi_simulator import (
    Dropped,
    Faults,
    Settings,
    TaskCenter,
    Verdict,
    ViolationKind,
    casp,
    codes,
    mock_transport,
)
from local.jinzhi_simulator.faults import ACTED, DEFAULT_KINDS, NOT_ACTED
from tests.unit.local.jinzhi_caller import Caller, read
from tests.unit.local.jinzhi_samples import sample_insert, sample_older_form

INSERT = {"insertModel": [sample_insert()]}


def a_caller(**settings: Any) -> Caller:
    return Caller(TaskCenter(lambda: 1_000.0, random.Random(7), Settings(**settings)))


def a_client(caller: Caller, waited: list[float] | None = None) -> httpx.Client:
    transport = mock_transport(caller.center, None if waited is None else waited.append)
    headers = {"appId": "taskbridge", "accessToken": caller.token}
    return httpx.Client(transport=transport, base_url="http://task-center", headers=headers, timeout=10)


@pytest.fixture
def caller() -> Caller:
    return a_caller()


@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [
        ("http_500", 500, "application/json"),
        ("http_503", 503, "text/html"),
        ("http_429", 429, "application/json"),
        ("html", 200, "text/html"),
        ("expired_token", 200, "application/json"),
        ("redirect", 302, "text/html"),
        ("html_403", 403, "text/html"),
        ("html_404", 404, "text/html"),
        ("errcode:77", 200, "application/json"),
    ],
)
def test_fault_that_answers_without_acting(caller: Caller, kind: str, status: int, content_type: str) -> None:
    caller.center.faults = Faults(fail_next=(kind,))

    answer = caller.post(casp.TASK_PATH, INSERT)

    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (status, content_type)
    assert not caller.center.tasks
    call = caller.center.calls[-1]
    assert (call.verdict, call.fault, call.http_status, call.task_id) == (Verdict.FAILED, kind, status, "task-1")


@pytest.mark.parametrize(("kind", "status"), [("http_500_after", 500), ("html_after", 200)])
def test_fault_that_acts_and_answers_nonsense(caller: Caller, kind: str, status: int) -> None:
    caller.center.faults = Faults(fail_next=(kind,))

    answer = caller.post(casp.TASK_PATH, INSERT)

    assert (answer.status, b'errcode":"0' in answer.body) == (status, False)
    assert not caller.center.tasks["task-1"].acknowledged
    assert (caller.center.calls[-1].verdict, caller.center.calls[-1].acted) == (Verdict.UNHEARD, True)


@pytest.mark.parametrize(
    ("kind", "acted"),
    [("timeout_before", False), ("timeout_after", True), ("reset", False), ("reset_after", True), ("down", False)],
)
def test_fault_that_answers_nothing(caller: Caller, kind: str, acted: bool) -> None:
    caller.center.faults = Faults(fail_next=(kind,))

    with pytest.raises(Dropped) as dropped:
        caller.insert()

    assert (dropped.value.kind, dropped.value.acted) == (kind, acted)
    assert ("task-1" in caller.center.tasks) is acted
    assert caller.center.calls[-1].http_status == 0


def test_refused_call_has_not_acted_even_where_its_answer_is_lost(caller: Caller) -> None:
    caller.center.faults = Faults(fail_next=("timeout_after",))

    with pytest.raises(Dropped) as dropped:
        caller.update("task-9")

    assert not dropped.value.acted
    assert caller.center.calls[-1].errcode == codes.TASK_UNKNOWN


def test_insert_repeated_after_a_lost_answer_is_no_violation(caller: Caller) -> None:
    caller.center.faults = Faults(fail_next=("html_after",))
    caller.post(casp.TASK_PATH, INSERT)

    assert [caller.insert(), caller.violations()] == ["0", []]
    assert [caller.insert(), caller.violations()] == ["0", [ViolationKind.SECOND_INSERT]]


def test_throttled_caller_is_told_when_to_come_back(caller: Caller) -> None:
    caller.center.faults = Faults(fail_next=("http_429",), retry_after_s=17)

    assert caller.post(casp.TASK_PATH, INSERT).headers["retry-after"] == "17"


def test_expired_token_stays_expired(caller: Caller) -> None:
    caller.center.faults = Faults(fail_next=("expired_token",))

    assert [caller.insert(), caller.insert()] == [codes.TOKEN_EXPIRED, codes.TOKEN_EXPIRED]
    caller.token = read(caller.fetch_token())["data"]
    assert caller.insert() == "0"


def test_script_runs_out_call_by_call(caller: Caller) -> None:
    caller.center.faults = Faults(fail_next=("errcode:1", "ok", "errcode:2"))

    assert [caller.insert(), caller.insert()] == ["1", "0"]
    assert caller.center.faults.fail_next == ("errcode:2",)
    assert [caller.update(), caller.update()] == ["2", "0"]


def test_faults_touch_only_the_operations_they_name(caller: Caller) -> None:
    caller.center.faults = Faults(failure_rate=1, kinds=("errcode:1",), operations=("update_task", "token"))

    assert [caller.insert(), caller.update(), caller.delete_task()] == ["0", "1", "0"]
    assert read(caller.fetch_token())["errcode"] == "1"


def test_failure_rate_spreads_over_the_kinds_and_repeats_with_its_seed() -> None:
    def run() -> list[str]:
        caller = a_caller()
        caller.center.faults = Faults(failure_rate=0.5, kinds=("errcode:1", "errcode:2"))
        return [caller.insert(f"task-{number}") for number in range(400)]

    first = run()

    assert first == run()
    assert 150 < first.count("0") < 250
    assert min(first.count("1"), first.count("2")) > 60


def test_everything_is_refused_while_down(caller: Caller) -> None:
    caller.center.faults = Faults(down=True)

    for call in (caller.insert, caller.delete_task, caller.fetch_token):
        with pytest.raises(Dropped, match="down"):
            call()
    caller.center.faults = Faults()
    assert caller.insert() == "0"


def test_violation_is_seen_whatever_fault_strikes(caller: Caller) -> None:
    caller.insert()
    caller.center.faults = Faults(fail_next=("http_500",))

    caller.post(casp.DELETE_INSTANCE_PATH, {"processInstanceId": "inst-1"})

    assert caller.violations() == [ViolationKind.INSTANCE_BEFORE_TODOS]


@pytest.mark.parametrize(
    "wrong",
    [
        {"failure_rate": 1.1},
        {"failure_rate": 0.5, "kinds": ()},
        {"kinds": ("http_418",)},
        {"fail_next": ("errcode:",)},
        {"operations": ("insert",)},
        {"latency_ms": -1},
    ],
)
def test_unknown_faults_are_no_faults(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        Faults(**wrong)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("timeout_before", httpx.ReadTimeout),
        ("timeout_after", httpx.ReadTimeout),
        ("reset", httpx.ReadError),
        ("reset_after", httpx.RemoteProtocolError),
        ("down", httpx.ConnectError),
    ],
)
def test_dropped_call_raises_what_httpx_would(caller: Caller, kind: str, error: type[Exception]) -> None:
    caller.center.faults = Faults(fail_next=(kind,))

    with a_client(caller) as client, pytest.raises(error):
        client.post(casp.TASK_PATH, json=INSERT)


def test_transport_carries_calls_of_both_generations(caller: Caller) -> None:
    with a_client(caller) as client:
        answer = client.post(casp.TASK_PATH, params={"trace": "1"}, json=INSERT)
        pushed = client.post(
            "/taskcenterapp/sys/taskCenter/taskReceive/pushTask.do",
            content=sample_older_form(updatetasks=[]),
            headers={
                "accessToken": caller.center.settings.static_token,
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )

    assert (answer.status_code, answer.json()["errcode"]) == (200, "0")
    assert pushed.json()["push_result"] == "FAIL"
    assert answer.headers["X-Simulator"] == "jinzhi"


def test_caller_with_less_patience_than_the_latency_is_not_told(caller: Caller) -> None:
    waited: list[float] = []
    caller.center.faults = Faults(latency_ms=12_000)

    with a_client(caller, waited) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post(casp.TASK_PATH, json=INSERT)
        client.post(casp.TASK_PATH, json=INSERT, timeout=15)

    assert waited == [10, 12]
    assert [call.verdict for call in caller.center.calls[1:]] == [Verdict.UNHEARD, Verdict.ACKNOWLEDGED]
    assert not caller.violations()


def test_simulated_clock_is_told_how_long_a_hang_lasts(caller: Caller) -> None:
    waited: list[float] = []
    caller.center.faults = Faults(fail_next=("timeout_before",), latency_ms=500)

    with a_client(caller, waited) as client, pytest.raises(httpx.ReadTimeout):
        client.post(casp.TASK_PATH, json=INSERT)

    assert waited == [0.5, 9.5]


def test_default_kinds_are_all_but_down() -> None:
    assert set(DEFAULT_KINDS) == {*NOT_ACTED, *ACTED} - {"down"}
    assert msgspec.json.decode(msgspec.json.encode(Faults()), type=Faults) == Faults()


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ("redirect", 302, b""),
        ("html", 200, "统一身份认证".encode()),
        ("html_403", 403, b"<html>"),
        ("errcode:110", 200, b'"110"'),
    ],
)
def test_a_token_that_has_ended_is_refused_as_a_lost_session(
    caller: Caller, how: str, status: int, words: bytes
) -> None:
    # given
    caller.center.faults = Faults(lost_session=how)
    assert caller.insert() == "0"
    caller.center.expire_tokens()

    # when
    answer = caller.post(casp.TASK_PATH, {"insertModel": [sample_insert("task-2")]})

    # then
    assert answer.status == status
    assert words in answer.body
    assert set(caller.center.tasks) == {"task-1"}
    caller.token = read(caller.fetch_token())["data"]
    assert caller.insert("task-2") == "0"


def test_a_body_above_the_limit_is_refused_with_a_page(caller: Caller) -> None:
    caller.center.faults = Faults(max_body_bytes=1000)
    answer = caller.post(casp.TASK_PATH, {"insertModel": [sample_insert(subject="x" * 1000)]})
    assert (answer.status, answer.headers["content-type"]) == (413, "text/html;charset=UTF-8")
    assert caller.center.tasks == {}


def test_answers_can_come_compressed(caller: Caller) -> None:
    caller.center.faults = Faults(gzip=True)
    answer = caller.post(casp.TASK_PATH, {"insertModel": [sample_insert()]})
    assert answer.headers["content-encoding"] == "gzip"
    assert msgspec.json.decode(gzip.decompress(answer.body))["errcode"] == "0"


@pytest.mark.parametrize("changed", [{"lost_session": "gone"}, {"max_body_bytes": -1}])
def test_a_fault_that_is_none_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changed))):
        Faults(**changed)
