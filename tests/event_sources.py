"""Clients of server-sent events, as browsers have them, over a network that a test holds in its hand.

`EventSource` follows the algorithm of https://html.spec.whatwg.org/multipage/server-sent-events.html (so do the npm
packages `eventsource` and `eventsource-client`), `FetchEventSource` that of @microsoft/fetch-event-source 2.0.1.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

TERMINAL = frozenset({"done", "error"})


@dataclass(frozen=True)
class Response:
    """What a server answered. `chunks` are its body as it arrived; `is_cut`: the connection broke behind them."""

    status: int = 200
    content_type: str = ""
    chunks: tuple[bytes, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True)
class Message:
    """A message as a page gets it."""

    event: str
    data: str
    id: str


Fetch = Callable[[Mapping[str, str]], Response]


@dataclass
class _Source(ABC):
    """Connects again and again. `requests` counts how often; `waited`: the milliseconds before each but the first."""

    fetch: Fetch
    messages: list[Message] = field(default_factory=list)
    last_event_id: str = ""
    retry_ms: int = 3000
    requests: int = 0
    waited: list[int] = field(default_factory=list)
    is_closed: bool = False

    def run(self, requests: int) -> None:
        """Connect, and again and again, until it is closed or this many requests were made."""
        while not self.is_closed and self.requests < requests:
            self.step()

    def step(self) -> None:
        """One connection from its beginning to its end."""
        if self.requests:
            self.waited.append(self.retry_ms)
        self.requests += 1
        self._take(self.fetch({"last-event-id": self.last_event_id} if self.last_event_id else {}))

    @abstractmethod
    def _take(self, response: Response) -> None: ...


@dataclass
class EventSource(_Source):
    """As browsers have it."""

    def _take(self, response: Response) -> None:
        if response.status != 200 or response.content_type.partition(";")[0].strip() != "text/event-stream":
            self.is_closed = True
            return
        self._read(b"".join(response.chunks))

    def _read(self, body: bytes) -> None:
        data: list[str] = []
        event, event_id = "", self.last_event_id
        for line in _whole_lines(body.decode("utf-8", "replace").removeprefix("\ufeff")):
            if not line:
                self.last_event_id = event_id
                if data:
                    self.messages.append(Message(event or "message", "\n".join(data), event_id))
                data, event = [], ""
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name == "event":
                event = value
            elif name == "id" and "\0" not in value:
                event_id = value
            elif name == "retry" and re.fullmatch("[0-9]+", value):
                self.retry_ms = int(value)


class Stop(Exception):
    """What a page throws to end it all."""


@dataclass
class FetchEventSource(_Source):
    """As a console uses it: `onclose` throws, so that it connects again; behind the last event it is aborted.

    `is_careless`: this page does not look for the last event, and stops at nothing.
    """

    retry_ms: int = 1000
    is_careless: bool = False

    def _take(self, response: Response) -> None:
        if response.content_type != "text/event-stream":  # as the README's onopen compares it
            return  # an error that is tried again
        try:
            self._read(b"".join(response.chunks))
        except Stop:
            self.is_closed = True

    def _read(self, body: bytes) -> None:
        message = {"data": "", "event": "", "id": ""}
        for line in _whole_lines(body.decode("utf-8", "replace")):
            if not line:
                self._on_message(Message(**message))
                message = {"data": "", "event": "", "id": ""}
                continue
            name, colon, value = line.partition(":")
            value = value.removeprefix(" ")
            if not name or not colon:
                continue
            if name == "data":
                message["data"] = f"{message['data']}\n{value}" if message["data"] else value
            elif name in ("event", "id"):
                message[name] = value
            if name == "id":
                self.last_event_id = value  # at once, not when the event is dispatched
            elif name == "retry" and re.match("[0-9]+", value):
                self.retry_ms = int(value)

    def _on_message(self, message: Message) -> None:
        self.messages.append(message)
        if message.event in TERMINAL and not self.is_careless:
            raise Stop


def _whole_lines(text: str) -> Iterator[str]:
    """The lines that have ended."""
    *whole, _ = re.split("\r\n|\n|\r", text)
    return iter(whole)
