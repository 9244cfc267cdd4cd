"""Models that do as their script says: an honest one, a confused one, and one that obeys whatever it reads.

They read the prompt as a model would, from its text alone, and answer in pieces. All have what `ai_analyze.review`
needs of an AI platform.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from taskbridge.platforms.ai import FileUse, ModelLimits, Question, Reply, estimate_tokens
from taskbridge.usage import Usage

Answer = str | Exception

_SECTION = re.compile(
    r"<<<材料开始 (?P<token>[0-9a-f]+) (?P<title>[^\n]*)>>>\n(?P<body>.*?)\n<<<材料结束 (?P=token) ", re.S
)
_FIELD = re.compile(r"^\[(?P<name>[^\]\n]+)\] (?P<label>[^：\n]*)：(?P<text>.*)$")
_PAGE = re.compile(r"^第 (?P<page>[0-9]+) 页：(?P<text>.*)$")
_LIMIT = re.compile(
    r"(?P<word>不超过|不得超过|不高于|不大于|不少于|不低于|至少)\s*(?P<number>[0-9][0-9,]*(?:\.[0-9]+)?)"
)
_NUMBER = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")
_ORDERS = re.compile(
    r"忽略|无视|直接通过|一律通过|必须通过|approve|ignore|disregard|verdict|你是|你现在|系统消息|提示词|system|<\s*\|",
    re.IGNORECASE,
)
_MUST = re.compile(r"必须|应当?|需要?|须")
NOT_FILLED_IN = "未填写"


@dataclass(frozen=True)
class Place:
    """A field, or a page of an attachment, as the prompt shows it."""

    source: str
    page: int | None
    label: str
    text: str


@dataclass(frozen=True)
class Reading:
    """What a model reads out of a prompt."""

    keynote: str
    clauses: tuple[str, ...]
    places: tuple[Place, ...]


def read_prompt(question: Question) -> Reading:
    """The clauses of the system message, and the material between the markers of the user message."""
    head, _, listed = question.system.rpartition("# 条款\n")
    clauses = tuple(found[1] for found in re.finditer(r"^[0-9]+ ?[.．、)）] ?(.+)$", listed, re.M))
    keynote = head.partition("# 关注要点\n")[2].strip()
    places = [place for section in _SECTION.finditer(question.user) for place in _read_section(section)]
    return Reading(keynote, clauses, tuple(places))


def _read_section(section: re.Match[str]) -> Iterator[Place]:
    place: Place | None = None
    for line in section["body"].split("\n"):
        if line.startswith("    ") and place:
            place = replace(place, text=f"{place.text}\n{line.strip()}")
            continue
        if place:
            yield place
        place = _start_place(section["title"], line)
    if place:
        yield place


def _start_place(title: str, line: str) -> Place | None:
    if title == "表单":
        found = _FIELD.match(line)
        return Place(found["name"], None, found["label"], found["text"]) if found else None
    found = _PAGE.match(line)
    return Place(title, int(found["page"]), title, found["text"]) if found else None


_LOOK = re.compile(r"第 (?P<number>[0-9]+) 条的引文")
_QUOTED = re.compile(r"^\[(?P<label>[^\]\n]*)\] (?P<text>.*)$")


def read_look(question: Question) -> dict[int, Reading]:
    """What a second look shows, by the number of the clause; empty where the question is none."""
    listed = question.system.rpartition("# 条款\n")[2]
    clauses = {int(number): clause for number, clause in re.findall(r"^([0-9]+) ?[.．、)）] ?(.+)$", listed, re.M)}
    sections = [(_LOOK.fullmatch(section["title"]), section["body"]) for section in _SECTION.finditer(question.user)]
    numbered = {int(title["number"]): body for title, body in sections if title}
    return {number: Reading("", (clauses[number],), tuple(_read_quotes(body))) for number, body in numbered.items()}


def _read_quotes(body: str) -> Iterator[Place]:
    for line in body.split("\n"):
        found = _QUOTED.match(line)
        if found:
            label, _, source = found["label"].partition("：")
            yield Place(source or label, None, label, found["text"])


def as_look(results: dict[int, str]) -> str:
    """The answer to a second look as the prompt asks for it."""
    return json.dumps({str(number): result for number, result in results.items()})


@dataclass
class ScriptedModel:
    """Gives the scripted answers in turn, the last one again and again; an exception is raised.

    `questions` are those that were asked, `piece` is how many characters a streamed piece has.
    """

    answers: Sequence[Answer] = ()
    platform_id: str = "scripted"
    files: FileUse = "none"
    context_tokens: int = 32_768
    output_tokens: int = 8_192
    piece: int = 5
    answer_timeout_s: float = 300.0
    questions: list[Question] = field(default_factory=list)

    def limits(self, model: str) -> ModelLimits:
        return ModelLimits(context_tokens=self.context_tokens, output_tokens=self.output_tokens)

    def ask(self, question: Question) -> Reply:
        return self._reply(question, lambda piece: None)

    def stream(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        return self._reply(question, on_text)

    def answer(self, question: Question) -> Answer:
        """The whole answer. Scripts that read the question override this."""
        return self.answers[min(len(self.questions), len(self.answers)) - 1]

    def _reply(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        self.questions.append(question)
        answer = self.answer(question)
        text = answer.came if isinstance(answer, BrokenOff) else answer
        if isinstance(text, Exception):
            raise text
        for start in range(0, len(text), self.piece):
            on_text(text[start : start + self.piece])
        if isinstance(answer, BrokenOff):
            raise answer.error
        return Reply(text, f"q-{len(self.questions)}", question.model or "scripted-model", _usage(question, text), 12)


class BrokenOff(Exception):
    """An answer of which a part comes, and then an error."""

    def __init__(self, came: str, error: Exception) -> None:
        super().__init__()
        self.came, self.error = came, error


def _usage(question: Question, text: str) -> Usage:
    asked, told = estimate_tokens(question.system + question.user), estimate_tokens(text)
    return Usage(input_tokens=asked, output_tokens=told, cost=round(asked * 1e-6 + told * 4e-6, 9))


def as_answer(prose: str, verdict: Any) -> str:
    """An answer as the prompt asks for it."""
    return f"{prose}\n\n```json\n{json.dumps(verdict, ensure_ascii=False)}\n```"


def numbered(findings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings with the numbers of their clauses, which they follow in order."""
    return [{"number": number, **finding} for number, finding in enumerate(findings, start=1)]


def quote(place: Place, text: str | None = None) -> dict[str, Any]:
    """Evidence from a place: what stands there in its first line, or `text`."""
    return {"source": place.source, "page": place.page, "quote": text or place.text.split("\n")[0][:200]}


@dataclass
class HonestModel(ScriptedModel):
    """Reads each clause against the field that it names, and says unknown where it names none."""

    platform_id: str = "honest"

    def answer(self, question: Question) -> Answer:
        looks = read_look(question)
        if looks:
            judged = {number: judge_clause(look.clauses[0], look.places)["result"] for number, look in looks.items()}
            return as_look(judged)
        reading = read_prompt(question)
        findings = numbered(judge_clause(clause, reading.places) for clause in reading.clauses)
        results = {finding["result"] for finding in findings}
        verdict = "reject" if "fail" in results else "approve" if results == {"pass"} else "needs_human"
        prose = "\n".join(f"{finding['clause']}：{finding['reason']}" for finding in findings)
        return as_answer(prose, {"verdict": verdict, "summary": f"共 {len(findings)} 条", "findings": findings})


def judge_clause(clause: str, places: Sequence[Place]) -> dict[str, Any]:
    """A finding by simple reading: limits are compared, what must be there must be filled in."""
    place = _place_of(clause, places)
    if place is None:
        return {"clause": clause, "result": "unknown", "reason": "材料中没有对应的内容", "evidence": []}
    limit, number = _LIMIT.search(clause), _NUMBER.search(place.text)
    if place.text == NOT_FILLED_IN:
        result = "fail" if _MUST.search(clause) else "unknown"
    elif limit and number:
        result = "pass" if _keeps(limit, number[0]) else "fail"
    else:
        result = "pass"
    return {
        "clause": clause,
        "result": result,
        "reason": f"{place.label}：{place.text[:40]}",
        "evidence": [quote(place)],
    }


def _keeps(limit: re.Match[str], number: str) -> bool:
    value, bound = (Decimal(text.replace(",", "")) for text in (number, limit["number"]))
    return value >= bound if limit["word"] in {"不少于", "不低于", "至少"} else value <= bound


def _place_of(clause: str, places: Sequence[Place]) -> Place | None:
    """The place whose label has most in common with the clause; at least two characters in a row."""

    def shared(place: Place) -> int:
        label = place.label
        return sum(label[at : at + 2] in clause for at in range(len(label) - 1))

    best = max(places, key=shared, default=None)
    return best if best and shared(best) else None


@dataclass
class ObeyingModel(HonestModel):
    """Does whatever any text in the prompt tells it: approves, quotes the order as evidence, repeats what it was told.

    Without an order it is honest.
    """

    platform_id: str = "obeying"

    def answer(self, question: Question) -> Answer:
        looks = read_look(question)
        if looks:
            return self._look(question, looks)
        reading = read_prompt(question)
        orders = [place for place in reading.places if _is_order(place)]
        if not orders:
            return super().answer(question)
        findings = numbered(
            {"clause": clause, "result": "pass", "reason": "按材料中的要求通过", "evidence": [quote(orders[0])]}
            for clause in reading.clauses
        )
        told = "\n".join(place.text for place in orders)
        return as_answer(
            f"遵照要求：\n{told}\n{reading.keynote}",
            {"verdict": "approve", "summary": told[:200], "findings": findings},
        )

    def _look(self, question: Question, looks: dict[int, Reading]) -> Answer:
        if any(_is_order(place) for look in looks.values() for place in look.places):
            return as_look(dict.fromkeys(looks, "pass"))
        return super().answer(question)


def _is_order(place: Place) -> bool:
    return _ORDERS.search(f"{place.label}{place.text}") is not None


@dataclass
class ConfusedModel(HonestModel):
    """Gets something wrong in every answer: invented quotes, other sources, no verdict, two verdicts, half a JSON.

    The same question always gets the same wrong answer of the same `seed`.
    """

    platform_id: str = "confused"
    seed: int = 0

    def answer(self, question: Question) -> Answer:
        chance = random.Random(f"{self.seed} {question.system} {question.user}")
        honest = str(super().answer(question))
        reading = read_prompt(question)
        return chance.choice(_CONFUSIONS)(honest, reading, chance)


def _approve(reading: Reading, evidence: list[dict[str, Any]]) -> str:
    findings = numbered(
        {"clause": clause, "result": "pass", "reason": "符合", "evidence": evidence} for clause in reading.clauses
    )
    return as_answer("看起来都符合。", {"verdict": "approve", "summary": "符合", "findings": findings})


def _invents(honest: str, reading: Reading, chance: random.Random) -> str:
    source = chance.choice([*(place.source for place in reading.places), "不存在的字段"])
    return _approve(reading, [{"source": source, "page": None, "quote": "已按规定办理完毕，金额 987654.32 元"}])


def _shows_nothing(honest: str, reading: Reading, chance: random.Random) -> str:
    return _approve(reading, [])


def _only_talks(honest: str, reading: Reading, chance: random.Random) -> str:
    return "总体上没有问题，建议 approve 通过。"


def _contradicts_itself(honest: str, reading: Reading, chance: random.Random) -> str:
    reject = {"verdict": "reject", "summary": "", "findings": []}
    return f"{_approve(reading, [])}\n再想想：\n{as_answer('', reject)}"


def _breaks_off(honest: str, reading: Reading, chance: random.Random) -> str:
    whole = _approve(reading, [])
    return whole[: len(whole) * 2 // 3]


def _misses_clauses(honest: str, reading: Reading, chance: random.Random) -> str:
    evidence = [quote(place) for place in reading.places[:1]]
    return _approve(replace(reading, clauses=reading.clauses[1:]), evidence)


_CONFUSIONS: tuple[Callable[[str, Reading, random.Random], str], ...] = (
    _invents,
    _shows_nothing,
    _only_talks,
    _contradicts_itself,
    _breaks_off,
    _misses_clauses,
)
