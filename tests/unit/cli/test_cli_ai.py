"""`taskbridge ai analyse`: asked, watched, shown."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from rich.cells import cell_len

from cli.errors import NO_ANSWER, REFUSED
from tests.unit.cli.terminal import Terminal, listed, ok


def result(status: str = "done", verdict: str | None = "reject", **changes: Any) -> dict[str, Any]:
    finding = {
        "clause": "不超过 5 天",
        "result": "fail",
        "reason": "申请 6 天",
        "origin": "model",
        "evidence": [{"source": "days", "page": None, "quote": "6", "verified": False}],
    }
    return {
        "id": "an-1",
        "task_id": "T-1",
        "status": status,
        "verdict": verdict,
        "summary": "超过天数",
        "text": "全文",
        "findings": [finding] if verdict else [],
        "downgraded": None,
        "model": "m",
        "reason": "",
    } | changes


def sse(*blocks: tuple[str, str, Any], retry: int | None = None) -> httpx.Response:
    text = f"retry: {retry}\n" if retry is not None else ""
    for name, event_id, data in blocks:
        text += f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\nid: {event_id}\n\n"
    return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=(text or ": none\n").encode())


def delta(number: int, text: str) -> tuple[str, str, Any]:
    return ("delta", f"a-{number}", {"number": number, "text": text})


RUNNING = ok(result("pending", None), 202)
DONE = ("done", "end", {"id": "an-1"})


def test_the_words_are_shown_while_they_come_and_the_findings_at_the_end() -> None:
    # given
    answers = [RUNNING, sse(delta(1, "先看"), retry=500), sse(), RUNNING, sse(delta(2, "天数"), DONE), ok(result())]
    terminal = Terminal(answers, is_terminal=True)

    # when
    assert terminal.run("ai", "analyse", "t-ev/1 a", "--force") == 0

    # then
    assert terminal.asked == [
        "POST /v1/ai/tasks/~dC1ldi8xIGE/analyses",
        *["GET /v1/ai/analyses/an-1/stream"] * 2,
        "GET /v1/ai/analyses/an-1",
        "GET /v1/ai/analyses/an-1/stream",
        "GET /v1/ai/analyses/an-1",
    ]
    assert json.loads(terminal.requests[0].content) == {"force": True}
    looks = [request for request in terminal.requests if request.url.path.endswith("/stream")]
    assert [request.headers.get("Last-Event-ID") for request in looks] == [None, "a-1", "a-1"]
    assert terminal.slept == [0.5, 2.0]
    assert "先看天数" in terminal.told
    assert "申请 6 天" in terminal.out
    assert "(not found there)" in terminal.out


def test_piped_there_is_only_the_result() -> None:
    terminal = Terminal([RUNNING, sse(delta(1, "x"), DONE), ok(result())])
    assert terminal.run("ai", "analyse", "T-1") == 0
    assert terminal.json == result()
    assert terminal.told == ""


def test_a_result_that_exists_is_shown_at_once() -> None:
    terminal = Terminal([ok(result())])
    assert terminal.run("ai", "analyse", "T-1") == 0
    assert len(terminal.requests) == 1


def test_without_waiting_it_is_only_asked_for() -> None:
    terminal = Terminal([RUNNING])
    assert terminal.run("ai", "analyse", "T-1", "--no-wait") == 0
    assert len(terminal.requests) == 1


def test_an_analysis_that_was_given_up_is_told_with_its_reason() -> None:
    ended = sse(("error", "end", {"code": "analysis_failed", "detail": "平台拒绝"}))
    terminal = Terminal([RUNNING, ended])
    assert terminal.run("ai", "analyse", "T-1") == REFUSED
    assert "平台拒绝 (analysis_failed)" in terminal.told


def test_a_failed_analysis_ends_with_status_one() -> None:
    terminal = Terminal([ok(result("failed", None, reason="平台拒绝"))], is_terminal=True)
    assert terminal.run("ai", "analyse", "T-1") == REFUSED
    assert "平台拒绝" in terminal.out


def test_a_stream_that_was_ended_before_is_over() -> None:
    terminal = Terminal([RUNNING, httpx.Response(204), ok(result())])
    assert terminal.run("ai", "analyse", "T-1") == 0


def test_what_an_analysis_waits_for_is_told_once() -> None:
    # given
    waiting = ok(result("pending", None, reason="AI 平台暂停服务，恢复后自动继续"))
    terminal = Terminal([RUNNING, sse(), waiting, sse(), waiting, sse(DONE), ok(result())])

    # when
    assert terminal.run("ai", "analyse", "T-1") == 0

    # then
    assert terminal.told.count("It waits: AI 平台暂停服务，恢复后自动继续") == 1


def test_an_analysis_is_not_watched_for_ever() -> None:
    terminal = Terminal(handler=lambda asked: sse() if asked.url.path.endswith("/stream") else RUNNING)
    assert terminal.run("ai", "analyse", "T-1") == NO_ANSWER
    assert "still goes on" in terminal.told


@pytest.mark.parametrize("content", ["<html>", ""])
def test_a_page_of_somebody_else_is_no_stream(content: str) -> None:
    terminal = Terminal([RUNNING, httpx.Response(200, text=content)])
    assert terminal.run("ai", "analyse", "T-1") == REFUSED
    assert "The stream is none" in terminal.told


def test_ones_tasks_are_listed_with_what_the_ai_says_of_them() -> None:
    # given
    facts = {"subject": "请假", "status": "open", "decision": None}
    analysed = {**facts, "task_id": "T-1", "result": result("done", "reject")}
    terminal = Terminal([listed([analysed, {**facts, "task_id": "T-2", "result": None}])], is_terminal=True)

    # when
    assert terminal.run("ai", "tasks", "--status", "open") == 0

    # then
    assert terminal.asked == ["GET /v1/ai/tasks?status=open&limit=50"]
    assert "reject" in terminal.out
    assert "超过天数" in terminal.out
    assert "T-2" in terminal.out


def test_ids_of_tasks_stay_whole_on_a_terminal_of_80_columns() -> None:
    # given
    shown = result("done", "needs_human", summary="【模拟器】3 条条款：1 条符合，0 条不符合，2 条无法判断。")
    facts = {"task_id": "AT-EXPENSE-3", "subject": "实验耗材报销（发票为扫描件）", "status": "open"}
    terminal = Terminal([listed([{**facts, "decision": "rejected", "result": shown}])], is_terminal=True, width=80)

    # when
    assert terminal.run("ai", "tasks") == 0

    # then
    assert {"AT-EXPENSE-3", "needs_human", "rejected"} <= set(terminal.out.split())
    assert max(map(cell_len, re.sub(r"\x1b\[[0-9;]*m", "", terminal.out).splitlines())) <= 80
