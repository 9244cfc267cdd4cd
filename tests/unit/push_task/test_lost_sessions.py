"""Sessions that end without a word of it, seen by workers of one fleet against the strict task center."""

from __future__ import annotations

import httpx
import pytest

from local.jinzhi_simulator import Faults
from taskbridge.access.token_doubts import COOL_DOWN_S
from tests.builders import message, session
from tests.unit.push_task.worker import Worker

LOSSES = ["redirect", "html", "html_403", "errcode:110"]


def lose_session(worker: Worker, how: str) -> None:
    worker.center.faults = Faults(lost_session=how)
    worker.center.expire_tokens()


def push_new(worker: Worker, *names: str) -> list[str]:
    return worker.push(*(message(sess_id=f"S{name}", tasks=[f"T{name}"]) for name in names))


@pytest.mark.parametrize("how", LOSSES)
def test_a_lost_session_costs_one_token_and_no_event(how: str) -> None:
    # given 125 events, at the fifteenth of which the session ends
    worker = Worker()
    push_new(worker, *map(str, range(15)))
    lose_session(worker, how)

    # when
    kept = [push_new(worker, *map(str, range(start, start + 10))) for start in range(15, 125, 10)]

    # then
    assert kept == [[]] * 11
    assert len(worker.center.tasks) == 125
    assert {log.status for log in worker.logs.items.values()} == {"succeeded"}
    assert worker.center.tokens_issued == 2


@pytest.mark.parametrize("how", LOSSES)
def test_it_is_mended_as_often_as_it_is_lost(how: str) -> None:
    worker = Worker()
    for hour in range(6):
        lose_session(worker, how)
        assert push_new(worker, f"a{hour}", f"b{hour}", f"c{hour}") == []
        worker.now += 300
    assert {log.status for log in worker.logs.items.values()} == {"succeeded"}
    assert worker.center.tokens_issued == 6


@pytest.mark.parametrize("how", LOSSES)
def test_a_worker_whose_token_another_one_replaced_fails_nothing(how: str) -> None:
    # given a platform of which a new token ends the old one, and two workers with one token store
    worker = Worker(new_token_ends_old=True)
    push_new(worker, "1")
    first = worker._sender
    worker.restart()
    push_new(worker, "2")
    lose_session(worker, how)

    # when the second mends it, and then the first comes with the token that it still holds
    assert push_new(worker, "3") == []
    worker._sender = first
    assert push_new(worker, "4") == []

    # then
    assert worker.center.tokens_issued == 2
    assert worker.log("S4-e1").status == "succeeded"


def wall(worker: Worker, words: bytes, answer: httpx.Response) -> list[int]:
    """From now on, whatever holds `words` is answered so before it reaches the task center. Counts how often."""
    refused: list[int] = []

    def stand_before(inner: httpx.BaseTransport) -> httpx.BaseTransport:
        def pass_on(request: httpx.Request) -> httpx.Response:
            if words not in request.content:
                return inner.handle_request(request)
            refused.append(1)
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

        return httpx.MockTransport(pass_on)

    worker.wrap = stand_before
    return refused


def test_a_code_about_one_item_costs_one_token_in_all() -> None:
    # given a wrong scene code for every third item
    worker = Worker()
    wrong = httpx.Response(200, json={"errcode": "40002", "errmsg": "sceneCode is unknown"})
    refused = wall(worker, b'"Tbad', wrong)

    # when
    for minute in range(0, 100, 5):
        assert push_new(worker, f"x{minute}", f"bad{minute}", f"y{minute}") == []
        worker.now += 300

    # then: the tokens are that of the first call and that of the doubt
    statuses = [worker.log(f"Sbad{minute}-e1").status for minute in range(0, 100, 5)]
    assert statuses == ["failed"] * 20
    assert len(refused) == 21
    assert worker.center.tokens_issued == 2


def test_a_firewall_that_dislikes_one_subject_costs_one_token_and_not_one_a_try() -> None:
    # given
    worker = Worker()
    refused = wall(worker, b'"Tevil"', httpx.Response(403, html="<html>blocked by the firewall</html>"))

    # when: an hour of tries among other work, and half an hour of them alone
    for number in range(20):
        push_new(worker, "evil", f"x{number}")
        worker.now += 180
    for _ in range(10):
        push_new(worker, "evil")
        worker.now += 180

    # then
    assert len(refused) >= 25
    assert worker.center.tokens_issued == 2
    assert worker.told("Sevil-e1", "Tevil")[0] == "retrying"
    assert worker.log("Sx19-e1").status == "succeeded"


def test_a_maintenance_page_everywhere_asks_for_a_token_once_in_each_cool_down() -> None:
    # given a gateway that answers every call with a page
    worker = Worker()
    push_new(worker, "0")
    worker.center.faults = Faults(kinds=("html",), failure_rate=1.0)
    before = worker.center.requests

    # when
    for number in range(10):
        push_new(worker, f"{number + 1}")

    # then
    tokens = [call for call in worker.center.calls if call.operation.value == "token"]
    assert len(tokens) == 2
    assert worker.center.requests - before <= 11
    worker.now += COOL_DOWN_S + 60
    worker.center.faults = Faults()
    assert push_new(worker, *map(str, range(1, 11))) == []
    assert len(worker.center.tasks) == 11


def test_answers_that_come_compressed_are_understood() -> None:
    worker = Worker()
    worker.center.faults = Faults(gzip=True)
    assert push_new(worker, "1") == []
    assert worker.log("S1-e1").status == "succeeded"


def test_what_a_gateway_finds_too_large_fails_for_good_and_alone() -> None:
    worker = Worker()
    worker.center.faults = Faults(max_body_bytes=5_000)
    large = message(sess_id="SL", tasks=["TL"], session=session("SL", subject={"zh": "长" * 4_000}))
    assert worker.push(large, message(sess_id="S2", tasks=["T2"])) == []
    entry = worker.log(large.event_id).entries["TL"]
    assert (entry.status, entry.reason.partition(",")[0]) == ("failed", "HTTP 413")
    assert set(worker.center.tasks) == {"T2"}


def test_a_redeploy_of_the_task_center_fails_nothing() -> None:
    # given: for some seconds it answers 404 with a page
    worker = Worker()
    worker.fail(*["html_404"] * 5)
    assert push_new(worker, "1", "2", "3", "4", "5") == ["m0", "m1", "m2", "m3", "m4"]
    assert worker.center.tokens_issued == 1

    # when
    assert push_new(worker, "1", "2", "3", "4", "5") == []

    # then
    assert len(worker.center.tasks) == 5
