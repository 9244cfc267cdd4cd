"""A draft rule tried on past tasks, and checks proposed for it, through the gateway of a running stack."""

from __future__ import annotations

import time
from typing import Any

import httpx

from tests.stack.harness import RunningStack, rest
from tests.stack.test_analyses import RULE, Claim

APPROVER = "approver-1"
LIMIT = "1. 报销金额不超过 1000 元。"


def test_a_draft_is_tried_on_a_past_task_and_turned_into_checks(stack: RunningStack) -> None:
    stack.ai.set_faults({})
    claim = Claim(stack)
    claim.receive(APPROVER)
    claim.analysed(APPROVER)
    claim.tell("task_completed", claim.task("completed", (APPROVER,), decision="approved"))
    claim.wait(APPROVER, lambda row: row.status == "processed")

    with httpx.Client(base_url=stack.outputs["ApiUrl"], trust_env=False, timeout=60) as http:

        def call(method: str, path: str, body: Any = None) -> dict[str, Any]:
            token = {"authorization": f"Bearer {stack.outputs['tokens'][APPROVER]}"}
            answer = http.request(method, path, json=body, headers=token)
            assert answer.status_code in {200, 202}, answer.text
            job: dict[str, Any] = answer.json()
            return job

        def ended(job: dict[str, Any]) -> dict[str, Any]:
            while job["status"] == "running":
                looked = time.monotonic()
                job = call("GET", f"/v1/ai/jobs/{job['id']}")
                rest(since=looked)
            return job

        node = f"/v1/ai/rules/expense-{claim.name}/accounting"
        dry_run = ended(call("POST", f"{node}/dry-run", {"rule": LIMIT}))
        proposal = ended(call("POST", f"{node}/propose-checks", {"rule": RULE}))

    (trial,) = dry_run["trials"]
    assert dry_run["status"] == "done"
    assert (trial["verdict_then"], trial["verdict_now"], trial["decision"]) == ("approve", "reject", "approved")
    assert proposal["status"] == "done"
    assert claim.seats(APPROVER)[0].verdict == "approve", "a dry run leaves the result as it is"
