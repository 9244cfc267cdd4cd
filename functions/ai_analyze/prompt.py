"""The question: instructions and rule first, then the form and the attachments as fenced data. Pure.

Everything that does not depend on the form stands in the system message, so that platforms that cache by prefix find
it again. Every word of the prompt is in `templates/`, and TEMPLATE_VERSION names their content.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from pathlib import Path
from string import Template
from typing import Any

from ai_analyze.fence import Fence, build_fence, clean, indented, single_line
from ai_analyze.material import Material
from ai_analyze.sources import Source, name_sources
from ai_analyze.trim import prompt_budget, trim_sources
from taskbridge.ai.clauses import split_clauses
from taskbridge.ai.rules import RuleText
from taskbridge.platforms.ai import ModelLimits, estimate_tokens

_FOLDER = Path(__file__).with_name("templates")
_FILES = (
    "review.v1.md",
    "material.v1.md",
    "second-ask.v1.md",
    "look.v1.md",
    "look-material.v1.md",
    "verdict.v1.json",
)
_TEXTS = {name: (_FOLDER / name).read_text(encoding="utf-8") for name in _FILES}
_SYSTEM, _MATERIAL, _SECOND_ASK, LOOK_SYSTEM, LOOK_MATERIAL = (Template(_TEXTS[name]) for name in _FILES[:5])

TEMPLATE_VERSION = f"review.v1-{hashlib.sha256(repr(_TEXTS).encode()).hexdigest()[:8]}"
VERDICT_SCHEMA: dict[str, Any] = json.loads(_TEXTS["verdict.v1.json"])

RULE_TOO_LONG = "审批规则和关注要点超出模型的长度，可能没有被完整读到"
_LONGEST_REPEATED_ANSWER = 3000
NOTHING = "（无）"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question for one model. `left_out` says in Chinese what did not fit."""

    system: str = field(repr=False)
    user: str = field(repr=False)
    left_out: tuple[str, ...] = ()


def build_prompt(material: Material, limits: ModelLimits, uploaded: Collection[str] = ()) -> Prompt:
    """The question about `material` to a model with these limits. `uploaded` are the attachments it gets whole."""
    system = _build_system(material.rule)
    notices = _show_notices(material.form.notices)
    fixed = estimate_tokens(system + _MATERIAL.template + notices) + 4 * len(notices.split("\n")) + 100
    budget = prompt_budget(limits)
    trimmed = trim_sources(name_sources(material), budget - fixed)
    bodies = _build_bodies(trimmed.sources, notices, uploaded)
    fence = build_fence([material.received_on.isoformat(), *(body for _, body in bodies)])
    user = _MATERIAL.substitute(
        today=material.received_on.isoformat(),
        token=fence.token,
        sections="\n\n".join(fence.around(title, body) for title, body in bodies),
    )
    return Prompt(system, user, trimmed.notes if fixed < budget else (RULE_TOO_LONG, *trimmed.notes))


def build_second_ask(prompt: Prompt, answer: str, limits: ModelLimits) -> str:
    """The user message that asks once more, for the verdict alone.

    It repeats the end of the answer, as far as there is room. That may repeat hostile text: it is fenced.
    """
    asked = estimate_tokens(prompt.system + prompt.user + _SECOND_ASK.template) + 100
    room = limits.context_tokens - limits.output_tokens - asked
    body = indented(answer[-max(1, min(room, _LONGEST_REPEATED_ANSWER)) :]) or NOTHING
    fence: Fence = build_fence([prompt.user, body])
    return _SECOND_ASK.substitute(question=prompt.user.rstrip(), answer=fence.around("上一次的回答", body))


def _build_system(rule: RuleText) -> str:
    clauses = map(single_line, split_clauses(rule.rule))
    return _SYSTEM.substitute(
        schema=json.dumps(VERDICT_SCHEMA, ensure_ascii=False),
        keynote=clean(rule.keynote).strip() or NOTHING,
        clauses="\n".join(starmap(show_clause, enumerate(clauses, start=1))) or NOTHING,
    )


def show_clause(number: int, clause: str) -> str:
    """The clause under its number, which it may have already."""
    is_numbered = re.match(rf"{number}\s?[.．、)）]", clause) is not None
    return clause if is_numbered else f"{number}. {clause}"


def _build_bodies(sources: Sequence[Source], notices: str, uploaded: Collection[str]) -> list[tuple[str, str]]:
    """Title and body of each section: the form, then each attachment."""
    fields = [_show_field(source) for source in sources if not source.is_file]
    form = "\n".join([*fields, notices]).strip() or NOTHING
    files = [(source.name, _show_file(source, source.name in uploaded)) for source in sources if source.is_file]
    return [("表单", form), *files]


def _show_field(source: Source) -> str:
    return f"[{source.name}] {single_line(source.label)}：{indented(source.pages[0])}"


def _show_notices(notices: Sequence[str]) -> str:
    return "\n".join(f"核对提示：{single_line(notice)}" for notice in notices)


def _show_file(source: Source, is_uploaded: bool) -> str:  # noqa: FBT001 - a fact, not a switch
    lines = [f"所属字段：{single_line(source.label)}"]
    if source.problem:
        lines.append(f"读取情况：{single_line(source.problem)}")
    if is_uploaded:
        lines.append("原件已随本次提问上传，引文仍以下面的文字为准")
    lines += [f"第 {number} 页：{indented(page)}" for number, page in enumerate(source.pages, start=1)]
    return "\n".join(lines)
