"""Checks that the simulator proposes for the clauses of a rule: plain limits over one field, and nothing else. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from local.aigc_simulator.conditions import LEAST, MOST, WITHIN, bound_of, find_place
from local.aigc_simulator.prompt import CLAUSE, Place, sections_of

_FIELD = re.compile(r"^(?P<key>[^：\s][^：]*)：(?P<type>[^（\n]+)（(?P<label>.*)）$", re.MULTILINE)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VALUES = {"number": "{}", "count": "count({})"}
_PERIODS = {"天": "days({})", "日": "days({})", "小时": "hours({})"}


def propose_checks(question: str) -> dict[str, Any] | None:
    """The proposal that a question asks for; None where it asks for none."""
    sections = dict(sections_of(question))
    if set(sections) != {"条款", "字段"}:
        return None
    fields = [Place(found["key"], None, found["label"], found["type"]) for found in _FIELD.finditer(sections["字段"])]
    checks = [(clause, _express(clause, fields)) for clause in CLAUSE.findall(sections["条款"])]
    return {"checks": [{"clause": clause, "expression": check} for clause, check in checks if check]}


def _express(clause: str, fields: list[Place]) -> str:
    """The clause as an expression, empty where it is no plain limit, or none of the fields is meant."""
    for pattern, operator in ((MOST, "<="), (WITHIN, "<="), (LEAST, ">=")):
        found = pattern.fullmatch(clause)
        if not found:
            continue
        bound, unit = bound_of(found)
        usable = [field for field in fields if _value(field, unit)]
        field = find_place(found["subject"], usable, closely=True)
        if field is not None:
            return f"{_value(field, unit)} {operator} {bound}"
    return ""


def _value(field: Place, unit: str) -> str:
    name = (
        field.source if _PLAIN_KEY.fullmatch(field.source) else f"form[{json.dumps(field.source, ensure_ascii=False)}]"
    )
    form = _PERIODS.get(unit, "") if field.text == "period" else _VALUES.get(field.text, "")
    return form.format(name)
