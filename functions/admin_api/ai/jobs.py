"""Dry runs and proposals: estimated, started, and waited for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from admin_api.access import APPROVER, Caller
from admin_api.ai.caps import admit
from admin_api.ai.views import moment
from admin_api.models import ai_jobs as shown
from admin_api.models.ai_results import Usage as ShownUsage
from admin_api.problems import conflict, not_found, try_later
from admin_api.wiring import Services
from taskbridge.ai.forms.form import form_text, format_form
from taskbridge.ai.jobs import MOST_TASKS, AiJob, AiJobStatus, DryRun, ProposeChecks
from taskbridge.ai.messages import JobMessage
from taskbridge.ai.results import Usage
from taskbridge.ai.rules import ModelChoice
from taskbridge.ai.seats import Seat
from taskbridge.errors import ConfigurationError
from taskbridge.events import Form
from taskbridge.platforms import build_ai_platform
from taskbridge.platforms.ai import ModelLimits, estimate_tokens

WAIT_S = 20.0
NODE_SEATS = 100  # of a node that are looked at: a task has some
POLL_S = 0.5
PROMPT_TOKENS = 1_500  # what stands around rule and form in every question
ANSWER_TOKENS = 1_000
MILLION = 1_000_000


def plan_dry_run(uid: str, app_id: str, node_id: str, body: shown.DryRunWanted, services: Services) -> AiJob:
    """A dry run with its estimate, which is not started yet. Raises Problem (409) where there is nothing to try."""
    wanted = DryRun(rule=body.rule, keynote=body.keynote, file_key=tuple(body.file_key))
    seats = _past_tasks(uid, app_id, node_id, ("done",), body.limit, services)
    asked = [f"{wanted.rule}{wanted.keynote}{_form_text(seat, services)}" for seat in seats]
    return _plan(uid, app_id, node_id, wanted, seats, asked, services)


def plan_proposal(caller: Caller, app_id: str, node_id: str, body: shown.ProposalWanted, services: Services) -> AiJob:
    """A proposal with its estimate: over the caller's own past forms, for an admin over those of the node.

    Nothing of a form is told, only how many of them pass. Raises as above.
    """
    wanted = ProposeChecks(rule=body.rule)
    if APPROVER in caller.roles:
        seats = _past_tasks(caller.uid, app_id, node_id, ("done", "open"), MOST_TASKS, services)
    else:
        seats = _tasks_of_node(app_id, node_id, services)
    job = _plan(caller.uid, app_id, node_id, wanted, seats, [wanted.rule], services)
    return msgspec.structs.replace(job, owners=tuple(seat.uid for seat in seats))


def start(job: AiJob, services: Services) -> None:
    """Begin to work at a job. Raises StoreError, Problem: 429 where enough was asked today, 503."""
    admit(job.uid, job.app_id, job.node_id, services)
    services.ai_jobs.add(job, services.clock())
    if services.analysis_queue.send([JobMessage(job.uid, job.id)]):
        raise try_later()


def wait_for(job: AiJob, services: Services) -> AiJob:
    """The job when it has ended, or as it is after 20 seconds."""
    until = services.clock() + WAIT_S
    while job.status is AiJobStatus.RUNNING and services.clock() < until:
        services.sleep(POLL_S)
        job = find(job.uid, job.id, services)
    return job


def find(uid: str, job_id: str, services: Services) -> AiJob:
    """A person's job. Raises Problem (404)."""
    job = services.ai_jobs.get(uid, job_id)
    if job is None:
        raise not_found("job")
    return job


def show(job: AiJob, *, is_estimate: bool = False) -> shown.Job:
    """A job as the API shows it."""
    values: dict[str, Any] = msgspec.to_builtins(job)
    if set(job.owners) - {job.uid}:  # an example would tell what stands in another person's form
        values["checks"] = [{**check, "reasons": {}} for check in values["checks"]]
    trials = [{**trial, "decision": trial["decision"] or None} for trial in values["trials"]]
    return shown.Job.model_validate(
        {
            **values,
            "id": None if is_estimate else job.id,
            "kind": values["wanted"]["kind"],
            "status": "estimated" if is_estimate else job.status.value,
            "tasks": len(job.task_ids),
            "estimate": ShownUsage(**msgspec.structs.asdict(job.estimate)),
            "trials": trials,
            "finished_at": moment(job.finished_at),
        }
    )


def _plan(
    uid: str,
    app_id: str,
    node_id: str,
    wanted: DryRun | ProposeChecks,
    seats: Sequence[Seat],
    asked: Sequence[str],
    services: Services,
) -> AiJob:
    if not seats:
        raise conflict("no_past_tasks", "There is no past task with a form on this node.")
    return AiJob(
        id=services.new_id(),
        uid=uid,
        app_id=app_id,
        node_id=node_id,
        wanted=wanted,
        task_ids=tuple(seat.task_id for seat in seats),
        created_at=services.now(),
        estimate=_estimate(asked, _limits(services)),
    )


def _estimate(asked: Sequence[str], limits: ModelLimits) -> Usage:
    """About what questions about these texts take."""
    input_tokens = sum(PROMPT_TOKENS + estimate_tokens(text) for text in asked)
    output_tokens = ANSWER_TOKENS * len(asked)
    cost = (input_tokens * limits.price_in + output_tokens * limits.price_out) / MILLION
    return Usage(input_tokens=input_tokens, output_tokens=output_tokens, cost=round(cost, 9))


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


def _past_tasks(
    uid: str, app_id: str, node_id: str, states: Sequence[Any], limit: int, services: Services
) -> list[Seat]:
    """A person's latest tasks on a node that have a form: a Query for each state."""
    found: list[Seat] = []
    for state in states:
        page = services.seats.list_person(uid, state, app_id=app_id, node_id=node_id, limit=limit)
        found += [seat for seat in page.items if seat.form_hash and seat.received_on]
    return found[:limit]


def _tasks_of_node(app_id: str, node_id: str, services: Services) -> list[Seat]:
    """Everybody's latest tasks on a node, each form once: the done ones, and where these are few the open ones too."""
    by_form: dict[str, Seat] = {}
    for read in (services.seats.list_node_done, services.seats.list_node_open):
        if len(by_form) < MOST_TASKS:
            for seat in read(app_id, node_id, limit=NODE_SEATS).items:
                if seat.form_hash and seat.received_on:
                    by_form.setdefault(seat.form_hash, seat)
    return list(by_form.values())[:MOST_TASKS]


def _form_text(seat: Seat, services: Services) -> str:
    body = services.forms.get(seat.task_id, seat.form_hash)
    return form_text(format_form(msgspec.json.decode(body, type=Form))) if body else ""
