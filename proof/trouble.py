"""Who stands between the functions and AWS, and throttles, fails and hangs up. Calls of DynamoDB, SQS and SSM only.

An answer that is lost after the call was carried out is the worst of it: whoever asked does not know.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from aiohttp import ClientConnectionError, ClientSession, ClientTimeout, web

from local.processes import free_port
from local.settings import LOOPBACK

_SERVICES = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "AmazonSSM": "ssm"}
_THROTTLED = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "sqs": "ThrottlingException",
    "ssm": "ThrottlingException",
}
_KINDS = ("throttled", "failed", "reset", "lost answer")
_HOP_BY_HOP = frozenset({"transfer-encoding", "content-length", "connection", "keep-alive", "content-encoding"})
BURST_EVERY_S, BURST_S, IN_BURST = 15.0, 2.0, 0.9


class Trouble:
    """Fails the share `rate` of calls, and nearly all for 2 s in every 15. `told` counts by service and kind."""

    def __init__(self, seed: int, rate: float) -> None:
        self.told: Counter[str] = Counter()
        self.calls = 0
        self.rate = rate
        self._random = random.Random(seed)

    def next(self, service: str) -> str:
        """What happens to the next call of a service; empty where it goes well."""
        self.calls += 1
        in_burst = asyncio.get_running_loop().time() % BURST_EVERY_S < BURST_S
        rate = max(self.rate, IN_BURST) if in_burst and self.rate else self.rate
        if self._random.random() >= rate:
            return ""
        kind = self._random.choice(_KINDS)
        self.told[f"{service} {kind}"] += 1
        return kind


class Proxy:
    """Passes calls on to `upstream`, but for those that trouble wants to fail."""

    def __init__(self, upstream: str, trouble: Trouble) -> None:
        self.trouble = trouble
        self._upstream = upstream
        self._session: ClientSession | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        service = _SERVICES.get(request.headers.get("X-Amz-Target", "").partition(".")[0], "")
        kind = self.trouble.next(service) if service else ""
        if kind == "throttled":
            return _error(400, _THROTTLED[service])
        if kind == "failed":
            return _error(500, "InternalServerError")
        if kind == "reset":
            return _hang_up(request)
        try:
            answer = await self._pass_on(request)
        except ClientConnectionError:  # the emulator is not there: at the end, or while a test stops it
            return _hang_up(request)
        return _hang_up(request) if kind == "lost answer" else answer

    async def _pass_on(self, request: web.Request) -> web.Response:
        self._session = self._session or ClientSession(timeout=ClientTimeout(total=60), auto_decompress=False)
        sent = await request.read()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        async with self._session.request(
            request.method, self._upstream + request.path_qs, data=sent, headers=headers
        ) as answer:
            told = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
            return web.Response(status=answer.status, headers=told, body=await answer.read())

    async def close(self, _: web.Application) -> None:
        """The other side is needed no more."""
        if self._session:
            await self._session.close()


def _error(status: int, code: str) -> web.Response:
    return web.json_response({"__type": f"com.amazonaws#{code}", "message": "as the proof wants it"}, status=status)


def _hang_up(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response(status=500, body=json.dumps({}).encode())


@contextmanager
def troubled(upstream: str, trouble: Trouble) -> Iterator[str]:
    """A proxy before `upstream` for as long as it lasts; its address."""
    port, loop, ready = free_port(), asyncio.new_event_loop(), []
    proxy = Proxy(upstream, trouble)

    async def serve() -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", proxy.handle)
        app.on_cleanup.append(proxy.close)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, port).start()
        ready.append(runner)

    loop.run_until_complete(serve())
    thread = Thread(target=loop.run_forever, name="trouble")
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(ready[0].cleanup(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
