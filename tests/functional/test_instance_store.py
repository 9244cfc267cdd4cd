"""What every instance store has to do: the fake that other tests trust, and the real table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from taskbridge.errors import StoreError
from taskbridge.push.event_order import fold
from taskbridge.push.instances import Instance
from taskbridge.tables.instances import DUE_SHARDS, InstanceTable, StoredInstance
from taskbridge.tables.push_log_pages import LogPage, PushLogPageTable
from tests.builders import PLATFORM, START, event, instance_after, message, message_of, session
from tests.fakes import MemoryInstances
from tests.functional.aws import Tables

DAY_S = 86_400.0


class Store:
    """An instance store with its pages, whatever is behind it."""

    def __init__(self, instances: Any, pages: Any) -> None:
        self.instances = instances
        self.pages = pages

    def load(self, sess_id: str = "S1") -> StoredInstance:
        (stored,) = self.instances.load([(PLATFORM, sess_id)]).values()
        assert isinstance(stored, StoredInstance)
        return stored

    def save(self, *stored: StoredInstance, page: LogPage | None = None) -> set[str]:
        lost: set[str] = self.instances.save(list(stored), page)
        return lost

    def put(self, sess_id: str = "S1", due_at: float = 0.0) -> StoredInstance:
        document = instance_after(message(sess_id=sess_id))
        document.due_at = due_at
        stored = StoredInstance(document)
        assert self.save(stored) == set()
        return stored

    def due(self, before: float = START, limit: int = 100) -> list[str]:
        found = self.instances.due(PLATFORM, before, limit)
        assert {platform_id for platform_id, _ in found} <= {PLATFORM}
        return [sess_id for _, sess_id in found]


@pytest.fixture(params=["memory", "table"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Every implementation in turn."""
    if request.param == "memory":
        memory = MemoryInstances()
        yield Store(memory, memory)
        return
    dynamodb, tables = request.getfixturevalue("dynamodb"), request.getfixturevalue("tables")
    pages = PushLogPageTable(dynamodb, tables.PushLogPageTable, DAY_S)
    yield Store(InstanceTable(dynamodb, tables.InstanceTable, pages), pages)


# Reading and writing


def test_what_nobody_stored_is_new(store: Store) -> None:
    stored = store.load("S404")

    assert (stored.version, stored.due_at, stored.instance) == (0, 0.0, Instance(PLATFORM, "S404"))


def test_a_document_comes_back_as_it_was_stored(store: Store) -> None:
    document = instance_after(message_of(event(session=session(subject="🎓" + "长" * 9_999))), message(sequence=2))

    assert store.save(StoredInstance(document)) == set()

    assert store.load().instance == document
    assert store.load().version == 1


def test_many_instances_are_read_at_once_whether_they_exist_or_not(store: Store) -> None:
    for number in range(0, 150, 2):
        store.put(f"S{number}")

    found = store.instances.load([(PLATFORM, f"S{number}") for number in range(150)])

    assert len(found) == 150
    assert [found[f"{PLATFORM}#S{number}"].version for number in range(4)] == [1, 0, 1, 0]


def test_many_instances_are_written_at_once(store: Store) -> None:
    stored = [StoredInstance(instance_after(message(sess_id=f"S{number}"))) for number in range(30)]

    assert store.save(*stored) == set()

    assert [store.load(f"S{number}").version for number in (0, 24, 25, 29)] == [1, 1, 1, 1]


@pytest.mark.parametrize("sess_id", ["会议 '7'", 'a"b', "x#y", "🎓", "?", "a{b}"])
def test_an_instance_may_have_any_name(store: Store, sess_id: str) -> None:
    store.put(sess_id, due_at=START - 1)

    assert store.load(sess_id).version == 1
    assert store.due() == [sess_id]


# Compare-and-set


def test_a_written_document_has_its_new_version_and_can_be_written_again(store: Store) -> None:
    stored = store.put()
    assert stored.version == 1

    fold(stored.instance, message("task_completed", 2))

    assert store.save(stored) == set()
    assert (stored.version, store.load().version) == (2, 2)
    assert store.load().instance.tasks["T1"].value("status") == "completed"


def test_of_two_who_read_the_same_the_second_to_write_loses_and_changes_nothing(store: Store) -> None:
    store.put()
    first, second = store.load(), store.load()
    fold(first.instance, message("task_completed", 2))
    fold(second.instance, message("task_aborted", 3))

    assert store.save(first) == set()
    assert store.save(second) == {f"{PLATFORM}#S1"}

    assert second.version == 1
    assert store.load().instance == first.instance


def test_of_two_who_found_nothing_the_second_to_write_loses(store: Store) -> None:
    first, second = StoredInstance(instance_after(message())), StoredInstance(instance_after(message(sequence=9)))

    assert store.save(first) == set()
    assert store.save(second) == {f"{PLATFORM}#S1"}

    assert store.load().instance == first.instance


def test_who_loses_does_not_stop_the_others_of_the_same_write(store: Store) -> None:
    store.put("S1")
    late, fine = store.load("S1"), StoredInstance(instance_after(message(sess_id="S2")))
    store.save(store.load("S1"))

    assert store.save(late, fine) == {f"{PLATFORM}#S1"}

    assert store.load("S2").version == fine.version == 1


# The list of what is due


def test_what_is_due_is_found_the_oldest_first_until_it_is_taken_off(store: Store) -> None:
    for number in range(10):
        store.put(f"S{number}", due_at=START - number)
    store.put("later", due_at=START + 1)
    store.put("never")
    assert store.due() == [f"S{number}" for number in range(9, -1, -1)]

    taken = store.load("S9")
    assert taken.due_at == START - 9
    taken.instance.due_at = 0.0
    assert store.save(taken) == set()

    assert store.due() == [f"S{number}" for number in range(8, -1, -1)]
    assert (store.load("S9").due_at, taken.due_at) == (0.0, 0.0)


def test_a_due_time_can_be_moved_and_set_again(store: Store) -> None:
    stored = store.put(due_at=START - 5)
    stored.instance.due_at = START + 900
    store.save(stored)
    assert store.due() == []
    assert store.due(before=START + 900) == ["S1"]

    for due_at in (0.0, START - 1):
        stored.instance.due_at = due_at
        store.save(stored)

    assert store.due() == ["S1"]


def test_no_more_is_found_than_was_asked_for(store: Store) -> None:
    for number in range(DUE_SHARDS * 3):
        store.put(f"S{number}", due_at=START - 100 + number)

    assert store.due(limit=3) == ["S0", "S1", "S2"]
    newest = store.instances.due(PLATFORM, START, 2, newest_first=True)
    assert newest == [(PLATFORM, "S11"), (PLATFORM, "S10")]


def test_what_is_due_on_another_platform_is_not_found(store: Store) -> None:
    document = instance_after(message(platform_id="jz-2"))
    document.due_at = START - 1
    store.save(StoredInstance(document))

    assert store.due() == []
    assert store.instances.due("jz-2", START, 10) == [("jz-2", "S1")]


# The page that is written along


def page(at: float = START, page_id: str = "p1") -> LogPage:
    return LogPage(PLATFORM, at, page_id, ("e1", "e2"), ("S1", "会议"))


def test_a_page_is_written_along_with_the_documents(store: Store) -> None:
    store.save(StoredInstance(instance_after(message())), page=page())

    assert store.pages.between(PLATFORM, START - 1, START + 1, 10) == [page()]
    assert store.load().version == 1


def test_a_page_is_written_without_any_document_and_although_a_document_lost(store: Store) -> None:
    store.put()
    late = StoredInstance(instance_after(message()))

    assert store.save(page=page(page_id="p1")) == set()
    assert store.save(late, page=page(page_id="p2")) == {f"{PLATFORM}#S1"}

    found = store.pages.between(PLATFORM, START, START + 1, 10)
    assert {each.page_id for each in found} == {"p1", "p2"}


def test_pages_are_found_by_time_the_oldest_first_across_days(store: Store) -> None:
    for number in range(12):
        store.save(page=page(START + number * 6 * 3600, f"p{number}"))

    def found(start: int, end: int, limit: int = 100) -> list[str]:
        hours = 6 * 3600
        return [
            each.page_id for each in store.pages.between(PLATFORM, START + start * hours, START + end * hours, limit)
        ]

    assert found(0, 12) == [f"p{number}" for number in range(12)]
    assert found(3, 7) == ["p3", "p4", "p5", "p6"]
    assert found(0, 12, limit=2) == ["p0", "p1"]
    assert store.pages.between("jz-2", START, START + DAY_S, 10) == []


def test_a_store_that_does_not_answer_says_so(dynamodb: Any, tables: Tables) -> None:
    nowhere = InstanceTable(dynamodb, "no-such-table")

    with pytest.raises(StoreError, match="ResourceNotFound"):
        nowhere.load([(PLATFORM, "S1")])
    with pytest.raises(StoreError, match="ResourceNotFound"):
        nowhere.save([StoredInstance(instance_after(message()))])


@pytest.mark.parametrize("most", [1, 4, 5, 100])
def test_stretch_by_stretch_every_page_is_found_once_across_days(store: Store, most: int) -> None:
    made = [page(START + number * 3 * 3600, f"p{number}") for number in range(12)]
    made += [page(START + 100.5, f"q{number}") for number in range(6)]
    for each in made:
        store.save(page=each)

    seen: list[str] = []
    at, end = START, START + 3 * DAY_S
    while at < end:
        found, reached = store.pages.stretch(PLATFORM, at, end, most)
        assert at < reached <= end
        assert all(at <= each.at < reached for each in found)
        seen += [each.page_id for each in found]
        at = reached

    assert sorted(seen) == sorted(each.page_id for each in made)
