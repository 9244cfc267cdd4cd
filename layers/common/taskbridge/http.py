"""HTTP: a client that is cheap to make, bodies of bounded size, and failures in words.

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
from functools import cache
from threading import Lock
from typing import Any

import httpcore
import httpx

from taskbridge.errors import NoAnswer

MAX_BODY_BYTES = 1024 * 1024
CONNECT_TIMEOUT_S = 5.0
# Shorter than what common servers keep (Tomcat 20 s, nginx 75 s), so that they rarely hang up on a request.
KEEPALIVE_S = 15.0


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


def _left(timeout: float | None) -> float | None:
    if not isinstance(timeout, _Until):
        return timeout
    left = timeout.ends - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time for the whole call is over")
    return left


class _WholeRequests(httpcore.NetworkStream):
    """Sends head and body of a request together: one system call, one packet, one TLS record instead of two.

    A timeout that is an `_Until` bounds all reads of a call together, so an answer cannot trickle in for ever.
    """

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._pending: list[bytes] = []

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._pending.append(buffer)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._pending:
            whole = b"".join(self._pending)
            self._pending.clear()
            self._stream.write(whole, _left(timeout))
        return self._stream.read(max_bytes, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _WholeRequests(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _WholeRequests(super().connect_tcp(*args, **kwargs))


class _Transport(httpx.HTTPTransport):
    """httpx's own transport over a pool with `_Backend`, which httpx gives no way to ask for."""

    def __init__(self, max_connections: int) -> None:
        super().__init__(verify=tls_context(), trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls_context(),
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=KEEPALIVE_S,
            network_backend=_Backend(),
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


def build_http_client(max_connections: int) -> httpx.Client:
    """An HTTP/1.1 client with one pool of kept connections. Threads may share it.

    Its requests bring their own timeouts, as `timeouts` makes them.
    """
    return DirectClient(_Transport(max_connections))


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
    """Status, headers (names lower-case) and body, which is cut at `limit` bytes. Raises httpx.HTTPError."""
    response = client.send(request, stream=True)
    try:
        body = read_body(response, limit)
    finally:
        response.close()
    return response.status_code, lower_headers(response), body


def lower_headers(response: httpx.Response) -> dict[str, str]:
    """The headers with their names in lower case."""
    return {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers.raw}


def read_body(response: httpx.Response, limit: int = MAX_BODY_BYTES) -> bytes:
    """The body, cut at `limit` bytes. Raises httpx.HTTPError."""
    chunks = []
    size = 0
    for chunk in response.iter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            break
    return b"".join(chunks)[:limit]


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
