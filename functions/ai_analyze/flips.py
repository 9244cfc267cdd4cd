"""A turn of a night's job: one form asked about as it came, and with a fact changed, without checks. Pure.

The checks say what a clause must come to; the model is asked without them, and for no second look: what is measured is
how it reads. Of each form: as it came, and the changes that `QUESTIONS_A_FORM` leaves room for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import msgspec

from taskbridge.ai.clauses import split_clauses
from taskbridge.ai.flips import UNCHANGED, CheckedForm, Flip, FlipAnswer, flips_of
from taskbridge.ai.forms.changes import EMPTIED
from taskbridge.ai.jobs import QUESTIONS_A_FORM, AiJob, AiJobStatus, TryFlips
from taskbridge.ai.results import Review
from taskbridge.ai.rulebook import Standing
from taskbridge.ai.seats import Seat
from taskbridge.events import EventForm

_TURNING = QUESTIONS_A_FORM - 2  # beside the form as it came, and a change that turns nothing


def try_flips(
    job: AiJob,
    wanted: TryFlips,
    read: Callable[[str, str], tuple[Seat, EventForm] | None],
    ask: Callable[[Seat, EventForm], Review],
) -> AiJob:
    """The job after its next question. A form that is gone, or that no check says anything of, is passed over."""
    found = read(*job.seats()[0])
    if found is None:
        return _next_form(job)
    seat, form = found
    questions = _questions(wanted, _checked(form, wanted, seat))
    if not questions:
        return _next_form(job)
    flip = questions[job.asked]
    review = ask(seat, flip.form)
    asked = msgspec.structs.replace(
        job,
        flips=(*job.flips, _answer(flip, review)),
        asked=job.asked + 1,
        usage=job.usage + review.usage,
        reason="",
    )
    return asked if asked.asked < len(questions) else _next_form(asked)


def forget_tasks(job: AiJob) -> AiJob:
    """The job without what it was about: only what was found is kept for long."""
    return msgspec.structs.replace(job, task_ids=(), owners=())


def without_second_look(standing: Standing) -> Standing:
    """The standing with one question for each form: the first answer is what is measured."""
    settings = replace(standing.switches.settings, second_look="never")
    return replace(standing, switches=replace(standing.switches, settings=settings))


def _next_form(job: AiJob) -> AiJob:
    """Whose form was asked about is no longer named."""
    left = msgspec.structs.replace(job, task_ids=job.task_ids[1:], owners=job.owners[1:], asked=0)
    return left if left.task_ids else msgspec.structs.replace(left, status=AiJobStatus.DONE)


def _questions(wanted: TryFlips, checked: CheckedForm) -> Sequence[Flip]:
    """The same at each turn of a night, others in another night; none where nothing can be told from the form."""
    # What is left empty cannot be quoted: the rules for evidence would follow for a reader that does not.
    stated = [flip for flip in flips_of(checked) if flip.kind != EMPTIED]
    flips = sorted(stated, key=lambda flip: _lot(wanted.day, flip))
    turning = [flip for flip in flips if flip.turned][:_TURNING]
    if not turning:
        return ()
    harmless = [flip for flip in flips if not flip.turned][:1]
    return Flip(checked.form, UNCHANGED, "", checked.computed(), {}), *turning, *harmless


def _checked(form: EventForm, wanted: TryFlips, seat: Seat) -> CheckedForm:
    return CheckedForm(
        form=form,
        clauses=split_clauses(wanted.rule),
        checks=wanted.checks,
        received_on=date.fromisoformat(seat.received_on),
    )


def _lot(day: str, flip: Flip) -> bytes:
    return hashlib.sha256(f"{day}\n{flip.key}\n{flip.kind}".encode()).digest()


def _answer(flip: Flip, review: Review) -> FlipAnswer:
    said = {finding.number: finding.result for finding in reversed(review.findings) if finding.number}
    return FlipAnswer(
        kind=flip.kind,
        platform_id=review.platform_id,
        model=review.model,
        expected=dict(flip.computed),
        found={number: said[number] for number in flip.computed if number in said},
    )
