"""The task center behind httpx, in this process: no socket, no thread, no waiting unless asked to."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from local.jinzhi_simulator.faults import Dropped
from local.jinzhi_simulator.model import TaskCenter

_ERRORS: dict[str, type[httpx.TransportError]] = {
    "down": httpx.ConnectError,
    "reset": httpx.ReadError,
    "reset_after": httpx.RemoteProtocolError,
    "timeout_before": httpx.ReadTimeout,
    "timeout_after": httpx.ReadTimeout,
    "caller_gone": httpx.ReadTimeout,
}


def mock_transport(task_center: TaskCenter, sleep: Callable[[float], None] | None = None) -> httpx.MockTransport:
    """A transport that answers from `task_center` and raises what httpx would raise for a dropped call.

    The latency in force is compared with the read timeout of the request: a caller that waits less gets
    `httpx.ReadTimeout`, although the task center acted. `sleep` is told every second that a real caller would
    have waited, so that a simulated clock can move on.
    """

    def answer(request: httpx.Request) -> httpx.Response:
        patience: float | None = request.extensions.get("timeout", {}).get("read")
        latency = task_center.latency_s
        heard = patience is None or latency <= patience
        wait = latency if heard else patience
        if sleep is not None and wait:
            sleep(wait)
        try:
            given = task_center.handle(
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
        return httpx.Response(given.status, headers=given.headers, content=given.body)

    return httpx.MockTransport(answer)
