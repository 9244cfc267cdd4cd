"""Policy documents: one is read for a rule, and kept with the rule that its clauses were confirmed for."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import Field, StrictBool

from admin_api.access import ADMIN, APPROVER, Caller
from admin_api.ai.forms import past_tasks, tasks_of_node
from admin_api.ai.jobs import RAN, Job, Waits, check_set_up, run
from admin_api.api import Api, Router
from admin_api.problems import Problem, invalid
from admin_api.requests import Wanted
from admin_api.wiring import Services
from taskbridge.ai.documents import MOST_BYTES, NAME_CHARS, DocumentClause, RuleDocument
from taskbridge.ai.jobs import MOST_TASKS, AiJob, AiJobStatus, ReadDocument
from taskbridge.ai.rules import DefaultRule, KeptRule, PersonalRule
from taskbridge.ai.seats import Seat
from taskbridge.errors import ConfigurationError
from taskbridge.flaws import flaw
from taskbridge.moments import DAY_S
from taskbridge.tables.parts import SplitBody, generation_of

_BEGINNINGS = (b"%PDF-", b"PK\x03\x04")
router = Router("AI rules")

DocumentId = Annotated[
    str | None,
    Field(
        max_length=100,
        description="The job that read the document which the rule was taken from. Without it, or null, the document "
        "stays; empty, the rule has none.",
    ),
]


class DocumentWanted(Wanted):
    """A policy document, PDF or Word (docx), of at most 3 MB. Scans have no text, and are not read.

    `of`: for your own rule, or the node's default (for admins); without it your own, for an admin who is no approver
    the default. `is_new_version` false: it is another document than the one that the rule was taken from, and says
    nothing of whether that rule is up to date.
    """

    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS, pattern=r"\S")]
    content: Annotated[str, Field(min_length=1, description="its bytes, in base64")]
    of: Literal["me", "default"] | None = None
    is_new_version: StrictBool = True
    wait: Waits = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleRule:
    """A newer version of the rule's document, and the clauses whose sentence it no longer has."""

    name: str
    sha256: str
    at: datetime
    gone: tuple[DocumentClause, ...]


@router.post("/v1/ai/rules/{app_id}/{node_id}/documents", summary="Read a policy document for a rule", responses=RAN)
def read_document(api: Api, app_id: str, node_id: str, body: DocumentWanted) -> Response[Job]:
    """Clauses with page and sentence, each found there by code, and checks for the exact ones. No rule changes.

    Of a newer version of the rule's document `changes` tells which clauses no longer stand there; if there are any,
    the rule is marked as stale.
    """
    services, uid = api.services, api.caller.uid
    content, of = _decode(body.content), _whose(api.caller, body.of)
    check_set_up(services)
    rule = _rule_of(uid, app_id, node_id, of, services)
    before = rule.document.kept_with(rule.rule).clauses if rule and rule.document and body.is_new_version else ()
    job_id = services.new_id()
    stored = SplitBody(f"policy#{job_id}", generation_of(0), content, int(services.clock() + DAY_S))
    seats = _past(uid, app_id, node_id, of, services)
    job = AiJob(
        id=job_id,
        uid=uid,
        app_id=app_id,
        node_id=node_id,
        wanted=ReadDocument(
            name=body.name,
            sha256=hashlib.sha256(content).hexdigest(),
            parts=stored.parts.reference,
            of=of,
            before=before,
            rule_version=rule.version if rule else 0,
        ),
        task_ids=tuple(seat.task_id for seat in seats),
        owners=tuple(seat.uid for seat in seats),
        created_at=services.now(),
    )
    services.parts.put([stored])
    return run(job, body.wait, services)


def document_of(
    wanted: str | None, before: RuleDocument | None, rule: PersonalRule | DefaultRule, uid: str, services: Services
) -> RuleDocument | None:
    """The document that is kept with a rule of this text: see DocumentId. Raises ConfigurationError."""
    if wanted is None:
        return before.kept_with(rule.rule) if before else None
    if not wanted:
        return None
    job = services.ai_jobs.get(uid, wanted)
    is_of_this = job is not None and (job.app_id, job.node_id) == (rule.app_id, rule.node_id)
    if job is None or job.document is None or not is_of_this:
        raise ConfigurationError("document", flaw("document_job"))
    if job.status is AiJobStatus.RUNNING:
        raise ConfigurationError("document", flaw("document_unread"))
    return job.document.kept_with(rule.rule)


def show_stale(rule: KeptRule) -> StaleRule | None:
    """Why a rule is stale, None where it is not."""
    newer = rule.stale
    if newer is None:
        return None
    return StaleRule(name=newer.name, sha256=newer.sha256, at=datetime.fromisoformat(newer.at), gone=newer.gone)


def _decode(text: str) -> bytes:
    """The bytes of a document. Raises Problem."""
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise invalid("content", flaw("base64")) from None
    if len(content) > MOST_BYTES:
        raise Problem(413, "too_large", f"A document has at most {MOST_BYTES // 1024 // 1024} MB.")
    if not content.startswith(_BEGINNINGS):
        raise invalid("content", flaw("document_kind"))
    return content


def _whose(caller: Caller, of: Literal["me", "default"] | None) -> Literal["me", "default"]:
    """Raises Problem (403)."""
    chosen = of or ("me" if APPROVER in caller.roles else "default")
    if (ADMIN if chosen == "default" else APPROVER) not in caller.roles:
        raise Problem(403, "not_allowed", "A node's default is for the role admin, a rule of one's own for approver.")
    return chosen


def _rule_of(uid: str, app_id: str, node_id: str, of: str, services: Services) -> PersonalRule | DefaultRule | None:
    return services.rules.own(uid, app_id, node_id) if of == "me" else services.rules.default(app_id, node_id)


def _past(uid: str, app_id: str, node_id: str, of: str, services: Services) -> Sequence[Seat]:
    """The past tasks whose forms the proposed checks are tried on."""
    if of == "me":
        return past_tasks(uid, app_id, node_id, ("done", "open"), MOST_TASKS, services)
    return tasks_of_node(app_id, node_id, services)
