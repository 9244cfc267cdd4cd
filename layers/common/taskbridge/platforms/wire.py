"""The HTTP calls of one platform, each recorded with what went out and what came back, secrets masked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from taskbridge.attempts import Attempt
from taskbridge.errors import TransientError
from taskbridge.platforms.base import Request
from taskbridge.platforms.http import describe_failure, fetch, no_answer_of, timeouts
from taskbridge.platforms.http_answers import Response, decode_text
from taskbridge.platforms.masking import Mask

REQUEST_CHARS = 4000
RESPONSE_CHARS = 2000

# No compression: answers are short, and a compressed one could unfold without bound.
_HEADERS = {"user-agent": "taskbridge", "accept-encoding": "identity"}
_JSON = {**_HEADERS, "content-type": "application/json; charset=utf-8"}
_FORM = {**_HEADERS, "content-type": "application/x-www-form-urlencoded; charset=utf-8"}


Leave = Callable[[str, float], float]
"""Gives leave for one HTTP call: from operation and time limit to the seconds that it may take. Waits for its turn.

Raises TransientError where no call may be made any more.
"""


class Calls(list[Attempt]):
    """The calls that were made for one command; each is asked for before."""

    def __init__(self, leave: Leave) -> None:
        super().__init__()
        self.leave = leave


class Wire:
    """Sends requests to one host within `timeout_s`, by a client that threads may share."""

    def __init__(self, http: httpx.Client, host: str, timeout_s: float, clock: Callable[[], float]) -> None:
        self._http = http
        self._host = host
        self.timeout_s = timeout_s
        self._clock = clock
        self._urls: dict[str, httpx.URL] = {}
        self._lock = Lock()
        self.mask = Mask()

    def remember(self, value: str) -> None:
        """From now on `value` is masked."""
        if value and value not in self.mask.values:
            with self._lock:
                self.mask = self.mask.including(value)

    def call(
        self, task: tuple[str, str], request: Request, trail: list[Attempt], show: Callable[[Response], str]
    ) -> Response:
        """Makes one call for `task` (operation, task id) and adds it to `trail`, its answer as `show` gives
        it.

        Raises TransientError where no answer came or no leave was given, UnicodeEncodeError where the text cannot be
        sent.
        """
        timeout_s = trail.leave(task[0], self.timeout_s) if isinstance(trail, Calls) else self.timeout_s
        prepared, sent = self._prepare(request, timeout_s)
        started = self._clock()
        try:
            status, headers, body = fetch(self._http, prepared)
        except httpx.HTTPError as error:
            problem = self.mask(describe_failure(error, timeout_s))
            trail.append(self._attempt(task, request, started, (sent, None, "", problem)))
            # The error itself may quote a header: it stays out of every traceback.
            raise TransientError(problem, no_answer=no_answer_of(error)) from None
        response = Response(status, headers, body, self._clock())
        trail.append(self._attempt(task, request, started, (sent, status, show(response), "")))
        return response

    def _prepare(self, request: Request, timeout_s: float) -> tuple[httpx.Request, str]:
        """The request ready to send, and what of it is logged: its body, or its headers where it has none."""
        prepared, body = self._build(request, timeouts(timeout_s))
        if request.form is not None:
            body = msgspec.json.encode(request.form)
        return prepared, (body or msgspec.json.encode(request.headers)).decode()

    def _build(self, request: Request, timeout: Mapping[str, float]) -> tuple[httpx.Request, bytes]:
        if request.form is not None:
            headers, body = _FORM, urlencode(request.form).encode()
        elif request.json is not None:
            headers, body = _JSON, msgspec.json.encode(request.json)
        else:
            headers, body = _HEADERS, b""
        prepared = httpx.Request(
            request.method,
            self._url(request.path),
            headers={**headers, **request.headers},
            content=body or None,
            files=_multipart(request.parts) if request.parts is not None else None,
            extensions={"timeout": timeout},
        )
        return prepared, body

    def _url(self, path: str) -> httpx.URL:
        # The paths come from settings, so there are few, and taking one apart costs more than sending it.
        url = self._urls.get(path)
        if url is None:
            url = self._urls[path] = httpx.URL(self._host + path)
        return url

    def _attempt(
        self,
        task: tuple[str, str],
        request: Request,
        started: float,
        result: tuple[str, int | None, str, str],
    ) -> Attempt:
        sent, status, received, problem = result
        # Masked before it is cut: a cut secret would no longer be recognised.
        return Attempt(
            at=started,
            operation=task[0],
            key=task[1],
            method=request.method,
            path=request.path,
            request=self.mask(sent)[:REQUEST_CHARS],
            status=status,
            response=self.mask(received)[:RESPONSE_CHARS],
            duration_ms=round((self._clock() - started) * 1000),
            error=problem,
        )


def _multipart(parts: Mapping[str, str | tuple[str, bytes, str]]) -> list[tuple[str, Any]]:
    return [(name, (None, part.encode()) if isinstance(part, str) else part) for name, part in parts.items()]


def show_body(response: Response) -> str:
    """The body as text."""
    return decode_text(response.body)
