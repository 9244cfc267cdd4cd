"""Large instances in pieces: the budget of the AI queue adds up, and every person is served once."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_track.batch import TrackBatchPorts, track_batch
from ai_track.journal import TrackJournal
from ai_track.pieces import MAX_TURNS, MOST_PIECES, SEATS_A_TURN, split, weight_of
from ai_track.rule_changes import RuleChangePorts
from ai_track.track import TrackPorts
from taskbridge.ai.messages import AiMessage, TrackMessage, encode_ai_message, parse_ai_message
from taskbridge.ai.requests import RequestPorts
from taskbridge.ai.rulebook import RuleBook, Switches
from taskbridge.ai.rules import DefaultRule
from taskbridge.ai.seats import SeatState
from taskbridge.ai.settings import AiSettings, ModelChoice
from taskbridge.push.logs import LogStatus
from taskbridge.queues import Record
from tests.builders import calm, event, task, user
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
SETTINGS = AiSettings(examine_enable=True, examine_default_all_apps=True, platform_id="aigc", model="m")

AT_ONCE = {"queue.send": 10, "pieces.send": 10, "seats.get_many": 100}  # a call takes so many


class Slow:
    """A store, or a queue, each call of which takes some time, and is counted."""

    def __init__(self, inner: Any, name: str, site: Site) -> None:
        self._inner, self._name, self._site = inner, name, site

    def __getattr__(self, method: str) -> Any:
        call: Callable[..., Any] = getattr(self._inner, method)

        def slow(*args: Any, **kwargs: Any) -> Any:
            self._site.take(f"{self._name}.{method}", args)
            return call(*args, **kwargs)

        return slow


@dataclass
class Waiting:
    """A message of the AI queue."""

    message: AiMessage
    receives: int = 0


class Site:
    """ai_track with its queue, as the template sets it up: a timeout, and a number of receives."""

    def __init__(self, *, timeout: float = 30.0, max_receives: int = 20, call_s: float = 0.01, seed: int = 0) -> None:
        self.rng = random.Random(seed)
        self.timeout, self.max_receives, self.call_s = timeout, max_receives, call_s
        self.clock, self.calls = 1000.0, Counter[str]()
        self.queue: list[Waiting] = []
        self.dead: list[AiMessage] = []
        self.turns = 0
        self.highest_turn = 0
        self.processes, self.seats, self.forms = MemoryProcesses(), MemorySeats(), MemoryForms()
        self.rules, self.outbox, self.logs = MemoryRules(), MemoryOutbox(), MemoryLogs()
        self.rules.stored_defaults["leave", "node-2"] = DefaultRule(
            app_id="leave", node_id="node-2", rule="须有事由", automatic=True, version=1, cleared_version=1
        )
        self.ports = self._wire()

    def take(self, name: str, args: Sequence[Any]) -> None:
        calls = -(-len(args[0]) // AT_ONCE[name]) if name in AT_ONCE else 1
        self.calls[name] += calls
        self.clock += calls * self.call_s

    def send(self, messages: Sequence[AiMessage]) -> set[int]:
        self.queue += [Waiting(parse_ai_message(encode_ai_message(message))) for message in messages]
        self.highest_turn = max([self.highest_turn, *(message.turn for message in messages)])
        return set()

    def tell(self, detail: dict[str, Any]) -> None:
        self.queue.append(Waiting(TrackMessage(NOW, msgspec.Raw(json.dumps(detail).encode()))))

    def run(self) -> None:
        """Turns, until the queue is empty. What fails is received again, in any order."""
        while self.queue:
            self.rng.shuffle(self.queue)
            batch, self.queue = self.queue[:10], self.queue[10:]
            for waiting in batch:
                waiting.receives += 1
            self.turns += 1
            records = [Record(str(n), "", encode_ai_message(waiting.message)) for n, waiting in enumerate(batch)]
            began = self.clock
            staying = track_batch(records, self.ports, self.clock + self.timeout - 1.5)
            assert self.clock - began <= self.timeout
            for waiting in (batch[int(name)] for name in staying):
                if waiting.receives < self.max_receives:
                    self.queue.append(waiting)
                else:
                    self.dead.append(waiting.message)

    def open_without_analysis(self) -> int:
        return sum(seat.state is SeatState.OPEN and seat.analysis is None for seat in self.seats.items.values())

    def _slow(self, inner: Any, name: str) -> Any:
        return Slow(inner, name, self)

    def _wire(self) -> TrackBatchPorts:
        book = RuleBook(self._slow(self.rules, "rules"), lambda: Switches(SETTINGS, ModelChoice("aigc", "m")))
        seats, pieces = self._slow(self.seats, "seats"), self._slow(self, "pieces")
        ids = iter(range(10**9))
        requests = RequestPorts(
            seats, self._slow(self.outbox, "queue"), book.standing, lambda: NOW, lambda: str(next(ids))
        )
        return TrackBatchPorts(
            track=TrackPorts(
                self._slow(self.processes, "processes"),
                self._slow(self.forms, "forms"),
                seats,
                book,
                requests,
                pieces,
                lambda: self.clock,
                lambda: 50.0,
                MemoryAnswers(),
            ),
            publish=RuleChangePorts(self.rules, seats, self.seats.people, book, requests, pieces, lambda: NOW),
            logs=self.logs,
            outbox=pieces,
            journal=TrackJournal(SilentObservability()),
            now=lambda: NOW,
        )


def people(count: int) -> list[dict[str, Any]]:
    return [user(f"u-{n}", f"{n:07}") for n in range(count)]


def received(count: int, sequence: int = 1) -> dict[str, Any]:
    return event("task_received", sequence, tasks=[task(form=FORM, assignees=people(count))])


@pytest.mark.parametrize("count", [1400, 10_000])
def test_a_task_for_very_many_is_analysed_for_each_of_them_once(count: int) -> None:
    site = Site()
    site.tell(received(count))
    site.run()
    assert site.dead == []
    assert len(site.outbox.sent) == count
    assert {message.uid for message in site.outbox.sent} == {f"u-{n}" for n in range(count)}
    assert len({seat.analysis.basis for seat in site.seats.items.values() if seat.analysis}) == 1, "one question"


def test_every_person_costs_a_write_of_the_seat_one_of_the_analysis_and_a_tenth_of_a_send() -> None:
    site = Site(timeout=900)
    site.tell(received(1600))
    site.run()
    pieces = 1600 // SEATS_A_TURN
    assert site.calls == {
        "processes.load": 1 + pieces // 10,  # the event's, and one for the pieces of a batch
        "processes.save": 1,
        "forms.put_many": 1,
        "pieces.send": pieces // 10,
        "seats.get_many": pieces,
        "seats.project": 1600,
        "rules.owns": pieces,
        "rules.defaults": pieces,
        "seats.begin": 1600,
        "queue.send": 160,
    }


def test_an_event_that_comes_again_does_nothing_twice_but_send_what_is_pending() -> None:
    site = Site(timeout=900)
    site.tell(received(1600))
    site.run()
    site.calls.clear()
    site.tell(received(1600))
    site.run()
    assert (site.calls["seats.project"], site.calls["seats.begin"]) == (0, 0)
    assert site.calls["queue.send"] == 160


@pytest.mark.parametrize("timeout", [5, 30, 900])
@pytest.mark.parametrize("call_s", [0.005, 0.05, 0.3])
def test_the_budget_adds_up_at_the_fewest_receives(timeout: float, call_s: float) -> None:
    site = Site(timeout=timeout, max_receives=5, call_s=call_s)
    site.tell(received(2000))
    site.run()
    assert site.dead == []
    assert site.open_without_analysis() == 0
    assert site.highest_turn <= MAX_TURNS / 2


@settings(calm, max_examples=30)
@given(
    timeout=st.integers(5, 900),
    max_receives=st.integers(5, 1000),
    call_s=st.floats(0.001, 0.2),
    tasks=st.lists(st.integers(0, 90), min_size=1, max_size=12),
    seed=st.integers(0, 10**6),
)
def test_every_accepted_setting_serves_everybody(
    timeout: int, max_receives: int, call_s: float, tasks: list[int], seed: int
) -> None:
    site = Site(timeout=timeout, max_receives=max_receives, call_s=call_s, seed=seed)
    named = [task(f"T{n}", form=FORM, assignees=people(count)) for n, count in enumerate(tasks)]
    site.tell(event("task_received", 1, tasks=named))
    site.run()
    assert site.dead == []
    assert len({(message.uid, message.task_id) for message in site.outbox.sent}) == sum(tasks)
    if sum(tasks) > SEATS_A_TURN:  # an event of a few is not split, and asks again from its beginning
        assert len(site.outbox.sent) == sum(tasks)
    assert site.open_without_analysis() == 0
    site.tell(event("instance_deleted", 2))
    site.run()
    assert site.dead == []
    assert {seat.state for seat in site.seats.items.values()} <= {SeatState.GONE}
    assert site.forms.items == {}


def test_the_end_of_an_instance_of_many_tasks_reaches_every_one() -> None:
    site = Site(timeout=5, max_receives=5)
    for start in range(0, 1500, 500):
        tasks = [task(f"T{n}", form=FORM, assignees=[user(f"u-{n % 400}")]) for n in range(start, start + 500)]
        site.tell(event("task_received", 1 + start, tasks=tasks))
    site.run()
    site.tell(event("instance_completed", 20_000, tasks=[]))
    site.run()
    assert site.dead == []
    assert Counter(seat.state for seat in site.seats.items.values()) == {SeatState.DONE: 1500}


def test_a_form_that_many_have_gets_its_end_once_a_piece() -> None:
    site = Site(timeout=900)
    site.tell(received(200))
    site.run()
    site.calls.clear()
    site.tell(event("task_aborted", 2, tasks=[task(status="aborted", assignees=people(200))]))
    site.run()
    assert site.calls["forms.expire"] == 200 // SEATS_A_TURN


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        (
            lambda: [task(assignees=people(10_001))],
            "tasks: expected at most 10000 people in one instance, got 10001",
        ),
        (
            lambda: [task(f"T{n}") for n in range(10_001)],
            "tasks: expected at most 10000 in one instance, got 10001",
        ),
        (
            lambda: [task(f"T{n}", assignees=people(1000)) for n in range(101)],
            "tasks: expected at most 100000 assignees of all tasks together, got 101000",
        ),
    ],
)
def test_beyond_the_limits_an_event_is_failed_on_record_alone(
    tasks: Callable[[], list[dict[str, Any]]], reason: str
) -> None:
    site = Site()
    site.tell(event("task_received", id="large", tasks=tasks()))
    site.tell(event("task_received", 1, sess_id="S2", id="small"))
    site.run()
    assert site.dead == []
    large, small = site.logs.items["large", "ai"], site.logs.items["small", "ai"]
    assert (large.status, {entry.reason for entry in large.entries.values()}) == (LogStatus.FAILED, {reason})
    assert small.status is LogStatus.SUCCEEDED
    assert {seat.sess_id for seat in site.seats.items.values()} == {"S2"}


def test_a_published_node_with_very_many_open_tasks_asks_anew_for_each() -> None:
    site = Site(timeout=5, max_receives=5)
    for n in range(4):
        tasks = [task(f"T{n}", form=FORM, assignees=people(1000))]
        site.tell(event("task_received", 1, sess_id=f"S{n}", tasks=tasks))
    site.run()
    before = {key: seat.analysis.id for key, seat in site.seats.items.items() if seat.analysis}
    node = {"node_id": "node-2", "aiExamineRule": "另一条规则", "aiExamineAuto": True}
    site.tell(event("node_published", 9, session=None, node=node, occurred_at="2026-11-22T09:00:00+08:00", tasks=[]))
    site.run()
    assert site.dead == []
    after = {key: seat.analysis.id for key, seat in site.seats.items.items() if seat.analysis}
    assert after.keys() == before.keys()
    assert not set(after.values()).intersection(before.values())
    assert site.rules.stored_defaults["leave", "node-2"].cleared_version == 2


places = st.dictionaries(st.text(max_size=3), st.lists(st.text(max_size=3), max_size=300, unique=True), max_size=30)


@calm
@given(places)
def test_pieces_hold_every_seat_once_and_are_few(seats: Mapping[str, Sequence[str]]) -> None:
    pieces = split(seats)
    assert Counter((t, uid) for piece in pieces for t, of in piece.items() for uid in of) == Counter(
        (t, uid) for t, of in seats.items() for uid in of
    )
    assert {t for piece in pieces for t in piece} == set(seats)
    assert len(pieces) <= MOST_PIECES
    assert all(weight_of(piece) >= SEATS_A_TURN for piece in pieces[:-1])
