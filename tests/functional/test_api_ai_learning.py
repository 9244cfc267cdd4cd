"""What decisions tell of a rule over HTTP: where it is overruled, with drafts and their dry run, and risk by model."""

from __future__ import annotations

import json
from typing import Any

import pytest

from admin_api.ai import coverage, dry_runs, jobs, overrules
from taskbridge.ai.results import Finding, FindingResult, Origin, Verdict
from taskbridge.ai.rules import Check
from tests.functional.ai_api import FORM, OTHER, PLATFORM, SETTINGS, AiWorld, node_path
from tests.functional.ai_fleet import Fleet
from tests.functional.ai_suites.builders import APP, NODE, UID, own_rule
from tests.functional.aws import Tables

NODE_OF = f"/v1/ai/agreement/nodes/{APP}/{NODE}"
LIMIT, INVOICE = "金额不超过 5000 元", "附发票原件"
RULE = f"{LIMIT}\n{INVOICE}"


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


@pytest.fixture
def world(dynamodb: Any, tables: Tables, fleet: Fleet) -> AiWorld:
    areas = (coverage.router, overrules.router, dry_runs.router, jobs.router)
    made = AiWorld(dynamodb, tables, *areas, clock=lambda: fleet.now, sleep=fleet.sleep)
    made.configure(SETTINGS, PLATFORM)
    fleet.world = made
    made.give_default(rule=RULE, checks=(Check(LIMIT, "amount <= 5000", True, True),))
    return made


def decide(world: AiWorld, number: int, amount: int, decision: str, **given: Any) -> None:
    """A form of this amount, with what a check and the model found of it."""
    is_met = amount <= 5000
    result = FindingResult.PASS if is_met else FindingResult.FAIL
    reason = f"报销金额 = {amount}，要求 amount <= 5000"
    findings = (
        Finding(clause=LIMIT, number=1, result=result, reason=reason, origin=Origin.COMPUTED, covers=True),
        Finding(clause=INVOICE, number=2, result=FindingResult.PASS),
    )
    seat = world.give_task(f"T{number}", **{"form_hash": f"form-{number}", **given})
    world.stores.forms.put(f"T{number}", seat.form_hash, json.dumps(FORM).encode())
    world.give_result(seat, Verdict.APPROVE if is_met else Verdict.REJECT, findings)
    world.decide(f"T{number}", seat.uid, decision=decision)


def test_a_clause_that_is_overruled_is_suggested_to_be_loosened_and_its_draft_is_tried(world: AiWorld) -> None:
    # given: of those above the limit most were approved, up to 5,800
    for number in range(29):
        decide(
            world,
            number,
            5100 + 50 * (number % 15) if number < 20 else 4000,
            "approved" if number not in {18, 19} else "rejected",
        )
    (limit, invoice) = world.me.get(f"{NODE_OF}/overrules").json["items"]
    assert (limit["hidden"], limit["decided"], limit["suggestion"], limit["draft"]) == (True, None, None, None)

    # when
    decide(world, 29, 4000, "approved")
    world.stores.client.taken()
    answer = world.me.get(f"{NODE_OF}/overrules").json

    # then
    assert world.stores.client.taken() == {"query": 1, "batch_get_item": 1, "get_item": 2}
    (limit, invoice) = answer["items"]
    assert (limit["clause"], limit["suggestion"], limit["failed"], limit["approved_anyway"]) == (
        LIMIT,
        "loosen",
        20,
        18,
    )
    assert (limit["decided"], limit["overruled"], limit["refused_anyway"]) == (30, 18, 0)
    assert limit["low"] < limit["rate"] < limit["high"]
    assert limit["draft"]["rule"] == f"金额不超过 5750 元\n{INVOICE}"
    assert [(each["expression"], each["confirmed"]) for each in limit["draft"]["checks"]] == [("amount <= 5750", False)]
    assert (invoice["hidden"], invoice["suggestion"]) == (True, None)
    # and nothing was changed by it
    assert world.stores.rules.default(APP, NODE).rule == RULE  # type: ignore[union-attr]

    # when its dry run stands beside it
    draft = limit["draft"]
    job = world.me.post(
        f"{node_path()}/dry-run", {"rule": draft["rule"], "file_key": draft["file_key"], "limit": 2}
    ).json

    # then
    assert (job["status"], [each["verdict_now"] for each in job["trials"]]) == ("done", ["approve", "approve"])
    # and nobody else's decisions are told
    assert world.as_(OTHER).get(f"{NODE_OF}/overrules").json["items"] == []
    assert world.me.get(f"{NODE_OF}/overrules", of="everyone").code == "not_allowed"
    assert world.client.get(f"{NODE_OF}/overrules").json["items"][0]["draft"] == draft

    # and an admin who approves nothing tries the draft on everyone's tasks, and reads no form
    wanted = {"rule": draft["rule"], "limit": 2}
    world.stores.client.taken()
    planned = world.client.post(f"{node_path()}/dry-run", {**wanted, "estimate_only": True}).json
    assert world.stores.client.taken() == {
        "query": 1 + 2,
        "update_item": 1,
    }  # tasks, their forms, the calls of a minute
    assert (planned["status"], planned["tasks"]) == ("estimated", 2)
    job = world.client.post(f"{node_path()}/dry-run", wanted).json
    assert (job["status"], [each["verdict_now"] for each in job["trials"]]) == ("done", ["approve", "approve"])
    assert all(each["task_id"] and each["decision"] and each["verdict_then"] for each in job["trials"])
    assert not any(each["subject"] + each["summary"] for each in job["trials"])
    assert world.client.get(f"/v1/ai/jobs/{job['id']}").json == job
    assert world.me.get(f"/v1/ai/jobs/{job['id']}").code == "not_found"
    assert world.stores.rules.default(APP, NODE).rule == RULE  # type: ignore[union-attr]

    # and the same decisions show what trust the advice has earned
    (model,) = world.me.get(f"{NODE_OF}/coverage").json["items"]
    assert (model["platform_id"], model["model"], model["hidden"], model["forms"]) == ("aigc", "qwen", False, 30)
    assert (model["points"][0]["assurance"], model["points"][-1]["wrong"]) == ("computed", 18)
    assert model["points"][-1]["coverage"] == 1
    assert model["without_wrong_approval"] == "said"


def test_everyones_tasks_are_tried_by_admins_alone_each_form_once_and_none_of_a_rule_of_ones_own(
    world: AiWorld,
) -> None:
    # given: of three tasks two have the same form, and one was analysed by its person's own rule
    for number, uid in enumerate((UID, "u-4")):
        decide(world, number, 4000, "approved", uid=uid, form_hash="form-0")
    world.stores.rules.save_own(own_rule(uid=OTHER), 0)
    decide(world, 2, 4000, "approved", uid=OTHER)
    both = world.client.as_(UID, "admin approver")
    path, asked = f"{node_path()}/dry-run", {"rule": RULE, "limit": 20, "estimate_only": True}

    # then
    assert world.me.post(path, {**asked, "of": "everyone"}).code == "not_allowed"
    assert both.post(path, {**asked, "of": "everyone"}).json["tasks"] == 1
    assert both.post(path, asked).json["tasks"] == 1
    assert world.as_(OTHER).post(path, asked).json["tasks"] == 1
    assert world.client.as_("root", "admin").post(path, {**asked, "of": "me"}).code == "no_past_tasks"


def test_risk_of_fewer_than_thirty_forms_is_hidden(world: AiWorld) -> None:
    for number in range(3):
        decide(world, number, 4000, "approved")

    world.stores.client.taken()
    answer = world.me.get(f"{NODE_OF}/coverage").json

    assert world.stores.client.taken() == {"query": 1, "batch_get_item": 1}
    (model,) = answer["items"]
    assert (answer["looked_at"], model["hidden"], model["forms"], model["points"]) == (3, True, None, [])
