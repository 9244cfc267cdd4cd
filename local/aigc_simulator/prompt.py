"""What a question says: the clauses of the rule, and the material between the fences. Pure.

Reads the prompts of `functions/ai_analyze/templates`, as any reader would who was told what the headings mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

NOT_FILLED = ("未填写", "未签名")

_TODAY = re.compile(r"今天的日期[^：\n]{0,40}：(\d{4}-\d{2}-\d{2})")
_TOKEN = re.compile(r"^边界标记：(\S{8,64})$", re.MULTILINE)
_CLAUSES = "\n# 条款\n"
CLAUSE = re.compile(r"^\d+\. (.+)$", re.MULTILINE)
_FIELD = re.compile(r"^\[([^\]\n]+)\] ([^：\n]*)：")
_PAGE = re.compile(r"^第 (\d+) 页：")
_VERDICT_ONLY = "只输出结论"
_LOOK = re.compile(r"第 (\d+) 条的引文")
_NUMBERED = re.compile(r"^(\d+)\s?[.．、)）]\s*(.+)$", re.MULTILINE)
_QUOTE = re.compile(r"^\[([^\]\n]+)\] ")


@dataclass(frozen=True, slots=True)
class Place:
    """Something that the material says, with where it stands: a field of the form, or a line of an attachment."""

    source: str
    page: int | None
    label: str
    text: str

    @property
    def is_filled(self) -> bool:
        """Whether something was entered."""
        return bool(self.text.strip()) and not self.text.strip().startswith(NOT_FILLED)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it was read. `places` hold the fields first; `problems` are attachments that could not be read."""

    clauses: tuple[str, ...]
    today: str
    places: tuple[Place, ...]
    problems: tuple[str, ...]
    verdict_only: bool


def parse_question(prompt: str, question: str) -> Question:
    """The question in the system text `prompt` and the user text `question`. What is not there is empty."""
    today = _TODAY.search(question)
    sections = list(sections_of(question))
    places = [place for title, body in sections for place in _read_section(title, body)]
    problems = [
        f"{title}：{line.removeprefix('读取情况：')}"
        for title, body in sections
        for line in body.split("\n")
        if line.startswith("读取情况：")
    ]
    return Question(
        clauses=tuple(CLAUSE.findall(prompt.rpartition(_CLAUSES)[2])) if _CLAUSES in prompt else (),
        today=today[1] if today else "",
        places=tuple(sorted(places, key=lambda place: place.page is not None)),
        problems=tuple(problems),
        verdict_only=_VERDICT_ONLY in question[-200:],
    )


def parse_look(prompt: str, question: str) -> dict[str, Question]:
    """The questions of a second look, by the number of the clause; empty where the question is none.

    Each has its one clause, and what was quoted for it as its only places.
    """
    today = _TODAY.search(question)
    clauses = dict(_NUMBERED.findall(prompt.rpartition(_CLAUSES)[2]))
    found = [(_LOOK.fullmatch(title), body) for title, body in sections_of(question)]
    return {
        title[1]: Question((clauses[title[1]],), today[1] if today else "", tuple(_read_quotes(body)), (), False)
        for title, body in found
        if title and title[1] in clauses
    }


def _read_quotes(body: str) -> Iterator[Place]:
    for head, text in _blocks(body, _QUOTE):
        label, _, _ = head[1].partition("：")
        for line in text.split("\n"):
            name, colon, value = line.partition("：")
            yield Place(head[1], None, f"{label}{name}" if colon else label, value.strip() if colon else line)


def sections_of(question: str) -> Iterator[tuple[str, str]]:
    """Title and body of each part between the fences of a question."""
    token = _TOKEN.search(question)
    if not token:
        return
    fence = re.compile(
        rf"^<<<材料开始 {re.escape(token[1])} (.+?)>>>\n(.*?)\n<<<材料结束 {re.escape(token[1])} \1>>>$",
        re.MULTILINE | re.DOTALL,
    )
    for found in fence.finditer(question):
        yield found[1], found[2]


def pages_of(body: str) -> Iterator[tuple[int, str]]:
    """Number and text of each page of a document, its lines as they were set."""
    for head, text in _blocks(body, _PAGE):
        yield int(head[1]), text


def _read_section(title: str, body: str) -> Iterator[Place]:
    if title == "表单":
        for head, text in _blocks(body, _FIELD):
            yield Place(head[1], None, head[2], text)
        return
    label = next((line.removeprefix("所属字段：") for line in body.split("\n") if line.startswith("所属字段：")), "")
    for head, text in _blocks(body, _PAGE):
        for line in text.split("\n"):
            name, colon, value = line.partition("：")
            yield Place(title, int(head[1]), f"{label}{name}" if colon else label, value.strip() if colon else line)


def _blocks(body: str, head: re.Pattern[str]) -> Iterator[tuple[re.Match[str], str]]:
    """Each line that `head` matches, with its text: the rest of it, and the set-in lines that follow."""
    found: re.Match[str] | None = None
    lines: list[str] = []
    for line in body.split("\n"):
        if found and line.startswith("    "):
            lines.append(line.strip())
            continue
        if found:
            yield found, "\n".join(lines)
        found = head.match(line)
        lines = [line[found.end() :]] if found else []
    if found:
        yield found, "\n".join(lines)
