"""A simulator behind real HTTP/1.1 on this machine, with its state in a file."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from aiohttp import web

from local.simulating.answers import SIMULATOR_HEADER, Answer, Dropped, Stream, json_answer
from local.simulating.faults import CALLER_GONE
from local.simulating.keeping import write_snapshot
from local.simulating.simulator import Simulator

SAVE_INTERVAL_S = 1.0
SAVE_SHARE = 20  # a save that takes long is followed by a pause of so many times its length
LAST_ANSWERS_S = 2.0
IDLE_S = 300.0
_LOOK_S = 0.2

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, for 0 seconds

T = TypeVar("T", bound=Simulator[Any, Any, Any])


class SimulatorServer(Generic[T]):
    """Serves one simulator: one call at a time is worked on, streams go out side by side.

    It listens from the beginning. `start` returns at once; `stop` lets the answers under way go out, saves and closes.
    Without a state file nothing is kept. Everything but the two runs in a thread of its own, in one event loop.
    """

    def __init__(self, address: tuple[str, int], simulator: T, state_file: Path | None = None) -> None:
        self.simulator = simulator
        self._stopping = threading.Event()
        self._state_file = state_file
        self._changed = False
        self._socket = socket.create_server(address, backlog=128)
        host, port = self._socket.getsockname()[:2]
        self.url = f"http://{host}:{port}"
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def start(self) -> None:
        """Begins to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Ends in order: no new work, the last answers out, the state saved, the port free."""
        self._stopping.set()
        self._thread.join()
        self._socket.close()
        self._write(self._take())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        manager = web.Server(self._serve)
        listener = await loop.create_server(lambda: _Connection(manager, self.simulator.name, loop), sock=self._socket)
        saving = asyncio.create_task(self._keep_saving())
        await asyncio.to_thread(self._stopping.wait)
        listener.close()
        manager.pre_shutdown()
        await manager.shutdown(LAST_ANSWERS_S)
        await saving

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        refused = _find_refusal(request, self.simulator.max_body_bytes)
        if refused is not None:
            response = self._respond(refused)
            response.force_close()
            return response
        try:
            return await self._answer(request, await request.content.read())
        except ConnectionError:
            return web.Response()  # the caller left before it had said everything
        except Dropped as dropped:
            await self._drop(request, dropped.kind)
            return web.Response()  # which nobody gets

    async def _answer(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        simulator, path = self.simulator, request.raw_path
        is_control = simulator.is_control(path)
        heard = is_control or not await self._caller_leaves(request, simulator.latency_s)
        if self._stopping.is_set():
            raise Dropped("down", acted=False)
        self._changed = self._changed or not is_control or request.method == "POST"
        if is_control:
            return self._respond(simulator.control(request.method, path, body))
        answer = simulator.handle(request.method, path, dict(request.headers), body, heard=heard)
        return await self._stream(request, answer) if isinstance(answer, Stream) else self._respond(answer)

    def _respond(self, answer: Answer) -> web.Response:
        headers = {**answer.headers, "server": "Simulator", SIMULATOR_HEADER: self.simulator.name}
        return web.Response(status=answer.status, headers=headers, body=answer.body)

    async def _stream(self, request: web.BaseRequest, stream: Stream) -> web.StreamResponse:
        """Sends a stream piece by piece, each at its time; a server that stops cuts it off."""
        complete = False
        response = web.StreamResponse(status=stream.status, headers={**stream.headers, "server": "Simulator"})
        try:
            await response.prepare(request)
            for piece in stream.pieces:
                if piece.wait_s and (await self._caller_leaves(request, piece.wait_s) or self._stopping.is_set()):
                    raise Dropped(CALLER_GONE, acted=True)
                await response.write(piece.content)
            if stream.fault:
                raise Dropped({"cut": "reset", "stall": "timeout_after"}[stream.fault], acted=True)
            await response.write_eof()
            complete = True
        except ConnectionError:
            raise Dropped(CALLER_GONE, acted=True) from None
        finally:
            self._changed = True
            stream.told(complete)
        return response

    async def _drop(self, request: web.BaseRequest, kind: str) -> None:
        """Hangs, hangs up in order, or resets the connection. How long it hangs may change while it does."""
        if kind.startswith("timeout"):
            began = time.monotonic()
            while (left := began + self.simulator.faults.hang_s - time.monotonic()) > 0:
                if await self._caller_leaves(request, min(left, _LOOK_S)) or self._stopping.is_set():
                    break
        transport = request.transport
        if transport is None:
            return
        if kind in ("down", "reset", CALLER_GONE):
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            transport.abort()
        transport.close()

    async def _caller_leaves(self, request: web.BaseRequest, within: float) -> bool:
        """Waits for `within` seconds, or until the caller hangs up or the server stops."""
        if within > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(cast("_Connection", request.protocol).woken.wait(), within)
        return request.transport is None

    async def _keep_saving(self) -> None:
        pause = SAVE_INTERVAL_S
        while not await asyncio.to_thread(self._stopping.wait, pause):
            started = time.monotonic()
            try:
                await asyncio.to_thread(self._write, self._take())
            except OSError as error:
                print(f"the state was not saved, it is tried again: {error}", file=sys.stderr, flush=True)
            pause = max(SAVE_INTERVAL_S, SAVE_SHARE * (time.monotonic() - started))

    def _take(self) -> object:
        """What is to be saved; None where nothing has changed."""
        if self._state_file is None or not self._changed:
            return None
        self._changed = False
        return self.simulator.snapshot()

    def _write(self, snapshot: object) -> None:
        if self._state_file is None or snapshot is None:
            return
        try:
            write_snapshot(self._state_file, snapshot)
        except OSError:
            self._changed = True
            raise


class _Connection(web.RequestHandler):
    """A connection, whose answers to what is no HTTP are marked as well."""

    def __init__(self, manager: web.Server, name: str, loop: asyncio.AbstractEventLoop) -> None:
        how: dict[str, Any] = {"access_log": None, "auto_decompress": False}  # None: the ledger is the log
        super().__init__(manager, loop=loop, keepalive_timeout=IDLE_S, lingering_time=0, **how)
        self._simulator_name = name
        self.woken = asyncio.Event()  # who waits for this caller is to wait no longer

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self.woken.set()

    def close(self) -> None:
        super().close()
        self.woken.set()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        response = super().handle_error(request, status, exc, message)
        response.headers[SIMULATOR_HEADER] = self._simulator_name
        return response


def _find_refusal(request: web.BaseRequest, max_body_bytes: int) -> Answer | None:
    """Why a request is turned away before its body is read; the connection is closed on the rest of it."""
    if "Transfer-Encoding" in request.headers:
        return json_answer({"error": "a Content-Length is required"}, 411)
    if (request.content_length or 0) > max_body_bytes:
        return json_answer({"error": f"more than {max_body_bytes} bytes"}, 413)
    return None
