"""How the stack shows what the AI says: while the words come, and at the end."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest
from rich.console import Console

from local.analyses import SeatRow, StackAnalyses
from local.picture import Stage, analysis_table, describe
from local.watching import Picture
from taskbridge.ai.results import Review, Verdict
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.tables.ai_answers import Answer, AnswerStatus, Piece

KEY = ("u-1", "T-1")


class Tables:
    """Seats and answers in memory, with a count of what was asked."""

    def __init__(self) -> None:
        self.seats: dict[tuple[str, str], Seat] = {}
        self.answers: dict[str, Answer] = {}
        self.texts: dict[str, list[str]] = {}
        self.read: list[int] = []

    def get_many(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Seat]:
        return {key: self.seats[key] for key in keys if key in self.seats}

    def heads(self, answer_ids: Iterable[str]) -> dict[str, Answer]:
        return {each: self.answers[each] for each in answer_ids if each in self.answers}

    def pieces(self, answer_id: str, after: int) -> list[Piece]:
        self.read.append(after)
        texts = self.texts.get(answer_id, [])
        return [Piece(number, text) for number, text in enumerate(texts, start=1) if number > after][:2]

    def put(self, status: AnalysisStatus, state: SeatState = SeatState.OPEN, reason: str = "") -> None:
        verdict = Verdict.APPROVE if status is AnalysisStatus.DONE else None
        analysis = Analysis(
            id="A-1",
            basis="b",
            status=status,
            rule_version="default-1",
            created_at="2026-11-22T00:00:00.000+00:00",
            answer_id="F-1",
            verdict=verdict,
            reason=reason,
        )
        self.seats[KEY] = Seat(
            uid="u-1",
            task_id="T-1",
            sess_id="P-1",
            app_id="leave",
            node_id="advisor",
            state=state,
            version=1,
            node_name="班主任审批",
            subject="请假",
            decision="rejected" if state is SeatState.DONE else "",
            analysis=analysis,
        )

    def finish(self, downgraded: str | None = None) -> None:
        review = Review(verdict=Verdict.APPROVE, summary="都符合。", downgraded=downgraded)
        last = len(self.texts["F-1"])
        self.answers["F-1"] = Answer("F-1", AnswerStatus.DONE, review, last)


@pytest.fixture
def tables() -> Tables:
    return Tables()


@pytest.fixture
def analyses(tables: Tables) -> StackAnalyses:
    return StackAnalyses(tables, tables)


def only(analyses: StackAnalyses) -> SeatRow:
    (found,) = analyses.rows([KEY, ("u-2", "T-1")])
    return found


def a_row(status: str, *, text: str = "", verdict: str = "", summary: str = "", reason: str = "") -> SeatRow:
    return SeatRow("u-1", "T-1", "请假", "班主任审批", status, verdict, "", text, summary, reason)


def picture(*seats: SeatRow) -> Picture:
    return Picture((), (), {}, {}, (), seats)


def test_words_are_shown_as_they_come_and_each_is_read_once(tables: Tables, analyses: StackAnalyses) -> None:
    # given
    tables.put(AnalysisStatus.RUNNING)
    tables.texts["F-1"] = ["请假", "两天，"]
    first = only(analyses).text

    # when
    tables.texts["F-1"].append("符合。")
    then = only(analyses)

    # then
    assert (first, then.text, then.is_under_way) == ("请假两天，", "请假两天，符合。", True)
    assert tables.read == [0, 2, 2, 3]


def test_a_finished_answer_is_shown_whole_and_never_read_again(tables: Tables, analyses: StackAnalyses) -> None:
    # given
    tables.put(AnalysisStatus.DONE)
    tables.texts["F-1"] = ["一", "二", "三"]
    tables.finish(downgraded="没有证据")

    # when
    rows = [only(analyses), only(analyses)]

    # then
    assert rows[0] == rows[1]
    assert (rows[0].text, rows[0].summary, rows[0].reason) == ("一二三", "都符合。", "没有证据")
    assert (rows[0].status, rows[0].verdict, rows[0].is_under_way) == ("done", "approve", False)
    assert tables.read == [0, 2]


def test_the_analysis_of_a_task_that_is_done_is_processed(tables: Tables, analyses: StackAnalyses) -> None:
    tables.put(AnalysisStatus.DONE, SeatState.DONE)

    assert (only(analyses).status, only(analyses).decision) == ("processed", "rejected")


def test_a_task_that_is_gone_is_not_shown(tables: Tables, analyses: StackAnalyses) -> None:
    tables.put(AnalysisStatus.DONE, SeatState.GONE)

    assert analyses.rows([KEY]) == []


def test_an_analysis_that_waits_says_for_what(tables: Tables, analyses: StackAnalyses) -> None:
    tables.put(AnalysisStatus.PENDING, reason="额度用尽")

    assert (only(analyses).status, only(analyses).reason, only(analyses).text) == ("pending", "额度用尽", "")


def test_a_pipe_is_told_each_verdict_once() -> None:
    # given
    out = io.StringIO()
    stage = Stage(Console(file=out, width=200), to_send=1, to_settle=1)

    # when
    with stage:
        stage.show(picture(a_row("running", text="请假两天")))
        stage.show(picture(a_row("done", verdict="approve", summary="都符合。")))
        stage.show(picture(a_row("done", verdict="approve", summary="都符合。")))

    # then
    shown = out.getvalue()
    assert shown.count("AI: T-1 for u-1: approve 都符合。") == 1
    assert "analyses: 1 running" in shown
    assert describe(picture()).endswith("analyses: none")


def test_a_terminal_sees_the_last_words_of_what_is_under_way() -> None:
    # given
    out = io.StringIO()
    console = Console(file=out, width=200, force_terminal=True)

    # when
    with Stage(console, to_send=1, to_settle=1) as stage:
        stage.show(picture(a_row("running", text="开头" + "。" * 400 + " 附件齐全"), a_row("done", summary="[都符合]")))

    # then
    shown = out.getvalue()
    assert "附件齐全" in shown
    assert "开头" not in shown
    assert "[都符合]" in shown


def test_the_table_at_the_end_has_what_was_said_and_why() -> None:
    # given
    console = Console(width=200, file=io.StringIO(), record=True)

    # when
    rows = [a_row("done", verdict="needs_human", summary="[1] 条无法判断", reason="没有证据"), a_row("")]
    console.print(analysis_table(rows))

    # then
    text = console.export_text()
    assert "[1] 条无法判断" in text
    assert "没有证据" in text
    assert text.count("T-1") == 1
