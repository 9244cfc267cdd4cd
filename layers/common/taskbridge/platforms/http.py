"""HTTP: a client that is cheap to make, and failures in words.

Measured with Python 3.11 on 2 cores: `httpx.Client()` takes some 360 ms the first time, nearly all of it
for a TLS context with certifi's certificates; a context with the system's takes 36, and none is needed
until the first `https` connection. `Client.post` costs 0.88 ms of CPU, a prepared request straight to the
transport 0.5.

The environment changes nothing here: `HTTP_PROXY` and its kin are not read, nor is `.netrc`. What counts is
`SSL_CERT_FILE` and `SSL_CERT_DIR`, which OpenSSL itself reads: the place for a campus's own certificate
authority.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Collection
from functools import cache
from threading import Lock
from typing import Any

import httpcore
import httpx

from taskbridge.errors import NoAnswer
from taskbridge.platforms.addresses import is_allowed, is_own
from taskbridge.platforms.bodies import MAX_BODY_BYTES, read_body

CONNECT_TIMEOUT_S = 5.0
# Shorter than what common servers keep (Tomcat 20 s, nginx 75 s), so that they rarely hang up on a request.
KEEPALIVE_S = 15.0
# Of the time that is left for a call; the rest is to read what was answered to half a request, which is there by then.
SENDING_SHARE = 0.9
LAST_LOOK_S = 0.05
SENT_AT_ONCE = 64 * 1024


class _LazyContext(ssl.SSLContext):
    """A verifying TLS context that reads its certificates when the first connection needs them."""

    _lock: Lock
    _loaded: bool

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        with self._lock:
            if not self._loaded:
                _load_authorities(self)
                self._loaded = True
        return super().wrap_socket(*args, **kwargs)


def _load_authorities(context: ssl.SSLContext) -> None:
    context.set_default_verify_paths()
    if context.cert_store_stats()["x509_ca"] == 0:
        # A minimal system image without certificates. Where there is a directory of them instead of a file,
        # the count is 0 as well, and certifi's come on top.
        import certifi

        context.load_verify_locations(certifi.where())


@cache
def tls_context() -> ssl.SSLContext:
    """The one TLS context of this process; it reads no certificate before it is used."""
    context = _LazyContext(ssl.PROTOCOL_TLS_CLIENT)
    context._lock, context._loaded = Lock(), False  # noqa: SLF001 - SSLContext makes itself in __new__
    return context


class _Until(float):
    """A timeout in seconds that also knows when it ends, by the monotonic clock: it bounds a call as a whole."""

    ends: float

    @classmethod
    def after(cls, seconds: float) -> _Until:
        until = cls(seconds)
        until.ends = time.monotonic() + seconds
        return until


class StreamDeadline(_Until):
    """The read timeout of a stream: `renew` moves its end, never beyond that of the whole call."""

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


def _left(timeout: float | None, least: float = 0.0) -> float | None:
    if not isinstance(timeout, _Until):
        return timeout
    left = max(timeout.ends - time.monotonic(), least)
    if left <= 0:
        raise httpcore.ReadTimeout("the time for the whole call is over")
    return left


class _WholeRequests(httpcore.NetworkStream):
    """Sends head and body of a request together: one system call, one packet, one TLS record instead of two.

    A timeout that is an `_Until` bounds all reads of a call together, so an answer cannot trickle in for ever.

    A gateway may answer before it has read the request (413, 401, 503), and hang up on what is still being sent. So
    where sending fails, the answer is looked for first: it says more than the broken connection does.
    """

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._pending: list[bytes] = []
        self._unsent: Exception | None = None  # why the request did not go out as a whole
        self._answered = False

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._pending.append(buffer)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._pending:
            self._send(timeout)
        data = self._receive(max_bytes, timeout)
        if not data and self._unsent and not self._answered:
            raise self._unsent
        self._answered = self._answered or bool(data)
        return data

    def _send(self, timeout: float | None) -> None:
        whole = b"".join(self._pending)
        self._pending.clear()
        self._answered, self._unsent = False, None
        try:
            for start in range(0, len(whole), SENT_AT_ONCE):
                left = _left(timeout)
                self._stream.write(whole[start : start + SENT_AT_ONCE], left and left * SENDING_SHARE)
        except (httpcore.WriteError, httpcore.WriteTimeout) as error:
            self._unsent = error

    def _receive(self, max_bytes: int, timeout: float | None) -> bytes:
        try:
            return self._stream.read(max_bytes, _left(timeout, LAST_LOOK_S if self._unsent else 0.0))
        except (httpcore.ReadError, httpcore.ReadTimeout) as error:
            if isinstance(error, httpcore.ReadError) and self._ends_with_reset(timeout):
                return b""
            if self._unsent and not self._answered:
                raise self._unsent from None
            raise

    def _ends_with_reset(self, timeout: float | None) -> bool:
        """Who hangs up on a request that it has not read resets the connection, also after a whole answer.

        A stream of events has a terminal event, and whatever breaks off without it is to be told as broken.
        """
        return self._answered and not isinstance(timeout, StreamDeadline)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _WholeRequests(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self._unsent:
            return True  # to the pool that is a connection at its end: half a request lies on it
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    """`hosts`: see build_http_client."""

    def __init__(self, hosts: Collection[str] | None) -> None:
        self._hosts = hosts

    def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        stream = super().connect_tcp(host, port, *args, **kwargs)
        # Looked at once the name is resolved and before a byte is sent: no name can change between.
        peer = str((stream.get_extra_info("server_addr") or ("",))[0])
        if self._hosts is not None and is_own(peer) and not is_allowed(host, port, self._hosts):
            stream.close()
            raise httpcore.ConnectError(f"{host} leads back to the function itself, to {peer} (PlatformHosts)")
        return _WholeRequests(stream)


class _Transport(httpx.HTTPTransport):
    """httpx's own transport over a pool with `_Backend`, which httpx gives no way to ask for."""

    def __init__(self, max_connections: int, hosts: Collection[str] | None) -> None:
        super().__init__(verify=tls_context(), trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls_context(),
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=KEEPALIVE_S,
            network_backend=_Backend(hosts),
        )


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
    """An HTTP/1.1 client with one pool of kept connections. Threads may share it.

    `hosts` are those that may be at an address of this machine itself (see platforms.addresses); None: every host may.
    Its requests bring their own timeouts, as `timeouts` makes them.
    """
    return DirectClient(_Transport(max_connections, hosts))


def timeouts(total_s: float) -> dict[str, float]:
    """The `timeout` extension of a request that starts now: `total_s` as a whole, at most 5 s of it to connect."""
    until = _Until.after(total_s)
    return {"connect": min(CONNECT_TIMEOUT_S, total_s), "read": until, "write": until, "pool": total_s}


def stream_timeouts(deadline: StreamDeadline) -> dict[str, float]:
    """The `timeout` extension of a request whose answer is read bit by bit until `deadline`."""
    return {"connect": min(CONNECT_TIMEOUT_S, deadline), "read": deadline, "write": deadline, "pool": deadline}


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
    (
        httpx.ConnectTimeout,
        NoAnswer.UNREACHABLE,
        "no connection within {connect:g} s: a wrong host, or a firewall",
    ),
    (httpx.PoolTimeout, NoAnswer.TOO_SLOW, "no free connection within {total:g} s: too much at the same time"),
    (httpx.TimeoutException, NoAnswer.TOO_SLOW, "connected, but no whole answer within {total:g} s: too slow"),
    (httpx.ConnectError, NoAnswer.UNREACHABLE, "cannot connect: {error}"),
    (httpx.NetworkError, NoAnswer.BROKEN, "the connection broke: {error}"),
    (
        httpx.RemoteProtocolError,
        NoAnswer.BROKEN,
        "the connection ended without a whole answer: {error}",
    ),
    (httpx.HTTPError, NoAnswer.BROKEN, "no answer: {error}"),
)


def describe_failure(error: httpx.HTTPError, total_s: float) -> str:
    """Why no answer came, in words. May hold what the other side sent: mask it."""
    words = next(words for kind, _, words in _FAILURES if isinstance(error, kind))
    return words.format(
        connect=min(CONNECT_TIMEOUT_S, total_s), total=total_s, error=str(error) or type(error).__name__
    )


def no_answer_of(error: httpx.HTTPError) -> NoAnswer:
    """Why no answer came."""
    return next(why for kind, why, _ in _FAILURES if isinstance(error, kind))
