"""Streams over a real connection: however they are cut into pieces, slow, silent, broken off."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from taskbridge.errors import IncompleteAnswer, PlatformError, TransientError
from taskbridge.platforms import http as taskbridge_http
from taskbridge.platforms.ai import Reply
from taskbridge.platforms.ai_client import AiPlatformClient
from taskbridge.platforms.http import StreamDeadline, build_http_client, stream_timeouts
from tests.unit.platforms.ai_builders import (
    END,
    Script,
    aigc,
    data,
    fragments,
    question,
    streaming_server,
    tokens_for,
)
from tests.unit.platforms.builders import SECRET, Clock

TEXTS = ("经核对，", "申请金额 5200 元", "👍\n", "```json\n{}\n```")
ANSWER = "".join([*fragments(*TEXTS), END]).encode()
CHUNKED = {"transfer-encoding": "chunked"}


class Hours:
    """The monotonic clock of the HTTP layer, which stands still until a test moves it."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    clock = Hours()
    monkeypatch.setattr(taskbridge_http, "time", clock)
    return clock


@contextmanager
def connected(
    script: Script, headers: Mapping[str, str] | None = None, **settings: float
) -> Iterator[AiPlatformClient]:
    """A client of a real server that streams as `script` says."""
    clock = Clock()
    with streaming_server(script, headers) as host, build_http_client(2) as http:
        yield AiPlatformClient(aigc(host=host, **settings), http, tokens_for(clock), lambda _: (SECRET,), clock)


def stream(script: Script, shown: list[str], headers: Mapping[str, str] | None = None, **settings: float) -> Reply:
    with connected(script, headers, **settings) as client:
        return client.stream(question(), shown.append)


def reset(write: Callable[[bytes], None]) -> None:
    """Closes with what was not sent thrown away: the other side sees a reset instead of an end."""
    connection = write.__self__.connection  # type: ignore[attr-defined]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def error_of(
    script: Script, shown: list[str], headers: Mapping[str, str] | None = None, **settings: float
) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        stream(script, shown, headers, **settings)
    return caught.value


def chunked(piece: bytes) -> bytes:
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


def sending(*pieces: bytes) -> Script:
    """Sends the pieces, then keeps the connection until the end of the test."""

    def script(write: Callable[[bytes], None], over: threading.Event) -> None:
        for piece in pieces:
            write(piece)
        over.wait()

    return script


@pytest.mark.parametrize("headers", [{}, CHUNKED])
def test_a_stream_cut_at_every_byte_is_read_whole(headers: dict[str, str]) -> None:
    pieces = [bytes([byte]) for byte in ANSWER]
    shown: list[str] = []
    reply = stream(sending(*(map(chunked, pieces) if headers else pieces)), shown, headers)
    assert reply.text == "".join(shown) == "".join(TEXTS)
    assert tuple(shown) == TEXTS


@pytest.mark.parametrize("where", range(len('data: {"text": "经👍"}\n\n'.encode())))
def test_a_stream_cut_in_two_anywhere_is_read_whole(where: int) -> None:
    frame = data({"text": "经👍"}).encode()
    shown: list[str] = []
    reply = stream(sending(frame[:where], frame[where:] + END.encode()), shown)
    assert reply.text == "经👍"


def test_a_piece_is_shown_before_the_next_is_sent() -> None:
    # given a platform that goes on only when its first piece was shown
    seen = threading.Event()
    shown: list[str] = []

    def script(write: Callable[[bytes], None], over: threading.Event) -> None:
        write(fragments("先")[0].encode())
        assert seen.wait(60)
        write("".join([*fragments("后"), END]).encode())
        over.wait()

    def on_text(text: str) -> None:
        shown.append(text)
        seen.set()

    # when
    with connected(script) as client:
        reply = client.stream(question(), on_text)
    # then
    assert (reply.text, shown) == ("先后", ["先", "后"])


def test_a_platform_that_never_begins_is_transient() -> None:
    shown: list[str] = []
    error = error_of(sending(), shown, first_token_timeout_s=0.1)
    assert type(error) is TransientError
    assert shown == []


def test_a_platform_that_falls_silent_amid_its_answer_left_it_incomplete() -> None:
    shown: list[str] = []
    error = error_of(sending(fragments("经核对")[0].encode()), shown, next_token_timeout_s=0.1)
    assert type(error) is IncompleteAnswer
    assert str(error) == "the answer broke off: the platform fell silent, or took too long as a whole"
    assert shown == ["经核对"]


def test_heartbeats_are_no_answer(hours: Hours) -> None:
    def script(write: Callable[[bytes], None], over: threading.Event) -> None:
        while not over.wait(0.001):
            hours.now += 10
            write(b": ping\n\n")

    assert type(error_of(script, [])) is TransientError
    assert hours.now >= 60


def test_an_answer_that_goes_on_for_ever_is_cut_at_the_time_for_the_whole(hours: Hours) -> None:
    def script(write: Callable[[bytes], None], over: threading.Event) -> None:
        while not over.wait(0.001):
            write("".join(fragments("很", "长")).encode())

    def on_text(_: str) -> None:
        hours.now += 10

    with connected(script) as client, pytest.raises(IncompleteAnswer):
        client.stream(question(), on_text)
    assert hours.now >= 300


def test_a_connection_that_is_reset_at_once_is_transient() -> None:
    assert type(error_of(lambda write, _: reset(write), [], CHUNKED)) is TransientError


def test_a_connection_that_is_reset_amid_an_answer_left_it_incomplete() -> None:
    seen = threading.Event()

    def script(write: Callable[[bytes], None], over: threading.Event) -> None:
        write(chunked(fragments("经核对")[0].encode()))
        assert seen.wait(60)
        reset(write)

    with connected(script, CHUNKED) as client, pytest.raises(IncompleteAnswer, match="the answer broke off"):
        client.stream(question(), lambda _: seen.set())


@pytest.mark.parametrize("cut", range(1, len(ANSWER) - len(END.encode()), 7))
def test_an_answer_that_is_cut_anywhere_is_no_answer(cut: int) -> None:
    shown: list[str] = []
    error = error_of(lambda write, _: write(ANSWER[:cut]), shown)
    assert isinstance(error, TransientError)
    assert isinstance(error, IncompleteAnswer) == bool(shown)


# The deadline


def test_a_deadline_is_renewed_until_the_end_of_the_whole(hours: Hours) -> None:
    hours.now = 100
    deadline = StreamDeadline.starting(60, 300)
    assert deadline.ends == 160
    hours.now = 150
    deadline.renew(30)
    assert deadline.ends == 180
    hours.now = 390
    deadline.renew(30)
    assert deadline.ends == 400
    assert stream_timeouts(deadline)["connect"] == 5
