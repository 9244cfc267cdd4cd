"""Bulk replays: complete, at their rate, over crashes, and nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.jobs import LEASE_S, SLICE
from taskbridge.push.jobs import JobKind, JobStatus, PushJob
from taskbridge.push.logs import LogStatus
from tests.builders import START
from tests.unit.reconciler.job_world import Flaky, Killed, World, stamp

MINUTE_S = 60.0


@pytest.fixture
def world() -> World:
    return World()


def test_what_failed_is_sent_again_once_for_each_instance(world: World) -> None:
    world.add_failed(12, per_instance=3)
    world.ask()

    world.run()

    sent = world.queued
    assert sorted(each.sess_id for each in sent) == ["S0", "S1", "S2", "S3"]
    assert {(each.replay, each.force, each.reason) for each in sent} == {(True, (), "replay:j1")}
    assert world.job().status is JobStatus.DONE
    assert (world.job().looked_at, world.job().sent) == (12, 12)
    assert world.job().finished_at


def test_a_replay_of_thousands_whose_worker_is_killed_twice_is_complete_and_sends_nothing_twice(world: World) -> None:
    world.add_failed(2500)
    world.ask()

    for send, before in ((9, False), (14, True)):
        world.kill_at(send, before=before)
        with pytest.raises(Killed):
            world.run()
        world.push()
        world.now += LEASE_S
    world.kill_at(0, before=True)
    for _ in range(3):
        world.run()
        world.push()
        world.now += MINUTE_S

    assert world.job().status is JobStatus.DONE
    assert len(world.pushed) == 2500
    assert set(world.pushed.values()) == {1}


def test_what_fails_anew_while_its_replay_runs_is_not_tried_twice_by_it(world: World) -> None:
    world.add_failed(3 * SLICE)
    world.ask()
    world.kill_at(2, before=False)
    with pytest.raises(Killed):
        world.run()
    world.now += 10  # later than any message was asked for
    world.push(succeeds=False)

    world.kill_at(0, before=True)
    world.now += 10 * MINUTE_S  # the queue has forgotten by now
    world.run()
    world.push(succeeds=False)

    assert world.job().status is JobStatus.DONE
    assert len(world.pushed) == 3 * SLICE
    assert set(world.pushed.values()) == {1}


def test_a_replay_keeps_its_rate_also_over_runs(world: World) -> None:
    world.add_failed(500)
    world.ask(rate_per_s=2.0)

    world.run(seconds=50)
    first = world.job().sent
    world.now = START + MINUTE_S
    world.run(seconds=50)

    assert 98 <= first <= 102
    assert world.job().sent <= 2 * (MINUTE_S + 50) + 2


def test_two_replays_share_a_run(world: World) -> None:
    world.add_failed(300, app_id="leave")
    world.add_failed(300, app_id="travel")
    world.ask("j1", app_id="leave", rate_per_s=10.0)
    world.ask("j2", app_id="travel", rate_per_s=10.0)

    world.run(seconds=20)

    assert world.job("j1").sent > 0
    assert world.job("j2").sent > 0


def test_only_what_is_asked_for_is_sent(world: World) -> None:
    world.add_failed(4, app_id="leave")
    world.add_failed(4, app_id="travel")
    world.ask(app_id="travel", start=stamp(START - 86_400), end=stamp(START - 86_400 + 1))

    world.run()

    assert [each.sess_id for each in world.queued] == ["S4", "S5"] or len(world.queued) == 2
    assert world.job().left_out == world.job().looked_at - world.job().sent > 0


def test_a_stopped_replay_sends_nothing_more(world: World) -> None:
    world.add_failed(5 * SLICE)
    world.ask()

    def stop() -> None:
        world.jobs.jobs["j1"].status = JobStatus.STOPPED

    world.after_send = stop
    world.run()
    sent = len(world.queued)
    world.run()

    assert 0 < sent <= SLICE
    assert len(world.queued) == sent
    assert world.job().status is JobStatus.STOPPED


def test_a_replay_that_another_worker_is_at_is_left_alone(world: World) -> None:
    world.add_failed(3)
    world.ask()
    world.jobs.leases["j1"] = ("somebody", world.now + 10)

    world.run(seconds=5)
    assert world.queued == []

    world.now += 10
    world.run()
    assert len(world.queued) == 3


def test_who_lost_the_lease_meanwhile_saves_nothing(world: World) -> None:
    world.add_failed(3 * SLICE)
    world.ask()

    def lose() -> None:
        world.jobs.leases["j1"] = ("somebody", world.now + 10)

    world.after_send = lose
    world.run()

    assert world.job().looked_at == 0
    assert world.jobs.leases["j1"][0] == "somebody"


def test_a_queue_that_refuses_leaves_the_replay_where_it_was(world: World) -> None:
    world.add_failed(3)
    world.ask()
    world.refuses = True

    world.run()
    assert world.job().looked_at == 0

    world.refuses = False
    world.run()
    assert world.job().status is JobStatus.DONE
    assert len(world.queued) == 3


def test_a_table_that_fails_once_delays_the_replay_by_a_run(world: World) -> None:
    world.add_failed(3)
    world.ask()
    world.before_send = Flaky()

    world.run()
    assert [name for name, _ in world.journal.heard] == ["interrupted"]

    world.run()
    assert world.job().status is JobStatus.DONE


def test_what_was_tried_since_the_replay_was_asked_for_is_left_out(world: World) -> None:
    world.add_failed(2)
    world.logs.items["e0", "jz"].updated_at = stamp(START + 5)
    world.ask()

    world.run()

    assert [each.sess_id for each in world.queued] == ["S1"]
    assert world.job().left_out == 1


def test_a_replay_of_nothing_ends_at_once(world: World) -> None:
    world.ask(log_status=LogStatus.RETRYING)

    world.run()

    assert world.job().status is JobStatus.DONE
    assert world.queued == []


# One bad job


def test_a_job_that_cannot_be_read_stops_no_other(world: World) -> None:
    world.add_failed(3)
    world.ask("j1")
    world.ask("j0")
    take = world.jobs.take

    def fail(job_id: str, *rest: Any) -> PushJob | None:
        if job_id == "j0":
            raise ValueError("Invalid enum value 'of a newer release'")
        return take(job_id, *rest)

    world.jobs.take = fail  # type: ignore[method-assign, assignment]
    world.run()

    assert world.job("j1").status is JobStatus.DONE
    assert [args[0] for name, (args, _) in world.journal.heard if name == "interrupted"] == ["j0"]


def test_a_job_whose_slice_breaks_stops_no_other_and_gives_its_lease_back(world: World) -> None:
    world.add_failed(3)
    world.ask("j0", start="not a time", kind=JobKind.COMPARISON)
    world.ask("j1")

    world.run()

    assert world.job("j1").status is JobStatus.DONE
    assert world.jobs.leases["j0"][1] == 0.0
