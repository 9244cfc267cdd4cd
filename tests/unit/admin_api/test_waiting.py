"""What waits for a platform that is to be deleted."""

from __future__ import annotations

import pytest

from admin_api.setup.removal import PARKED_LIMIT, QUIET_S, Waiting, find_waiting
from taskbridge.push.instances import Instance
from taskbridge.tables.instances import StoredInstance
from taskbridge.tables.push_log_pages import LogPage
from tests.fakes import MemoryInstances

NOW = 1_750_000_000.0


def look(instances: MemoryInstances, depth: int) -> Waiting:
    return find_waiting("jz", instances, instances, lambda: depth, NOW)


def worked_on(at: float) -> MemoryInstances:
    instances = MemoryInstances()
    instances.pages.append(LogPage("jz", at, "p1", (), ()))
    return instances


def parked(count: int) -> MemoryInstances:
    instances = MemoryInstances()
    instances.save([StoredInstance(Instance("jz", f"s{number}", due_at=NOW + 86_400)) for number in range(count)])
    return instances


def test_nothing_waits_for_a_platform_that_nobody_worked_on() -> None:
    waiting = look(MemoryInstances(), depth=3)

    assert waiting == Waiting(0, queued=False)
    assert not waiting


@pytest.mark.parametrize(
    ("at", "depth", "queued"),
    [(NOW, 1, True), (NOW, 0, False), (NOW - QUIET_S, 1, True), (NOW - QUIET_S - 1, 1, False)],
)
def test_messages_in_the_queue_count_while_the_platform_is_worked_on(at: float, depth: int, queued: bool) -> None:
    assert look(worked_on(at), depth).queued is queued


def test_parked_work_is_counted_up_to_a_limit_however_late_it_is_due() -> None:
    assert look(parked(3), depth=0) == Waiting(3, queued=False)

    many = look(parked(PARKED_LIMIT + 5), depth=0)

    assert many.parked == PARKED_LIMIT
    assert "or more" in many.describe()
