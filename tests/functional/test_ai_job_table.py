"""Jobs of people on DynamoDB: one worker at a time, and nobody sees another's."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from taskbridge.ai.jobs import AiJob, AiJobStatus, DryRun, ProposeChecks, Trial
from taskbridge.ai.results import Verdict
from taskbridge.errors import StaleVersion
from taskbridge.tables.ai_jobs import AiJobTable
from taskbridge.usage import Usage
from tests.functional.ai_suites.builders import CREATED_AT, NOW
from tests.functional.aws import Tables

LEASE_S = 60.0


@pytest.fixture
def jobs(moto: Any, moto_tables: Tables) -> AiJobTable:
    return AiJobTable(moto, moto_tables.JobTable)


def job(**changes: Any) -> AiJob:
    values: dict[str, Any] = {
        "id": "j1",
        "uid": "张三#1",
        "app_id": "leave",
        "node_id": "node-2",
        "wanted": DryRun(rule="请假不超过 3 天", file_key=("proof",)),
        "task_ids": ("T1", "T2"),
        "created_at": CREATED_AT,
    }
    return AiJob(**{**values, **changes})


def claim(jobs: AiJobTable, holder: str, now: float = NOW) -> AiJob | None:
    return jobs.claim("张三#1", "j1", holder, now, now + LEASE_S)


@pytest.mark.parametrize("wanted", [DryRun(rule="r", keynote="k"), ProposeChecks(rule="r")])
def test_a_job_is_read_as_it_was_written(jobs: AiJobTable, wanted: Any) -> None:
    jobs.add(job(wanted=wanted), NOW)

    assert jobs.get("张三#1", "j1") == job(wanted=wanted)


def test_another_persons_job_is_not_there(jobs: AiJobTable) -> None:
    jobs.add(job(), NOW)

    assert jobs.get("张三", "j1") is None
    assert jobs.claim("张三", "j1", "w", NOW, NOW + LEASE_S) is None
    assert jobs.get("张三", "") is None


def test_an_id_is_given_once(jobs: AiJobTable) -> None:
    jobs.add(job(), NOW)

    with pytest.raises(StaleVersion):
        jobs.add(job(), NOW)


def test_one_worker_has_it_until_its_lease_ends(jobs: AiJobTable) -> None:
    jobs.add(job(), NOW)

    assert claim(jobs, "a") == job(attempts=1)
    assert claim(jobs, "b") is None
    assert jobs.renew("张三#1", "j1", "a", NOW + 2 * LEASE_S)
    assert claim(jobs, "b", NOW + LEASE_S) is None
    assert claim(jobs, "b", NOW + 2 * LEASE_S) == job(attempts=2)
    assert not jobs.renew("张三#1", "j1", "a", NOW + 9 * LEASE_S)
    assert not jobs.save(job(reason="late"), "a", NOW)


def test_what_was_saved_is_free_for_the_next_turn(jobs: AiJobTable) -> None:
    jobs.add(job(), NOW)
    claim(jobs, "a")
    trial = Trial(task_id="T1", verdict_now=Verdict.APPROVE, usage=Usage(input_tokens=3))

    assert jobs.save(job(trials=(trial,)), "a", NOW)

    assert claim(jobs, "b") == job(trials=(trial,), attempts=1)


def test_a_job_that_is_over_is_claimed_by_nobody(jobs: AiJobTable) -> None:
    jobs.add(job(), NOW)
    claim(jobs, "a")
    over = msgspec.structs.replace(job(), status=AiJobStatus.DONE)

    assert jobs.save(over, "a", NOW)

    assert claim(jobs, "a") is None
    assert jobs.get("张三#1", "j1") == over
