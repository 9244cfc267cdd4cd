"""Checks that a model proposes for a rule. Pure.

A proposal is never in force: every check is unconfirmed until a person has looked at it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import msgspec

from ai_analyze.fence import build_fence, single_line
from ai_analyze.mending import mend_json
from ai_analyze.thinking import ThinkingCutter
from taskbridge.ai.checks import MAX_CHECKS, check_expression, known_types
from taskbridge.ai.clauses import find_clause, same_clause, split_clauses
from taskbridge.ai.forms.values import FieldType
from taskbridge.ai.jobs import DroppedCheck
from taskbridge.ai.rules import Check
from taskbridge.errors import ConfigurationError
from taskbridge.reasons import build_reason

LONGEST_ANSWER = 60_000

_FOLDER = Path(__file__).with_name("templates")
_FENCED_BLOCK = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Proposal:
    """The checks that a person may confirm, and those that were dropped."""

    checks: tuple[Check, ...] = ()
    dropped: tuple[DroppedCheck, ...] = ()

    def restored(self, restore: Callable[[str], str]) -> Proposal:
        """The same about the rule before it was masked."""
        checks = (replace(each, clause=restore(each.clause)) for each in self.checks)
        dropped = (replace(each, clause=restore(each.clause)) for each in self.dropped)
        return Proposal(tuple(checks), tuple(dropped))


class _CheckWire(msgspec.Struct):
    clause: str
    expression: str


def build_proposal_question(rule_text: str, fields: Sequence[FieldType]) -> tuple[str, str]:
    """The system and the user message that ask for the checks of a rule over a form with these fields."""
    clauses = "\n".join(f"{number}. {single_line(text)}" for number, text in enumerate(split_clauses(rule_text), 1))
    listed = "\n".join(_describe("", fields))
    fence = build_fence([clauses, listed])
    user = Template(_template("propose-checks-material.v1.md")).substitute(
        token=fence.token, rule=fence.around("条款", clauses), fields=fence.around("字段", listed)
    )
    return _template("propose-checks.v1.md"), user


def parse_proposal(text: str, rule_text: str = "", fields: Sequence[FieldType] = ()) -> Proposal:
    """What a model answered. Never raises, whatever the answer is: what cannot be used is dropped, with the reason.

    With `rule_text` a check has to be for one of its clauses, with `fields` it may name only those.
    """
    clauses, known = split_clauses(rule_text), known_types(fields) if fields else None
    checks: dict[Check, None] = {}
    dropped: list[DroppedCheck] = []
    for wire in _read_checks(text):
        try:
            check_expression(wire.expression, known)
            checks[Check(_resolve_clause(wire.clause, clauses), wire.expression)] = None
        except ConfigurationError as error:
            dropped.append(DroppedCheck(clause=wire.clause, expression=wire.expression, reason=str(error.problem)))
    return Proposal(tuple(checks), tuple(dropped))


@cache
def _template(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _describe(prefix: str, fields: Sequence[FieldType]) -> Iterator[str]:
    for field in fields:
        yield f"{prefix}{single_line(field.key)}：{field.type}（{single_line(field.label)}）"
        yield from _describe(f"{prefix}  列 ", field.columns)


def _resolve_clause(clause: str, clauses: Sequence[str]) -> str:
    if not clauses:
        return clause
    number = find_clause(clause, clauses)
    found = [clauses[number - 1]] if number else [each for each in clauses if same_clause(each, clause)]
    if len(found) != 1:
        raise ConfigurationError("clause", build_reason("check_ambiguous" if found else "check_homeless"))
    return found[0]


def read_entries(text: str, name: str) -> list[Any]:
    """The list under a name in the JSON of an answer; none where there is no such list."""
    cutter = ThinkingCutter()
    answer = (cutter.feed(text) + cutter.finish())[:LONGEST_ANSWER]
    blocks = _FENCED_BLOCK.findall(answer)
    found = _read_json(blocks[-1] if blocks else answer)
    entries = found.get(name) if isinstance(found, dict) else found
    return entries if isinstance(entries, list) else []


def _read_checks(text: str) -> list[_CheckWire]:
    return [wire for entry in read_entries(text, "checks")[:MAX_CHECKS] for wire in _read_check(entry)]


def _read_check(entry: Any) -> list[_CheckWire]:
    try:
        return [msgspec.convert(entry, _CheckWire)]
    except msgspec.ValidationError:
        return []  # no check at all: there is nothing to show for it


def _read_json(block: str) -> Any:
    try:
        return json.loads(block)
    except (ValueError, RecursionError):
        pass  # what was proposed is looked at by a person anyway: mending it does no harm
    try:
        return mend_json(block)
    except ValueError:
        return None
