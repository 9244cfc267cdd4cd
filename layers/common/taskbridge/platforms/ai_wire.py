"""HTTP calls to AI platforms: whole answers, and answers that are read event by event."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from taskbridge.errors import NoAnswer, TransientError
from taskbridge.platforms.base import Request
from taskbridge.platforms.bodies import read_body, read_pieces
from taskbridge.platforms.http import (
    StreamDeadline,
    describe_failure,
    fetch,
    lower_headers,
    no_answer_of,
    stream_timeouts,
    timeouts,
)
from taskbridge.platforms.http_answers import Response
from taskbridge.platforms.wire import Wire
from taskbridge.reasons import build_reason

MAX_ANSWER_BYTES = 2 * 1024 * 1024
# Where every event repeats the text so far, a long answer is a thousand times its size.
MAX_STREAM_BYTES = 64 * 1024 * 1024


class AiWire(Wire):
    """Keeps no record of calls: their texts are forms of persons, and belong in the audit log only."""

    def send(self, request: Request, total_s: float) -> Response:
        """One call as a whole, its answer cut at 2 MiB. Raises TransientError where none came."""
        prepared, _ = self._build(request, timeouts(total_s))
        try:
            status, headers, body = fetch(self._http, prepared, MAX_ANSWER_BYTES)
        except httpx.HTTPError as error:
            raise self.broken(error, total_s) from None
        return Response(status, headers, body, self._clock())

    @contextmanager
    def open(self, request: Request, deadline: StreamDeadline) -> Iterator[EventStream]:
        """One call whose answer can be read event by event. Raises TransientError where none came."""
        prepared, _ = self._build(request, stream_timeouts(deadline))
        try:
            response = self._http.send(prepared, stream=True)
        except httpx.HTTPError as error:
            raise self.broken(error, deadline) from None
        try:
            yield EventStream(response, self._clock())
        finally:
            response.close()

    def broken(self, error: httpx.HTTPError, total_s: float) -> TransientError:
        """A connection that failed. The httpx error may quote a header: only its words go on, masked."""
        if isinstance(total_s, StreamDeadline) and isinstance(error, httpx.ReadTimeout):
            problem = build_reason("fell_silent")
            return TransientError(problem, no_answer=NoAnswer.TOO_SLOW)
        return TransientError(self.mask(describe_failure(error, total_s)), no_answer=no_answer_of(error))


# A line that is no field of an event, and may be one of which the name was cut: d, ta: {…}, {…}, : {…}.
_CUT_FIELD = re.compile(
    rb"(?:(?<=[\r\n])|\A)"
    rb"(?:(?:d|da|dat|data|a|ta|ata)[ \t]*(?=[\r\n])|(?:a|ta|ata):[^\r\n]*"
    rb"|(?!(?:\xef\xbb\xbf)?(?:data|event|id|retry)[:\r\n]|:[ \t]*[^ \t{])[^\r\n]*[{}][^\r\n]*)"
)
_CUT = "{"
_CUT_EVENT = b"\n\ndata: {\n\n"


class EventStream:
    """An answer whose body has not been read yet. What it is read with raises httpx.HTTPError."""

    def __init__(self, response: httpx.Response, at: float) -> None:
        self._response = response
        self._at = at
        self.status = response.status_code
        self.headers = lower_headers(response)
        # All that came before the first event.
        self._head = bytearray()
        self._seen = False
        self._since_event = 0
        self._lost_before = False

    @property
    def is_json(self) -> bool:
        """Whether it is a whole answer after all: platforms refuse a stream with plain JSON."""
        return "json" in self.headers.get("content-type", "")

    @property
    def is_events(self) -> bool:
        """Whether it says that it is a stream."""
        return "event-stream" in self.headers.get("content-type", "")

    @property
    def is_silent(self) -> bool:
        """Whether no event came: it was refused, or answered as a whole, whatever its headers say."""
        return not self._seen

    def whole(self) -> Response:
        """The answer, read as one: also what was no stream, though it said so."""
        body = bytes(self._head) or read_body(self._response, MAX_ANSWER_BYTES)
        return Response(self.status, self.headers, body, self._at)

    def events(self) -> Iterator[tuple[str, str]]:
        """Names and data of the events, in UTF-8 whatever the headers say."""
        from httpx_sse import EventSource

        headers = {"content-type": "text/event-stream; charset=utf-8-sig"}
        for event in EventSource(httpx.Response(200, headers=headers, content=self._lines())).iter_sse():
            self._since_event = 0
            if not self._seen and self._lost_before:
                yield "", _CUT
            self._seen = True
            yield event.event, event.data

    def _lines(self) -> Iterator[bytes]:
        """The body by whole lines. What is left of a field whose name was cut becomes an event that says so."""
        parts: list[bytes] = []
        for chunk in self._bytes():
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
            if not end:
                parts.append(chunk)
                continue
            lines = b"".join((*parts, chunk[:end]))
            parts = [chunk[end:]]
            if self._seen:
                yield _CUT_FIELD.sub(_CUT_EVENT, lines)
            else:
                # It may be no stream at all: then no event follows.
                self._lost_before = self._lost_before or _CUT_FIELD.search(lines) is not None
                yield lines

    def _bytes(self) -> Iterator[bytes]:
        """The body, of bounded size, and with the empty line that ends its last event."""
        total = 0
        for chunk in read_pieces(self._response):
            total += len(chunk)
            self._since_event += len(chunk)
            if total > MAX_STREAM_BYTES or self._since_event > MAX_ANSWER_BYTES:
                raise TransientError(build_reason("stream_too_long"), status=self.status)
            if not self._seen:
                self._head += chunk
            yield chunk
        yield b"\n\n"
