"""What AI approval costs in calls to DynamoDB, counted from the calls themselves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from ai_analyze.analyse import analyse
from ai_analyze.ends import Fate, TurnEnd
from ai_track.batch import TrackBatchPorts, track_batch
from ai_track.journal import TrackJournal
from ai_track.rule_changes import RuleChangePorts
from ai_track.track import TrackPorts
from taskbridge.ai.messages import AnalyseMessage, TrackMessage, encode_ai_message
from taskbridge.ai.requests import RequestPorts
from taskbridge.ai.rulebook import RuleBook, Switches
from taskbridge.ai.rules import DefaultRule
from taskbridge.ai.settings import AiSettings, ModelChoice
from taskbridge.queues import Record
from taskbridge.tables.ai_questions import QuestionTable
from tests.builders import START, event, task, user
from tests.fakes import MemoryLogs
from tests.fakes_ai import MemoryOutbox, SilentObservability
from tests.functional.ai_stores import TableStores
from tests.functional.aws import Tables
from tests.unit.ai.analysis_worker import Worker

NOW = "2026-11-22T02:00:00.000+00:00"
FORM = {"fields": [{"key": "a", "label": "事由", "type": "text", "value": "出差"}]}
SETTINGS = AiSettings(examine_enable=True, examine_default_all_apps=True, platform_id="aigc", model="m")


class Half:
    """The AI half over real tables; the platform is played."""

    def __init__(self, stores: TableStores) -> None:
        self.stores = stores
        self.outbox, self.pieces = MemoryOutbox(), MemoryOutbox()
        self.ids = iter(range(10**6))
        book = RuleBook(stores.rules, lambda: Switches(SETTINGS, ModelChoice("aigc", "m")))
        requests = RequestPorts(stores.tasks, self.outbox, book.standing, lambda: NOW, self.new_id)
        self.track = TrackBatchPorts(
            track=TrackPorts(
                stores.processes,
                stores.forms,
                stores.tasks,
                book,
                requests,
                self.pieces,
                lambda: START,
                lambda: 86400.0,
                stores.answers,
            ),
            publish=RuleChangePorts(
                stores.rules, stores.tasks, stores.people, book, requests, self.pieces, lambda: NOW
            ),
            logs=MemoryLogs(),
            outbox=self.pieces,
            journal=TrackJournal(SilentObservability()),
            now=lambda: NOW,
        )
        worker = Worker()
        worker.rules.stored_defaults.clear()
        self.analyse = over_tables(worker, stores, book, requests, self.new_id)
        stores.rules.save_default(
            DefaultRule(app_id="leave", node_id="node-2", rule="须有事由", automatic=True), expected_version=0
        )
        stores.client.taken()

    def new_id(self) -> str:
        return f"id{next(self.ids)}"

    def tell(self, detail: dict[str, Any]) -> dict[str, int]:
        """The calls that an event makes, but for its log."""
        body = encode_ai_message(TrackMessage(NOW, msgspec.Raw(json.dumps(detail).encode())))
        assert track_batch([Record("m", "", body)], self.track) == []
        calls: dict[str, int] = self.stores.client.taken()
        return calls

    def run(self, message: AnalyseMessage) -> tuple[TurnEnd, dict[str, int]]:
        """What becomes of an analysis, and the calls that it makes."""
        end, _ = analyse(message, 1, self.analyse)
        return end, self.stores.client.taken()


def over_tables(worker: Worker, stores: TableStores, book: RuleBook, requests: RequestPorts, new_id: Any) -> Any:
    """The worker's ports, with tables in the place of memory."""
    return replace(
        worker.ports,
        seats=stores.tasks,
        forms=stores.forms,
        answers=stores.answers,
        audit=stores.audit,
        questions=QuestionTable(stores.client, stores.names.CoordinationTable),
        requests=requests,
        tracker=MemoryOutbox(),
        standing=book.standing,
        new_id=new_id,
    )


@pytest.fixture
def half(dynamodb: Any, tables: Tables) -> Half:
    return Half(TableStores(dynamodb, tables))


def received(task_id: str = "T1", *, sess_id: str = "S1") -> dict[str, Any]:
    return event("task_received", 1, sess_id=sess_id, tasks=[task(task_id, form=FORM)])


def test_a_received_task_costs_nine_calls_with_the_request_for_its_analysis(half: Half) -> None:
    assert half.tell(received()) == {
        "batch_write_item": 1,  # the form
        "get_item": 1,  # the document
        "put_item": 1,
        "batch_get_item": 3,  # the seat; own rules and defaults
        "transact_write_items": 1,  # the seat with the count of open tasks
        "update_item": 1,  # the analysis
    }


def test_a_task_for_many_costs_two_writes_a_person_and_three_reads_for_twenty(
    half: Half, request: pytest.FixtureRequest
) -> None:
    many = request.config.getoption("--assignees")
    people = [user(f"u-{n}", f"{n:07}") for n in range(many)]
    pieces = many // 20
    assert half.tell(event("task_received", 1, tasks=[task("T1", form=FORM, assignees=people)])) == {
        "batch_write_item": 1,  # the form
        "get_item": 1,  # the document
        "put_item": 1,
    }
    assert len(half.pieces.sent) == pieces
    records = [Record(f"m{n}", "", encode_ai_message(piece)) for n, piece in enumerate(half.pieces.sent)]
    assert track_batch(records, half.track) == []
    assert half.stores.client.taken() == {
        "get_item": 1,  # the document, once for a batch
        "batch_get_item": 3 * pieces,  # seats, own rules, defaults
        "transact_write_items": many,
        "update_item": many,
    }
    assert len(half.outbox.sent) == many


def test_an_answer_costs_eighteen_calls_and_one_that_another_instance_has_ten(half: Half) -> None:
    half.tell(received())
    half.tell(received("T2", sess_id="S2"))
    first, second = half.outbox.sent

    end, calls = half.run(first)
    assert end == TurnEnd(Fate.DONE, opened_first=False)
    assert calls == {
        "get_item": 2,  # the seat, and whether its person was erased before the audit entry
        "batch_get_item": 2,  # own rules and defaults
        "query": 2,  # the form; the highest piece
        "update_item": 8,  # claim, attach, flight, finish, settle; the counts of today: person, node, all
        "put_item": 3,  # two pieces of prose, the audit entry
    }

    end, calls = half.run(second)
    assert end == TurnEnd(Fate.REUSED, opened_first=False)
    assert calls == {
        "get_item": 2,
        "batch_get_item": 2,
        "query": 1,
        "update_item": 5,  # one notes that this instance shows it too: none where it stands there
    }


def test_an_answer_that_its_own_instance_has_costs_nine_calls(half: Half) -> None:
    half.tell(received())
    half.tell(received("T2"))
    first, second = half.outbox.sent
    half.run(first)

    assert half.run(second) == (
        TurnEnd(Fate.REUSED, opened_first=False),
        {"get_item": 2, "batch_get_item": 2, "query": 1, "update_item": 4},
    )


def test_a_message_that_comes_too_late_costs_two_reads(half: Half) -> None:
    half.tell(received())
    message = half.outbox.sent[0]
    half.tell(event("instance_deleted", 2, backup={"task_ids": ["T1"]}))

    assert half.run(message) == (TurnEnd(Fate.OUTDATED), {"get_item": 2})
