"""What every store of seats has to do with what the process document says, and with the counters of people."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from taskbridge.ai.people import EVERYONE, PersonNode
from taskbridge.ai.results import Verdict
from taskbridge.ai.seats import AnalysisStatus, Seat, SeatState
from tests.functional.ai_suites.builders import APP, NODE, TASK, UID, analysis, done_seat, finished, seat


class ProjectionBehaviour:
    """Inherit, and give the fixtures `tasks` (as TaskTable) and `people` (as PersonNodeTable)."""

    def stored(self, tasks: Any, uid: str = UID, task_id: str = TASK) -> Seat:
        found: Seat | None = tasks.get(uid, task_id)
        assert found is not None
        return found

    def person(self, people: Any, uid: str = UID, app_id: str = APP, node_id: str = NODE) -> PersonNode:
        found = people.get(uid, app_id, node_id)
        return found or PersonNode(uid=uid, app_id=app_id, node_id=node_id)

    def opened(self, tasks: Any, **changes: Any) -> Seat:
        assert tasks.project(seat(**changes), None)
        return self.stored(tasks, changes.get("uid", UID))

    def analysed(self, tasks: Any, verdict: Verdict = Verdict.APPROVE, uid: str = UID) -> Seat:
        """An open seat with a verdict."""
        self.opened(tasks, uid=uid)
        assert tasks.begin(uid, TASK, analysis(), "")
        assert tasks.settle(uid, TASK, "a1", finished(verdict=verdict))
        return self.stored(tasks, uid)

    def test_a_seat_is_read_as_it_was_written(self, tasks: Any) -> None:
        assert tasks.get(UID, TASK) is None

        assert tasks.project(done_seat(priority=1), None)

        assert tasks.get(UID, TASK) == done_seat(priority=1)

    def test_many_are_read_at_once_and_those_that_do_not_exist_are_left_out(self, tasks: Any) -> None:
        for uid in ("u-2", "u-3"):
            self.opened(tasks, uid=uid)

        found = tasks.get_many([("u-2", TASK), ("u-3", TASK), ("u-2", TASK), ("u-4", TASK)])

        assert found == {("u-2", TASK): seat(), ("u-3", TASK): seat(uid="u-3")}

    def test_a_newer_document_replaces_an_older_one_and_never_the_other_way_round(self, tasks: Any) -> None:
        before = self.opened(tasks, version=4)

        assert tasks.project(seat(version=3, subject="older"), before) is False
        assert tasks.project(seat(version=4, subject="same"), before) is True
        assert tasks.project(seat(version=5, subject="newer"), before) is True

        assert self.stored(tasks).subject == "newer"

    def test_what_somebody_else_has_written_since_it_was_read_stays(self, tasks: Any) -> None:
        before = self.opened(tasks)
        assert tasks.project(done_seat(), before)

        assert tasks.project(seat(version=9), None) is False
        assert tasks.project(seat(version=9), before) is False

        assert self.stored(tasks) == done_seat()

    def test_the_projection_leaves_the_analysis_alone_while_the_task_is_open_and_when_it_is_done(
        self, tasks: Any
    ) -> None:
        before = self.analysed(tasks)

        assert tasks.project(seat(version=2), before)
        assert self.stored(tasks).analysis == finished()

        assert tasks.project(done_seat(version=3), self.stored(tasks))
        assert self.stored(tasks).analysis == finished()

    def test_what_is_gone_is_remembered_without_its_analysis_and_may_come_back(self, tasks: Any) -> None:
        before = self.analysed(tasks)

        assert tasks.project(seat(state=SeatState.GONE, version=2), before)
        gone = self.stored(tasks)
        assert (gone.state, gone.version, gone.analysis) == (SeatState.GONE, 2, None)
        assert tasks.project(seat(version=1), None) is False

        assert tasks.project(seat(version=3), gone)
        assert self.stored(tasks) == seat(version=3)

    # Counters

    def test_the_count_of_open_tasks_follows_every_turn(self, tasks: Any, people: Any) -> None:
        turns = [SeatState.OPEN, SeatState.OPEN, SeatState.DONE, SeatState.OPEN, SeatState.GONE, SeatState.OPEN]
        before, counts = None, []
        for version, state in enumerate(turns, start=1):
            assert tasks.project(seat(state=state, version=version), before)
            before = self.stored(tasks)
            counts.append(self.person(people).open_count)

        assert counts == [1, 1, 0, 1, 0, 1]
        assert self.person(people).decided == 0

    def test_each_node_of_a_person_has_its_own_count(self, tasks: Any, people: Any) -> None:
        for number, node_id in enumerate(["n1", "n1", "n2"]):
            assert tasks.project(seat(task_id=f"T{number}", node_id=node_id), None)

        assert [self.person(people, node_id=node).open_count for node in ("n1", "n2", "n3")] == [2, 1, 0]

    def test_a_task_that_moves_to_another_node_is_counted_there(self, tasks: Any, people: Any) -> None:
        before = self.opened(tasks, node_id="n1")

        assert tasks.project(seat(node_id="n2", version=2), before)

        assert [self.person(people, node_id=node).open_count for node in ("n1", "n2")] == [0, 1]

    def test_what_is_delivered_again_counts_nothing_twice(self, tasks: Any, people: Any) -> None:
        before = self.analysed(tasks)
        assert tasks.project(done_seat(), before)

        assert tasks.project(done_seat(), before) is False
        assert tasks.project(done_seat(), self.stored(tasks)) is True

        mine = self.person(people)
        assert (mine.open_count, mine.decided) == (0, 1)
        assert mine.agreement == {(Verdict.APPROVE, "approved"): 1}

    @pytest.mark.parametrize("decision", ["approved", "rejected", "returned"])
    @pytest.mark.parametrize("verdict", list(Verdict))
    def test_a_decision_is_counted_beside_its_verdict_for_the_person_and_for_everyone(
        self, tasks: Any, people: Any, verdict: Verdict, decision: str
    ) -> None:
        before = self.analysed(tasks, verdict)

        assert tasks.project(done_seat(decision=decision), before)

        assert self.person(people).agreement == {(verdict, decision): 1}
        assert self.person(people, EVERYONE).agreement == {(verdict, decision): 1}
        assert (self.person(people).decided, self.person(people, EVERYONE).decided) == (1, 0)

    def test_a_decision_without_a_verdict_is_a_decision_and_no_more(self, tasks: Any, people: Any) -> None:
        before = self.opened(tasks)
        assert tasks.begin(UID, TASK, analysis(status=AnalysisStatus.RUNNING), "")

        assert tasks.project(done_seat(), self.stored(tasks))

        assert before.analysis is None
        assert self.person(people).decided == 1
        assert self.person(people).agreement == {}
        assert people.get(EVERYONE, APP, NODE) is None

    def test_a_task_that_is_seen_for_the_first_time_when_it_is_decided_is_counted(
        self, tasks: Any, people: Any
    ) -> None:
        assert tasks.project(done_seat(), None)

        assert (self.person(people).open_count, self.person(people).decided) == (0, 1)

    def test_what_another_person_decided_counts_for_nobody_else(self, tasks: Any, people: Any) -> None:
        before = self.analysed(tasks)

        assert tasks.project(done_seat(decided_here=False), before)

        mine = self.person(people)
        assert (mine.open_count, mine.decided, mine.agreement) == (0, 0, {})

    def test_a_decision_that_comes_after_the_end_of_the_instance_is_counted(self, tasks: Any, people: Any) -> None:
        before = self.analysed(tasks)
        assert tasks.project(done_seat(decision="", decided_here=False), before)

        assert tasks.project(done_seat(version=3), self.stored(tasks))

        assert self.person(people).agreement == {(Verdict.APPROVE, "approved"): 1}

    def test_a_task_that_is_decided_twice_is_counted_the_first_time(self, tasks: Any, people: Any) -> None:
        assert tasks.project(done_seat(), self.opened(tasks))
        assert tasks.project(seat(version=3), self.stored(tasks))

        assert tasks.project(done_seat(version=4, decision="rejected"), self.stored(tasks))

        assert (self.person(people).open_count, self.person(people).decided) == (0, 1)

    def test_a_verdict_that_came_after_the_seat_was_read_is_not_overlooked(self, tasks: Any, people: Any) -> None:
        self.opened(tasks)
        tasks.begin(UID, TASK, analysis(), "")
        before = self.stored(tasks)
        assert tasks.settle(UID, TASK, "a1", finished())

        assert tasks.project(done_seat(), before) is False
        assert tasks.project(done_seat(), self.stored(tasks)) is True

        assert self.person(people).agreement == {(Verdict.APPROVE, "approved"): 1}

    def test_one_node_has_the_decisions_of_all(self, tasks: Any, people: Any) -> None:
        for uid, decision in (("u-2", "approved"), ("u-3", "rejected"), ("u-4", "approved")):
            before = self.analysed(tasks, uid=uid)
            assert tasks.project(done_seat(uid=uid, decision=decision), before)

        everyone = self.person(people, EVERYONE).agreement
        assert everyone == {(Verdict.APPROVE, "approved"): 2, (Verdict.APPROVE, "rejected"): 1}

    def test_nothing_is_counted_where_nothing_is_written(self, tasks: Any, people: Any) -> None:
        before = self.opened(tasks, version=5)

        assert tasks.project(done_seat(version=4), before) is False

        assert msgspec.structs.replace(self.stored(tasks), analysis=None) == seat(version=5)
        assert (self.person(people).open_count, self.person(people).decided) == (1, 0)
