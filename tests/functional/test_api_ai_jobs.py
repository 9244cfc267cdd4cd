"""Dry runs and proposals over HTTP, with the worker that works at them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from admin_api.ai import dry_runs, jobs
from admin_api.ai.jobs import ANSWER_TOKENS, PROMPT_TOKENS, WAIT_S
from taskbridge.ai.results import Verdict
from taskbridge.ai.settings import AiSettings
from taskbridge.errors import PermanentError
from tests.functional.ai_api import OTHER, PLATFORM, PRICE_IN, PRICE_OUT, SETTINGS, AiWorld, node_path
from tests.functional.ai_fleet import Fleet
from tests.functional.ai_suites.builders import APP, NODE, NOW, UID
from tests.functional.aws import Tables

DRY_RUN, PROPOSE = f"{node_path()}/dry-run", f"{node_path()}/propose-checks"


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


@pytest.fixture
def world(dynamodb: Any, tables: Tables, fleet: Fleet) -> AiWorld:
    made = AiWorld(dynamodb, tables, dry_runs.router, jobs.router, clock=lambda: fleet.now, sleep=fleet.sleep)
    made.configure(SETTINGS, PLATFORM)
    fleet.world = made
    return made


def give_past(world: AiWorld, tasks: int = 2) -> None:
    """Tasks that were approved, the first against the advice of its analysis."""
    world.give_default()
    for number in range(tasks):
        given = world.give_task(f"T{number}")
        world.give_form(f"T{number}")
        if number == 0:
            world.give_result(given, Verdict.REJECT)
        world.decide(f"T{number}")


def test_a_dry_run_shows_then_and_now_beside_the_decision(world: AiWorld) -> None:
    give_past(world)

    answer = world.me.post(DRY_RUN, {"rule": "金额不超过 5000 元"})

    assert answer.status == 200
    job = answer.json
    assert (job["kind"], job["status"], job["tasks"]) == ("dry_run", "done", 2)
    trials = {trial["task_id"]: trial for trial in job["trials"]}
    assert (trials["T0"]["verdict_then"], trials["T0"]["verdict_now"]) == ("reject", "approve")
    assert trials["T1"]["verdict_then"] is None
    assert {trial["decision"] for trial in job["trials"]} == {"approved"}
    assert job["finished_at"]
    assert world.me.get(f"/v1/ai/jobs/{job['id']}").json == job


def test_an_estimate_starts_nothing(world: AiWorld, fleet: Fleet) -> None:
    give_past(world)

    job = world.me.post(DRY_RUN, {"rule": "金额不超过 5000 元", "estimate_only": True}).json

    assert (job["id"], job["status"], job["tasks"]) == (None, "estimated", 2)
    estimate = job["estimate"]
    assert estimate["input_tokens"] > 2 * PROMPT_TOKENS
    assert estimate["output_tokens"] == 2 * ANSWER_TOKENS
    expected = (estimate["input_tokens"] * PRICE_IN + estimate["output_tokens"] * PRICE_OUT) / 1_000_000
    assert estimate["cost"] == pytest.approx(expected)
    assert world.outbox.taken() == []
    assert fleet.asked == 0


def test_a_dry_run_takes_the_latest_tasks_up_to_its_limit(world: AiWorld) -> None:
    give_past(world, tasks=4)

    assert world.me.post(DRY_RUN, {"rule": "r", "limit": 3}).json["tasks"] == 3


def test_a_job_that_takes_long_is_watched_under_its_id(world: AiWorld, fleet: Fleet) -> None:
    give_past(world)
    fleet.is_busy = True

    answer = world.me.post(DRY_RUN, {"rule": "金额不超过 5000 元"})

    assert (answer.status, answer.json["status"]) == (202, "running")
    assert fleet.now >= NOW + WAIT_S
    path = f"/v1/ai/jobs/{answer.json['id']}"
    fleet.is_busy = False
    fleet.sleep(1)
    assert [len(world.me.get(path).json["trials"]), world.me.get(path).json["status"]] == [1, "running"]
    fleet.sleep(1)
    assert world.me.get(path).json["status"] == "done"


def test_a_job_that_is_not_waited_for_is_watched_at_once_and_can_be_stopped(world: AiWorld, fleet: Fleet) -> None:
    give_past(world)

    answer = world.me.post(DRY_RUN, {"rule": "金额不超过 5000 元", "wait": False})

    assert (answer.status, answer.json["status"], fleet.now) == (202, "running", NOW)
    path = f"/v1/ai/jobs/{answer.json['id']}"
    fleet.sleep(1)
    assert len(world.me.get(path).json["trials"]) == 1
    assert world.as_(OTHER).delete(path).code == "not_found"
    stopped = world.me.delete(path).json
    assert (stopped["status"], len(stopped["trials"])) == ("stopped", 1)
    fleet.sleep(1)
    assert (fleet.asked, fleet.queue) == (1, [])
    assert world.me.delete(path).json == world.me.get(path).json == stopped


def test_the_same_idempotency_key_starts_one_job(world: AiWorld, fleet: Fleet) -> None:
    give_past(world)
    key = {"idempotency_key": "draft-7"}

    first, second = (world.me.post(DRY_RUN, {"rule": "金额不超过 5000 元"}, **key) for _ in range(2))

    assert first.json == second.json
    assert fleet.asked == 2


def test_a_job_that_failed_says_why(world: AiWorld, fleet: Fleet) -> None:
    give_past(world)
    fleet.error = PermanentError("HTTP 400")

    answer = world.me.post(DRY_RUN, {"rule": "金额不超过 5000 元"})

    assert (answer.status, answer.json["status"], answer.json["reason"]) == (200, "failed", "HTTP 400")


def test_checks_are_proposed_and_tried_on_past_forms(world: AiWorld, fleet: Fleet) -> None:
    give_past(world)
    check = {"clause": "报销金额不超过 5000 元", "expression": "amount <= 5000"}
    fleet.proposal = json.dumps({"checks": [check, {**check, "expression": "nothing <= 1"}]})

    job = world.me.post(PROPOSE, {"rule": "报销金额不超过 5000 元"}).json

    assert (job["kind"], job["status"]) == ("propose_checks", "done")
    assert [(each["expression"], each["passed"]) for each in job["checks"]] == [("amount <= 5000", 2)]
    assert [each["expression"] for each in job["dropped"]] == ["nothing <= 1"]


def test_open_tasks_serve_a_proposal_too(world: AiWorld) -> None:
    world.give_task()
    world.give_form()

    assert world.me.post(PROPOSE, {"rule": "报销金额不超过 5000 元"}).json["tasks"] == 1
    assert world.me.post(DRY_RUN, {"rule": "报销金额不超过 5000 元"}).code == "no_past_tasks"


def test_others_tasks_take_no_part_and_their_jobs_are_not_there(world: AiWorld) -> None:
    give_past(world)
    job_id = world.me.post(DRY_RUN, {"rule": "r"}).json["id"]

    assert world.as_(OTHER).post(DRY_RUN, {"rule": "r"}).code == "no_past_tasks"
    assert world.as_(OTHER).post(PROPOSE, {"rule": "r"}).code == "no_past_tasks"
    assert world.as_(OTHER).get(f"/v1/ai/jobs/{job_id}").status == 404
    assert world.client.as_("admin", "admin").get(f"/v1/ai/jobs/{job_id}").status == 404


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (AiSettings(), "ai_disabled"),
        (AiSettings(examine_enable=True, examine_default_all_apps=True, platform_id="gone"), "ai_not_set_up"),
    ],
)
def test_without_a_model_nothing_is_started(world: AiWorld, settings: AiSettings, code: str) -> None:
    give_past(world)
    world.configure(settings)

    answer = world.me.post(DRY_RUN, {"rule": "r"})

    assert (answer.status, answer.code) == (409, code)
    assert world.outbox.taken() == []


@pytest.mark.parametrize(
    "body",
    [{}, {"rule": ""}, {"rule": " \n"}, {"rule": "r", "limit": 0}, {"rule": "r", "limit": 21}, {"rule": "r", "no": 1}],
)
def test_what_cannot_be_tried_is_refused(world: AiWorld, body: dict[str, Any]) -> None:
    give_past(world)

    assert world.me.post(DRY_RUN, body).status == 422


def test_a_queue_that_does_not_answer_is_told(world: AiWorld) -> None:
    give_past(world)
    world.outbox.is_down = True

    assert world.me.post(DRY_RUN, {"rule": "r"}).code == "try_later"


@pytest.mark.parametrize(("role", "status"), [("", 401), ("ops", 403), ("admin", 409)])
def test_dry_runs_are_for_approvers_and_admins(world: AiWorld, role: str, status: int) -> None:
    assert world.client.as_(UID, role).post(DRY_RUN, {"rule": "r"}).status == status


def test_an_admin_has_checks_proposed_over_past_forms_of_the_node_whoever_decided(world: AiWorld) -> None:
    world.give_default()
    for number, uid in enumerate((UID, OTHER, OTHER)):
        world.give_task(f"T{number}", uid, form_hash=f"form-{number}")
        world.decide(f"T{number}", uid)
    world.give_task("T3", form_hash="form-2")  # the same form as one that is done
    world.give_task("elsewhere", node_id="another")
    admin = world.client.as_("root", "admin")

    answer = admin.post(PROPOSE, {"rule": "金额不超过 5000 元"})

    assert (answer.status, answer.json["tasks"]) == (200, 3), answer.text
    assert all(check["reasons"] == {} for check in answer.json["checks"])


def test_an_admin_has_checks_proposed_over_the_forms_of_the_node(world: AiWorld) -> None:
    world.give_default()
    world.give_task("T0")
    world.give_form("T0")
    admin = world.client.as_("root", "admin")

    answer = admin.post(PROPOSE, {"rule": "金额不超过 5000 元"})

    assert answer.status == 200, answer.text
    assert (answer.json["status"], answer.json["tasks"]) == ("done", 1)
    assert all(check["reasons"] == {} for check in answer.json["checks"])
    assert world.client.as_(OTHER, "approver").post(PROPOSE, {"rule": "r"}).code == "no_past_tasks"


@pytest.mark.parametrize("path", [DRY_RUN, PROPOSE])
def test_a_job_beyond_a_cap_of_the_day_is_refused_and_nothing_is_sent(world: AiWorld, path: str) -> None:
    give_past(world)
    settings = replace(SETTINGS, daily_person=1)
    world.configure(settings, PLATFORM)
    world.services.questions.take(UID, APP, NODE, settings, NOW)
    world.outbox.taken()

    refused = world.me.post(path, {"rule": "金额不超过 5000 元"})

    assert (refused.status, refused.code) == (429, "daily_limit")
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    assert world.outbox.taken() == []
