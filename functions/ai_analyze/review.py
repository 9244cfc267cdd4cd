"""One review: ask the models of a chain until one answers, check what it says, and say what is advised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import msgspec

from ai_analyze.answer import ReadAnswer, read_answer
from ai_analyze.evidence import Quotable
from ai_analyze.injection import find_injections
from ai_analyze.judge import NO_VERDICT, REFUSED, Judgement, Shown, judge, judge_without_answer
from ai_analyze.masking import Masking, mask_material
from ai_analyze.material import Material, ReadFile
from ai_analyze.own_words import contradicts_itself
from ai_analyze.prompt import TEMPLATE_VERSION, VERDICT_SCHEMA, Prompt, build_prompt, build_second_ask
from ai_analyze.repetition import repeats_a_source
from ai_analyze.second_look import Look, build_look, claims_of, confirm, read_look
from ai_analyze.sources import name_sources
from ai_analyze.telling import Listener, Sink, Transcript
from taskbridge.ai.audit import AuditedFile
from taskbridge.ai.checks import evaluate_checks
from taskbridge.ai.clauses import split_clauses
from taskbridge.ai.results import Evidence, Finding, FindingResult, Review, Usage
from taskbridge.ai.rules import Masked, SecondLook
from taskbridge.errors import ConfigurationError, ContentRefused, PermanentError, PlatformError
from taskbridge.platforms.ai import FileUse, ModelLimits, Question, Reply
from taskbridge.platforms.surrogates import mend

__all__ = ["TEMPLATE_VERSION", "Asked", "Link", "Model", "Sink", "review"]

FELL_BACK = "（模型中断，改由备用模型重新分析）"
SAID_MORE = "模型在结论之后又写了内容"
REPEATED = "结论照抄自材料中的文字"
NOT_UPLOADED = "已开启脱敏，附件原件没有上传，只提供了提取的文字"
_LONGEST_RAW = 20_000


class Model(Protocol):
    """What a review needs of an AI platform; `taskbridge.platforms.ai.AiClient` has it."""

    @property
    def platform_id(self) -> str:
        """Id of the configured platform."""
        ...

    @property
    def files(self) -> FileUse:
        """Which attachments the platform is to get."""
        ...

    def limits(self, model: str) -> ModelLimits:
        """What `model` can do."""
        ...

    def ask(self, question: Question) -> Reply:
        """The whole answer at once."""
        ...

    def stream(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """The answer, piece by piece."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """One of the chain: who is asked, in order, until one answers."""

    client: Model
    model: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question asked of a platform, for the audit log.

    `system` and `user` as sent, `answer` as it came, also in part. `kind`: review, second_ask or second_look.
    `outcome`: answered, unreadable (no verdict could be read), refused (content), failed; `failure` is what was raised
    in the last two.
    """

    platform_id: str
    model: str
    kind: str
    system: str = field(repr=False)
    user: str = field(repr=False)
    file_ids: tuple[str, ...]
    answer: str = field(repr=False)
    outcome: str
    files: tuple[AuditedFile, ...] = ()
    usage: Usage = field(default_factory=Usage)
    latency_ms: int = 0
    question_id: str = ""
    error: str = ""
    failure: PlatformError | ConfigurationError | None = None
    template_version: str = TEMPLATE_VERSION


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
    audit: Callable[[Asked], None]


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
    audit: Callable[[Asked], None],
) -> Review:
    """The review of `material`, by the first link of the chain that answers.

    `sink` gets the prose while it arrives; all of it together is the `text` of the review. `upload(client, file)` gives
    the id of a file that the platform is to get; it may raise PlatformError. `audit` is called once for each question.
    `second_look` says which verdicts the next of the chain, or the same, has to confirm by their evidence alone.

    Raises the error of the first link where none answers (PlatformError, ConfigurationError), and whatever `sink`,
    `upload` and `audit` raise otherwise. An answer that cannot be read, and a refusal of the content, are reviews.
    """
    if not chain:
        raise ConfigurationError("platform_id", "no AI platform is set up")
    sent, tokens = mask_material(material, names=masking == "names") if masking else (material, Masking())
    case = _Case(material, sent, tokens, bool(masking), second_look, uid, upload, audit)
    transcript = Transcript(sink)
    errors: list[PlatformError | ConfigurationError] = []
    for at, link in enumerate(chain):
        if errors:
            transcript.tell(f"\n\n{FELL_BACK}\n\n" if transcript.text else "")
        notes = (FELL_BACK,) if errors else ()
        try:
            answered = _ask(case, link, transcript)
        except ContentRefused:
            return _conclude_refused(case, link, transcript, notes)
        except (PlatformError, ConfigurationError) as error:
            errors.append(error)
        else:
            return _conclude(case, (link, *chain[at + 1 : at + 2]), answered, transcript, notes)
    raise errors[0]


def _ask(case: _Case, link: Link, transcript: Transcript) -> _Answered:
    file_ids, notes = _upload_files(case, link)
    prompt = build_prompt(case.sent, link.client.limits(link.model), uploaded=file_ids.keys())
    question = Question(prompt.system, prompt.user, tuple(file_ids.values()), link.model, case.uid)
    listener = Listener(case.masking, transcript)
    files = _took_part(case, file_ids)
    with_audit = _Audit(case, link, question, files, "review")
    reply = with_audit.call(lambda: link.client.stream(question, listener.hear), listener)
    listener.finish()
    answer, doubts = read_answer(listener.blocks), _doubts(case, listener)
    with_audit.record(reply, listener.heard, is_read=answer is not None)
    usage = reply.usage
    if answer is None:
        answer, doubts, more = _ask_again(case, link, prompt, question, files, listener.said)
        usage += more
    doubts = (*prompt.left_out, *doubts)
    return _Answered(reply, usage, listener.said, listener.prose, answer, doubts, notes)


def _doubts(case: _Case, listener: Listener) -> tuple[str, ...]:
    """Why an approve of this answer cannot stand, whatever it shows."""
    sources = name_sources(case.sent)
    behind = (SAID_MORE,) if listener.blocks and listener.behind else ()
    return (*behind, *((REPEATED,) if repeats_a_source(listener.blocks, sources) else ()))


def _ask_again(
    case: _Case, link: Link, prompt: Prompt, first: Question, files: tuple[AuditedFile, ...], said: str
) -> tuple[ReadAnswer | None, tuple[str, ...], Usage]:
    """The verdict alone, asked for once: whatever fails now, there is an answer already, which people can read."""
    limits = link.client.limits(link.model)
    question = replace(first, user=build_second_ask(prompt, said, limits), schema=VERDICT_SCHEMA)
    listener = Listener(case.masking)
    with_audit = _Audit(case, link, question, files, "second_ask")
    try:
        reply = with_audit.call(lambda: link.client.ask(question), listener)
    except (PlatformError, ConfigurationError):
        return None, (), Usage()  # it stands in the audit log
    listener.hear(reply.text)
    listener.finish()
    answer = read_answer(listener.blocks)
    with_audit.record(reply, listener.heard, is_read=answer is not None)
    return answer, _doubts(case, listener), reply.usage


class _Audit:
    """Sees to it that a question is recorded once, whatever becomes of it."""

    def __init__(self, case: _Case, link: Link, question: Question, files: tuple[AuditedFile, ...], kind: str) -> None:
        self._record = case.audit
        self._asked = Asked(
            platform_id=link.client.platform_id,
            model=link.model,
            kind=kind,
            system=question.system,
            user=question.user,
            file_ids=question.file_ids,
            answer="",
            outcome="answered",
            files=files,
        )

    def call(self, ask: Callable[[], Reply], listener: Listener) -> Reply:
        """The reply; what the platform raises instead is recorded and raised."""
        try:
            return ask()
        except (PlatformError, ConfigurationError) as error:
            outcome = "refused" if isinstance(error, ContentRefused) else "failed"
            told = f"{type(error).__name__}: {error}"
            self._record(replace(self._asked, answer=listener.heard, outcome=outcome, error=told, failure=error))
            raise

    def record(self, reply: Reply, heard: str, *, is_read: bool) -> None:
        """Record the question with its reply."""
        self._record(
            replace(
                self._asked,
                model=reply.model or self._asked.model,
                answer=heard,
                outcome="answered" if is_read else "unreadable",
                usage=reply.usage,
                latency_ms=reply.latency_ms,
                question_id=reply.question_id,
            )
        )


def _upload_files(case: _Case, link: Link) -> tuple[dict[str, str], tuple[str, ...]]:
    """File ids by the names that the prompt gives, and what people should know."""
    names = [source.name for source in name_sources(case.material) if source.is_file]
    use = link.client.files
    wanted = [
        (name, file)
        for name, file in zip(names, case.material.files, strict=True)
        if file.content and (use == "all" or (use == "scans" and file.problem))
    ]
    if wanted and case.is_masked:
        # What is in an original cannot be masked.
        return {}, (NOT_UPLOADED,)
    file_ids: dict[str, str] = {}
    notes: list[str] = []
    for name, file in wanted:
        try:
            file_ids[name] = case.upload(link.client, file)
        except PermanentError:
            notes.append(f"平台没有接收附件「{name}」的原件")
    return file_ids, tuple(notes)


def _took_part(case: _Case, file_ids: Mapping[str, str]) -> tuple[AuditedFile, ...]:
    """The attachments for the audit log, also those of which only the text was sent."""
    names = [source.name for source in name_sources(case.material) if source.is_file]
    return tuple(
        AuditedFile(name=name, sha256=file.sha256, size=file.size, file_id=file_ids.get(name, ""))
        for name, file in zip(names, case.material.files, strict=True)
    )


def _conclude(
    case: _Case, links: Sequence[Link], answered: _Answered, transcript: Transcript, notes: Sequence[str]
) -> Review:
    """`links`: who answered, and the next of the chain."""
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
        usage=answered.usage + looking,
    )


def _look_again(case: _Case, links: Sequence[Link], judgement: Judgement) -> tuple[Judgement, Usage]:
    """The judgement as far as a second look agrees: of the next of the chain, else of the same one."""
    claims = claims_of(judgement, case.second_look)
    if not claims:
        return judgement, Usage()
    look, usage = build_look(case.sent, claims), Usage()
    for link in reversed(links):
        looked, more = _ask_for_look(case, link, look)
        usage += more
        if looked is not None:
            return confirm(judgement, claims, looked), usage
    return confirm(judgement, claims, None), usage


def _ask_for_look(case: _Case, link: Link, look: Look) -> tuple[dict[int, FindingResult] | None, Usage]:
    question = Question(look.system, look.user, model=link.model, uid=case.uid, schema=look.schema)
    with_audit = _Audit(case, link, question, (), "second_look")
    try:
        reply = with_audit.call(lambda: link.client.ask(question), Listener(case.masking))
    except (PlatformError, ConfigurationError):
        return None, Usage()  # it stands in the audit log
    looked = read_look(reply.text, look.numbers)
    with_audit.record(reply, mend(reply.text), is_read=looked is not None)
    return looked, reply.usage


def _conclude_refused(case: _Case, link: Link, transcript: Transcript, notes: Sequence[str]) -> Review:
    judgement = judge_without_answer(_clauses(case), _compute(case), REFUSED)
    return Review(
        verdict=judgement.verdict,
        text=transcript.text,
        findings=judgement.findings,
        downgraded=judgement.downgraded,
        notes=(*notes, *_find_obstacles(case)),
        platform_id=link.client.platform_id,
        model=link.model,
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
    restored = msgspec.structs.replace(
        finding, clause=masking.restore(finding.clause), reason=masking.restore(finding.reason), evidence=evidence
    )
    return Shown(restored, proofs)


def _restored(evidence: Evidence, masking: Masking) -> Evidence:
    return msgspec.structs.replace(evidence, quote=masking.restore(evidence.quote))
