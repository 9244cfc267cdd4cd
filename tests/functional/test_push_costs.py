"""What a pushed task costs at DynamoDB, counted from the calls that were made to a real server of its protocol."""

from __future__ import annotations

import random
import uuid
from typing import Any

import pytest

from taskbridge.budgets import THREADS, Fleet
from taskbridge.push.messages import EventMessage
from taskbridge.tables.agreements import AgreementTable
from taskbridge.tables.instances import InstanceTable
from taskbridge.tables.push_log_pages import PushLogPageTable
from taskbridge.tables.push_logs import PushLogTable
from tests.builders import event, message_of, platform, session, task, user
from tests.functional.aws import Tables, new_client
from tests.functional.meter import Bill, Meter, plain
from tests.unit.push_task.worker import Worker

RETENTION_S = 90 * 86_400.0
CALLS = {"BatchGetItem": 1, "BatchExecuteStatement": 3}
SUBJECT = "关于申请2026年度国家自然科学基金面上项目校内配套经费及实验室设备采购的请示（计算机学院）"


class Campus:
    """Tasks as a campus has them: ids without a pattern, long Chinese texts, two assignees."""

    def __init__(self) -> None:
        self.rng = random.Random(11)
        self.instances = [self.new_id() for _ in range(10)]
        self.tasks = {sess_id: self.new_id() for sess_id in self.instances}

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def event(self, sess_id: str, action: str = "task_received", sequence: int = 1) -> EventMessage:
        people = [
            user(self.new_id(), "2009101234", "欧阳修竹"),
            user(self.new_id(), "2013205678", "司马相如"),
        ]
        status = "completed" if action == "task_completed" else "init"
        named = task(self.tasks[sess_id], node_name="科研院项目管理办公室审批", assignees=people, status=status)
        told = session(sess_id, subject=SUBJECT, initiator=user(self.new_id(), "2021309876", "诸葛孔明"))
        detail = event(action, sequence, sess_id=sess_id, tasks=[named], session=told, id=self.new_id())
        return message_of({**detail, "app": {"app_id": self.new_id(), "name": "科研经费配套申请"}})


class Bench:
    """A worker whose tables are on MiniStack, with a meter."""

    def __init__(self, endpoint: str, tables: Tables, workers: int = 1, **settings: Any) -> None:
        self.client = new_client("dynamodb", endpoint)
        self.tables = tables
        self.meter = Meter(self.client, tables)
        self.campus = Campus()
        self.worker = Worker(platform(**settings), scene_code="todo")
        pages = PushLogPageTable(self.client, tables.PushLogPageTable, RETENTION_S)
        self.worker.instances = InstanceTable(self.client, tables.InstanceTable, pages)
        self.worker.logs = PushLogTable(self.client, tables.PushLogTable, RETENTION_S)
        self.worker.agreements = AgreementTable(self.client, tables.CoordinationTable)
        self.worker.fleet = Fleet(workers=workers)
        self.worker.push(self.campus.event(self.campus.instances[0]))  # the token is there, as usual

    def bill(self, *messages: Any) -> Bill:
        self.worker.now += 1.0

        def push() -> None:
            assert self.worker.push(*messages) == []

        return self.meter.read(push)


@pytest.fixture
def bench(ministack: str, tables: Tables) -> Any:
    made = Bench(ministack, tables)
    yield made
    made.client.close()


WORKERS = 10  # the default of PushConcurrency
LARGEST = 256  # of what the form takes for max_concurrency


@pytest.fixture
def new_bench(ministack: str, tables: Tables) -> Any:
    made: list[Bench] = []

    def make(**settings: Any) -> Bench:
        made.append(Bench(ministack, tables, WORKERS, **settings))
        return made[-1]

    yield make
    for each in made:
        each.client.close()


def life(campus: Campus, sess_id: str) -> list[EventMessage]:
    actions = ("task_received", "approver_changed", "task_completed")
    return [campus.event(sess_id, action, sequence) for sequence, action in enumerate(actions, start=1)]


def test_a_task_alone_costs_at_most_four_write_units_and_one_read_unit(bench: Bench) -> None:
    for each in life(bench.campus, bench.campus.instances[1]):
        bill = bench.bill(each)

        assert bill.calls == CALLS
        assert (bill.write_units, bill.read_units) == (4, 1), bill.largest


def test_ten_tasks_in_a_batch_cost_at_most_3_2_write_units_each(bench: Bench) -> None:
    lives = [life(bench.campus, sess_id) for sess_id in bench.campus.instances]
    for batch in list(zip(*lives, strict=True))[1:]:
        bill = bench.bill(*batch)

        assert bill.calls == CALLS
        assert (bill.write_units, bill.read_units) == (31, 10), bill.largest
        assert bill.write_units / len(batch) <= 3.2


def test_ten_new_tasks_in_a_batch_cost_no_more(bench: Bench) -> None:
    bench.campus = Campus()
    bench.campus.rng.seed(12)

    bill = bench.bill(*(bench.campus.event(sess_id) for sess_id in bench.campus.instances[1:]))

    assert bill.calls == CALLS
    assert (bill.write_units, bill.read_units) == (28, 9), bill.largest


def test_five_changes_of_one_task_in_a_batch_cost_two_documents_a_page_and_five_logs(bench: Bench) -> None:
    sess_id = bench.campus.instances[1]

    bill = bench.bill(*(bench.campus.event(sess_id, "approver_changed", number) for number in range(2, 7)))

    assert bill.calls == CALLS
    # A superseded log stands in the index of what is no success: one unit more for each of the four.
    assert (bill.write_units, bill.read_units) == (2 + 1 + 5 + 4, 1), bill.largest


def test_the_same_event_again_costs_no_call_to_the_task_center_and_reads_its_log(bench: Bench) -> None:
    again = bench.campus.event(bench.campus.instances[1])
    bench.bill(again)
    calls = len(bench.worker.center.calls)

    bill = bench.bill(again)

    assert len(bench.worker.center.calls) == calls
    assert bill.calls == {"BatchGetItem": 2, "BatchExecuteStatement": 3}
    assert (bill.write_units, bill.read_units) == (3, 2), bill.largest


def test_the_meter_knows_what_the_tables_hold(bench: Bench) -> None:
    sess_id = bench.campus.instances[1]
    bench.bill(*life(bench.campus, sess_id))
    bench.worker.fail("http_503")
    bench.worker.push(bench.campus.event(sess_id, "task_aborted", 9))

    reader = new_client("dynamodb", bench.worker.instances._client.meta.endpoint_url)
    for table in (bench.tables.InstanceTable, bench.tables.PushLogTable, bench.tables.PushLogPageTable):
        held = [plain(item) for item in reader.scan(TableName=table)["Items"]]
        assert sorted(held, key=repr) == sorted(bench.meter.stored(table), key=repr)
    reader.close()


# With the default settings: ten workers, and eight requests at the same time


def test_the_seats_of_the_fleet_cost_two_write_units_a_batch_and_no_call(new_bench: Any) -> None:
    bench = new_bench()
    lives = [life(bench.campus, sess_id) for sess_id in bench.campus.instances]
    for batch in list(zip(*lives, strict=True))[1:]:
        bill = bench.bill(*batch)

        assert bill.calls == CALLS
        assert (bill.write_units, bill.read_units) == (31 + 2, 10), bill.largest


def test_a_task_alone_needs_no_call_for_its_seat(new_bench: Any) -> None:
    bench = new_bench()
    for each in life(bench.campus, bench.campus.instances[1]):
        bill = bench.bill(each)

        assert bill.calls == CALLS
        assert (bill.write_units, bill.read_units) == (4 + 2, 1), bill.largest


@pytest.mark.parametrize("most", [THREADS * WORKERS, LARGEST])
def test_a_limit_that_the_fleet_cannot_exceed_costs_nothing(new_bench: Any, most: int) -> None:
    bench = new_bench(max_concurrency=most)
    lives = [life(bench.campus, sess_id) for sess_id in bench.campus.instances]

    bill = bench.bill(*(each[1] for each in lives))

    assert bill.calls == CALLS
    assert (bill.write_units, bill.read_units) == (31, 10), bill.largest
