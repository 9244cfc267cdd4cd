"""Drafts of rules: tried on one's own past tasks, and turned into checks. Nothing of it is stored as a result."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from admin_api.ai import jobs
from admin_api.api import JSON_TYPE, Api
from admin_api.models.ai_jobs import DryRunWanted, Job, ProposalWanted
from taskbridge.ai.jobs import AiJob, AiJobStatus

_TAGS = ["AI rules"]
_NODE = "/v1/ai/rules/{app_id}/{node_id}"
_RESPONSES: Any = {
    200: {"description": "it has ended, or was only estimated", "content": {JSON_TYPE: {"model": Job}}},
    202: {"description": "it goes on: look at it under its id", "content": {JSON_TYPE: {"model": Job}}},
}


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    def run(job: AiJob) -> Response[Job]:
        jobs.start(job, services)
        ended = jobs.wait_for(job, services)
        return Response(202 if ended.status is AiJobStatus.RUNNING else 200, JSON_TYPE, jobs.show(ended))

    @api.post(f"{_NODE}/dry-run", summary="Try a draft rule on past tasks", tags=_TAGS, responses=_RESPONSES)
    def start_dry_run(app_id: str, node_id: str, body: DryRunWanted) -> Response[Job]:
        """Verdict then and now, what you decided, and what it costs; `estimate_only` says that before it starts."""
        job = jobs.plan_dry_run(api.caller.uid, app_id, node_id, body, services)
        if body.estimate_only:
            return Response(200, JSON_TYPE, jobs.show(job, is_estimate=True))
        return run(job)

    @api.post(f"{_NODE}/propose-checks", summary="Propose checks for a rule", tags=_TAGS, responses=_RESPONSES)
    def propose_checks(app_id: str, node_id: str, body: ProposalWanted) -> Response[Job]:
        """Checks for the exact clauses, each tried on your past forms, an admin's on those of the node."""
        return run(jobs.plan_proposal(api.caller, app_id, node_id, body, services))

    @api.get("/v1/ai/jobs/{id}", summary="How far a dry run or a proposal is", tags=_TAGS)
    def get_job(id: str) -> Job:
        """Your own only. It is kept for a week."""
        return jobs.show(jobs.find(api.caller.uid, id, services))
