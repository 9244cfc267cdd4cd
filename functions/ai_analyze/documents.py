"""A turn of a job that reads a policy document: its bytes to pages, one portion asked about, its clauses checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ai_analyze.attachments.sandbox import read_apart
from ai_analyze.extraction.kinds import Kind
from ai_analyze.extraction.limits import DEFAULT_LIMITS
from ai_analyze.injection import speaks_to_model
from ai_analyze.personal_data import Masking
from ai_analyze.policy import (
    MOST_PORTIONS,
    build_policy_question,
    check_clauses,
    compare,
    parse_clauses,
    split_portions,
)
from ai_analyze.ports import AnalysisPorts
from taskbridge.ai.documents import MOST_CLAUSES, DocumentReading, NewerDocument
from taskbridge.ai.jobs import AiJob, ReadDocument
from taskbridge.errors import PermanentError
from taskbridge.moments import utc_stamp
from taskbridge.platforms.ai import Reply
from taskbridge.reasons import build_reason
from taskbridge.tables.parts import referred_parts

IS_GONE = build_reason("document_gone")
OTHER_KIND = build_reason("document_kind")
ORDERS = build_reason("document_orders")
TOO_LONG = build_reason("document_too_long")

Ask = Callable[[str, str], Reply]


@dataclass(frozen=True, slots=True)
class _Pages:
    """The text of a document; `problem` says what was not read of it."""

    pages: tuple[str, ...]
    has_pages: bool
    problem: str


def document_key(job_id: str) -> str:
    """The name under which the bytes of a job's document stand in parts."""
    return f"policy#{job_id}"


def read_on(job: AiJob, wanted: ReadDocument, ports: AnalysisPorts, ask: Ask) -> tuple[DocumentReading, Reply]:
    """The reading after one more portion was asked about. Raises PermanentError where the file cannot be read."""
    found = _read_pages(job, wanted, ports)
    portions = split_portions(found.pages)[:MOST_PORTIONS]
    reading = job.document or _begin(job, wanted, found, len(portions), ports)
    masking = Masking(wanted.sha256[:6]) if ports.switches().settings.masked else None
    system, user = build_policy_question(
        tuple((number, masking.mask(text) if masking else text) for number, text in portions[reading.asked])
    )
    reply = ask(system, user)
    proposed = parse_clauses(masking.restore(reply.text) if masking else reply.text)
    clauses, dropped = check_clauses(proposed, found.pages, wanted.before, has_pages=found.has_pages)
    known = {each.clause for each in reading.clauses}
    return (
        replace(
            reading,
            asked=reading.asked + 1,
            clauses=(*reading.clauses, *(each for each in clauses if each.clause not in known))[:MOST_CLAUSES],
            dropped=(*reading.dropped, *dropped)[:MOST_CLAUSES],
        ),
        reply,
    )


def _begin(job: AiJob, wanted: ReadDocument, found: _Pages, portions: int, ports: AnalysisPorts) -> DocumentReading:
    """What code alone says of the document. A newer version of a rule's document is noted beside the rule at once."""
    changes = compare(wanted.before, found.pages, has_pages=found.has_pages)
    reading = DocumentReading(
        name=wanted.name,
        sha256=wanted.sha256,
        pages=len(found.pages) if found.has_pages else 0,
        problem=found.problem,
        portions=portions,
        changes=changes,
    )
    if wanted.before:
        newer = NewerDocument(name=wanted.name, sha256=wanted.sha256, at=utc_stamp(ports.clock()), gone=reading.gone)
        uid = job.uid if wanted.of == "me" else ""
        ports.rules.mark_newer(uid, job.app_id, job.node_id, wanted.rule_version, newer)
    return reading


def _read_pages(job: AiJob, wanted: ReadDocument, ports: AnalysisPorts) -> _Pages:
    """Read anew at each turn: that takes no longer than to keep the text somewhere."""
    parts = referred_parts(document_key(job.id), wanted.parts)
    content = ports.parts.load([parts]).get(parts) if parts else None
    if content is None:
        raise PermanentError(IS_GONE)
    kind, extract = read_apart(content, DEFAULT_LIMITS)
    if kind not in (Kind.PDF, Kind.DOCX):
        raise PermanentError(OTHER_KIND)
    if not any(extract.pages):
        raise PermanentError(extract.problem)
    told = [extract.problem] if extract.problem else []
    if any(speaks_to_model(page) for page in extract.pages):
        told.append(ORDERS)
    if len(split_portions(extract.pages)) > MOST_PORTIONS:
        told.append(TOO_LONG)
    return _Pages(extract.pages, kind is Kind.PDF, "；".join(told))
