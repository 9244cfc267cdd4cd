"""Answers that come compressed though nobody asked: unpacked in bounded steps, or named."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

import httpx
import pytest

from taskbridge.errors import NoAnswer, TransientError
from taskbridge.platforms.ai_client import AiPlatformClient
from taskbridge.platforms.bodies import MAX_BODY_BYTES, STEP_BYTES, read_body, read_pieces
from taskbridge.platforms.client import PlatformClient
from taskbridge.platforms.http import build_http_client, fetch, no_answer_of, timeouts
from taskbridge.platforms.http_answers import OutcomeKind
from tests.unit.platforms.ai_builders import aigc, openai, question, tokens_for
from tests.unit.platforms.builders import SECRET, TOKEN, Clock, FakeTokens, insert, jinzhi
from tests.unit.platforms.test_http_client import serving

UNFOLDED = 127 * MAX_BODY_BYTES
DONE = {"errcode": "0", "errmsg": "ok"}


def packed_zeros(size: int, window_bits: int = 31) -> bytes:
    packer = zlib.compressobj(9, wbits=window_bits)
    parts = [packer.compress(bytes(MAX_BODY_BYTES)) for _ in range(size // MAX_BODY_BYTES)]
    return b"".join([*parts, packer.flush()])


@contextmanager
def answering(body: bytes, encoding: str, kind: str = "application/json", status: int = 200) -> Iterator[str]:
    """A server that answers every request so."""
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}"

    def handle(connection: socket) -> None:
        while connection.recv(65536):
            connection.sendall(head.encode() + b"\r\n\r\n" + body)

    with serving(handle) as port:
        yield f"http://127.0.0.1:{port}"


def get(url: str) -> tuple[int, dict[str, str], bytes]:
    with build_http_client(1) as client:
        return fetch(client, httpx.Request("GET", url, extensions={"timeout": timeouts(20)}))


def packed_response(body: bytes, encoding: str = "gzip") -> httpx.Response:
    """An answer whose body has not been read, in pieces of 64 KB, as they come from a connection."""
    pieces = (body[start : start + STEP_BYTES] for start in range(0, len(body), STEP_BYTES))
    return httpx.Response(200, headers={"content-encoding": encoding}, content=pieces)


@pytest.mark.parametrize(("encoding", "window_bits"), [("gzip", 31), ("x-gzip", 31), ("GZIP", 31), ("deflate", 15)])
def test_a_packed_answer_is_unpacked(encoding: str, window_bits: int) -> None:
    packer = zlib.compressobj(wbits=window_bits)
    body = packer.compress(json.dumps(DONE).encode()) + packer.flush()
    with answering(body, encoding) as url:
        assert json.loads(get(url)[2]) == DONE


def test_a_small_answer_that_unfolds_to_127_mebibytes_is_cut_and_never_held_as_a_whole() -> None:
    # given
    packed = packed_zeros(UNFOLDED)
    assert len(packed) < 500_000
    # when
    with answering(packed, "gzip") as url:
        tracemalloc.start()
        status, _, body = get(url)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    # then: what is kept, a copy of it, and a step or two
    assert (status, len(body)) == (200, MAX_BODY_BYTES)
    assert most < 4 * MAX_BODY_BYTES


def test_no_more_is_unpacked_than_is_asked_for() -> None:
    pieces = read_pieces(packed_response(packed_zeros(UNFOLDED)))
    assert [len(next(pieces)) for _ in range(40)] == [STEP_BYTES] * 40


def test_all_that_was_packed_comes_out_also_over_many_steps() -> None:
    text = b"".join(b"%d," % number for number in range(300_000))
    assert read_body(packed_response(gzip.compress(text)), limit=10**8) == text
    assert read_body(packed_response(gzip.compress(text)), limit=1000) == text[:1000]
    assert read_body(packed_response(gzip.compress(b""))) == b""


def test_what_is_not_packed_as_it_says_is_no_answer() -> None:
    with answering(b'{"errcode":"0"}', "gzip") as url, pytest.raises(httpx.DecodingError) as caught:
        get(url)
    assert no_answer_of(caught.value) is NoAnswer.BROKEN


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress"])
def test_an_encoding_that_nobody_knows_is_named_and_may_pass(encoding: str) -> None:
    with answering(b"\x1b\x0e\x00", encoding) as url, build_http_client(1) as http:
        client = PlatformClient(jinzhi(host=url), http, FakeTokens(TOKEN), lambda _: (SECRET,), Clock())
        result = client.execute(insert())
    assert result.outcome.verdict is OutcomeKind.TRANSIENT
    assert f"content-encoding {encoding}, not asked for" in result.outcome.message
    assert result.attempts[0].response == ""


def test_a_task_center_that_compresses_is_understood() -> None:
    with answering(gzip.compress(json.dumps(DONE).encode()), "gzip") as url, build_http_client(1) as http:
        client = PlatformClient(jinzhi(host=url), http, FakeTokens(TOKEN), lambda _: (SECRET,), Clock())
        assert client.execute(insert()).outcome.verdict is OutcomeKind.OK


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
def test_an_ai_platform_that_unfolds_without_bound_is_given_up(kind: str) -> None:
    clock = Clock()
    packed = packed_zeros(UNFOLDED)
    with answering(packed, "gzip", kind) as url, build_http_client(1) as http:
        client = AiPlatformClient(aigc(host=url), http, tokens_for(clock), lambda _: (SECRET,), clock)
        tracemalloc.start()
        with pytest.raises(TransientError):
            client.stream(question(), lambda _: None)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 16 * MAX_BODY_BYTES


def test_a_stream_in_an_encoding_that_nobody_knows_is_named() -> None:
    clock = Clock()
    with answering(b"\x1b\x0e\x00", "br", "text/event-stream") as url, build_http_client(1) as http:
        client = AiPlatformClient(openai(base_url=url), http, tokens_for(clock), lambda _: (SECRET,), clock)
        with pytest.raises(TransientError, match="content-encoding br, not asked for"):
            client.stream(question(), lambda _: None)


def test_an_empty_stream_is_no_answer() -> None:
    clock = Clock()
    with answering(b"", "identity", "text/event-stream") as url, build_http_client(1) as http:
        client = AiPlatformClient(openai(base_url=url), http, tokens_for(clock), lambda _: (SECRET,), clock)
        with pytest.raises(TransientError):
            client.stream(question(), lambda _: None)
