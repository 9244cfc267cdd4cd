"""One review: ask the models of a chain until one answers, check what it says, and say what is advised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf

from ai_analyze.answer import ReadAnswer, read_answer
from ai_analyze.asked import Asked, Recording
from ai_analyze.evidence import Quotable
from ai_analyze.injection import find_injections
from ai_analyze.judge import NO_VERDICT, REFUSED, Judgement, Shown, judge, judge_without_answer
from ai_analyze.material import Material, ReadFile
from ai_analyze.originals import NOT_UPLOADED, Originals, find_gone, hand_over, took_part
from ai_analyze.own_words import contradicts_itself
from ai_analyze.personal_data import Masking, mask_material
from ai_analyze.prompt import TEMPLATE_VERSION, VERDICT_SCHEMA, Prompt, build_prompt, build_second_ask
from ai_analyze.repetition import repeats_a_source
from ai_analyze.second_look import Look, build_look, claims_of, confirm, read_look
from ai_analyze.sources import name_sources
from ai_analyze.telling import Listener, Sink, Transcript
from ai_analyze.turns import LEAST_S, Link, Model, Turns, paid_for, share
from taskbridge.ai.audit import AuditedFile
from taskbridge.ai.checks import evaluate_checks
from taskbridge.ai.clauses import split_clauses
from taskbridge.ai.results import Evidence, Finding, FindingResult, Review
from taskbridge.ai.settings import Masked, SecondLook
from taskbridge.errors import ConfigurationError, ContentRefused, IncompleteAnswer, PermanentError, PlatformError
from taskbridge.platforms.ai import Question, Reply
from taskbridge.platforms.surrogates import mend
from taskbridge.reasons import build_reason
from taskbridge.usage import Usage

__all__ = ["NOT_UPLOADED", "TEMPLATE_VERSION", "Asked", "Link", "Model", "Sink", "review"]

FELL_BACK = "（模型中断，改由备用模型重新分析）"
ASKED_ANEW = "（模型中断，重新提问）"
SAID_MORE = "模型在结论之后又写了内容"
REPEATED = "结论照抄自材料中的文字"
OUTPUT_LIMITS = frozenset({"length", "max_tokens", "MAX_TOKENS"})  # as models call it
_LONGEST_RAW = 20_000


@dataclass(frozen=True, slots=True)
class _Case:
    """What is asked about. `sent` is the material as platforms may see it."""

    material: Material
    sent: Material
    masking: Masking
    is_masked: bool
    second_look: SecondLook
    uid: str
    upload: Callable[[Model, ReadFile], str]
    forget: Callable[[Model, ReadFile, str], None]
    audit: Callable[[Asked], None]
    left: Callable[[], float]


@dataclass(frozen=True, slots=True)
class _Answered:
    """What one link of the chain answered. `answer` is None where no verdict could be read.

    `raw` is what was said, `prose` the prose of it; `doubts` are reasons in Chinese for which no approve can stand.
    """

    reply: Reply
    usage: Usage
    raw: str
    prose: str
    answer: ReadAnswer | None
    doubts: tuple[str, ...]
    notes: tuple[str, ...]


def review(
    material: Material,
    chain: Sequence[Link],
    sink: Sink,
    *,
    masking: Masked,
    second_look: SecondLook,
    uid: str,
    upload: Callable[[Model, ReadFile], str],
    forget: Callable[[Model, ReadFile, str], None],
    audit: Callable[[Asked], None],
    left: Callable[[], float] = lambda: inf,
) -> Review:
    """The review of `material`, by the first link of the chain that answers.

    `sink` gets the prose while it arrives; all of it together is the `text` of the review. `upload(client, file)` gives
    the id of a file that the platform is to get, and may raise PlatformError; `forget(client, file, file_id)` hears
    that it may have that file no longer. `audit` is called once for each question. `left` gives the seconds until all
    of it has to have ended.
    `second_look` says which verdicts the next of the chain, or the same, has to confirm by their evidence alone.

    Raises the error of the first link where none answers (PlatformError, ConfigurationError), IncompleteAnswer where
    an answer was cut and enough was asked, and whatever `sink`, `upload` and `audit` raise otherwise. An answer that
    cannot be read, and a refusal of the content, are reviews.
    """
    if not chain:
        raise ConfigurationError("platform_id", build_reason("no_ai_platform"))
    sent, tokens = mask_material(material, names=masking == "names") if masking else (material, Masking())
    case = _Case(material, sent, tokens, bool(masking), second_look, uid, upload, forget, audit, left)
    return _answer_in_turn(case, Turns(chain, left), Transcript(sink))


def _answer_in_turn(case: _Case, turns: Turns, transcript: Transcript) -> Review:
    """The review by the first link that answers. Raises the first one's error where none does, or that of a cut."""
    notes: tuple[str, ...] = ()
    for link, seconds in turns:
        if turns.errors:
            notes = (FELL_BACK if turns.is_other(link) else ASKED_ANEW,)
            transcript.tell(f"\n\n{notes[0]}\n\n" if transcript.text else "")
        try:
            answered = _ask(case, link, seconds, transcript)
        except ContentRefused as error:
            turns.failed(link, error)
            return _conclude_without(case, link, REFUSED, transcript, notes, turns.paid)
        except (PlatformError, ConfigurationError) as error:
            turns.failed(link, error)
        else:
            return _conclude(case, (link, *turns.behind(link)), answered, transcript, notes, turns.paid)
    raise _told_cut(turns.cut, turns.paid) if turns.cut is not None else turns.errors[0]


def _told_cut(error: IncompleteAnswer, paid: Usage) -> IncompleteAnswer:
    """Why there is no answer, for people."""
    reason = build_reason("cut_at_limit" if error.errcode in OUTPUT_LIMITS else "cut_twice")
    return IncompleteAnswer(reason, status=error.status, errcode=error.errcode, usage=paid)


def _ask(case: _Case, link: Link, seconds: float, transcript: Transcript) -> _Answered:
    """What a link answers. Where it has a file no longer, that is uploaded again, once."""
    originals = hand_over(case.material, link.client, case.upload, is_masked=case.is_masked)
    try:
        return _ask_about(case, link, originals, seconds, transcript)
    except PermanentError as error:
        gone = find_gone(case.material, originals, error)
        if not gone:
            raise
    for file, file_id in gone:
        case.forget(link.client, file, file_id)
    anew = hand_over(case.material, link.client, case.upload, is_masked=case.is_masked)
    return _ask_about(case, link, anew, seconds, transcript)


def _ask_about(case: _Case, link: Link, originals: Originals, seconds: float, transcript: Transcript) -> _Answered:
    prompt = build_prompt(case.sent, link.client.limits(link.model), uploaded=originals.file_ids.keys())
    file_ids = tuple(originals.file_ids.values())
    question = Question(prompt.system, prompt.user, file_ids, link.model, case.uid, within_s=seconds)
    listener = Listener(case.masking, transcript)
    files = took_part(case.material, originals)
    with_audit = Recording(case.audit, link, question, "review", files)
    reply = with_audit.call(lambda: link.client.stream(question, listener.hear), listener)
    listener.finish()
    answer, doubts = read_answer(listener.blocks), _doubts(case, listener)
    with_audit.record(reply, listener.heard, is_read=answer is not None)
    usage = reply.usage
    if answer is None:
        answer, doubts, more = _ask_again(case, link, prompt, question, files, listener.said)
        usage += more
    doubts = (*prompt.left_out, *doubts)
    return _Answered(reply, usage, listener.said, listener.prose, answer, doubts, originals.notes)


def _doubts(case: _Case, listener: Listener) -> tuple[str, ...]:
    """Why an approve of this answer cannot stand, whatever it shows."""
    sources = name_sources(case.sent)
    behind = (SAID_MORE,) if listener.blocks and listener.goes_on else ()
    return (*behind, *((REPEATED,) if repeats_a_source(listener.blocks, sources) else ()))


def _ask_again(
    case: _Case, link: Link, prompt: Prompt, first: Question, files: tuple[AuditedFile, ...], said: str
) -> tuple[ReadAnswer | None, tuple[str, ...], Usage]:
    """The verdict alone, asked for once: whatever fails now, there is an answer already, which people can read."""
    limits = link.client.limits(link.model)
    question = replace(first, user=build_second_ask(prompt, said, limits), schema=VERDICT_SCHEMA, within_s=case.left())
    listener = Listener(case.masking)
    with_audit = Recording(case.audit, link, question, "second_ask", files)
    try:
        reply = with_audit.call(lambda: link.client.ask(question), listener)
    except (PlatformError, ConfigurationError) as error:
        return None, (), paid_for(error)  # it stands in the audit log
    listener.hear(reply.text)
    listener.finish()
    answer = read_answer(listener.blocks)
    with_audit.record(reply, listener.heard, is_read=answer is not None)
    return answer, _doubts(case, listener), reply.usage


def _conclude(
    case: _Case, links: Sequence[Link], answered: _Answered, transcript: Transcript, notes: Sequence[str], paid: Usage
) -> Review:
    """`links`: who answered, and the next of the chain. `paid` is what those before were paid."""
    link = links[0]
    obstacles = [*_find_obstacles(case), *(case.masking.restore(doubt) for doubt in answered.doubts)]
    judgement, looking = _look_again(case, links, _judge(case, answered, obstacles))
    return Review(
        verdict=judgement.verdict,
        summary=_summary(case, answered.answer, judgement),
        text=transcript.text,
        findings=judgement.findings,
        downgraded=judgement.downgraded,
        raw="" if answered.answer else case.masking.restore(answered.raw)[:_LONGEST_RAW],
        notes=(*notes, *answered.notes, *obstacles),
        platform_id=link.client.platform_id,
        model=answered.reply.model or link.model,
        question_id=answered.reply.question_id,
        usage=paid + answered.usage + looking,
    )


def _look_again(case: _Case, links: Sequence[Link], judgement: Judgement) -> tuple[Judgement, Usage]:
    """The judgement as far as a second look agrees: of the next of the chain, else of the same one."""
    claims = claims_of(judgement, case.second_look)
    if not claims:
        return judgement, Usage()
    look, usage = build_look(case.sent, claims), Usage()
    for place, link in enumerate(reversed(links), start=1):
        seconds = share(case.left(), links[: len(links) - place])
        looked, more = _ask_for_look(case, link, look, seconds) if seconds >= LEAST_S else (None, Usage())
        usage += more
        if looked is not None:
            return confirm(judgement, claims, looked), usage
    return confirm(judgement, claims, None), usage


def _ask_for_look(case: _Case, link: Link, look: Look, seconds: float) -> tuple[dict[int, FindingResult] | None, Usage]:
    asked = Question(look.system, look.user, model=link.model, uid=case.uid, schema=look.schema)
    question = replace(asked, within_s=seconds)
    with_audit = Recording(case.audit, link, question, "second_look")
    try:
        reply = with_audit.call(lambda: link.client.ask(question), Listener(case.masking))
    except (PlatformError, ConfigurationError) as error:
        return None, paid_for(error)  # it stands in the audit log
    looked = read_look(reply.text, look.numbers)
    with_audit.record(reply, mend(reply.text), is_read=looked is not None)
    return looked, reply.usage


def _conclude_without(
    case: _Case, link: Link, why: str, transcript: Transcript, notes: Sequence[str], paid: Usage
) -> Review:
    """The review where there is no answer to read, and none is asked for any more."""
    judgement = judge_without_answer(_clauses(case), _compute(case), why)
    return Review(
        verdict=judgement.verdict,
        text=transcript.text,
        findings=judgement.findings,
        downgraded=judgement.downgraded,
        notes=(*notes, *_find_obstacles(case)),
        platform_id=link.client.platform_id,
        model=link.model,
        usage=paid,
    )


def _summary(case: _Case, answer: ReadAnswer | None, judgement: Judgement) -> str:
    """What the model said in short; where its verdict does not stand, neither does that: the reason is told instead."""
    if answer is None:
        return ""
    is_taken_back = judgement.downgraded is not None and answer.verdict is not judgement.verdict
    return str(judgement.downgraded) if is_taken_back else case.masking.restore(answer.summary)


def _judge(case: _Case, answered: _Answered, obstacles: Sequence[str]) -> Judgement:
    answer = answered.answer
    if answer is None:
        return judge_without_answer(_clauses(case), _compute(case), NO_VERDICT)
    if contradicts_itself(answer.verdict, answer.summary, answered.prose, answer.findings):
        answer = replace(answer, disagrees=True)
    # Quotes are of what the model saw, so they are checked before the masked values are put back.
    quotable = Quotable(name_sources(case.sent))
    shown = [_show(finding, quotable, case.masking) for finding in answer.findings]
    return judge(answer, shown, _clauses(case), _compute(case), obstacles)


def _clauses(case: _Case) -> tuple[str, ...]:
    return split_clauses(case.material.rule.rule)


def _compute(case: _Case) -> tuple[Finding, ...]:
    material = case.material
    return evaluate_checks(material.rule.confirmed_checks, material.values, material.received_on)


def _find_obstacles(case: _Case) -> list[str]:
    """What keeps any approve from standing: what was not read, contradictions, and text that speaks to the model."""
    material = case.material
    sources = name_sources(material)
    unread = [f"附件「{source.name}」：{source.problem}" for source in sources if source.problem]
    spoken = [f"{place}中有写给 AI 的文字，请留意" for place in find_injections(sources)]
    return [*unread, *material.form.notices, *spoken]


def _show(finding: Finding, quotable: Quotable, masking: Masking) -> Shown:
    """The finding with its evidence checked, the masked values back in what people read."""
    proofs = tuple(map(quotable.check, finding.evidence))
    evidence = tuple(_restored(proof.evidence, masking) for proof in proofs)
    restored = replace(
        finding, clause=masking.restore(finding.clause), reason=masking.restore(finding.reason), evidence=evidence
    )
    return Shown(restored, proofs)


def _restored(evidence: Evidence, masking: Masking) -> Evidence:
    return replace(evidence, quote=masking.restore(evidence.quote), passage=masking.restore(evidence.passage))
