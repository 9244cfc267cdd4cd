"""Instances of any size: stored in parts, alone in what they cost, and refused on record beyond what can be kept."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from local.jinzhi_simulator import Faults
from taskbridge.budgets import SLICE
from taskbridge.errors import StoreError
from taskbridge.push.event_order import MOST_TASKS, fold
from taskbridge.push.instances import Instance
from taskbridge.push.logs import Entry, LogStatus, PushLog
from taskbridge.push.messages import EventMessage
from taskbridge.tables import instances
from taskbridge.tables.aside import Aside
from taskbridge.tables.instances import InstanceTable, StoredInstance
from taskbridge.tables.parts import PartTable
from taskbridge.tables.push_log_items import status_shards
from taskbridge.tables.push_log_pages import PushLogPageTable
from taskbridge.tables.push_logs import PushLogTable
from tests.builders import PLATFORM, START, deletion, event, message, message_of, platform, session, sync, task, user
from tests.functional.aws import Tables, new_client
from tests.unit.push_task.worker import Worker

DAY_S = 86_400.0
RETENTION_S = 90 * DAY_S
rng = random.Random(8)


def new_id() -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def crowd(count: int) -> list[dict[str, Any]]:
    """People whose ids and accounts have no pattern: they deflate badly."""
    return [user(new_id(), new_id().replace("-", ""), rng.choice("赵钱孙李周吴") + "文博") for _ in range(count)]


def named(sess_id: str, tasks: list[dict[str, Any]], sequence: int = 1) -> EventMessage:
    return message_of(event(sess_id=sess_id, id=new_id(), sequence=sequence, tasks=tasks, session=session(sess_id)))


class Site:
    """A worker over tables in this process, with every call to DynamoDB counted."""

    def __init__(self, client: Any, tables: Tables) -> None:
        self.calls: Counter[str] = Counter()
        self.client = client
        self.tables = tables
        client.meta.events.register("before-call.dynamodb", self._count)
        self.parts = PartTable(client, tables.PartTable)
        pages = PushLogPageTable(client, tables.PushLogPageTable, RETENTION_S)
        self.instances = InstanceTable(
            client,
            tables.InstanceTable,
            pages,
            parts=self.parts,
            retention_s=RETENTION_S,
            clock=lambda: self.worker.now,
        )
        self.worker = Worker()
        self.worker.instances = self.instances
        self.worker.logs = PushLogTable(client, tables.PushLogTable, RETENTION_S, parts=self.parts)

    def _count(self, model: Any, **_: Any) -> None:
        self.calls[model.name] += 1

    def push(self, *messages: EventMessage) -> Counter[str]:
        self.calls.clear()
        assert self.worker.push(*messages, deadline=self.worker.now + 1e6) == []
        return +self.calls

    def load(self, sess_id: str) -> StoredInstance:
        (stored,) = self.instances.load([(PLATFORM, sess_id)]).values()
        return stored

    def held(self) -> list[tuple[str, str]]:
        """The parts that are stored, as (document, part)."""
        items = self.client.scan(TableName=self.tables.PartTable, ProjectionExpression="document, part")["Items"]
        return sorted((item["document"]["S"], item["part"]["S"]) for item in items)


@pytest.fixture
def site(ministack: str, tables: Tables) -> Iterator[Site]:
    made = Site(new_client("dynamodb", ministack), tables)
    yield made
    made.client.close()


def a_large_one(sess_id: str) -> EventMessage:
    """An event above 400 KB as an item: 11 tasks of 1,000 people each."""
    return named(sess_id, [task(new_id(), assignees=crowd(1_000)) for _ in range(11)])


def test_eleven_tasks_of_a_thousand_people_are_pushed_and_stored_in_parts(site: Site) -> None:
    site.push(a_large_one("large"))

    stored = site.load("large")
    assert len(stored.instance.tasks) == 11
    assert {item.work for item in stored.instance.tasks.values()} == {"none"}
    assert stored.parts
    assert site.worker.operations() == ["insert_task"] * 11
    assert all(
        generation.startswith(stored.parts.split("#")[0])
        for document, generation in site.held()
        if document.startswith("instances#")
    )


def test_a_large_document_costs_the_calls_for_its_parts_and_its_batch_mates_none_more(site: Site) -> None:
    site.push(named("token", [task("T0")]))
    ordinary = site.push(named("small", [task("T1")]))
    assert ordinary == {"BatchGetItem": 1, "BatchExecuteStatement": 3}

    beside = site.push(a_large_one("large"), named("mate", [task("T2")]))

    # Twice: its parts are put, those of before are looked for; the second time there are some to remove.
    assert beside == {"BatchGetItem": 1, "BatchExecuteStatement": 3, "BatchWriteItem": 3, "Query": 2}
    assert site.load("mate").instance.tasks["T2"].presence == "present"


def test_ten_large_documents_in_one_batch_are_all_pushed(site: Site) -> None:
    people = crowd(1_000)  # nine tasks of these stand in the document nine times, too far apart to deflate
    site.push(
        *(named(f"L{number}", [task(new_id(), assignees=people) for _ in range(9)]) for number in range(10)),
    )
    again = site.push(*(named(f"L{number}", [task(f"T{number}")], sequence=2) for number in range(10)))

    stored = [site.load(f"L{number}") for number in range(10)]
    assert all(each.parts for each in stored)
    assert {item.work for each in stored for item in each.instance.tasks.values()} == {"none"}
    # Heads and then parts in one read each; parts are put twice, and each document's old ones looked for twice.
    assert (again["BatchGetItem"], again["Query"]) == (2, 20)


def test_eight_notices_of_a_thousand_tasks_are_one_instance(site: Site) -> None:
    site.worker.platforms = (platform(enabled=False),)
    people = crowd(1_000)
    notices = [named("notice", [task(new_id(), assignees=[each]) for each in people], number) for number in range(1, 9)]

    site.push(*notices)

    stored = site.load("notice")
    assert stored.parts
    assert len(stored.instance.tasks) == 8_000
    assert stored.due_at > 0
    assert {site.worker.told_by(each, each.tasks[999].task_id)[0] for each in notices} == {"retrying"}


def test_every_task_of_a_crowded_instance_is_pushed_once_and_told(site: Site, request: pytest.FixtureRequest) -> None:
    count = request.config.getoption("--crowded")
    site.worker.center.faults = Faults(latency_ms=20)
    people = crowd(count // 10)
    notices = [named("notice", [task(new_id(), assignees=[each]) for each in people], number) for number in range(10)]

    for each in notices:
        assert site.worker.push(each) == []
    while due_at := site.load("notice").due_at:  # what an invocation had no time for
        site.worker.now = max(site.worker.now, due_at)
        site.worker.push(sync("notice"))

    assert site.worker.operations() == ["insert_task"] * count
    assert len(site.worker.center.tasks) == count
    told = site.worker.logs.load([(each.event_id, PLATFORM) for each in notices]).values()
    assert Counter(entry.status for log in told for entry in log.entries.values()) == {LogStatus.SUCCEEDED: count}


def test_what_is_more_than_can_be_kept_fails_on_record_alone(site: Site) -> None:
    for number in range(0, MOST_TASKS, 2_500):
        document = site.load("full")
        more = named("full", [task(f"T{number + each}") for each in range(2_500)], sequence=number + 1)
        fold(document.instance, more)
        for item in document.instance.tasks.values():
            item.work, item.presence = "none", "present"  # type: ignore[assignment]
        assert site.instances.save([document]) == set()
    too_much = named("full", [task("one too many")], sequence=90_000)
    fine = named("mate", [task("T1")])

    site.push(too_much, fine)

    status, reason, attempts = site.worker.told_by(too_much, "one too many")
    assert (status, attempts) == ("failed", 0)
    assert reason == "too large: an instance has at most 10000 tasks here, and a task at most 10000 people"
    assert len(site.load("full").instance.tasks) == MOST_TASKS
    assert site.worker.told_by(fine)[0] == "succeeded"


def test_the_log_of_an_event_with_thousands_of_tasks_is_read_whole_and_the_one_before_goes(site: Site) -> None:
    entries = {rng.randbytes(60).hex(): Entry(LogStatus.RETRYING, "insert_task", attempts=1) for _ in range(8_000)}
    log = PushLog("many", PLATFORM, "S1", received_at="2026-11-22T01:30:05+00:00", entries=entries)
    logs = site.worker.logs
    for stamp in ("2026-11-22T01:30:06.000+00:00", "2026-11-22T01:30:07.000+00:00"):
        log.updated_at = stamp
        logs.put([log])

    (by_event,) = logs.of_event("many")
    listed = [
        each for shard in status_shards(PLATFORM, LogStatus.RETRYING) for each in logs.by_status(shard, "2", "3", 9)[0]
    ]

    assert by_event.entries == entries
    assert [each.log.entries for each in listed] == [entries]
    assert len({part.split("#")[0] for document, part in site.held() if document.startswith("push-logs#")}) == 1


# A crash, and a race


class Dying:
    """A part table whose process ends at the n-th call."""

    def __init__(self, parts: PartTable, calls: int) -> None:
        self._parts, self._left = parts, calls

    def tidy(self, *args: Any) -> None:
        PartTable.tidy(self, *args)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise StoreError("the process ends here")
            return getattr(self._parts, name)(*args, **kwargs)

        return call


def test_who_dies_after_its_parts_leaves_the_document_of_before(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.push(a_large_one("large"))
    before = site.load("large")
    changed = site.load("large")
    changed.instance.carried_status = "changed"
    with monkeypatch.context() as patch:
        patch.setattr(instances, "batch_execute", lambda *_: (_ for _ in ()).throw(StoreError("dead")))
        with pytest.raises(StoreError):
            site.instances.save([changed])

    assert site.load("large").instance == before.instance
    assert len({part.split("#")[0] for document, part in site.held() if "large" in document}) == 2

    site.instances.save([site.load("large")])

    assert len({part.split("#")[0] for document, part in site.held() if "large" in document}) == 1


def test_who_dies_before_clearing_leaves_the_new_document_whole(site: Site) -> None:
    site.push(a_large_one("large"))
    changed = site.load("large")
    changed.instance.carried_status = "changed"
    site.instances._parts = Dying(site.parts, 1)  # type: ignore[assignment]

    assert site.instances.save([changed]) == set()

    site.instances._parts = site.parts
    assert site.load("large").instance.carried_status == "changed"


def test_of_two_who_write_a_large_document_one_loses_and_what_it_wrote_goes(site: Site) -> None:
    site.push(a_large_one("large"))
    first, second = site.load("large"), site.load("large")
    first.instance.carried_status, second.instance.carried_status = "first", "second"

    assert site.instances.save([first]) == set()
    assert site.instances.save([second]) == {f"{PLATFORM}#large"}

    assert site.load("large").instance.carried_status == "first"
    site.instances.save([site.load("large")])
    assert len({part.split("#")[0] for document, part in site.held() if "large" in document}) == 1


def test_who_reads_while_another_writes_reads_what_the_other_wrote(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.push(a_large_one("large"))
    other = InstanceTable(site.client, site.tables.InstanceTable, parts=site.parts)
    items, passed = site.instances._items, list[bool]()

    def after(keys: Any) -> Any:
        found = items(keys)
        if not passed:
            passed.append(True)
            (theirs,) = other.load([(PLATFORM, "large")]).values()
            theirs.instance.carried_status = "theirs"
            other.save([theirs])
        return found

    monkeypatch.setattr(site.instances, "_items", after)

    stored = site.load("large")

    assert (stored.unreadable, stored.instance.carried_status) == ("", "theirs")


def test_a_document_that_grows_small_again_stands_in_its_item_and_its_parts_go(site: Site) -> None:
    site.push(a_large_one("large"))
    stored = site.load("large")
    stored.instance.tasks.clear()

    assert site.instances.save([stored]) == set()

    assert site.load("large").parts == ""
    assert not [document for document, _ in site.held() if document.startswith("instances#")]


def test_a_document_whose_parts_are_lost_is_set_aside_with_the_reason(site: Site) -> None:
    site.push(a_large_one("large"))
    site.parts.clear("instances#jz#large", before="9")

    stored = site.load("large")

    assert stored.unreadable == "not all of its parts are there"
    assert stored.instance == Instance(PLATFORM, "large")


# How long it takes


def test_all_items_are_gone_through_as_often_for_two_as_for_a_slice_and_once_more_for_each_slice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[int] = []
    items = Instance.items

    def counted(self: Instance) -> Any:
        looked.append(len(self.tasks))
        return items(self)

    monkeypatch.setattr(Instance, "items", counted)

    def looks(count: int) -> int:
        worker = Worker()
        looked.clear()
        for sequence in (1, 2):
            worker.push(named("S", [task(f"T{each}") for each in range(count)], sequence), deadline=worker.now + 1e6)
        return len(looked)

    assert looks(SLICE) == looks(2)
    assert looks(4 * SLICE) <= 4 * looks(SLICE)


# How long it is kept


def test_a_document_has_an_end_once_its_instance_is_over_and_none_while_it_is_not(site: Site) -> None:
    def item() -> dict[str, Any]:
        key = {"instance": {"S": f"{PLATFORM}#S1"}}
        found: dict[str, Any] = site.client.get_item(TableName=site.tables.InstanceTable, Key=key)["Item"]
        return found

    def end() -> float:
        return float(item()["expires_at"]["N"])

    site.push(message())
    assert "expires_at" not in item()
    site.push(message("instance_completed", 2))
    assert end() == int(site.worker.now + RETENTION_S + DAY_S)

    site.worker.now += 1_000
    site.push(message("task_completed", 1, id="late"))
    assert end() == int(site.worker.now + RETENTION_S + DAY_S)

    site.worker.fail("http_503")
    site.worker.push(deletion(9))
    assert "expires_at" not in item()  # something is left to send


def test_the_parts_of_a_document_end_with_it(site: Site) -> None:
    site.push(a_large_one("large"))
    site.push(message("instance_deleted", 9, sess_id="large", id="d"))
    stored = site.load("large")
    stored.instance.people = [[new_id(), new_id(), new_id()] for _ in range(12_000)]
    assert site.instances.save([stored]) == set()

    items = site.client.scan(TableName=site.tables.PartTable)["Items"]
    ends = {item["expires_at"]["N"] for item in items if item["document"]["S"].startswith("instances#")}
    assert ends == {str(site.load("large").expires_at)}


def test_messages_that_wait_aside_come_back_as_they_were_and_only_once(site: Site) -> None:
    long = "长" * 200_000
    told = [
        Aside(PLATFORM, sess_id, f'{{"n": {number}, "t": "{long}"}}', START) for number, sess_id in enumerate("abc")
    ]

    site.instances.set_aside(told)
    site.instances.set_aside(told[:2])

    found = site.instances.aside(PLATFORM, START) + site.instances.aside(PLATFORM, START + 7)
    assert {each.body for each in found} <= {each.body for each in told}
    assert len(site.held()) == 3
    site.instances.drop_aside(told)
    assert site.held() == []
