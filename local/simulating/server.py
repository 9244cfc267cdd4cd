"""A simulator behind real HTTP/1.1 on this machine, with its state in a file."""

from __future__ import annotations

import contextlib
import io
import selectors
import signal
import socket
import struct
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from local.simulating.answers import SIMULATOR_HEADER, Answer, Dropped, Stream, json_answer
from local.simulating.faults import CALLER_GONE
from local.simulating.keeping import write_snapshot

SAVE_INTERVAL_S = 1.0
SAVE_SHARE = 20  # a save that takes long is followed by a pause of so many times its length
LAST_ANSWERS_S = 2.0

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, for 0 seconds


class BaseSimulatorServer(ThreadingHTTPServer, ABC):
    """Serves one simulator, a thread a connection; one request at a time is worked on, streams go out side by side.

    `start` returns at once; `stop` lets the answers under way go out, saves and closes. Without a state file
    nothing is kept. A simulator fills in its name and what is abstract here.
    """

    daemon_threads = True
    request_queue_size = 128
    simulator_name = ""

    def __init__(self, address: tuple[str, int], state_file: Path | None = None) -> None:
        super().__init__(address, _Handler)
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._state_file = state_file
        self._changed = False
        self._answering = 0
        self._quiet = threading.Condition(self.lock)
        serving = {"poll_interval": 0.02}
        self._workers = [threading.Thread(target=self.serve_forever, kwargs=serving, daemon=True)]
        if state_file is not None:
            self._workers.append(threading.Thread(target=self._keep_saving, daemon=True))

    @property
    def max_body_bytes(self) -> int:
        """A body of more bytes is refused without being read."""
        return 10_000_000

    @property
    @abstractmethod
    def latency_s(self) -> float:
        """Seconds that an answer takes now."""

    @property
    @abstractmethod
    def hang_s(self) -> float:
        """Seconds that a timed-out caller is kept waiting."""

    @abstractmethod
    def is_control(self, path: str) -> bool:
        """Whether `path` belongs to the simulator rather than to what it simulates."""

    @abstractmethod
    def control(self, method: str, path: str, body: bytes) -> Answer:
        """Answers a control request."""

    @abstractmethod
    def handle_call(
        self, method: str, path: str, headers: dict[str, str], body: bytes, *, heard: bool
    ) -> Answer | Stream:
        """Answers any other request; raises `Dropped`."""

    @abstractmethod
    def snapshot(self) -> object:
        """What the state file is to hold."""

    @property
    def url(self) -> str:
        """The address of the server, without a slash at the end."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        """Begins to serve, in threads of its own."""
        for thread in self._workers:
            thread.start()

    def stop(self) -> None:
        """Ends in order: no new work, the last answers out, the state saved, the port free."""
        with self.lock:
            self.stopping.set()
            self._quiet.wait_for(lambda: self._answering == 0, LAST_ANSWERS_S)
        self.shutdown()
        for thread in self._workers:
            thread.join()
        self._save()
        self.server_close()

    @contextlib.contextmanager
    def visit(self) -> Iterator[None]:
        """Holds the stop back until what is done within has been answered."""
        with self.lock:
            if self.stopping.is_set():
                raise Dropped("down", acted=False)
            self._answering += 1
        try:
            yield
        finally:
            with self.lock:
                self._answering -= 1
                self._quiet.notify_all()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes, *, heard: bool) -> Answer | Stream:
        """Answers one request, one at a time; raises `Dropped`."""
        with self.lock:
            if self.is_control(path):
                self._changed = self._changed or method == "POST"
                return self.control(method, path, body)
            self._changed = True
            return self.handle_call(method, path, headers, body, heard=heard)

    def tell(self, stream: Stream, *, complete: bool) -> None:
        """Tells the simulator how a stream ended."""
        with self.lock:
            self._changed = True
            stream.told(complete)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that hang up are part of the game; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def _keep_saving(self) -> None:
        pause = SAVE_INTERVAL_S
        while not self.stopping.wait(pause):
            started = time.monotonic()
            try:
                self._save()
            except OSError as error:
                print(f"the state was not saved, it is tried again: {error}", file=sys.stderr, flush=True)
            pause = max(SAVE_INTERVAL_S, SAVE_SHARE * (time.monotonic() - started))

    def _save(self) -> None:
        if self._state_file is None:
            return
        with self.lock:
            if not self._changed:
                return
            snapshot = self.snapshot()
            self._changed = False
        try:
            write_snapshot(self._state_file, snapshot)
        except OSError:
            self._changed = True
            raise


def serve_until_stopped(server: BaseSimulatorServer, name: str) -> None:
    """Serves until SIGTERM or SIGINT, and says where."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    server.start()
    print(f"{name}: {server.url}", flush=True)
    stopped.wait()
    server.stop()


class _Handler(BaseHTTPRequestHandler):
    server: BaseSimulatorServer
    protocol_version = "HTTP/1.1"
    server_version = "Simulator"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024  # head and body leave in one segment
    timeout = 300  # seconds that an idle connection is kept

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815

    def end_headers(self) -> None:
        self.send_header(SIMULATOR_HEADER, self.server.simulator_name)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name it has in the base)
        """Says nothing: the ledger is the log."""

    def _serve(self) -> None:
        body = self._read_body()
        if body is None:
            return
        heard = self.server.is_control(self.path) or self._wait_latency()
        try:
            with self.server.visit():
                answer = self.server.answer(self.command, self.path, dict(self.headers), body, heard=heard)
                if isinstance(answer, Stream):
                    self._stream(answer)
                else:
                    self._send(answer)
        except Dropped as dropped:
            self._drop(dropped.kind)

    def _read_body(self) -> bytes | None:
        """The body, or None where it was refused."""
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding"):
            self._refuse(411, "a Content-Length is required")
        elif not (length.isascii() and length.isdecimal()):
            self._refuse(400, "Content-Length is not a number")
        elif int(length) > self.server.max_body_bytes:
            self._refuse(413, f"more than {self.server.max_body_bytes} bytes")
        else:
            return self.rfile.read(int(length))
        return None

    def _refuse(self, status: int, problem: str) -> None:
        self.close_connection = True
        self._send(json_answer({"error": problem}, status))

    def _send(self, answer: Answer) -> None:
        self._send_head(answer.status, answer.headers | {"content-length": str(len(answer.body))})
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def _send_head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name != SIMULATOR_HEADER:
                self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _stream(self, stream: Stream) -> None:
        """Sends a stream piece by piece, each at its time; a server that stops cuts it off."""
        complete = False
        try:
            self._send_head(stream.status, stream.headers | {"transfer-encoding": "chunked"})
            for piece in stream.pieces:
                if piece.wait_s:
                    self.wfile.flush()
                    if self._caller_leaves(piece.wait_s) or self.server.stopping.is_set():
                        raise Dropped(CALLER_GONE, acted=True)
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece.content), piece.content))
            self.wfile.flush()
            if stream.fault:
                raise Dropped({"cut": "reset", "stall": "timeout_after"}[stream.fault], acted=True)
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
            complete = True
        finally:
            self.server.tell(stream, complete=complete)

    def _wait_latency(self) -> bool:
        """Waits as long as a slow platform would; False if the caller has left by then."""
        latency = self.server.latency_s
        return latency <= 0 or not self._caller_leaves(latency)

    def _drop(self, kind: str) -> None:
        """Hangs, hangs up in order, or resets the connection."""
        self.close_connection = True
        if kind.startswith("timeout"):
            self._caller_leaves(self.server.hang_s)
        if kind in ("down", "reset", CALLER_GONE):
            with contextlib.suppress(OSError):
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            for part in (self.rfile, self.wfile, self.connection):
                part.close()
            self.wfile = io.BytesIO()  # the base flushes it once more

    def _caller_leaves(self, within: float) -> bool:
        """Waits for `within` seconds, or until the caller hangs up or the server stops."""
        until = time.monotonic() + within
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            while (left := until - time.monotonic()) > 0 and not self.server.stopping.is_set():
                if not selector.select(min(left, 0.2)):
                    continue
                if not _peek(self.connection):
                    return True
                self.server.stopping.wait(min(left, 0.2))  # it sends ahead; nothing to see until it hangs up
        return False


def _peek(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1, socket.MSG_PEEK)
    except OSError:
        return b""
