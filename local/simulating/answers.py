"""What a simulator answers, or that it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

SIMULATOR_HEADER = "x-simulator"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Piece(NamedTuple):
    """A part of a stream, and the seconds that pass before it is sent."""

    wait_s: float
    content: bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """An HTTP answer in pieces. After the last one `fault`, where there is one, strikes: `cut` hangs up, `stall` hangs.

    `told` is called once at the end: whether the caller had everything that was to be sent.
    """

    status: int
    headers: dict[str, str]
    pieces: Iterable[Piece]
    fault: str
    told: Callable[[bool], None]


class Dropped(Exception):
    """No answer goes out: the transport hangs, hangs up or refuses, by `kind`.

    `kind` is `down`, `reset`, `reset_after`, `timeout_before`, `timeout_after` or `caller_gone` (the caller
    had stopped waiting). `acted` tells whether the simulator did what was asked.
    """

    def __init__(self, kind: str, *, acted: bool) -> None:
        super().__init__(f"{kind} ({'acted' if acted else 'not acted'})")
        self.kind = kind
        self.acted = acted


class Refused(Exception):
    """The simulator says no: `errcode` and `message` go into the answer of HTTP `status`."""

    def __init__(self, errcode: str, message: str, status: int = 200) -> None:
        super().__init__(f"{errcode}: {message}")
        self.errcode = errcode
        self.message = message
        self.status = status


def decode_json(body: bytes | str) -> Any:
    """The value in a JSON text; `ValueError` where it is none."""
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def json_answer(payload: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """`payload` as a JSON answer."""
    return Answer(
        status, {"content-type": "application/json;charset=UTF-8", **(headers or {})}, msgspec.json.encode(payload)
    )


def page_answer(html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """`html` as an answer."""
    return Answer(status, {"content-type": "text/html;charset=UTF-8", **(headers or {})}, html.encode())
