"""A plain caller of the simulated AI platform, for its tests; it retries nothing and hides nothing."""

from __future__ import annotations

import json
import random
from typing import Any

import httpx

from local.aigc_simulator import AiPlatform, Settings, mock_transport

TOKEN = "t0123456789abcdef"
FORM = (("leave", "请假时间", "事假 2026-11-23 上午 至 2026-11-24 下午，共 2 天"), ("proof", "证明材料", "请柬.pdf"))
CLAUSES = ("请假不超过 3 天", "须附证明材料")


def system_text(*clauses: str) -> str:
    numbered = "\n".join(f"{number}. {clause}" for number, clause in enumerate(clauses, start=1))
    return f"你是审批助理。\n\n# 审批规则\n\n{'；'.join(clauses)}\n\n# 关注要点\n\n（无）\n\n# 条款\n\n{numbered}\n"


def section(title: str, body: str) -> str:
    return f"<<<材料开始 {TOKEN} {title}>>>\n{body}\n<<<材料结束 {TOKEN} {title}>>>"


def user_text(
    fields: tuple[tuple[str, str, str], ...] = FORM,
    files: dict[str, str] | None = None,
    closing: str = "请按格式核对。",
) -> str:
    form = section("表单", "\n".join(f"[{key}] {label}：{text}" for key, label, text in fields))
    attachments = [section(name, body) for name, body in (files or {}).items()]
    head = f"今天的日期（任务收到之日）：2026-11-22\n边界标记：{TOKEN}"
    return "\n\n".join([head, form, *attachments, closing])


class Caller:
    """Calls a platform of its own, or the one at `url`, with a token that is fetched once."""

    def __init__(self, url: str = "", **settings: Any) -> None:
        self.now = 1_000.0
        self.waited: list[float] = []
        self.platform = AiPlatform(lambda: self.now, random.Random(7), Settings(**settings))
        transport = None if url else mock_transport(self.platform, self.waited.append)
        self.http = httpx.Client(base_url=url or "http://aigc", transport=transport, trust_env=False, timeout=10)
        self.token = str(self.fetch_token().json()["data"]["access_token"])

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def fetch_token(self, secret: str = "simulated-secret") -> httpx.Response:
        return self.http.post("/api/v1/get_access_token", json={"appid": "taskbridge", "appsecret": secret})

    def form(self, path: str, fields: dict[str, str], file: tuple[str, bytes] | None = None) -> httpx.Response:
        parts: list[tuple[str, Any]] = [(name, (None, value)) for name, value in fields.items()]
        if file is not None:
            parts.append(("file", file))
        return self.http.post(f"/api/v1/{path}", files=parts)

    def ask(self, path: str = "talk", **fields: str) -> httpx.Response:
        known = {"uid": "u-1"} if path != "visitor" else {}
        asked = {"prompt": system_text(*CLAUSES), "question": user_text()}
        return self.form(path, {"access_token": self.token, **known, **asked, **fields})

    def upload(self, content: bytes = b"%PDF-1.7 ...", *, name: str = "附件1.pdf", ocr: str = "true") -> httpx.Response:
        return self.form("upload", {"access_token": self.token, "ocr": ocr}, (name, content))

    def code(self, response: httpx.Response) -> str:
        return str(response.json()["code"])


def verdict_of(answer: str) -> dict[str, Any]:
    """The verdict in an answer, whatever its form."""
    if answer.startswith("data: "):
        answer = "".join(json.loads(line.removeprefix("data: "))["text"] for line in answer.split("\n"))
    found: dict[str, Any] = json.loads(answer[answer.index('{"verdict"') :].removesuffix("\n```"))
    return found


def fragments(stream: str) -> tuple[str, list[str]]:
    """The text of a stream, and the names of its other events in order."""
    text, events, event = "", [], ""
    for line in stream.split("\n"):
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line == "data: [DONE]":
            events.append("DONE")
        elif line.startswith("data: "):
            data = json.loads(line.removeprefix("data: "))
            text, events = (text, [*events, event]) if event else (text + data["text"], events)
    return text, events
