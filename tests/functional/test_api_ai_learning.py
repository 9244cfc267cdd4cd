"""What decisions tell of a rule over HTTP: where it is overruled, with drafts and their dry run, and risk by model."""

from __future__ import annotations

from typing import Any

import pytest

from admin_api.ai import coverage, jobs, overrules
from taskbridge.ai.results import Finding, FindingResult, Origin, Verdict
from taskbridge.ai.rules import Check
from tests.functional.ai_api import OTHER, PLATFORM, SETTINGS, AiWorld, node_path
from tests.functional.ai_fleet import Fleet
from tests.functional.ai_suites.builders import APP, NODE
from tests.functional.aws import Tables

NODE_OF = f"/v1/ai/agreement/nodes/{APP}/{NODE}"
LIMIT, INVOICE = "金额不超过 5000 元", "附发票原件"
RULE = f"{LIMIT}\n{INVOICE}"


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


@pytest.fixture
def world(dynamodb: Any, tables: Tables, fleet: Fleet) -> AiWorld:
    areas = (coverage.router, overrules.router, jobs.router)
    made = AiWorld(dynamodb, tables, *areas, clock=lambda: fleet.now, sleep=fleet.sleep)
    made.configure(SETTINGS, PLATFORM)
    fleet.world = made
    made.give_default(rule=RULE, checks=(Check(LIMIT, "amount <= 5000", True, True),))
    return made


def decide(world: AiWorld, number: int, amount: int, decision: str) -> None:
    """A form of this amount, with what a check and the model found of it."""
    is_met = amount <= 5000
    result = FindingResult.PASS if is_met else FindingResult.FAIL
    reason = f"报销金额 = {amount}，要求 amount <= 5000"
    findings = (
        Finding(clause=LIMIT, number=1, result=result, reason=reason, origin=Origin.COMPUTED, covers=True),
        Finding(clause=INVOICE, number=2, result=FindingResult.PASS),
    )
    given = world.give_task(f"T{number}")
    world.give_form(f"T{number}")
    world.give_result(given, Verdict.APPROVE if is_met else Verdict.REJECT, findings)
    world.decide(f"T{number}", decision=decision)


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

    # and the same decisions show what trust the advice has earned
    (model,) = world.me.get(f"{NODE_OF}/coverage").json["items"]
    assert (model["platform_id"], model["model"], model["hidden"], model["forms"]) == ("aigc", "qwen", False, 30)
    assert (model["points"][0]["assurance"], model["points"][-1]["wrong"]) == ("computed", 18)
    assert model["points"][-1]["coverage"] == 1
    assert model["without_wrong_approval"] == "said"


def test_risk_of_fewer_than_thirty_forms_is_hidden(world: AiWorld) -> None:
    for number in range(3):
        decide(world, number, 4000, "approved")

    world.stores.client.taken()
    answer = world.me.get(f"{NODE_OF}/coverage").json

    assert world.stores.client.taken() == {"query": 1, "batch_get_item": 1}
    (model,) = answer["items"]
    assert (answer["looked_at"], model["hidden"], model["forms"], model["points"]) == (3, True, None, [])
