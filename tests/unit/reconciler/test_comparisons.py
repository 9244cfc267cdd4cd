"""The comparison of a platform: every instance that a page names is held against its logs."""

from __future__ import annotations

import pytest

from taskbridge.push.instances import Presence, Work
from taskbridge.push.jobs import JobKind, JobStatus
from taskbridge.push.logs import Entry, LogStatus, PushLog
from taskbridge.tables.instances import StoredInstance
from taskbridge.tables.push_log_pages import LogPage
from tests.builders import PLATFORM, START, instance_after, message
from tests.unit.reconciler.job_world import World, stamp


@pytest.fixture
def world() -> World:
    return World()


def put(
    world: World, sess_id: str, at: float, status: LogStatus = LogStatus.SUCCEEDED, *, work: Work = Work.NONE
) -> None:
    """An instance whose one task was acknowledged, with the log that says so or does not, and the page."""
    document = instance_after(message(sess_id=sess_id))
    document.tasks["T1"].work, document.tasks["T1"].presence = work, Presence.PRESENT
    world.instances.save([StoredInstance(document)])
    entry = Entry(status, settled_at=stamp(at))
    event_id = document.tasks["T1"].event_id
    world.logs.put(
        [
            PushLog(
                event_id,
                PLATFORM,
                sess_id,
                sequence=1,
                received_at=stamp(at),
                updated_at=stamp(at),
                entries={"T1": entry},
            )
        ]
    )
    world.instances.pages.append(LogPage(PLATFORM, at, f"p-{sess_id}", (event_id,), (sess_id,)))


def test_an_instance_that_its_log_proves_is_left_alone_and_one_that_it_does_not_is_sent(world: World) -> None:
    put(world, "S1", START - 3 * 86_400)
    put(world, "S2", START - 2 * 86_400, LogStatus.RETRYING)
    put(world, "S3", START - 100, LogStatus.FAILED, work=Work.FAILED)
    world.ask(kind=JobKind.COMPARISON, start=stamp(START - 10 * 86_400))

    world.run()

    assert [(each.sess_id, each.force, each.replay) for each in world.queued] == [
        ("S2", ("T1",), True),
        ("S3", ("T1",), True),
    ]
    assert world.job().status is JobStatus.DONE
    assert (world.job().looked_at, world.job().sent, world.job().left_out) == (3, 2, 1)


def test_many_batches_of_one_moment_are_all_looked_at(world: World) -> None:
    for number in range(70):
        put(world, f"S{number}", START - 86_400 + (number // 45), LogStatus.FAILED, work=Work.FAILED)
    world.ask(kind=JobKind.COMPARISON, start=stamp(START - 10 * 86_400))

    world.run()

    assert world.job().status is JobStatus.DONE
    assert len(world.queued) == len({each.sess_id for each in world.queued}) == 70


def test_what_was_sent_since_is_not_sent_again_by_another_page(world: World) -> None:
    put(world, "S1", START - 86_400, LogStatus.FAILED, work=Work.FAILED)
    for log in world.logs.items.values():
        log.updated_at = stamp(START + 1)
    world.ask(kind=JobKind.COMPARISON, start=stamp(START - 10 * 86_400))

    world.run()

    assert world.queued == []
