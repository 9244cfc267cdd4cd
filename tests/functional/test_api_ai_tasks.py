"""`/v1/ai/tasks` and results over the tables: what an approver sees, and what it costs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from admin_api.ai import analyses, tasks
from taskbridge.ai.results import Verdict
from taskbridge.ai.rules import AutoAnalysis
from taskbridge.tables.batches import batch_put
from tests.functional.ai_api import SETTINGS, AiWorld
from tests.functional.ai_suites.builders import APP, NODE, NOW, TASK, UID, own_rule, review
from tests.functional.aws import Tables

RESULT_FIELDS = {
    *("id", "task_id", "app_id", "node_id", "status", "verdict", "summary", "text", "findings", "downgraded"),
    *("rule_version", "fingerprint", "platform_id", "model", "usage", "decision", "feedback"),
    *("created_at", "finished_at", "notes", "reason"),
}


@pytest.fixture
def world(dynamodb: Any, ssm: Any, tables: Tables) -> AiWorld:
    return AiWorld(dynamodb, tables, tasks.router, analyses.router, ssm=ssm)


def listed(world: AiWorld, **query: Any) -> list[str]:
    answer = world.me.get("/v1/ai/tasks", **query)
    assert answer.status == 200, answer.text
    return [task["task_id"] for task in answer.json["items"]]


def test_a_task_comes_with_the_rule_in_force_and_its_result(world: AiWorld) -> None:
    world.give_default()
    analysis_id = world.give_result(world.give_task())

    (task,) = world.me.get("/v1/ai/tasks").json["items"]

    assert task["subject"] == "张三的请假申请 🎓"
    assert task["status"] == "open"
    assert task["created_at"] == "2026-11-22T01:30:00Z"
    assert task["rule"] == {
        "app_id": APP,
        "node_id": NODE,
        "path": f"{APP}/{NODE}",
        "node_key": "dept",
        "node_name": "院系审批",
        "rule": "请假不超过 3 天",
        "keynote": "看日期",
        "file_key": ["proof"],
        "clauses": ["请假不超过 3 天"],
        "checks": [{"clause": "请假不超过 3 天", "expression": "leave.days <= 3", "confirmed": True, "covers": False}],
        "status": True,
        "auto_analysis": True,
        "source": "default",
        "version": "default-1",
    }
    assert task["result"].keys() == RESULT_FIELDS
    assert (task["result"]["id"], task["result"]["verdict"], task["result"]["text"]) == (analysis_id, "reject", None)
    assert task["result"]["usage"] == {"input_tokens": 900, "output_tokens": 80, "cost": 0.0021}


def test_a_page_of_very_long_findings_has_room_for_those_of_its_first_tasks(
    world: AiWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.give_default()
    for task_id in ("a", "b", "c"):
        world.give_result(world.give_task(task_id))
    whole = world.me.get("/v1/ai/tasks").json["items"]
    size = len(msgspec.json.encode(review().findings))
    monkeypatch.setattr(tasks, "FINDINGS_BYTES", 2 * size)

    cut = world.me.get("/v1/ai/tasks").json["items"]

    assert [task["result"]["findings"] is None for task in cut] == [False, False, True]
    assert cut[:2] == whole[:2]
    analysis_id = cut[2]["result"]["id"]
    assert world.me.get(f"/v1/ai/analyses/{analysis_id}").json["findings"] == whole[2]["result"]["findings"]


def test_the_own_rule_is_in_force_before_the_default(world: AiWorld) -> None:
    world.give_default()
    world.stores.rules.save_own(own_rule(auto_analysis=AutoAnalysis.DISABLED), 0)
    world.give_task()

    (task,) = world.me.get("/v1/ai/tasks").json["items"]

    assert (task["rule"]["source"], task["rule"]["version"]) == ("custom", "custom-1")
    assert task["rule"]["auto_analysis"] is False
    assert task["result"] is None


def test_a_task_without_a_rule_is_listed_without_one(world: AiWorld) -> None:
    world.give_task()

    (task,) = world.me.get("/v1/ai/tasks").json["items"]

    assert task["rule"] is None


def test_a_result_of_an_older_rule_is_not_shown(world: AiWorld) -> None:
    world.give_default()
    analysis_id = world.give_result(world.give_task())
    world.stores.rules.save_own(own_rule(), 0)

    (task,) = world.me.get("/v1/ai/tasks").json["items"]

    assert task["result"] is None
    assert world.me.get(f"/v1/ai/analyses/{analysis_id}").code == "not_found"
    assert world.me.get(f"/v1/ai/tasks/{TASK}").json["results"] == []


def test_one_task_shows_its_form_as_people_read_it(world: AiWorld) -> None:
    world.give_default()
    world.give_result(world.give_task())
    world.give_form()

    answer = world.me.get(f"/v1/ai/tasks/{TASK}")

    assert answer.json["form"]["fields"] == [
        {"key": "amount", "label": "报销金额", "type": "number", "text": "4800"},
        {"key": "proof", "label": "发票", "type": "file", "text": "发票.pdf"},
    ]
    (file,) = answer.json["form"]["attachments"]
    assert (file["name"], file["number"]) == ("发票.pdf", 1)
    assert "secret" not in answer.text
    (result,) = answer.json["results"]
    assert result["text"] == "金额没有超过限额。"
    assert result["findings"][0]["evidence"] == [
        {"source": "amount", "page": None, "quote": "4,800 元", "verified": True, "passage": ""}
    ]


def test_a_task_whose_form_is_no_longer_kept_is_shown_without_it(world: AiWorld) -> None:
    world.give_task()

    assert world.me.get(f"/v1/ai/tasks/{TASK}").json["form"] is None


def test_the_result_of_a_decided_task_is_processed_with_the_decision_beside_it(world: AiWorld) -> None:
    world.give_default()
    analysis_id = world.give_result(world.give_task())
    world.decide(decision="rejected")

    result = world.me.get(f"/v1/ai/analyses/{analysis_id}").json

    assert (result["status"], result["verdict"], result["decision"]) == ("processed", "reject", "rejected")
    assert result["finished_at"] == "2026-11-22T03:00:00Z"
    assert listed(world) == []
    assert listed(world, status="done") == [TASK]


def test_tasks_are_listed_by_state_application_and_node(world: AiWorld) -> None:
    world.give_task("a")
    world.give_task("b", node_id="node-9")
    world.give_task("c", app_id="other")
    world.give_task("d")
    world.decide("d")

    assert sorted(listed(world)) == ["a", "b", "c"]
    assert sorted(listed(world, app_id=APP)) == ["a", "b"]
    assert listed(world, app_id=APP, node_id=NODE) == ["a"]
    assert listed(world, status="all", app_id=APP, node_id=NODE) == ["a", "d"]
    assert world.me.get("/v1/ai/tasks", node_id=NODE).code == "invalid_request"
    assert world.me.get("/v1/ai/tasks", sort="form").code == "invalid_request"


@pytest.mark.parametrize("sort", [None, "created_at", "-created_at", "subject", "-priority,subject", "verdict,subject"])
@pytest.mark.parametrize("status", ["open", "all"])
def test_pages_show_every_task_once(world: AiWorld, sort: str | None, status: str) -> None:
    for number in range(7):
        world.give_task(f"t{number}", subject=f"第 {number} 件", priority=1 + number % 3, created_at=moment(number))
    for number in range(7, 10):
        world.give_task(f"t{number}", subject=f"第 {number} 件", created_at=moment(number))
        world.decide(f"t{number}")
    whole = listed(world, status=status, sort=sort)

    paged, cursor = [], None
    for _ in range(10):
        page = world.me.get("/v1/ai/tasks", status=status, sort=sort, limit=3, cursor=cursor).json
        paged += [task["task_id"] for task in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert paged == whole
    assert sorted(paged) == [f"t{number}" for number in range(10 if status == "all" else 7)]


def moment(number: int) -> str:
    return f"2026-11-22T01:30:{number:02}.000+00:00"


def test_tasks_are_sorted_by_several_fields(world: AiWorld) -> None:
    world.give_default()
    verdicts = {"a": Verdict.APPROVE, "b": Verdict.REJECT, "c": Verdict.REJECT}
    for number, (task_id, verdict) in enumerate(verdicts.items()):
        world.give_result(world.give_task(task_id, created_at=moment(number)), verdict)
    world.give_task("d")

    assert listed(world, sort="verdict,-created_at") == ["c", "b", "a", "d"]
    assert listed(world, sort="-verdict,created_at") == ["a", "b", "c", "d"]


@pytest.mark.parametrize("sort", [None, "verdict"])
def test_tasks_are_listed_by_the_verdict_that_they_have(world: AiWorld, sort: str | None) -> None:
    world.give_default()
    for number, verdict in enumerate((Verdict.APPROVE, Verdict.REJECT, Verdict.APPROVE)):
        world.give_result(world.give_task(f"t{number}", created_at=moment(number)), verdict)
    world.give_task("without", created_at=moment(9))

    assert listed(world, verdict="approve", sort=sort) == ["t2", "t0"]
    assert listed(world, verdict="none", sort=sort) == ["without"]
    assert listed(world, verdict="needs_human", sort=sort) == []
    first = world.me.get("/v1/ai/tasks", verdict="approve", limit=1, sort=sort).json
    following = world.me.get("/v1/ai/tasks", verdict="approve", limit=1, sort=sort, cursor=first["next_cursor"]).json
    assert [task["task_id"] for page in (first, following) for task in page["items"]] == ["t2", "t0"]
    assert world.me.get("/v1/ai/tasks", verdict="maybe").code == "invalid_request"


def give_many(world: AiWorld, count: int) -> None:
    """Tasks that are older, as copies of one item: one by one, twenty thousand would take half an hour."""
    world.give_task("older", created_at="2026-11-20T01:30:00.000+00:00")
    (item,) = [each for each in world.stores.items("AiTaskTable") if each["raw_task_id"] == {"S": "older"}]
    text = json.dumps(item)
    copies = (json.loads(text.replace("older", f"older{number}")) for number in range(count))
    batch_put(world.stores.client, world.stores.names.AiTaskTable, copies, key=("uid", "task_id"))


@pytest.mark.parametrize("sort", [None, "verdict"])
def test_a_page_costs_the_same_calls_however_many_tasks_there_are(
    world: AiWorld, sort: str | None, request: pytest.FixtureRequest
) -> None:
    world.give_default()
    for number in range(8):
        world.give_result(world.give_task(f"t{number}"))
    world.stores.client.taken()

    listed(world, sort=sort)
    few = world.stores.client.taken()
    give_many(world, request.config.getoption("--tasks"))
    world.stores.client.taken()
    listed(world, sort=sort)

    assert world.stores.client.taken() == few == {"query": 1, "batch_get_item": 3}


def test_a_task_that_is_asked_for_twice_is_analysed_once(world: AiWorld) -> None:
    world.give_default()
    world.give_task()

    first = world.me.post(f"/v1/ai/tasks/{TASK}/analyses")
    second = world.me.post(f"/v1/ai/tasks/{TASK}/analyses", {})

    assert (first.status, first.json["status"]) == (202, "pending")
    assert (second.status, second.json["id"]) == (202, first.json["id"])
    message = {
        "kind": "analyse",
        "uid": UID,
        "task_id": TASK,
        "analysis_id": first.json["id"],
        "version": 1,
        "app_id": APP,
    }
    assert world.outbox.taken() == [("analysis", message), ("analysis", message)]  # whoever begins it first, does it
    assert world.me.get(f"/v1/ai/analyses/{first.json['id']}").json["status"] == "pending"


def test_the_same_input_answers_with_the_result_that_exists_unless_forced(world: AiWorld) -> None:
    world.give_default()
    analysis_id = world.give_result(world.give_task())

    existing = world.me.post(f"/v1/ai/tasks/{TASK}/analyses")
    forced = world.me.post(f"/v1/ai/tasks/{TASK}/analyses", {"force": True})
    again = world.me.post(f"/v1/ai/tasks/{TASK}/analyses", {"force": True})

    assert (existing.status, existing.json["id"]) == (200, analysis_id)
    assert existing.json["text"] == "金额没有超过限额。"
    assert (forced.status, forced.json["status"]) == (202, "pending")
    assert forced.json["id"] not in {analysis_id, ""}
    assert again.json["id"] == forced.json["id"]


def test_a_call_with_the_same_key_starts_work_once(world: AiWorld) -> None:
    world.give_default()
    world.give_result(world.give_task())
    path = f"/v1/ai/tasks/{TASK}/analyses"

    first = world.me.post(path, {"force": True}, idempotency_key="k")
    second = world.me.post(path, {"force": True}, idempotency_key="k")

    assert (second.status, second.json) == (202, first.json)
    assert second.headers["idempotent-replayed"] == "true"
    assert len(world.outbox.taken()) == 1


def test_what_cannot_be_asked_says_why(world: AiWorld) -> None:
    world.give_task("no-rule")
    world.give_default(node_id="node-9")
    world.give_task("no-form", node_id="node-9", form_hash="")
    world.give_task("done", node_id="node-9")
    world.decide("done")

    codes = {
        task_id: world.me.post(f"/v1/ai/tasks/{task_id}/analyses").code
        for task_id in ("no-rule", "no-form", "done", "none")
    }

    assert codes == {"no-rule": "no_rule", "no-form": "no_form", "done": "task_not_open", "none": "not_found"}
    assert world.outbox.taken() == []


def test_a_queue_that_takes_nothing_is_told_and_asking_again_works(world: AiWorld) -> None:
    world.give_default()
    world.give_task()
    world.outbox.is_down = True
    assert world.me.post(f"/v1/ai/tasks/{TASK}/analyses").code == "try_later"

    world.outbox.is_down = False
    answer = world.me.post(f"/v1/ai/tasks/{TASK}/analyses")

    assert answer.status == 202
    assert [body["analysis_id"] for _, body in world.outbox.taken()] == [answer.json["id"]]


@pytest.mark.parametrize("analysis_id", ["x", ".", "VDE", "VDE.none", "%FF%FE.a", "VDE.u-21.x", "*"])
def test_what_is_no_id_of_an_analysis_is_not_found(world: AiWorld, analysis_id: str) -> None:
    world.give_task()

    assert world.me.get(f"/v1/ai/analyses/{analysis_id}").code == "not_found"


def test_beyond_a_cap_of_the_day_nothing_begins_and_the_answer_says_until_when(world: AiWorld) -> None:
    world.configure(replace(SETTINGS, daily_person=1))
    world.give_default()
    world.give_task()
    world.give_task("T2")
    path = "/v1/ai/tasks/{}/analyses"
    first = world.me.post(path.format(TASK))
    world.services.questions.take(UID, APP, NODE, SETTINGS, NOW)  # as its worker does
    world.outbox.taken()

    refused = world.me.post(path.format("T2"))

    assert first.status == 202
    assert (refused.status, refused.code) == (429, "daily_limit")
    assert refused.json["detail"] == "as much was asked today as daily_person allows (1 a day): try again tomorrow"
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert world.outbox.taken() == []
    assert world.me.post(path.format(TASK)).status == 202, "what is under way is shown all the same"


ODD_IDS = ["t-ev/1 a", "~t", "任务/一", "a%2Fb", "..", "x?y#z"]


@pytest.mark.parametrize("odd", ODD_IDS)
def test_a_task_and_its_node_are_opened_by_what_the_list_gives(world: AiWorld, odd: str) -> None:
    world.give_task(odd)

    (row,) = world.me.get("/v1/ai/tasks").json["items"]

    assert row["task_id"] == odd
    assert "/" not in row["id"]
    found = world.me.get(f"/v1/ai/tasks/{row['id']}")
    assert (found.status, found.json["task_id"], found.json["id"]) == (200, odd, row["id"])
