"""Jobs of people: drafts of rules tried on past tasks or turned into checks. Nothing of it is stored as a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import Field, StrictBool

from admin_api.access import APPROVER, Caller
from admin_api.ai.forms import past_tasks, tasks_of_node
from admin_api.ai.results import moment
from admin_api.api import JSON_TYPE, Api, Router
from admin_api.limits import admit
from admin_api.problems import conflict, not_found, try_later
from admin_api.requests import Wanted
from admin_api.views import show
from admin_api.wiring import Services
from taskbridge.ai.documents import DocumentReading
from taskbridge.ai.jobs import (
    MOST_TASKS,
    AiJob,
    AiJobStatus,
    DroppedCheck,
    DryRun,
    ProposeChecks,
    ProposedCheck,
    ReadDocument,
    Trial,
)
from taskbridge.ai.messages import JobMessage
from taskbridge.ai.rules import RULE_CHARS
from taskbridge.ai.seats import Seat
from taskbridge.ai.settings import ModelChoice
from taskbridge.errors import ConfigurationError
from taskbridge.platforms import build_ai_platform
from taskbridge.platforms.ai import ModelLimits, estimate_tokens
from taskbridge.usage import Usage

WAIT_S = 20.0
POLL_S = 0.5
PROMPT_TOKENS = 1_500  # what stands around rule and form in every question
ANSWER_TOKENS = 1_000
MILLION = 1_000_000

Waits = Annotated[StrictBool, Field(description="false: answer at once, and let the job be watched under its id")]
DraftRule = Annotated[str, Field(min_length=1, max_length=RULE_CHARS, pattern=r"\S", description="not stored")]
NODE = "/v1/ai/rules/{app_id}/{node_id}"
_KINDS: Mapping[type, Literal["dry_run", "propose_checks", "read_document"]] = {
    DryRun: "dry_run",
    ProposeChecks: "propose_checks",
    ReadDocument: "read_document",
}
router = Router("AI rules")


class ProposalWanted(Wanted):
    """A rule whose exact clauses are to become checks."""

    rule: DraftRule
    wait: Waits = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A dry run, a proposal, or a document that is read. `reason` is why it failed, or waits.

    Nothing of it is stored as a result.

    `id` is null where it was only estimated; `tasks` is how many past tasks take part. Attachments are not in the
    estimate: they are not read before it starts. `document` is null until the document was read.
    """

    id: str | None
    kind: Literal["dry_run", "propose_checks", "read_document"]
    status: Literal["estimated", "running", "done", "failed", "stopped"]
    app_id: str
    node_id: str
    tasks: int
    estimate: Usage
    usage: Usage
    trials: tuple[Trial, ...]
    checks: tuple[ProposedCheck, ...]
    dropped: tuple[DroppedCheck, ...]
    document: DocumentReading | None
    reason: str
    created_at: datetime
    finished_at: datetime | None


RAN: Any = {
    200: {"description": "it has ended, or was only estimated", "content": {JSON_TYPE: {"model": Job}}},
    202: {"description": "it goes on: look at it under its id", "content": {JSON_TYPE: {"model": Job}}},
}


@router.post(f"{NODE}/propose-checks", summary="Propose checks for a rule", responses=RAN)
def propose_checks(api: Api, app_id: str, node_id: str, body: ProposalWanted) -> Response[Job]:
    """Checks for the exact clauses, each tried on your past forms, an admin's on those of the node."""
    job = _plan_proposal(api.caller, app_id, node_id, body, api.services)
    return run(job, body.wait, api.services)


@router.get("/v1/ai/jobs/{id}", summary="How far a dry run or a proposal is")
def get_job(api: Api, id: str) -> Job:
    """Your own only. It is kept for a week."""
    return show_job(_find(api.caller.uid, id, api.services))


@router.delete("/v1/ai/jobs/{id}", summary="Stop a dry run or a proposal")
def stop_job(api: Api, id: str) -> Job:
    """The question that is being asked is still paid for; no other follows. One that has ended stays as it is."""
    job = api.services.ai_jobs.stop(api.caller.uid, id)
    if job is None:
        raise not_found("job")
    return show_job(job)


def _plan_proposal(caller: Caller, app_id: str, node_id: str, body: ProposalWanted, services: Services) -> AiJob:
    """A proposal with its estimate: over the caller's own past forms, for an admin over those of the node.

    Nothing of a form is told, only how many of them pass. Raises as above.
    """
    wanted = ProposeChecks(rule=body.rule)
    if APPROVER in caller.roles:
        seats = past_tasks(caller.uid, app_id, node_id, ("done", "open"), MOST_TASKS, services)
    else:
        seats = tasks_of_node(app_id, node_id, services)
    return plan(caller.uid, app_id, node_id, wanted, seats, [wanted.rule], services)


def plan(
    uid: str,
    app_id: str,
    node_id: str,
    wanted: DryRun | ProposeChecks,
    seats: Sequence[Seat],
    asked: Sequence[str],
    services: Services,
) -> AiJob:
    """A job over these past tasks, in which so many texts are asked about, and which is not started yet.

    Raises Problem (409) where there are none, or no model can be asked.
    """
    if not seats:
        raise conflict("no_past_tasks", "There is no past task with a form on this node.")
    return AiJob(
        id=services.new_id(),
        uid=uid,
        app_id=app_id,
        node_id=node_id,
        wanted=wanted,
        task_ids=tuple(seat.task_id for seat in seats),
        owners=tuple(seat.uid for seat in seats),
        created_at=services.now(),
        estimate=_estimate(asked, _limits(services)),
    )


def run(job: AiJob, waits: bool, services: Services) -> Response[Job]:  # noqa: FBT001 - it is the value
    """Begin to work at a job, and wait for it, 20 seconds at most.

    Raises StoreError, Problem: 429 where enough was asked today, 503.
    """
    admit(job.uid, job.app_id, job.node_id, services)
    services.ai_jobs.add(job, services.clock())
    if services.analysis_queue.send([JobMessage(job.uid, job.id)]):
        raise try_later()
    until = services.clock() + (WAIT_S if waits else 0)
    while job.status is AiJobStatus.RUNNING and services.clock() < until:
        services.sleep(POLL_S)
        job = _find(job.uid, job.id, services)
    return Response(202 if job.status is AiJobStatus.RUNNING else 200, JSON_TYPE, show_job(job))


def show_job(job: AiJob) -> Job:
    """As people see it."""
    # An example would tell what stands in another person's form.
    is_own = not set(job.owners) - {job.uid}
    return show(
        Job,
        job,
        kind=_KINDS[type(job.wanted)],
        status=job.status.value,
        tasks=len(job.task_ids),
        trials=tuple(replace(trial, decision=trial.decision or None) for trial in job.trials),
        checks=job.checks if is_own else tuple(replace(check, reasons={}) for check in job.checks),
        created_at=datetime.fromisoformat(job.created_at),
        finished_at=moment(job.finished_at),
    )


def _find(uid: str, job_id: str, services: Services) -> AiJob:
    """A person's job. Raises Problem (404)."""
    job = services.ai_jobs.get(uid, job_id)
    if job is None:
        raise not_found("job")
    return job


def _estimate(asked: Sequence[str], limits: ModelLimits) -> Usage:
    """About what questions about these texts take."""
    input_tokens = sum(PROMPT_TOKENS + estimate_tokens(text) for text in asked)
    output_tokens = ANSWER_TOKENS * len(asked)
    cost = (input_tokens * limits.price_in + output_tokens * limits.price_out) / MILLION
    return Usage(input_tokens=input_tokens, output_tokens=output_tokens, cost=round(cost, 9))


def check_set_up(services: Services) -> None:
    """Raises Problem (409) where no model can be asked."""
    _limits(services)


def _limits(services: Services) -> ModelLimits:
    """What the model that is asked first can do, and costs. Raises Problem (409) where none is set up."""
    switches = services.switches()
    if not switches.settings.examine_enable:
        raise conflict("ai_disabled", "AI approval is switched off.")
    choice: ModelChoice = switches.choice
    config = services.configuration.current().platforms.get(choice.platform_id)
    try:
        if config is None or not config.enabled:
            raise ConfigurationError("platform_id", "there is no such platform, or it is disabled")
        return build_ai_platform(config.id, config.class_name, config.settings).limits_of(choice.model)
    except ConfigurationError:
        raise conflict("ai_not_set_up", "The AI platform of the settings cannot be used.") from None
