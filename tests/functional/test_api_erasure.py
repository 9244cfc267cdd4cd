"""Erasing a person: what is found by key goes, what is others' stays, and a call that ends goes on."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from admin_api import erasure
from taskbridge.ai.audit import AuditRecord
from taskbridge.ai.jobs import AiJob, DryRun, ProposeChecks
from taskbridge.ai.process_seats import build_seats, places_of
from taskbridge.ai.processes import ERASED, Process, fold, forget_person
from taskbridge.ai.rules import PersonalRule
from taskbridge.ai.seats import SeatState
from taskbridge.event_reading import parse_event
from taskbridge.tables.ai_processes import StoredProcess
from taskbridge.tables.changes import ChangeRecord, ChangeTable
from tests.api import ApiClient, build_client, build_services
from tests.builders import event, task, user
from tests.functional.ai_stores import TableStores
from tests.functional.ai_suites.builders import APP, NODE, NOW, analysis, review, seat
from tests.functional.aws import Tables

UID, OTHER = "u-2", "u-3"
AT = "2026-11-22T01:00:00.000+00:00"
SECRET = "只有本人知道的话"


class Site:
    """Tables with two people who have the same tasks, and the API over them."""

    def __init__(self, dynamodb: Any, tables: Tables) -> None:
        self.stores = TableStores(dynamodb, tables)
        self.time = NOW
        services = build_services(self.stores.client, tables, clock=self.clock)
        self.changes = ChangeTable(dynamodb, tables.ChangeTable)
        self.client = build_client(services)

    def clock(self) -> float:
        return self.time

    def fill(self, count: int) -> None:
        both = [user(UID), user(OTHER, "2026003")]
        for n in range(count):
            process = Process(f"S{n}")
            detail = event("task_received", 1, sess_id=f"S{n}", tasks=[task(f"T{n}", assignees=both)])
            fold(process, parse_event(json.dumps(detail).encode()))
            assert self.stores.processes.save(StoredProcess(process))
            for uid in (UID, OTHER):
                self._task(uid, n)
        for uid in (UID, OTHER):
            own = PersonalRule(uid=uid, app_id=APP, node_id=NODE, rule=SECRET + uid)
            saved = self.stores.rules.save_own(own, 0)
            self.stores.rules.save_own(msgspec.structs.replace(saved, keynote="k"), saved.version)
            self.changes.record(ChangeRecord("c" + uid, AT, uid, ("own-rule", uid, APP, NODE)))
        self.stores.client.taken()

    def _task(self, uid: str, n: int) -> None:
        one = seat(uid=uid, task_id=f"T{n}", sess_id=f"S{n}")
        assert self.stores.tasks.project(one, None)
        asked = msgspec.structs.replace(
            analysis(), id=f"a-{uid}-{n}", rule_version="custom-1", answer_id=f"answer-{uid}-{n}"
        )
        assert self.stores.tasks.begin(uid, f"T{n}", asked, "")
        answers = self.stores.answers
        answers.begin(f"answer-{uid}-{n}", "w", NOW, NOW + 60, NOW + 86_400, "S1")
        answers.append(f"answer-{uid}-{n}", 1, SECRET, NOW + 86_400)
        answers.finish(f"answer-{uid}-{n}", "w", review(), 1)
        self.ask(uid, f"T{n}")

    def ask(self, uid: str, asked_about: str) -> None:
        """A question for a person about a task, or in a job."""
        entry = AuditRecord(
            id=f"e-{uid}-{asked_about}",
            at=AT,
            uid=uid,
            task_id=asked_about,
            sess_id="S",
            app_id=APP,
            node_id=NODE,
            analysis_id=f"a-{uid}",
            outcome="answered",
            question=SECRET,
            answer=SECRET,
            latency_ms=7,
        )
        assert self.stores.audit.record(entry, NOW, 180)

    def names(self, uid: str) -> list[str]:
        """The tables in which an id stands anywhere, documents unfolded."""
        found = []
        for logical_id in ("AiTaskTable", "AiPersonTable", "AiRuleTable", "AiRuleVersionTable", "ChangeTable"):
            if any(uid in json.dumps(item, default=str) for item in self.stores.items(logical_id)):
                found.append(logical_id)
        if any(entry.uid == uid for n in range(60) for entry in self.stores.audit.for_task(f"T{n}").items):
            found.append("AiAuditTable")
        for item in self.stores.items("AiProcessTable"):
            process = self.stores.processes.load(item["sess_id"]["S"]).process
            if uid in msgspec.json.encode(process).decode():
                found.append("AiProcessTable")
                break
        return found


@pytest.fixture
def site(dynamodb: Any, tables: Tables) -> Site:
    return Site(dynamodb, tables)


def test_a_person_is_erased_and_everything_of_others_stays(site: Site) -> None:
    site.fill(3)
    before = site.names(OTHER)

    answer = site.client.delete(f"/v1/people/{UID}")

    assert answer.status == 200, answer.text
    assert answer.json["finished"]
    assert answer.json["erased"] == {
        "tasks": 3,
        "open_tasks": 3,
        "documents": 3,
        "audit_entries": 3,
        "answers": 3,
        "nodes": 1,
        "own_rules": 2,
        "jobs": 0,
    }
    assert site.names(UID) == []
    assert site.names(OTHER) == before
    entries = [entry for n in range(3) for entry in site.stores.audit.for_task(f"T{n}").items]
    assert {(entry.uid, entry.question, entry.answer, entry.latency_ms) for entry in entries} == {
        ("", "", "", 7),
        (OTHER, SECRET, SECRET, 7),
    }
    assert {item["answer_id"]["S"].split("-", 1)[1] for item in site.stores.items("AiAnswerTable")} == {
        f"{OTHER}-{n}" for n in range(3)
    }


def test_what_was_asked_in_jobs_of_the_person_is_erased_with_them(site: Site) -> None:
    site.fill(1)
    jobs = (
        AiJob(
            id="j1", uid=UID, app_id=APP, node_id=NODE, wanted=ProposeChecks(rule=SECRET), task_ids=(), created_at=AT
        ),
        AiJob(id="j2", uid=UID, app_id=APP, node_id=NODE, wanted=DryRun(rule=SECRET), task_ids=("T8",), created_at=AT),
    )
    for job, asked_about in zip(jobs, ("j1", "T8"), strict=True):
        site.client.api.services.ai_jobs.add(job, NOW)
        for uid in (UID, OTHER):
            site.ask(uid, asked_about)

    erased = site.client.delete(f"/v1/people/{UID}").json["erased"]

    assert (erased["jobs"], erased["audit_entries"]) == (2, 3)
    for asked_about in ("j1", "T8"):
        entries = site.stores.audit.for_task(asked_about).items
        assert {(entry.uid, entry.question) for entry in entries} == {("", ""), (OTHER, SECRET)}


def test_the_trail_tells_who_erased_how_much_and_not_whom(site: Site) -> None:
    site.fill(1)
    change_id = site.client.delete(f"/v1/people/{UID}").json["change_id"]
    [change] = site.changes.of(("erasure",)).items
    assert (change.id, change.who) == (change_id, "admin")
    assert change.after is not None
    assert change.after["tasks"] == 1
    assert UID not in msgspec.json.encode(change).decode()


def test_a_dry_run_counts_and_changes_nothing(site: Site) -> None:
    site.fill(2)
    before = site.names(UID)
    answer = site.client.delete(f"/v1/people/{UID}", dry_run="true").json
    assert (answer["dry_run"], answer["change_id"]) == (True, "")
    assert {name: answer["erased"][name] for name in ("tasks", "open_tasks", "nodes", "own_rules")} == {
        "tasks": 2,
        "open_tasks": 2,
        "nodes": 1,
        "own_rules": 1,
    }
    assert site.names(UID) == before
    assert site.changes.of(("erasure",)).items == []


def test_a_call_that_has_no_time_left_says_so_and_the_next_goes_on(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.fill(4)
    monkeypatch.setattr(erasure, "TASKS_A_PAGE", 2)
    seats = site.client.api.services.seats
    remove = seats.remove

    def remove_slowly(uid: str, task_id: str) -> None:
        site.time += erasure.WORKING_S / 2
        remove(uid, task_id)

    monkeypatch.setattr(seats, "remove", remove_slowly)
    first = site.client.delete(f"/v1/people/{UID}").json
    assert (first["finished"], first["erased"]["tasks"]) == (False, 2)
    monkeypatch.setattr(seats, "remove", remove)
    second = site.client.delete(f"/v1/people/{UID}").json
    assert (second["finished"], second["erased"]["tasks"]) == (True, 2)
    assert site.names(UID) == []


def test_a_task_costs_seven_calls_to_erase(site: Site) -> None:
    site.fill(25)
    site.client.delete(f"/v1/people/{UID}")
    calls = site.stores.client.taken()
    counted = {name: count for name, count in calls.items() if name != "put_item"}
    assert counted["get_item"] <= 25 + 3
    assert counted["delete_item"] <= 25 * 3 + 10
    assert counted["query"] <= 25 * 2 + 20
    assert calls["put_item"] == 25 + 1, "the documents and the trail"


@pytest.mark.parametrize("role", ["approver", "ops", ""])
def test_nobody_but_an_admin_erases_anybody(site: Site, role: str) -> None:
    site.fill(1)
    before = site.names(UID)
    intruder = ApiClient(site.client.api, UID, role)
    assert intruder.delete(f"/v1/people/{UID}").status == (403 if role else 401)
    assert intruder.delete(f"/v1/people/{OTHER}").status == (403 if role else 401)
    assert site.names(UID) == before


def test_what_is_counted_of_everyone_is_nobodys(site: Site) -> None:
    site.fill(1)
    answer = site.client.delete("/v1/people/~Kg")  # *
    assert (answer.status, answer.code) == (422, "invalid_request")


def test_an_event_that_names_the_person_again_brings_the_person_back_and_no_other() -> None:
    process = Process("S1")
    both = [user(UID), user(OTHER, "2026003")]
    told = event("task_received", 1, tasks=[task("T1", assignees=both)])
    fold(process, parse_event(json.dumps(told).encode()))

    assert forget_person(process, UID)
    assert not forget_person(process, UID)
    fold(process, parse_event(json.dumps(told).encode()))
    done = event(
        "task_completed", 2, tasks=[{"task_id": "T1", "node_id": "node-2", "status": "completed"}], operator=None
    )
    fold(process, parse_event(json.dumps(done).encode()))
    seats = build_seats(process, 2, places_of(process, ["T1"]))
    assert [(each.uid, each.state, each.decided_here) for each in seats] == [(OTHER, SeatState.DONE, False)]
    assert ERASED not in process.tasks["T1"].seats
