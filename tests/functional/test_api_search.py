"""One search by any id: what it finds, for whom, and at which cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from admin_api import search
from admin_api.ids import encode_id
from admin_api.push.replays import build_job
from taskbridge.ai.requests import encode_task_id
from taskbridge.ai.seats import AnalysisStatus
from taskbridge.push.jobs import JobKind
from taskbridge.push.logs import LogStatus
from taskbridge.tables.events import UnroutedEvent
from tests.api import ApiClient, build_client, build_services
from tests.builders import PLATFORM, START
from tests.functional.ai_suites.builders import finished, seat
from tests.functional.aws import Tables, new_client
from tests.functional.campus_logs import CampusLogs, configure, stamp
from tests.functional.test_api_push_logs import Calls

LI = "u-li"


@pytest.fixture
def client(ministack: str) -> Iterator[Any]:
    made = new_client("dynamodb", ministack)
    yield made
    made.close()


@pytest.fixture
def admin(client: Any, tables: Tables, ministack: str, monkeypatch: pytest.MonkeyPatch) -> ApiClient:
    configure(monkeypatch, tables, ministack)
    CampusLogs(client, tables).add(3, LogStatus.FAILED)
    return build_client(build_services(client, tables, clock=lambda: START + 60), search.router)


@pytest.fixture
def ops(admin: ApiClient) -> ApiClient:
    return admin.as_("o", "ops")


def hits(answer: Any) -> list[tuple[str, str, str]]:
    """Kind, id, and what it belongs to."""
    assert answer.status == 200, answer.text
    return [(each["kind"], each["id"], each["within"]) for each in answer.json["hits"]]


def give_task(admin: ApiClient, task_id: str) -> str:
    """A task of Li with an analysis; returns the id of that."""
    seats = admin.api.services.seats
    assert seats.project(seat(task_id=task_id, uid=LI), None)
    analysis_id = f"{encode_task_id(task_id)}.1"
    pending = msgspec.structs.replace(finished(id=analysis_id), status=AnalysisStatus.PENDING)
    assert seats.begin(LI, task_id, pending, "")
    return analysis_id


def test_an_event_a_log_an_instance_and_a_task_lead_to_their_logs(ops: ApiClient) -> None:
    log = ("push_log", "jz:e1", "S1")

    assert hits(ops.get("/v1/search", id="e1")) == [log]
    assert hits(ops.get("/v1/search", id=" jz:e1\n")) == [log]
    assert hits(ops.get("/v1/search", id="S1")) == [("instance", "S1", "")]
    assert hits(ops.get("/v1/search", id="T1")) == [("task", "T1", "S1")]
    (told,) = ops.get("/v1/search", id="e1").json["hits"]
    assert (told["name"], told["status"], told["platform_id"], told["at"]) == (
        "e1",
        "failed",
        PLATFORM,
        stamp(START - 0.5),
    )


def test_a_rejected_and_a_skipped_event_are_found_also_by_the_id_in_an_address(ops: ApiClient) -> None:
    for status in ("rejected", "skipped"):
        event = UnroutedEvent(f"{status}/坏", status, "why", stamp(START), "task_received", "leave", "S9")
        ops.api.services.events.record(event, b"{}", "spare")
        coded = encode_id(f"{status}/坏")

        assert hits(ops.get("/v1/search", id=f"{status}/坏")) == [(f"{status}_event", coded, "S9")]
        assert hits(ops.get("/v1/search", id=coded)) == [(f"{status}_event", coded, "S9")]


def test_a_replay_is_found(ops: ApiClient) -> None:
    job = build_job(JobKind.REPLAY, (PLATFORM,), "zhou", START, "x")
    ops.api.services.jobs.add(job, START)

    assert hits(ops.get("/v1/search", id=job.id)) == [("replay", job.id, "zhou")]


def test_an_approver_finds_what_is_his_and_nothing_else(admin: ApiClient, ops: ApiClient) -> None:
    analysis_id = give_task(admin, "T/1")
    li, wang = admin.as_(LI), admin.as_("u-wang")

    assert hits(li.get("/v1/search", id="T/1")) == [("own_task", encode_id("T/1"), "S1")]
    assert hits(li.get("/v1/search", id=analysis_id)) == [("analysis", analysis_id, encode_id("T/1"))]
    for other in (wang, ops):
        assert hits(other.get("/v1/search", id="T/1")) == []
        assert hits(other.get("/v1/search", id=analysis_id)) == []
    for sought in ("e1", "S1", "T1"):
        assert hits(li.get("/v1/search", id=sought)) == []


def test_nothing_found_says_what_was_looked_for(admin: ApiClient, ops: ApiClient) -> None:
    push = ["push_log", "rejected_event", "skipped_event", "instance", "replay", "task"]

    assert ops.get("/v1/search", id="none").json == {"hits": [], "looked_for": push}
    assert admin.as_(LI).get("/v1/search", id="none").json == {"hits": [], "looked_for": ["own_task", "analysis"]}
    for odd in ("~!", "长" * 400, "~" + "A" * 1000):
        assert hits(ops.get("/v1/search", id=odd)) == []
    assert ops.get("/v1/search").code == "invalid_request"


def test_a_search_costs_a_few_calls_and_a_task_four_queries_a_day_more(ops: ApiClient, client: Any) -> None:
    ops.get("/v1/search", id="e1")  # reads the configuration
    calls = Calls(client)
    asked = {"Query": 2, "BatchGetItem": 1, "GetItem": 1, "UpdateItem": 1}  # the last counts the caller's calls

    ops.get("/v1/search", id="e1")
    assert calls.take() == Counter(asked)
    ops.get("/v1/search", id="none")
    assert calls.take() == Counter(asked | {"Query": 2 + 4 * 8})
