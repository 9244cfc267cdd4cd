"""A simulator behind httpx, in this process: no socket, no thread, no waiting unless asked to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx

from local.simulating.answers import Dropped, Stream
from local.simulating.simulator import Simulator

_ERRORS: dict[str, type[httpx.TransportError]] = {
    "down": httpx.ConnectError,
    "reset": httpx.ReadError,
    "reset_after": httpx.RemoteProtocolError,
    "timeout_before": httpx.ReadTimeout,
    "timeout_after": httpx.ReadTimeout,
    "caller_gone": httpx.ReadTimeout,
    "cut": httpx.RemoteProtocolError,
    "stall": httpx.ReadTimeout,
}


def mock_transport(
    simulator: Simulator[Any, Any, Any], sleep: Callable[[float], None] | None = None
) -> httpx.MockTransport:
    """A transport that answers from `simulator` and raises what httpx would raise for a dropped call.

    The latency in force is compared with the read timeout of the request: a caller that waits less gets
    `httpx.ReadTimeout`, although the simulator acted. `sleep` is told every second that a real caller would
    have waited, so that a simulated clock can move on.
    """

    def answer(request: httpx.Request) -> httpx.Response:
        patience: float | None = request.extensions.get("timeout", {}).get("read")
        latency = simulator.latency_s
        heard = patience is None or latency <= patience
        wait = latency if heard else patience
        if sleep is not None and wait:
            sleep(wait)
        try:
            given = simulator.handle(
                request.method,
                request.url.raw_path.decode("ascii"),
                request.headers,
                request.content,
                heard=heard,
            )
        except Dropped as dropped:
            error = _ERRORS[dropped.kind]
            if sleep is not None and error is httpx.ReadTimeout and heard and patience:
                sleep(patience - latency)
            raise error(f"simulated: {dropped}", request=request) from dropped
        if isinstance(given, Stream):
            return httpx.Response(given.status, headers=given.headers, stream=_Pieces(given, request, sleep))
        return httpx.Response(given.status, headers=given.headers, content=given.body)

    return httpx.MockTransport(answer)


class _Pieces(httpx.SyncByteStream):
    """A stream as httpx reads it. Closed before its end, its caller has left."""

    def __init__(self, stream: Stream, request: httpx.Request, sleep: Callable[[float], None] | None) -> None:
        self._stream = stream
        self._request = request
        self._sleep = sleep
        self._told = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream.pieces:
            if self._sleep is not None and piece.wait_s:
                self._sleep(piece.wait_s)
            yield piece.content
        if self._stream.fault:
            raise _ERRORS[self._stream.fault](f"simulated: {self._stream.fault}", request=self._request)
        self._tell(complete=True)

    def close(self) -> None:
        self._tell(complete=False)

    def _tell(self, *, complete: bool) -> None:
        if not self._told:
            self._told = True
            self._stream.told(complete)
