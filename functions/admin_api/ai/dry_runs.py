"""Dry runs: a draft rule tried on past tasks, of oneself or, for admins, of everyone on the node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import Field, StrictBool

from admin_api.access import Caller
from admin_api.ai.agreement import counted_uid
from admin_api.ai.forms import decided_of_node, past_tasks, read_form
from admin_api.ai.jobs import NODE, RAN, DraftRule, Job, Waits, plan, run, show_job
from admin_api.ai.rules import FileKey
from admin_api.api import JSON_TYPE, Api, Router
from admin_api.requests import Wanted
from admin_api.wiring import Services
from taskbridge.ai.forms.form import form_text, format_form
from taskbridge.ai.jobs import MOST_TASKS, AiJob, DryRun
from taskbridge.ai.rules import KEYNOTE_CHARS, MOST_KEYS
from taskbridge.ai.seats import Seat

router = Router("AI rules")


class DryRunWanted(Wanted):
    """A draft rule, and on how many of the latest past tasks to try it.

    `of`: on your own, or on everyone's (for admins); without it your own, for an admin who is no approver everyone's.
    Of everyone's each form takes part once, and none that was analysed by a rule of somebody's own.
    """

    rule: DraftRule
    keynote: Annotated[str, Field(max_length=KEYNOTE_CHARS)] = ""
    file_key: Annotated[list[FileKey], Field(default_factory=list, max_length=MOST_KEYS)]
    of: Literal["me", "everyone"] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_TASKS)] = 5
    estimate_only: Annotated[StrictBool, Field(description="only say what it is thought to take")] = False
    wait: Waits = True


@router.post(f"{NODE}/dry-run", summary="Try a draft rule on past tasks", responses=RAN)
def start_dry_run(api: Api, app_id: str, node_id: str, body: DryRunWanted) -> Response[Job]:
    """Verdict then and now, what was decided, and what it costs; `estimate_only` says that before it starts.

    Of somebody else's task nothing is told that stands in its form: no subject, no summary, no reasons.
    """
    job = _plan(api.caller, app_id, node_id, body, api.services)
    if body.estimate_only:
        return Response(200, JSON_TYPE, replace(show_job(job), id=None, status="estimated"))
    return run(job, body.wait, api.services)


def _plan(caller: Caller, app_id: str, node_id: str, body: DryRunWanted, services: Services) -> AiJob:
    """A dry run with its estimate, which is not started yet. Raises Problem: 403, 409 where there is nothing to try."""
    wanted = DryRun(rule=body.rule, keynote=body.keynote, file_key=tuple(body.file_key))
    seats = _tried_on(counted_uid(caller, body.of), app_id, node_id, body.limit, services)
    asked = [f"{wanted.rule}{wanted.keynote}{_form_text(seat, services)}" for seat in seats]
    return plan(caller.uid, app_id, node_id, wanted, seats, asked, services)


def _tried_on(uid: str | None, app_id: str, node_id: str, limit: int, services: Services) -> Sequence[Seat]:
    if uid is None:
        return decided_of_node(app_id, node_id, limit, services)
    return past_tasks(uid, app_id, node_id, ("done",), limit, services)


def _form_text(seat: Seat, services: Services) -> str:
    form = read_form(seat, services)
    return form_text(format_form(form)) if form else ""
