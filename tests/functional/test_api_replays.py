"""Bulk replays over HTTP: asked for, worked off by the reconciler, watched, stopped."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from reconciler.jobs import LEASE_S
from taskbridge.errors import StaleVersion
from taskbridge.events import ID_CHARS
from taskbridge.push.logs import LogStatus
from tests.api import ApiClient
from tests.builders import PLATFORM, START
from tests.functional.aws import Tables
from tests.functional.campus_logs import configure, stamp
from tests.functional.replay_site import Killed, Site


@pytest.fixture
def site(clients: dict[str, Any], tables: Tables, ministack: str, monkeypatch: pytest.MonkeyPatch) -> Site:
    configure(monkeypatch, tables, ministack)
    return Site(clients, tables)


@pytest.fixture
def ops(site: Site) -> ApiClient:
    return site.api


def test_a_dry_run_counts_and_starts_nothing(site: Site, ops: ApiClient) -> None:
    site.campus.add(25, LogStatus.FAILED)

    found = ops.post("/v1/replays", {"dry_run": True}).json

    assert (found["id"], found["status"], found["count"], found["count_is_exact"]) == (None, "dry_run", 25, True)
    assert ops.post("/v1/replays", {"dry_run": True, "app_id": "leave"}).json["count"] == 12
    assert ops.post("/v1/replays", {"dry_run": True, "from": stamp(START - 1)}).json["count"] == 3
    assert site.jobs.active() == []


def test_a_replay_whose_worker_is_killed_twice_sends_every_instance_once(site: Site, ops: ApiClient) -> None:
    site.campus.add(350, LogStatus.FAILED)
    started = ops.post("/v1/replays", {"rate_per_s": 500})
    assert (started.status, started.json["status"], started.json["count"]) == (202, "running", 350)
    path = f"/v1/replays/{started.json['id']}"

    for _ in range(2):
        with pytest.raises(Killed):
            site.reconcile(die_at_send=2)
        site.now += LEASE_S
    site.reconcile()

    found = ops.get(path).json
    assert (found["status"], found["looked_at"], found["sent"]) == ("done", 350, 350)
    assert (found["created_by"], found["from"], found["log_status"]) == ("o", stamp(0), "failed")
    assert set(site.received().values()) == {1}
    assert site.jobs.active() == []


def test_a_replay_that_is_stopped_sends_nothing_more_and_stays_stopped(site: Site, ops: ApiClient) -> None:
    site.campus.add(20, LogStatus.FAILED)
    path = f"/v1/replays/{ops.post('/v1/replays', {}).json['id']}"

    assert ops.delete(path).json["status"] == "stopped"
    site.reconcile()

    assert site.received() == Counter()
    assert ops.delete(path).json["status"] == "stopped"
    assert ops.get(path).json["sent"] == 0


def test_the_list_of_jobs_tells_why_somebody_started_one(ops: ApiClient) -> None:
    started = ops.post("/v1/replays", {"status": "failed", "reason": "the receiver was created"})

    assert started.json["reason"] == "the receiver was created"
    assert [each["reason"] for each in ops.get("/v1/replays").json["items"]] == ["the receiver was created"]


def test_a_replay_takes_only_what_it_is_narrowed_to(site: Site, ops: ApiClient) -> None:
    site.campus.add(6, LogStatus.FAILED)
    others = site.campus.logs.load([("e1", PLATFORM), ("e3", PLATFORM)])
    for log in others.values():
        for entry in log.entries.values():
            entry.errcode, entry.reason = "50001", f"no such user u{log.sequence}"
    site.campus.logs.put(others.values())

    def counted(**narrowed: str) -> int:
        return int(ops.post("/v1/replays", {"dry_run": True, **narrowed}).json["count"])

    assert (counted(errcode="50001"), counted(cause="no such user …"), counted(cause="other")) == (2, 2, 0)
    assert (counted(sess_id="S2"), counted(task_id="T4"), counted(task_id="T4", sess_id="S2")) == (1, 1, 0)
    started = ops.post("/v1/replays", {"errcode": "50001", "cause": "no such user …"}).json
    assert (started["errcode"], started["cause"], started["sess_id"]) == ("50001", "no such user …", None)
    site.reconcile()
    found = ops.get(f"/v1/replays/{started['id']}").json
    assert (found["status"], found["sent"], found["left_out"]) == ("done", 2, 4)


def test_a_replay_that_is_done_cannot_be_stopped_any_more(site: Site, ops: ApiClient) -> None:
    path = f"/v1/replays/{ops.post('/v1/replays', {}).json['id']}"
    site.reconcile()

    assert ops.delete(path).json["status"] == "done"


def test_the_same_call_with_a_key_starts_one_replay(site: Site, ops: ApiClient) -> None:
    first = ops.post("/v1/replays", {}, idempotency_key="k1")
    again = ops.post("/v1/replays", {}, idempotency_key="k1")

    assert first.json == again.json
    assert len(site.jobs.active()) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "succeeded"}, "status"),
        ({"platform_id": "nowhere"}, "platform_id"),
        ({"from": "soon"}, "from"),
        ({"rate_per_s": 0}, "rate_per_s"),
        ({"rate_per_s": 1e9}, "rate_per_s"),
        ({"limit": 5}, "limit"),
        ({"from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}, "from"),
    ],
)
def test_a_replay_that_cannot_be_is_refused_with_its_field(ops: ApiClient, body: dict[str, Any], field: str) -> None:
    answer = ops.post("/v1/replays", body)

    assert (answer.status, answer.code) == (422, "invalid_request")
    assert answer.json["errors"][0]["field"] == field


@pytest.mark.parametrize("id_", ["none", "~***", "x" * 2000])
def test_a_replay_that_is_not_there_is_not_found(ops: ApiClient, id_: str) -> None:
    assert ops.get(f"/v1/replays/{id_}").code == "not_found"
    assert ops.delete(f"/v1/replays/{id_}").code == "not_found"


def test_ids_may_be_as_long_as_those_of_events(site: Site, ops: ApiClient) -> None:
    longest = "S" * ID_CHARS

    assert ops.post("/v1/replays", {"sess_id": longest, "task_id": longest, "dry_run": True}).status == 202
    assert ops.post("/v1/ops/reconcile", {"platform_id": PLATFORM, "sess_id": longest}).code == "not_found"


def test_one_instance_is_compared_at_once(site: Site, ops: ApiClient) -> None:
    site.campus.add(1)
    site.campus.add(1, LogStatus.FAILED, first=1)

    assert ops.post("/v1/ops/reconcile", {"platform_id": PLATFORM, "sess_id": "S0"}).json["differences"] == []
    found = ops.post("/v1/ops/reconcile", {"platform_id": PLATFORM, "sess_id": "S1"})

    assert found.status == 202
    assert [each["task_id"] for each in found.json["differences"]] == ["T1"]
    assert site.received() == Counter({"S1": 1})
    assert ops.post("/v1/ops/reconcile", {"platform_id": PLATFORM, "sess_id": "S404"}).code == "not_found"


def test_a_whole_platform_is_compared_by_a_job(site: Site, ops: ApiClient) -> None:
    site.campus.add(30)
    site.campus.add(3, LogStatus.FAILED, first=100, newest_at=START - 86_400)

    started = ops.post("/v1/ops/reconcile", {"platform_id": PLATFORM}).json
    site.reconcile()

    found = ops.get(f"/v1/replays/{started['job_id']}").json
    assert (found["kind"], found["status"], found["looked_at"], found["sent"]) == ("comparison", "done", 33, 3)
    assert site.received() == Counter({"S100": 1, "S101": 1, "S102": 1})


def test_a_job_is_written_once_and_belongs_to_one_worker(site: Site, ops: ApiClient) -> None:
    job_id = ops.post("/v1/replays", {}).json["id"]
    job = site.jobs.take(job_id, "w1", site.now, 10)
    assert job is not None

    assert site.jobs.take(job_id, "w2", site.now, 10) is None
    assert site.jobs.take(job_id, "w1", site.now, 10) is not None
    assert site.jobs.take(job_id, "w2", site.now + 10, 10) is not None
    assert not site.jobs.save(job, "w1", site.now + 10, 10)
    assert site.jobs.take("none", "w1", site.now, 10) is None
    with pytest.raises(StaleVersion):
        site.jobs.add(job, site.now)
