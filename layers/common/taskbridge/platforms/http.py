"""HTTP to platforms: httpx's requests, answers and errors over the connections that everything here shares.

Measured with Python 3.11 on 2 cores: `httpx.Client()` takes some 360 ms the first time, nearly all of it for a TLS
context with certifi's certificates; a context with the system's takes 36, and none is needed until the first `https`
connection. `Client.post` costs 1.4 ms of CPU, a call by this client 0.2: see taskbridge.connections.

The environment changes nothing here: `HTTP_PROXY` and its kin are not read, nor is `.netrc`. What counts is
`SSL_CERT_FILE` and `SSL_CERT_DIR`, which OpenSSL itself reads: the place for a campus's own certificate
authority.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx

from taskbridge.call_failures import (
    Broken,
    CallFailure,
    ConnectFailure,
    ConnectTimeout,
    CutOff,
    Silence,
    Unsendable,
    Untrusted,
)
from taskbridge.connections import Connections, Exchange, Origin, build_request, open_socket
from taskbridge.errors import NoAnswer
from taskbridge.platforms.addresses import is_allowed, is_own
from taskbridge.platforms.bodies import MAX_BODY_BYTES, read_body
from taskbridge.reasons import build_reason
from taskbridge.tls import LazyContext, secure

CONNECT_TIMEOUT_S = 5.0

_PORTS = {"http": 80, "https": 443}
_ERRORS: Mapping[type[CallFailure], type[httpx.TransportError]] = {
    ConnectTimeout: httpx.ConnectTimeout,
    ConnectFailure: httpx.ConnectError,
    Untrusted: httpx.ConnectError,
    Silence: httpx.ReadTimeout,
    Broken: httpx.ReadError,
    CutOff: httpx.RemoteProtocolError,
    Unsendable: httpx.LocalProtocolError,
}


@cache
def tls_context() -> ssl.SSLContext:
    """The one TLS context of this process; it reads no certificate before it is used."""
    return LazyContext.that_loads(_load_authorities)


def _load_authorities(context: ssl.SSLContext) -> None:
    context.set_default_verify_paths()
    if context.cert_store_stats()["x509_ca"] == 0:
        # A minimal system image without certificates. Where there is a directory of them instead of a file,
        # the count is 0 as well, and certifi's come on top.
        import certifi

        context.load_verify_locations(certifi.where())


class _Until(float):
    """A timeout in seconds that also knows when it ends, by the monotonic clock: it bounds a call as a whole."""

    is_stream = False
    ends: float

    @classmethod
    def after(cls, seconds: float) -> _Until:
        until = cls(seconds)
        until.ends = time.monotonic() + seconds
        return until

    def left(self, least: float = 0.0) -> float:
        """See Limit."""
        left = max(self.ends - time.monotonic(), least)
        if left <= 0:
            raise Silence("the time for the whole call is over")
        return left


class StreamDeadline(_Until):
    """The read timeout of a stream: `renew` moves its end, never beyond that of the whole call.

    A stream of events has a terminal event, and whatever breaks off without it is to be told as broken.
    """

    is_stream = True
    _last: float

    @classmethod
    def starting(cls, first_s: float, whole_s: float) -> StreamDeadline:
        """Until `first_s` from now; it can be renewed until `whole_s` from now."""
        deadline = cls(first_s)
        deadline._last = time.monotonic() + whole_s
        deadline.renew(first_s)
        return deadline

    def renew(self, seconds: float) -> None:
        """Something came: the next has to come within `seconds`."""
        self.ends = min(self._last, time.monotonic() + seconds)


@contextmanager
def _told_by_httpx(request: httpx.Request) -> Iterator[None]:
    """Failures become the errors that httpx has for them."""
    try:
        yield
    except CallFailure as error:
        raise _ERRORS[type(error)](str(error), request=request) from None


class _Body(httpx.SyncByteStream):
    def __init__(self, exchange: Exchange, request: httpx.Request) -> None:
        self._exchange = exchange
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _told_by_httpx(self._request):
            yield from self._exchange.pieces()

    def close(self) -> None:
        self._exchange.close()


class _Transport(httpx.BaseTransport):
    """`hosts`: see build_http_client."""

    def __init__(self, max_connections: int, hosts: Collection[str] | None) -> None:
        self._hosts = hosts
        self._connections = Connections(self._connect, max_connections)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        limits = request.extensions["timeout"]
        url, server_name = request.url, request.extensions.get("sni_hostname")
        host = url.raw_host.decode("ascii")
        origin = Origin(url.scheme, host, url.port or _PORTS[url.scheme], server_name or host)
        with _told_by_httpx(request):
            whole = build_request(request.method.encode(), url.raw_path, request.headers.raw, request.read())
            exchange = self._connections.ask(origin, whole, limits["read"], limits["connect"])
        return httpx.Response(exchange.status, headers=exchange.headers, stream=_Body(exchange, request))

    def close(self) -> None:
        self._connections.close()

    def _connect(self, origin: Origin, within_s: float) -> socket.socket:
        stream = open_socket(origin, within_s)
        # Looked at once the name is resolved and before a byte is sent: no name can change between.
        peer = str(stream.getpeername()[0])
        if self._hosts is not None and is_own(peer) and not is_allowed(origin.host, origin.port, self._hosts):
            stream.close()
            raise ConnectFailure(build_reason("leads_back", host=origin.host, peer=peer))
        return secure(stream, origin, tls_context())


class DirectClient(httpx.Client):
    """Hands requests to its transport as they are: no cookies, redirects, auth or default headers."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        super().__init__(transport=transport, trust_env=False)
        self._direct = transport

    def send(self, request: httpx.Request, *, stream: bool = False, **_: Any) -> httpx.Response:
        """As `httpx.Client.send`, without what it does around the transport."""
        response = self._direct.handle_request(request)
        if not stream:
            try:
                response.read()
            finally:
                response.close()
        return response


def build_http_client(max_connections: int, hosts: Collection[str] | None = None) -> httpx.Client:
    """An HTTP/1.1 client that keeps so many connections while nobody uses them. Threads may share it.

    `hosts` are those that may be at an address of this machine itself (see platforms.addresses); None: every host may.
    Its requests bring their own timeouts, as `timeouts` makes them.
    """
    return DirectClient(_Transport(max_connections, hosts))


def timeouts(total_s: float) -> dict[str, float]:
    """The `timeout` extension of a request that starts now: `total_s` as a whole, at most 5 s of it to connect."""
    until = _Until.after(total_s)
    return {"connect": min(CONNECT_TIMEOUT_S, total_s), "read": until}


def stream_timeouts(deadline: StreamDeadline) -> dict[str, float]:
    """The `timeout` extension of a request whose answer is read bit by bit until `deadline`."""
    return {"connect": min(CONNECT_TIMEOUT_S, deadline), "read": deadline}


def fetch(
    client: httpx.Client, request: httpx.Request, limit: int = MAX_BODY_BYTES
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers (names lower-case) and body, unpacked and cut at `limit` bytes. Raises httpx.HTTPError."""
    response = client.send(request, stream=True)
    try:
        body = read_body(response, limit)
    finally:
        response.close()
    return response.status_code, lower_headers(response), body


def lower_headers(response: httpx.Response) -> dict[str, str]:
    """The headers with their names in lower case."""
    return {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers.raw}


_FAILURES: tuple[tuple[type[httpx.HTTPError], NoAnswer, str], ...] = (
    (httpx.ConnectTimeout, NoAnswer.UNREACHABLE, "no_connection"),
    (httpx.TimeoutException, NoAnswer.TOO_SLOW, "answer_late"),
    (httpx.ConnectError, NoAnswer.UNREACHABLE, "cannot_connect"),
    (httpx.NetworkError, NoAnswer.BROKEN, "connection_broke"),
    (httpx.RemoteProtocolError, NoAnswer.BROKEN, "connection_ended"),
    (httpx.HTTPError, NoAnswer.BROKEN, "no_answer"),
)


def describe_failure(error: httpx.HTTPError, total_s: float) -> str:
    """Why no answer came, in words. May hold what the other side sent: mask it."""
    told = next(told for kind, _, told in _FAILURES if isinstance(error, kind))
    within_s = min(CONNECT_TIMEOUT_S, total_s) if told == "no_connection" else total_s
    return build_reason(told, seconds=f"{within_s:g}", why=str(error) or type(error).__name__)


def no_answer_of(error: httpx.HTTPError) -> NoAnswer:
    """Why no answer came."""
    return next(why for kind, why, _ in _FAILURES if isinstance(error, kind))
