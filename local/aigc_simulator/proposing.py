"""What the simulator proposes: checks for those clauses of a rule that are plain limits over one field, and for clauses
the sentences of a policy document that ask for something. Pure.
"""

from __future__ import annotations

import json
import re
from typing import Any

from local.aigc_simulator.conditions import LEAST, MOST, WITHIN, bound_of, find_place
from local.aigc_simulator.prompt import CLAUSE, Place, pages_of, sections_of

_FIELD = re.compile(r"^(?P<key>[^：\s][^：]*)：(?P<type>[^（\n]+)（(?P<label>.*)）$", re.MULTILINE)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VALUES = {"number": "{}", "count": "count({})"}
_SENTENCE = re.compile(r"[^。；;！？!?]+[。；;！？!?]?")
_NUMBERING = re.compile(r"^(?:第[一二三四五六七八九十百0-9]+[条款项]|[（(]?[一二三四五六七八九十0-9]+[)）、.．])\s*")
_ASKS = re.compile(r"不[得能]?(?:超过|少于|低于|早于|晚于)|不得|必须|应当|[须应需](?!知|按|急)|至[多少]")
_MOST_SENTENCE = 300
_PERIODS = {"天": "days({})", "日": "days({})", "小时": "hours({})"}


def propose_checks(question: str) -> dict[str, Any] | None:
    """The proposal that a question asks for; None where it asks for none."""
    sections = dict(sections_of(question))
    if set(sections) != {"条款", "字段"}:
        return None
    fields = [Place(found["key"], None, found["label"], found["type"]) for found in _FIELD.finditer(sections["字段"])]
    checks = [(clause, _express(clause, fields)) for clause in CLAUSE.findall(sections["条款"])]
    return {"checks": [{"clause": clause, "expression": check} for clause, check in checks if check]}


def propose_clauses(question: str) -> dict[str, Any] | None:
    """The clauses of the document that a question asks for; None where it asks for none."""
    sections = dict(sections_of(question))
    if set(sections) != {"制度文件"}:
        return None
    found = [
        {"clause": _word(sentence), "page": page, "sentence": sentence}
        for page, text in pages_of(sections["制度文件"])
        for sentence in map(str.strip, _SENTENCE.findall(text.replace("\n", "")))
        if _ASKS.search(sentence) and len(sentence) <= _MOST_SENTENCE
    ]
    return {"clauses": found}


def _word(sentence: str) -> str:
    """A sentence as a clause: without its number and its stop."""
    return _NUMBERING.sub("", sentence.strip("。；;！？!? ")).replace("不得超过", "不超过").strip()


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
