"""HTTP/1.1 over connections that are kept: a request goes out whole, its answer is read as it comes, by llhttp.

Measured with Python 3.11 on 2 cores: 0.07 ms of CPU for a call, where httpcore takes 0.9 and urllib3 0.4
(docs/decisions/0071-one-transport.md). Who calls brings the time that there is, as a Limit.
"""

from __future__ import annotations

import select
import socket
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Protocol

import msgspec

from taskbridge.answer_parsing import Headers, WireAnswer
from taskbridge.call_failures import Broken, CallFailure, ConnectFailure, ConnectTimeout, Silence, Unsendable

# Shorter than what common servers keep (Tomcat 20 s, nginx 75 s), so that they rarely hang up on a request.
KEEPALIVE_S = 15.0
# Of the time that is left for a call; the rest is to read what was answered to half a request, which is there by then.
SENDING_SHARE = 0.9
LAST_LOOK_S = 0.05
SENT_AT_ONCE = 64 * 1024
READ_AT_ONCE = 64 * 1024


class Limit(Protocol):
    """How long a call may take."""

    is_stream: bool
    """Whether the answer has an end of its own, so that a connection that breaks is never its end."""

    def left(self, least: float = 0.0) -> float:
        """Seconds for the next step, at least `least`. Raises Silence where none are left."""


class Origin(msgspec.Struct, frozen=True):
    """Where a connection leads. `server_name`: whom a certificate has to name."""

    scheme: str
    host: str
    port: int
    server_name: str


Connect = Callable[[Origin, float], socket.socket]


def build_request(method: bytes, target: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bytes:
    """A request as it is sent. Raises Unsendable where a header would be more than one line."""
    lines = [method, b" ", target, b" HTTP/1.1\r\n"]
    for name, value in headers:
        lines += (name, b": ", value, b"\r\n")
    head = b"".join(lines)
    breaks = len(headers) + 1
    if head.count(b"\n") != breaks or head.count(b"\r") != breaks or b"\0" in head:
        raise Unsendable("a header holds a line break")
    return b"".join((head, b"\r\n", body))


class Connection:
    """One connection, for one call at a time.

    A gateway may answer before it has read the request (413, 401, 503), and hang up on what is still being sent. So
    where sending fails, the answer is looked for first: it says more than the broken connection does.
    """

    def __init__(self, origin: Origin, stream: socket.socket) -> None:
        self.origin = origin
        self.idle_since = 0.0
        self._socket = stream
        self._answer = WireAnswer()
        self._unsent: CallFailure | None = None  # why the request did not go out as a whole

    def ask(self, request: bytes, limit: Limit) -> tuple[int, Headers]:
        """Send a request, read the head of its answer. Raises CallFailure."""
        self._answer.begin()
        self._unsent = self._send(request, limit)
        while not self._answer.status:
            self._receive(limit)
        return self._answer.status, self._answer.headers

    def pieces(self, limit: Limit) -> Iterator[bytes]:
        """The body, as it comes. Raises CallFailure."""
        answer = self._answer
        while True:
            pieces, answer.pieces = answer.pieces, []
            yield from pieces
            if answer.is_whole and not answer.pieces:
                return
            self._receive(limit)

    @property
    def can_be_kept(self) -> bool:
        """Whether another call may follow: its last was answered whole, and nobody wants to hang up."""
        return self._answer.is_whole and self._answer.keeps and not self._unsent

    def is_spent(self, now: float) -> bool:
        """Whether it has been idle for too long, or something came that nobody asked for: its end, mostly."""
        if now - self.idle_since > KEEPALIVE_S:
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _send(self, request: bytes, limit: Limit) -> CallFailure | None:
        try:
            for start in range(0, len(request), SENT_AT_ONCE):
                self._socket.settimeout(limit.left() * SENDING_SHARE)
                self._socket.sendall(request[start : start + SENT_AT_ONCE])
        except TimeoutError:
            return Silence("the request could not be sent in time")
        except OSError as error:
            return Broken(str(error))
        return None

    def _receive(self, limit: Limit) -> None:
        answered = self._answer.has_begun
        try:
            self._socket.settimeout(limit.left(LAST_LOOK_S if self._unsent else 0.0))
            data = self._socket.recv(READ_AT_ONCE)
        except TimeoutError as error:
            raise (None if answered else self._unsent) or Silence(str(error)) from None
        except OSError as error:
            # Who hangs up on a request that it has not read resets the connection, also after a whole answer.
            if not answered or limit.is_stream:
                raise (None if answered else self._unsent) or Broken(str(error)) from None
            data = b""
        if not data and self._unsent and not answered:
            raise self._unsent
        self._answer.feed(data)


class Exchange:
    """One call: its answer, whose body is still to be read. `close` gives the connection back, whatever was read."""

    def __init__(self, connections: Connections, connection: Connection, request: bytes, limit: Limit) -> None:
        self._connections = connections
        self._connection = connection
        self._limit = limit
        try:
            self.status, self.headers = connection.ask(request, limit)
        except BaseException:
            connection.close()
            raise

    def pieces(self) -> Iterator[bytes]:
        """The body, as it comes. Raises CallFailure."""
        return self._connection.pieces(self._limit)

    def close(self) -> None:
        """Let others have the connection, or hang up."""
        self._connections.give(self._connection)


class Connections:
    """Connections to any number of origins; at most `most` are kept while nobody uses them. Threads may share it."""

    def __init__(self, connect: Connect, most: int) -> None:
        self._connect = connect
        self._most = most
        self._idle: list[Connection] = []  # the longest idle first
        self._lock = Lock()
        weakref.finalize(self, _hang_up, self._idle)

    def ask(self, origin: Origin, request: bytes, limit: Limit, connect_s: float) -> Exchange:
        """Make one call. Raises CallFailure where there is no answer."""
        connection = self._take(origin)
        if connection is None:
            connection = Connection(origin, self._connect(origin, connect_s))
        return Exchange(self, connection, request, limit)

    def give(self, connection: Connection) -> None:
        """Keep a connection for the next call, where that may be."""
        if not connection.can_be_kept or not self._most:
            connection.close()
            return
        connection.idle_since = time.monotonic()
        with self._lock:
            self._idle.append(connection)
            spare = self._idle.pop(0) if len(self._idle) > self._most else None
        if spare:
            spare.close()

    def close(self) -> None:
        """Hang up everywhere; so it does where nobody needs it any more."""
        with self._lock:
            _hang_up(self._idle)

    def _take(self, origin: Origin) -> Connection | None:
        while connection := self._pop(origin):
            if not connection.is_spent(time.monotonic()):
                return connection
            connection.close()
        return None

    def _pop(self, origin: Origin) -> Connection | None:
        """The connection to an origin that was used last."""
        with self._lock:
            for place in range(len(self._idle) - 1, -1, -1):
                if self._idle[place].origin == origin:
                    return self._idle.pop(place)
        return None


def _hang_up(idle: list[Connection]) -> None:
    while idle:
        idle.pop().close()


def open_socket(origin: Origin, within_s: float) -> socket.socket:
    """A connection of TCP. Raises ConnectFailure."""
    try:
        stream = socket.create_connection((origin.host, origin.port), within_s)
    except TimeoutError as error:
        raise ConnectTimeout(str(error)) from None
    except OSError as error:
        raise ConnectFailure(str(error)) from None
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return stream
