"""The AI queue's messages: projection, requests, publications, clearing, and what stays in the queue."""

from __future__ import annotations

import json
import zlib
from typing import Any

import msgspec
import pytest

from ai_track.batch import TrackBatchPorts, track_batch
from ai_track.journal import TrackJournal
from ai_track.pieces import MAX_TURNS
from ai_track.rule_changes import RuleChangePorts
from ai_track.track import TrackPorts
from taskbridge.ai.messages import RuleChanged, SeatsMessage, TrackMessage, encode_ai_message
from taskbridge.ai.people import EVERYONE
from taskbridge.ai.requests import RequestPorts
from taskbridge.ai.results import Review, Verdict
from taskbridge.ai.rulebook import RuleBook, Switches
from taskbridge.ai.rules import Check, DefaultRule, PersonalRule
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.ai.settings import AiSettings, ModelChoice
from taskbridge.errors import StoreError
from taskbridge.push.instances import INSTANCE
from taskbridge.push.logs import LogStatus
from taskbridge.queues import Record
from tests.builders import event, task, user
from tests.fakes import MemoryLogs
from tests.fakes_ai import (
    MemoryAnswers,
    MemoryForms,
    MemoryOutbox,
    MemoryProcesses,
    MemoryRules,
    MemorySeats,
    SilentObservability,
)

NOW = "2026-11-22T02:00:00.000+00:00"
FORM = {"fields": [{"key": "a", "label": "事由", "type": "text", "value": "出差"}]}


class Tracker:
    """ai_track with everything around it in memory."""

    def __init__(self) -> None:
        self.processes, self.forms, self.seats = MemoryProcesses(), MemoryForms(), MemorySeats()
        self.rules, self.outbox, self.logs = MemoryRules(), MemoryOutbox(), MemoryLogs()
        self.pieces, self.answers = MemoryOutbox(), MemoryAnswers()
        self.clock = 1000.0
        self.told = SilentObservability()
        self.settings = AiSettings(examine_enable=True, examine_default_all_apps=True, platform_id="aigc", model="m")
        book = RuleBook(self.rules, lambda: Switches(self.settings, ModelChoice("aigc", "m")))
        self.count = 0
        requests = RequestPorts(self.seats, self.outbox, book.standing, lambda: NOW, self._id)
        self.ports = TrackBatchPorts(
            track=TrackPorts(
                self.processes,
                self.forms,
                self.seats,
                book,
                requests,
                self.pieces,
                lambda: self.clock,
                lambda: 50.0,
                self.answers,
            ),
            publish=RuleChangePorts(
                self.rules, self.seats, self.seats.people, book, requests, self.pieces, lambda: NOW
            ),
            logs=self.logs,
            outbox=self.pieces,
            journal=TrackJournal(self.told),
            now=lambda: NOW,
        )

    def tell(self, *details: dict[str, Any]) -> list[str]:
        bodies = [encode_ai_message(TrackMessage(NOW, msgspec.Raw(json.dumps(each).encode()))) for each in details]
        return track_batch([Record(f"m{n}", "", body) for n, body in enumerate(bodies)], self.ports)

    def publish(self, sequence: int = 1, rule: str = "rule", **more: Any) -> list[str]:
        node = {"node_id": "node-2", "aiExamineRule": rule, "aiExamineAuto": True, **more}
        return self.tell(event("node_published", sequence, session=None, node=node, id=f"pub{sequence}"))

    def finish(self, uid: str = "u-2", verdict: Verdict = Verdict.APPROVE) -> None:
        """The analysis of a seat comes to an end."""
        seat = self.seats.items[uid, "T1"]
        assert seat.analysis
        finished = msgspec.structs.replace(seat.analysis, status=AnalysisStatus.DONE, verdict=verdict)
        assert self.seats.settle(uid, "T1", seat.analysis.id, finished)

    def seat(self, uid: str = "u-2") -> Seat:
        return self.seats.items[uid, "T1"]

    def analysis(self, uid: str = "u-2") -> Analysis | None:
        return self.seat(uid).analysis

    def _id(self) -> str:
        self.count += 1
        return f"id{self.count}"


def received(sequence: int = 1, **changes: Any) -> dict[str, Any]:
    return event("task_received", sequence, tasks=[task(form=FORM, **changes)])


def test_a_received_task_is_analysed_for_each_assignee() -> None:
    tracker = Tracker()
    tracker.publish()
    assert tracker.tell(received(assignees=[user("u-1"), user("u-2")])) == []
    assert sorted(message.uid for message in tracker.outbox.sent) == ["u-1", "u-2"]
    assert tracker.forms.get("T1", tracker.seat().form_hash) is not None


def test_nothing_is_analysed_that_nobody_wants_automatically() -> None:
    tracker = Tracker()
    tracker.publish(aiExamineAuto=False)
    tracker.tell(received())
    assert tracker.seat().state is SeatState.OPEN
    assert tracker.outbox.sent == []


def test_tasks_are_tracked_while_ai_approval_is_off() -> None:
    tracker = Tracker()
    tracker.settings = AiSettings(platform_id="aigc")
    tracker.publish()
    tracker.tell(received())
    assert tracker.seat().state is SeatState.OPEN
    assert tracker.outbox.sent == []


def test_a_changed_approver_takes_the_old_ones_result_and_asks_for_the_new_one() -> None:
    tracker = Tracker()
    tracker.publish()
    tracker.tell(received(assignees=[user("u-1")]))
    tracker.finish("u-1")
    tracker.tell(event("approver_changed", 2, tasks=[task(assignees=[user("u-9")])]))
    assert (tracker.seat("u-1").state, tracker.analysis("u-1")) == (SeatState.GONE, None)
    assert tracker.analysis("u-9") is not None
    assert tracker.outbox.sent[-1].uid == "u-9"


def test_a_decision_stands_beside_the_verdict_and_is_counted_once() -> None:
    tracker = Tracker()
    tracker.publish()
    tracker.tell(received())
    tracker.finish(verdict=Verdict.APPROVE)
    done = event("task_completed", 2, tasks=[task(status="completed", decision="rejected")], operator=user("u-2"))
    tracker.tell(done, done)
    tracker.tell(done)
    seat = tracker.seat()
    assert (seat.state, seat.decision) == (SeatState.DONE, "rejected")
    assert seat.analysis is not None
    assert seat.analysis.verdict is Verdict.APPROVE
    for uid in ("u-2", EVERYONE):
        counted = tracker.seats.people.get(uid, "leave", "node-2")
        assert counted is not None
        assert counted.agreement == {(Verdict.APPROVE, "rejected"): 1}


@pytest.mark.parametrize("action", ["task_aborted", "instance_terminated", "instance_completed", "instance_revoked"])
def test_whatever_ends_a_task_leaves_its_result_as_it_was(action: str) -> None:
    tracker = Tracker()
    tracker.publish()
    tracker.tell(received())
    tracker.finish()
    tracker.tell(event(action, 2))
    assert tracker.seat().state is SeatState.DONE
    assert tracker.analysis() is not None
    assert tracker.forms.ends == {("T1", tracker.seat().form_hash): 1050.0}, "the form goes after the retention time"


def test_a_deleted_instance_leaves_nothing() -> None:
    tracker = Tracker()
    tracker.publish()
    tracker.tell(received())
    tracker.finish()
    tracker.tell(event("instance_deleted", 2, backup={"task_ids": ["T1"]}))
    assert (tracker.seat().state, tracker.analysis(), tracker.forms.items) == (SeatState.GONE, None, {})


def test_a_deleted_instance_leaves_no_version_of_its_forms() -> None:
    tracker = Tracker()
    tracker.publish()
    tracker.tell(received())
    changed = {"fields": [{"key": "a", "label": "事由", "type": "text", "value": "改为参会"}]}
    tracker.tell(event("task_received", 2, tasks=[task(form=changed)]))
    assert len(tracker.forms.items) == 2

    tracker.tell(event("instance_deleted", 3, backup={"task_ids": ["T1"]}))

    assert tracker.forms.items == {}


def answered(tracker: Tracker, answer_id: str, sess_id: str = "S1", uid: str = "u-2") -> None:
    """An analysis of the task is answered, as ai_analyze does it."""
    analysis = tracker.analysis(uid)
    assert analysis is not None
    assert tracker.seats.claim(uid, "T1", analysis.id, "w", 1000.0, 1060.0)
    assert tracker.seats.attach(uid, "T1", analysis.id, "w", answer_id=answer_id, fingerprint=answer_id)
    tracker.answers.begin(answer_id, "w", 1000.0, 1060.0, 9000.0, sess_id)
    tracker.answers.append(answer_id, 1, "事由是出差", 9000.0)
    tracker.answers.finish(answer_id, "w", Review(verdict=Verdict.APPROVE, text="事由是出差"), 1)


def test_a_deleted_instance_leaves_no_answer_also_of_an_earlier_analysis_or_a_former_approver() -> None:
    tracker = Tracker()
    tracker.publish()
    tracker.tell(received(assignees=[user("u-1")]))
    answered(tracker, "fp1", uid="u-1")
    tracker.tell(event("approver_changed", 2, tasks=[task(assignees=[user("u-2")])]))
    answered(tracker, "fp2")
    changed = {"fields": [{"key": "a", "label": "事由", "type": "text", "value": "改为参会"}]}
    tracker.tell(event("task_received", 3, tasks=[task(form=changed, assignees=[user("u-2")])]))
    answered(tracker, "fp3")
    assert len(tracker.answers.stored_heads) == 3

    for _ in range(2):  # also where it is told twice
        tracker.tell(event("instance_deleted", 4, backup={"task_ids": ["T1"]}))

    assert (tracker.answers.stored_heads, tracker.answers.stored_pieces) == ({}, {})


def test_an_answer_that_another_instance_shows_stays_with_it() -> None:
    tracker = Tracker()
    tracker.publish()
    tracker.tell(received())
    answered(tracker, "fp1")
    assert tracker.answers.begin("fp1", "w2", 1000.0, 1060.0, 9000.0, "S2").state == "done"

    tracker.tell(event("instance_deleted", 2, backup={"task_ids": ["T1"]}))

    assert [piece.text for piece in tracker.answers.pieces("fp1", 0)] == ["事由是出差"]
    assert tracker.answers.stored_heads["fp1"].sessions == {"S2"}


def test_what_came_behind_the_deletion_goes_when_it_is_told_again() -> None:
    tracker = Tracker()
    tracker.publish()
    tracker.tell(received())
    answered(tracker, "fp1")
    tracker.tell(event("instance_deleted", 2, backup={"task_ids": ["T1"]}))
    tracker.answers.append("fp1", 2, "，地点是北京", 9000.0)

    again = encode_ai_message(SeatsMessage("S1", {"T1": ["u-2"]}))
    assert track_batch([Record("m", "", again)], tracker.ports) == []

    assert tracker.answers.pieces("fp1", 0) == []


def test_a_changed_rule_takes_the_nodes_results_and_reminds_who_had_them() -> None:
    tracker = Tracker()
    tracker.publish(1, "rule one")
    tracker.tell(received(assignees=[user("u-1"), user("u-2")]))
    tracker.rules.save_own(
        PersonalRule(uid="u-2", app_id="leave", node_id="node-2", rule="my own", version=0), expected_version=0
    )
    tracker.tell(event("task_received", 2, tasks=[task(form=FORM, assignees=[user("u-1"), user("u-2")])]))
    tracker.finish("u-1")
    tracker.finish("u-2")
    asked = len(tracker.outbox.sent)

    tracker.publish(2, "rule two")

    assert tracker.analysis("u-1") is None
    assert tracker.analysis("u-2") is not None, "who has an own rule keeps the result that it gave"
    reminded = tracker.seats.people.get("u-1", "leave", "node-2")
    assert reminded is not None
    assert reminded.rule_updated_version == "default-2"
    other = tracker.seats.people.get("u-2", "leave", "node-2")
    assert other is not None
    assert other.rule_updated_at == ""
    assert len(tracker.outbox.sent) == asked, "nothing is asked before the person, or the next event, does"


def test_an_unchanged_rule_does_nothing() -> None:
    tracker = Tracker()
    tracker.publish(1)
    tracker.tell(received())
    before = tracker.analysis()
    tracker.publish(2)
    assert tracker.analysis() == before
    assert tracker.rules.stored_defaults["leave", "node-2"].version == 1


def test_an_older_publication_is_superseded_also_by_one_that_changed_nothing() -> None:
    tracker = Tracker()
    tracker.publish(1, "rule")
    tracker.publish(5, "rule")
    tracker.publish(3, "older")
    assert tracker.rules.stored_defaults["leave", "node-2"].rule == "rule"
    assert tracker.logs.items["pub3", "ai"].status is LogStatus.SUPERSEDED
    assert tracker.logs.items["pub5", "ai"].status is LogStatus.SUCCEEDED


def test_clearing_goes_on_where_a_worker_died() -> None:
    tracker = Tracker()
    tracker.publish(1, "rule one")
    tracker.tell(received())
    default = tracker.rules.stored_defaults["leave", "node-2"]
    # It stored the new rule, and died before it had cleared anything.
    tracker.rules.save_default(msgspec.structs.replace(default, rule="rule two", published_sequence=2), default.version)
    tracker.publish(2, "rule two")
    assert tracker.analysis() is None
    assert tracker.rules.stored_defaults["leave", "node-2"].cleared_version == 2


def test_an_own_rule_clears_the_results_of_that_person_alone() -> None:
    tracker = Tracker()
    tracker.publish()
    tracker.tell(received(assignees=[user("u-1"), user("u-2")]))
    tracker.rules.save_own(PersonalRule(uid="u-1", app_id="leave", node_id="node-2", rule="mine"), 0)
    body = encode_ai_message(RuleChanged("leave", "node-2", "u-1"))
    assert track_batch([Record("m", "", body)], tracker.ports) == []
    assert tracker.analysis("u-1") is None
    assert tracker.analysis("u-2") is not None


def test_checks_of_clauses_that_left_the_rule_go_with_them() -> None:
    tracker = Tracker()
    checks = (Check("金额不超过5000元", "amount <= 5000", confirmed=True), Check("须有发票", "count(file) > 0"))
    tracker.rules.stored_defaults["leave", "node-2"] = DefaultRule(
        app_id="leave", node_id="node-2", rule="金额不超过5000元；须有发票", checks=checks, version=1
    )
    tracker.publish(1, "金额不超过5000元")
    assert tracker.rules.stored_defaults["leave", "node-2"].checks == checks[:1]


def test_what_cannot_be_read_or_stored_stays_in_the_queue_alone() -> None:
    tracker = Tracker()
    good = encode_ai_message(TrackMessage(NOW, msgspec.Raw(json.dumps(received()).encode())))
    assert track_batch([Record("bad", "", "no json"), Record("good", "", good)], tracker.ports) == ["bad"]
    assert tracker.seat().state is SeatState.OPEN

    def fail(*_: object) -> None:
        raise StoreError("throttled")

    tracker.processes.load = fail  # type: ignore[assignment,method-assign]
    assert tracker.tell(received(2)) == ["m0"]


def test_every_event_is_accounted_for() -> None:
    tracker = Tracker()
    tracker.publish(1)
    tracker.tell(received(5), {**received(2), "id": "older"})
    assert {key: log.status for key, log in tracker.logs.items.items()} == {
        ("pub1", "ai"): LogStatus.SUCCEEDED,
        ("S1-e5", "ai"): LogStatus.SUCCEEDED,
        ("older", "ai"): LogStatus.SUPERSEDED,
    }


def test_a_worker_that_died_before_it_asked_asks_when_the_event_comes_again() -> None:
    tracker = Tracker()
    tracker.publish()
    tracker.outbox.send = lambda messages: {0}  # type: ignore[method-assign]
    assert tracker.tell(received()) == ["m0"]
    del tracker.outbox.send
    assert tracker.tell(received()) == []
    assert len(tracker.outbox.sent) == 1


def test_a_task_that_came_after_its_nodes_publication_is_analysed_also_where_it_was_delivered_before() -> None:
    tracker = Tracker()
    tracker.tell(received(created_at="2026-11-22T09:30:00+08:00"))
    assert tracker.outbox.sent == []
    node = {"node_id": "node-2", "aiExamineRule": "rule", "aiExamineAuto": True}
    published = event("node_published", 1, session=None, node=node, id="pub1", occurred_at="2026-11-22T09:29:59+08:00")

    tracker.tell(published)

    assert [message.uid for message in tracker.outbox.sent] == ["u-2"]


def test_a_task_that_was_there_before_the_rule_waits_for_its_approver() -> None:
    tracker = Tracker()
    tracker.tell(received(created_at="2026-11-22T09:29:00+08:00"))
    tracker.publish()
    assert tracker.outbox.sent == []


def test_what_nobody_expected_of_one_message_stays_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = Tracker()
    load = tracker.processes.load

    def fails_for_one(sess_id: str) -> Any:
        if sess_id == "S-odd":
            raise OverflowError("date value out of range")
        return load(sess_id)

    monkeypatch.setattr(tracker.processes, "load", fails_for_one)
    good = [event("task_received", 1, sess_id=f"S{n}", id=f"e{n}", tasks=[task(f"T{n}")]) for n in range(3)]
    odd = event("task_received", 1, sess_id="S-odd", id="odd", tasks=[task("T-odd")])
    assert tracker.tell(good[0], odd, *good[1:]) == ["m1"]
    assert {seat.task_id for seat in tracker.seats.items.values()} == {"T0", "T1", "T2"}
    assert [name for name, _ in tracker.told.heard].count("warning") == 1


def test_what_a_turn_has_no_time_for_goes_back_as_a_fresh_message() -> None:
    tracker = Tracker()
    body = encode_ai_message(TrackMessage(NOW, msgspec.Raw(json.dumps(received()).encode())))
    assert track_batch([Record("m", "", body)], tracker.ports, deadline=tracker.clock) == []
    assert [message.turn for message in tracker.pieces.sent] == [1]
    assert tracker.seats.items == {}


def test_a_message_that_went_back_often_enough_stays_and_its_receives_count() -> None:
    tracker = Tracker()
    body = encode_ai_message(RuleChanged("leave", "node-2", turn=MAX_TURNS))
    assert track_batch([Record("m", "", body)], tracker.ports, deadline=tracker.clock) == ["m"]
    assert tracker.pieces.sent == []


def test_the_end_of_an_instance_is_told_to_its_seats() -> None:
    tracker = Tracker()
    tracker.tell(received())
    tracker.tell(event("task_completed", 2, tasks=[task(status="completed", decision="approved")]))
    assert not tracker.seat().is_over
    tracker.tell(event("instance_completed", 3))
    assert tracker.seat().is_over


def test_a_document_of_another_release_keeps_its_messages_and_harms_no_other() -> None:
    tracker = Tracker()
    tracker.processes.items["S-new"] = (4, zlib.compress(b'{"sess_id": "S-new", "schema": 2}'))
    newer = event("task_received", 1, sess_id="S-new", id="new", tasks=[task("T-new")])
    assert tracker.tell(newer, received()) == ["m0"]
    assert tracker.seat().state is SeatState.OPEN
    assert tracker.processes.items["S-new"][0] == 4, "nothing is written over it"
    assert ("SetAside", 1) in tracker.told.counted


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"rule": "款" * 20_001}, "node.rule: expected at most 20000 characters, got 20001"),
        ({"aiExamineMainInfo": "点" * 5_001}, "node.keynote: expected at most 5000 characters, got 5001"),
        ({"aiExamineFileKey": ["k"] * 101}, "node.file_key: expected at most 100 fields, got 101"),
    ],
)
def test_a_published_rule_that_is_too_long_is_kept_out_and_on_record(more: dict[str, Any], told: str) -> None:
    tracker = Tracker()
    tracker.publish(1, "rule one")

    assert tracker.publish(2, **more) == []

    default = tracker.rules.stored_defaults["leave", "node-2"]
    assert (default.rule, default.keynote, default.file_key) == ("", "", ())
    assert default.published_sequence == 2
    entry = tracker.logs.items["pub2", "ai"].entries[INSTANCE]
    assert (entry.status, entry.reason) == (LogStatus.SKIPPED, f"no rule in force: {told}")
    tracker.publish(3, "款" * 20_000)
    assert tracker.rules.stored_defaults["leave", "node-2"].rule == "款" * 20_000


@pytest.mark.parametrize(("is_done", "counted"), [(False, 1), (True, 0)])
def test_an_analysis_that_was_under_way_when_its_person_decided_came_too_late(is_done: bool, counted: int) -> None:
    tracker = Tracker()
    tracker.publish()
    tracker.tell(received(1, assignees=[user("u-2")]))
    if is_done:
        tracker.finish()

    tracker.tell(event("task_completed", 2, tasks=[task(assignees=[user("u-2")], status="completed")]))

    assert tracker.seat().state is SeatState.DONE
    assert tracker.told.counted.count(("OpenedBeforeDone", 1)) == counted
