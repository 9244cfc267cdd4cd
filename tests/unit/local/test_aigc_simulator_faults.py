"""Every fault of the simulated AI platform: whether anything was done, and what the caller sees of it."""

from __future__ import annotations

import httpx
import pytest

from local.aigc_simulator import Faults, Verdict
from local.aigc_simulator.faults import ACTED, NOT_ACTED, SPOILED, STREAMED
from tests.unit.local.aigc_caller import Caller, fragments, verdict_of

SAID = {
    "http_500": (500, "50000"),
    "http_429": (429, "42900"),
    "http_403": (403, "40300"),
    "quota": (200, "40300"),
    "content_refused": (200, "45100"),
    "expired_token": (200, "40001"),
    "http_500_after": (500, "50000"),
    "errcode:777": (200, "777"),
}
DROPPED = {
    "timeout_before": httpx.ReadTimeout,
    "reset": httpx.ReadError,
    "timeout_after": httpx.ReadTimeout,
    "reset_after": httpx.RemoteProtocolError,
}


@pytest.fixture
def caller() -> Caller:
    return Caller()


def fail_next(caller: Caller, *kinds: str) -> None:
    caller.platform.faults = Faults(fail_next=kinds)


@pytest.mark.parametrize("path", ["talk", "talk_stream"])
@pytest.mark.parametrize("kind", sorted(SAID))
def test_a_fault_that_answers(caller: Caller, kind: str, path: str) -> None:
    fail_next(caller, kind)

    response = caller.ask(path)

    assert (response.status_code, caller.code(response)) == SAID[kind]
    assert caller.platform.calls[-1].fault == kind
    assert caller.platform.calls[-1].verdict is (Verdict.UNHEARD if kind in ACTED else Verdict.FAILED)


@pytest.mark.parametrize("path", ["talk", "talk_stream"])
@pytest.mark.parametrize("kind", sorted(DROPPED))
def test_a_fault_that_answers_nothing(caller: Caller, kind: str, path: str) -> None:
    fail_next(caller, kind)

    with pytest.raises(DROPPED[kind]):
        caller.ask(path)

    assert caller.platform.calls[-1].verdict is (Verdict.UNHEARD if kind in ACTED else Verdict.FAILED)


@pytest.mark.parametrize(("kind", "status"), [("html", 200), ("http_503", 503)])
def test_a_page_instead_of_an_answer(caller: Caller, kind: str, status: int) -> None:
    fail_next(caller, kind)

    response = caller.ask()

    assert (response.status_code, response.headers["content-type"][:9]) == (status, "text/html")


def test_a_quick_caller_is_told_how_long_to_wait(caller: Caller) -> None:
    caller.platform.faults = Faults(fail_next=("http_429",), retry_after_s=30)

    assert caller.ask().headers["retry-after"] == "30"


@pytest.mark.parametrize("path", ["talk", "talk_stream"])
@pytest.mark.parametrize("kind", SPOILED)
def test_a_spoiled_answer_has_no_verdict_and_ends_as_if_it_were_whole(caller: Caller, kind: str, path: str) -> None:
    # given
    fail_next(caller, kind)

    # when
    response = caller.ask(path)

    # then
    text, events = fragments(response.text) if path == "talk_stream" else (response.json()["data"]["answer"], ["end"])
    assert events == ["end"]
    with pytest.raises(ValueError, match=r".+"):
        verdict_of(text)
    assert (text == "") == (kind == "empty")
    assert caller.platform.calls[-1].verdict is Verdict.SPOILED


@pytest.mark.parametrize(("kind", "error"), [("cut", httpx.RemoteProtocolError), ("stall", httpx.ReadTimeout)])
def test_a_stream_whose_connection_falls_or_falls_silent(
    caller: Caller, kind: str, error: type[httpx.HTTPError]
) -> None:
    fail_next(caller, kind)

    with pytest.raises(error):
        caller.ask("talk_stream")

    assert caller.platform.calls[-1].verdict is Verdict.UNHEARD


@pytest.mark.parametrize(("kind", "ends"), [("no_end", []), ("error_event", ["error"])])
def test_a_stream_that_ends_without_its_end(caller: Caller, kind: str, ends: list[str]) -> None:
    # given
    fail_next(caller, kind)

    # when
    response = caller.ask("talk_stream")

    # then
    text, events = fragments(response.text)
    assert (response.status_code, events) == (200, ends)
    assert text
    assert caller.platform.calls[-1].verdict is Verdict.SPOILED


@pytest.mark.parametrize("kind", [*STREAMED, *SPOILED])
def test_a_fault_of_streams_or_questions_finds_its_like_elsewhere(caller: Caller, kind: str) -> None:
    # given
    caller.platform.faults = Faults(failure_rate=1, kinds=(kind,))

    # when
    try:
        caller.upload()
    except httpx.HTTPError:
        heard = False
    else:
        heard = True

    # then: an upload has no answer that could be spoiled
    assert heard or kind in ("cut", "stall")
    assert len(caller.platform.files) == 1


def test_a_fault_may_strike_only_what_it_is_meant_for(caller: Caller) -> None:
    caller.platform.faults = Faults(failure_rate=1, kinds=("http_500",), matching="请柬", operations=("talk",))

    assert caller.ask().status_code == 500
    assert caller.ask(question="别的").status_code == 200
    assert caller.ask("visitor").status_code == 200


def test_what_is_down_answers_nothing(caller: Caller) -> None:
    caller.platform.faults = Faults(down=True)

    with pytest.raises(httpx.ConnectError):
        caller.ask()


@pytest.mark.parametrize(
    "faults", [{"kinds": ("nothing",)}, {"operations": ("insert_task",)}, {"failure_rate": 2}, {"fail_next": ("down",)}]
)
def test_faults_that_nobody_knows_are_refused(faults: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"kinds|operations|failure_rate"):
        Faults(**faults)  # type: ignore[arg-type]


def test_every_kind_is_one_that_is_tested_here() -> None:
    assert set(NOT_ACTED) | set(ACTED) <= set(SAID) | set(DROPPED) | {"html", "http_503"}
