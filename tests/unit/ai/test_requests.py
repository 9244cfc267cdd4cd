"""Asking for an analysis: the same question is asked once, a changed one anew."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.requests import RequestedBy, RequestPorts, encode_task_id, request_analysis, task_id_of
from taskbridge.ai.rulebook import RuleBook, Switches, current_analysis
from taskbridge.ai.rules import DefaultRule
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.ai.settings import AiSettings, ModelChoice
from taskbridge.errors import StoreError
from tests.fakes_ai import MemoryOutbox, MemoryRules, MemorySeats

SETTINGS = AiSettings(examine_enable=True, examine_default_all_apps=True, platform_id="aigc", model="m")


class Desk:
    """A seat with a rule, and everything that a request needs."""

    def __init__(self) -> None:
        self.seats, self.outbox, self.rules = MemorySeats(), MemoryOutbox(), MemoryRules()
        self.rules.stored_defaults["app", "n"] = DefaultRule(app_id="app", node_id="n", rule="r", version=1)
        self.book = RuleBook(self.rules, lambda: Switches(SETTINGS, ModelChoice("aigc", "m")))
        self.count = 0
        self.ports = RequestPorts(self.seats, self.outbox, self.book.standing, lambda: "2026-11-22T01:00:00Z", self._id)
        self.put()

    def put(self, **changes: Any) -> Seat:
        facts: dict[str, Any] = {
            "uid": "u",
            "task_id": "T1",
            "sess_id": "S1",
            "app_id": "app",
            "node_id": "n",
            "state": SeatState.OPEN,
            "version": 1,
            "form_hash": "f1",
            "received_on": "2026-11-22",
        }
        seat = Seat(**{**facts, **changes})
        self.seats.items["u", "T1"] = seat
        return seat

    def seat(self) -> Seat:
        return self.seats.items["u", "T1"]

    def ask(self, by: RequestedBy = RequestedBy.AUTO, seat: Seat | None = None) -> Analysis | None:
        seat = seat or self.seat()
        return request_analysis(seat, self.book.standing(seat), by, self.ports)

    def end(self, status: AnalysisStatus) -> None:
        seat = self.seat()
        assert seat.analysis
        finished = Analysis(
            id=seat.analysis.id, basis=seat.analysis.basis, status=status, rule_version="x", created_at="y"
        )
        assert self.seats.settle("u", "T1", seat.analysis.id, finished)

    def _id(self) -> str:
        self.count += 1
        return f"id{self.count}"


def test_a_request_puts_a_pending_analysis_and_a_message() -> None:
    desk = Desk()
    analysis = desk.ask()
    assert analysis is not None
    assert analysis.status is AnalysisStatus.PENDING
    assert [message.analysis_id for message in desk.outbox.sent] == [analysis.id]
    assert task_id_of(analysis.id) == "T1"


def test_a_second_request_while_it_is_pending_sends_the_message_again_and_begins_nothing() -> None:
    desk = Desk()
    first = desk.ask()
    again = desk.ask()
    assert again is not None
    assert first is not None
    assert again.id == first.id
    assert len(desk.outbox.sent) == 2


@pytest.mark.parametrize(
    ("status", "by", "is_new"),
    [
        (AnalysisStatus.DONE, RequestedBy.AUTO, False),
        (AnalysisStatus.DONE, RequestedBy.MANUAL, False),
        (AnalysisStatus.DONE, RequestedBy.FORCED, True),
        (AnalysisStatus.FAILED, RequestedBy.AUTO, False),
        (AnalysisStatus.FAILED, RequestedBy.MANUAL, True),
        (AnalysisStatus.FAILED, RequestedBy.FORCED, True),
    ],
)
def test_what_ended_is_asked_again_only_by_who_wants_it(status: AnalysisStatus, by: RequestedBy, is_new: bool) -> None:
    desk = Desk()
    first = desk.ask()
    desk.end(status)
    again = desk.ask(by)
    assert first is not None
    assert again is not None
    assert (again.id != first.id) is is_new


def test_a_changed_form_is_another_question() -> None:
    desk = Desk()
    first = desk.ask()
    desk.put(form_hash="f2", analysis=desk.seat().analysis)
    again = desk.ask()
    assert first is not None
    assert again is not None
    assert again.id != first.id
    assert current_analysis(desk.seat(), desk.book.standing(desk.seat())) == again


def test_who_reads_an_old_seat_asks_todays_question() -> None:
    desk = Desk()
    old = desk.seat()
    desk.put(form_hash="f2")
    newer = desk.ask()
    assert desk.ask(seat=old) == newer, "the one that is under way by now"


@pytest.mark.parametrize(
    "changes", [{"state": SeatState.DONE}, {"state": SeatState.GONE}, {"form_hash": ""}, {"node_id": "without a rule"}]
)
def test_nothing_is_asked_where_there_is_nothing_to_ask(changes: dict[str, object]) -> None:
    desk = Desk()
    desk.put(**changes)
    assert desk.ask(RequestedBy.MANUAL) is None
    assert desk.outbox.sent == []


def test_a_message_that_does_not_get_in_is_an_error_and_the_next_request_sends_it() -> None:
    desk = Desk()
    desk.outbox.send = lambda messages: {0}  # type: ignore[method-assign]
    with pytest.raises(StoreError):
        desk.ask()
    del desk.outbox.send
    analysis = desk.ask()
    assert analysis is not None
    assert [message.analysis_id for message in desk.outbox.sent] == [analysis.id]


def test_of_eight_that_force_at_once_one_wins_and_the_others_get_it() -> None:
    desk = Desk()
    desk.ask()
    desk.end(AnalysisStatus.DONE)
    read_together = desk.seat()

    got = [desk.ask(RequestedBy.FORCED, read_together) for _ in range(8)]

    assert {each.id for each in got if each} == {got[0].id if got[0] else None}
    assert None not in got
    assert desk.seat().analysis == got[0]


def test_who_forces_gets_a_new_answer_where_another_did_not_ask_for_one() -> None:
    desk = Desk()
    old = desk.seat()
    automatic = desk.ask()

    forced = desk.ask(RequestedBy.FORCED, old)

    assert forced is not None
    assert automatic is not None
    assert forced.id != automatic.id
    assert forced.requested_by == RequestedBy.FORCED


@given(st.text(min_size=1, max_size=60))
def test_an_analysis_leads_to_its_task(task_id: str) -> None:
    assert task_id_of(f"{encode_task_id(task_id)}.x") == task_id


@pytest.mark.parametrize("given_id", ["", "x", "!!.x", ".", "====.y"])
def test_what_is_no_id_leads_nowhere(given_id: str) -> None:
    assert not task_id_of(given_id)
