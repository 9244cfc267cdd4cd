"""How botocore's clients send: by the connections that everything here shares, in the place of urllib3.

botocore asks whoever hears its event `before-send` for an answer before it sends by itself. It signs, repeats and reads
as ever; urllib3 costs as much as all of that together.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
    SSLError,
)

from taskbridge.answer_parsing import Headers
from taskbridge.call_failures import Broken, CallFailure, ConnectFailure, ConnectTimeout, CutOff, Silence, Untrusted
from taskbridge.connections import Connections, Origin, build_request, open_socket
from taskbridge.tls import LazyContext, secure

_PORTS = {"http": 80, "https": 443}
# The nearest kind of each, as botocore repeats by kinds.
_ERRORS: Mapping[type[CallFailure], type[BotoCoreError]] = {
    ConnectTimeout: ConnectTimeoutError,
    ConnectFailure: EndpointConnectionError,
    Untrusted: SSLError,
    Silence: ReadTimeoutError,
    Broken: ConnectionClosedError,
    CutOff: ConnectionClosedError,
}


class _EachStep(float):
    """As many seconds for each step of a call, as botocore counts them."""

    is_stream = False

    def left(self, least: float = 0.0) -> float:
        """See Limit."""
        return max(self, least)


class _Body:
    """A body that was read, as botocore takes it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        """The whole."""
        return [self._body]


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Headers
    body: bytes


class AwsTransport:
    """Sends prepared requests, a step within `read_s`. At most `most` connections are kept. Threads may share it.

    `authorities` is the file or the folder of the certificates that are trusted, whatever SSL_CERT_FILE names for a
    campus.
    """

    def __init__(self, connect_s: float, read_s: float, most: int, authorities: str) -> None:
        self._connect_s = connect_s
        self._limit = _EachStep(read_s)
        self._connections = Connections(self._connect, most)
        where = "capath" if Path(authorities).is_dir() else "cafile"
        self._context = LazyContext.that_loads(lambda context: context.load_verify_locations(**{where: authorities}))

    def __call__(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        """The answer; None for a request that botocore has to send itself: one of a stream. Raises HTTPClientError."""
        body = request.body or b""
        if request.stream_output or not isinstance(body, bytes):
            return None
        url = urlsplit(request.url)
        headers = [(b"Host", host_of(url).encode()), (b"Accept-Encoding", b"identity")]
        headers += [(_bytes(name), _bytes(value)) for name, value in request.headers.items()]
        try:
            answer = self.send(request.method, url, headers, body)
        except CallFailure as error:
            kind = _ERRORS.get(type(error), HTTPClientError)
            raise kind(error=error, endpoint_url=request.url, request=request) from None
        told = {name.decode("latin-1"): value.decode("latin-1") for name, value in answer.headers}
        return AWSResponse(request.url, answer.status, told, _Body(answer.body))  # type: ignore[arg-type]  # what is asked of it

    def send(self, method: str, url: SplitResult, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Answer:
        """One call, with nothing but these headers. Raises CallFailure."""
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        whole = build_request(method.encode(), target.encode(), headers, body)
        exchange = self._connections.ask(_origin_of(url), whole, self._limit, self._connect_s)
        try:
            return Answer(exchange.status, exchange.headers, b"".join(exchange.pieces()))
        finally:
            exchange.close()

    def _connect(self, origin: Origin, within_s: float) -> socket.socket:
        return secure(open_socket(origin, within_s), origin, self._context)


def _origin_of(url: SplitResult) -> Origin:
    host = url.hostname or ""
    return Origin(url.scheme, host, url.port or _PORTS[url.scheme], host)


def host_of(url: SplitResult) -> str:
    """The header `Host` as it is signed: without a port that goes without saying."""
    host = url.netloc.rpartition("@")[2]
    return host.removesuffix(f":{_PORTS[url.scheme]}")


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
