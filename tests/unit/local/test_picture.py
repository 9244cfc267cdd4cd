"""How the stack shows what happens: live, in a pipe, and at the end."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console, Group

from local.picture import Stage, describe, end_views
from local.watching import Picture
from tests.unit.local.seen import pushed, queue, task, todo

QUEUES = ("ingest", "push", "ai", "analysis")


def picture(*tasks: dict[str, Any], words: dict[str, str] | None = None, todos: int = 0, events: int = 0) -> Picture:
    return Picture(
        {f"e-{number}": pushed("succeeded") for number in range(events)},
        [*(queue(name, 12) for name in QUEUES), queue("push-dead-letters", 1)],
        tasks,
        words or {},
        [todo(f"T-LEAVE-{number}-A", subject="采购显微镜 3 台，以及其余的一切" * 3) for number in range(todos)],
    )


def terminal(width: int) -> Console:
    return Console(file=io.StringIO(), width=width, height=24, force_terminal=True, no_color=True, record=True)


def busy() -> Picture:
    """More of everything than a screen has room for."""
    tasks = [task("running", task_id=f"AT-EXPENSE-{number}", uid="approver-1") for number in range(30)]
    return picture(*tasks, words={"A-AT-EXPENSE-1": "请" * 400}, todos=170, events=200)


def test_a_pipe_is_told_each_verdict_once() -> None:
    # given
    out = io.StringIO()
    stage = Stage(Console(file=out, width=200), to_send=1, to_settle=1)

    # when
    with stage:
        stage.show(picture(task("running")))
        stage.show(picture(task("done", "approve", summary="都符合。")))
        stage.show(picture(task("done", "approve", summary="都符合。")))

    # then
    shown = out.getvalue()
    assert shown.count("AI: T-1 for u-1: approve 都符合。") == 1
    assert "analyses: 1 running" in shown
    assert describe(picture()).endswith("analyses: none")


def test_a_terminal_sees_the_last_words_of_what_is_under_way() -> None:
    # given
    console = terminal(400)
    words = {"A-T-1": "开头" + "。" * 400 + " 附件齐全"}

    # when
    with Stage(console, to_send=1, to_settle=1) as stage:
        stage.show(picture(task("running"), task("done", task_id="T-2", summary="[都符合]"), words=words))

    # then
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "附件齐全" in shown
    assert "开头" not in shown
    assert "[都符合]" in shown


def test_the_live_picture_has_room_on_a_small_terminal_with_its_ids_whole() -> None:
    # given
    console = terminal(80)

    # when
    with Stage(console, to_send=400, to_settle=200) as stage:
        stage.show(busy())
        lines = console.render_lines(stage.view, console.options)

    # then
    text = "\n".join("".join(segment.text for segment in line) for line in lines)
    assert len(lines) <= 24
    assert "AT-EXPENSE-0" in text
    assert "T-LEAVE-169-A" in text


@pytest.mark.parametrize(
    ("is_terminal", "holds"), [(True, lambda lines: lines <= 14), (False, lambda lines: lines > 170)]
)
def test_the_end_is_short_on_a_terminal_and_whole_in_a_pipe(is_terminal: bool, holds: Callable[[int], bool]) -> None:
    console = terminal(80)

    lines = console.render_lines(Group(*end_views(busy(), is_terminal=is_terminal)), console.options)

    assert holds(len(lines))


def test_the_end_shows_one_of_each_verdict_before_a_second_of_any() -> None:
    # given
    console = Console(width=200, file=io.StringIO(), record=True)
    many = [task("done", "approve", task_id=f"T-{number}") for number in range(9)]
    doubted = task("done", "needs_human", task_id="T-DOUBT", reason="没有证据", summary="[1] 条无法判断")

    # when
    for view in end_views(picture(*many, doubted, task(task_id="T-NONE")), is_terminal=True):
        console.print(view)

    # then
    text = console.export_text()
    assert "[1] 条无法判断" in text
    assert "The AI said something of 10 tasks" in text
    assert "T-NONE" not in text


def test_a_task_center_elsewhere_is_not_said_to_be_empty() -> None:
    console = Console(width=200, file=io.StringIO(), record=True)

    for view in end_views(Picture({}, [], todos=None), is_terminal=True):
        console.print(view)

    assert "cannot be read from here" in console.export_text()
