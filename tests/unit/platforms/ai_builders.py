"""Questions, answers and servers with defaults, for the tests of AI platforms."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from taskbridge.access.tokens import TokenCache
from taskbridge.platforms import build_ai_platform
from taskbridge.platforms.ai import Question
from taskbridge.platforms.ai_client import AiPlatformClient
from taskbridge.platforms.ai_platform import AiPlatform
from tests.memory_tokens import MemoryTokenStore
from tests.unit.platforms.builders import SECRET, Clock, Server

AIGC = {"host": "https://ai.school.edu.cn", "app_id": "app-7", "model": "Qwen2.5-32B-Instruct"}
OPENAI = {"base_url": "https://dashscope.aliyuncs.com/compatible-mode/v1", "model": "qwen-plus"}
FRESH = "fresh-token-1"
ISSUED = httpx.Response(200, json={"code": 0, "data": {"access_token": FRESH}})
SYSTEM, USER = "按规则审核表单。请以 JSON 作答。", "【表单】姓名：张三；身份证：11010519491231002X"


def question(**changes: Any) -> Question:
    values: dict[str, Any] = {"system": SYSTEM, "user": USER, "uid": "2026002"}
    return Question(**{**values, **changes})


def aigc(**settings: Any) -> AiPlatform:
    return build_ai_platform("aigc", "Aigc", {**AIGC, **settings})


def openai(**settings: Any) -> AiPlatform:
    return build_ai_platform("qwen", "OpenAICompatible", {**OPENAI, **settings})


def answered(text: str, **data: Any) -> httpx.Response:
    return httpx.Response(200, json={"code": 0, "data": {"answer": text, "question_id": "q-1", **data}})


def completed(text: str | None, finish: str = "stop", **message: Any) -> httpx.Response:
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    usage = {"prompt_tokens": 1200, "completion_tokens": 300, "total_tokens": 1500}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "model": "qwen-plus", "choices": [choice], "usage": usage}
    return httpx.Response(200, json=body)


def event_stream(*frames: str | bytes, **headers: str) -> httpx.Response:
    body = b"".join(frame.encode() if isinstance(frame, str) else frame for frame in frames)
    return httpx.Response(200, headers={"content-type": "text/event-stream", **headers}, content=body)


def data(body: object, event: str = "") -> str:
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {json.dumps(body, ensure_ascii=False)}\n\n"


def fragments(*texts: str) -> list[str]:
    return [data({"text": text}) for text in texts]


def chunk(text: str | None = None, finish: str | None = None, **delta: Any) -> str:
    choice = {"index": 0, "delta": {"content": text, **delta}, "finish_reason": finish}
    return data({"id": "chatcmpl-1", "model": "qwen-plus", "choices": [choice], "usage": None})


USAGE = data(
    {"id": "chatcmpl-1", "model": "qwen-plus", "choices": [], "usage": {"prompt_tokens": 900, "completion_tokens": 70}}
)
DONE = "data: [DONE]\n\n"
END = "event: end\ndata: {}\n\n"


def tokens_for(clock: Callable[[], float]) -> TokenCache:
    return TokenCache(MemoryTokenStore(clock), clock, lambda _: None, lambda: 0.5)


def ai_client(
    platform: AiPlatform,
    server: Callable[[httpx.Request], httpx.Response],
    secrets: tuple[str, ...] = (SECRET,),
    sleep: Callable[[float], None] = lambda _: None,
) -> AiPlatformClient:
    clock = Clock()
    http = httpx.Client(transport=httpx.MockTransport(server))
    return AiPlatformClient(platform, http, tokens_for(clock), lambda _: secrets, clock, sleep)


def served(*answers: httpx.Response | Exception) -> Server:
    """A server that issues a token first."""
    return Server(ISSUED, *answers)


def parts_of(request: httpx.Request) -> dict[str, str]:
    """The parts of a multipart form by name; those with a file name show it."""
    from email import message_from_bytes
    from email.policy import HTTP

    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + request.read(), policy=HTTP)
    found: dict[str, str] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        payload = part.get_payload(decode=True)
        found[name] = (payload if isinstance(payload, bytes) else b"").decode("utf-8", "replace")
        file_name = part.get_filename()
        if file_name:
            found[f"{name}.filename"] = file_name
            found[f"{name}.type"] = part.get_content_type()
    return found


Script = Callable[[Callable[[bytes], None], threading.Event], None]


@contextmanager
def streaming_server(script: Script, headers: Mapping[str, str] | None = None) -> Iterator[str]:
    """A real server; `script` writes the body by its first argument, and waits for nothing but its second: the end."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            if self.path.endswith("get_access_token"):
                body = json.dumps({"code": 0, "data": {"access_token": FRESH}}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return
            self.send_response(200)
            for name, value in {"content-type": "text/event-stream", "connection": "close", **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.close_connection = True
            script(self._write, over)

        def _write(self, piece: bytes) -> None:
            self.wfile.write(piece)
            self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()
