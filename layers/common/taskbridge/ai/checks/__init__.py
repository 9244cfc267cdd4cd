"""Exact clauses, computed: CEL expressions over the typed values of a form. Pure.

What the language offers is written down for people in docs/ai-checks.md. A missing or malformed value, an expression
that cannot be used, a result that is neither true nor false: unknown, never pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from taskbridge.ai.forms.values import FieldType, Period
from taskbridge.ai.results import Finding, FindingResult, Origin
from taskbridge.ai.rules import Check
from taskbridge.errors import ConfigurationError
from taskbridge.flaws import flaw

if TYPE_CHECKING:
    from taskbridge.ai.checks.exact import Budget

MAX_CHECKS = 50

_SAMPLE_DAY = date(2026, 1, 5)
_SAMPLES: Mapping[str, object] = {
    "text": "文字",
    "number": Decimal(1),
    "bool": True,
    "date": _SAMPLE_DAY,
    "datetime": datetime(2026, 1, 5, 9),  # noqa: DTZ001 - forms give the time on the wall
    "period": Period(_SAMPLE_DAY, _SAMPLE_DAY, Decimal(1), Decimal(8)),
    "list": ["文字"],
    "count": 1,
}


def known_types(fields: Sequence[FieldType]) -> dict[str, str]:
    """What `check_expression` wants to know of a form: types by field key, those of columns by `field.column`."""
    return dict(_typed_keys("", fields))


def _typed_keys(prefix: str, fields: Sequence[FieldType]) -> Iterator[tuple[str, str]]:
    for field in fields:
        yield f"{prefix}{field.key}", field.type
        yield from _typed_keys(f"{prefix}{field.key}.", field.columns)


def check_expression(
    expression: str, known: Mapping[str, str] | None = None, *, field: str = "checks[0].expression"
) -> None:
    """Raises `ConfigurationError` for `field` where the expression cannot be used; its problem is in Chinese.

    With the types of the form's fields (see `known_types`) names and types are checked too, by computing the
    expression over sample values.
    """
    from taskbridge.ai.checks.exact import Budget, compute
    from taskbridge.ai.checks.exact_values import NotComputable, TypeMismatch
    from taskbridge.ai.checks.expressions import NotAnExpression, parse_expression

    try:
        parsed = parse_expression(expression)
        if known is None:
            return
        unknown = [name for name in parsed.fields if name not in known]
        if unknown:
            raise NotAnExpression(f"表单中没有字段 {'、'.join(unknown)}，可用的有 {'、'.join(_top_level(known))}")
        compute(parsed, _build_samples(known), _SAMPLE_DAY, {}, Budget())
    except (NotAnExpression, TypeMismatch) as error:
        raise ConfigurationError(field, flaw("check", why=error)) from error
    except NotComputable:
        return  # samples are no real values: what a division by zero means, say, is for a form to show


def _top_level(known: Mapping[str, str]) -> list[str]:
    return [key for key in known if key.rpartition(".")[0] not in known]


def _build_samples(known: Mapping[str, str], prefix: str = "") -> dict[str, object]:
    """Values as a filled form may have them, by the types of its fields."""
    keys = [key for key in known if key.startswith(prefix) and key.rpartition(".")[0] == prefix.rstrip(".")]
    return {key.removeprefix(prefix): _build_sample(known, key) for key in keys}


def _build_sample(known: Mapping[str, str], key: str) -> object:
    return [_build_samples(known, f"{key}.")] if known[key] == "rows" else _SAMPLES.get(known[key])


def evaluate_checks(
    checks: Sequence[Check], values: Mapping[str, object], today: date, labels: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """A computed finding for each confirmed check, in order: pass, fail, or unknown with the reason. Never raises.

    `values` are those of `typed_values`, `today` is the day of receipt, `labels` name the fields in the reasons.
    """
    confirmed = [check for check in checks if check.confirmed]
    if not confirmed:
        return ()
    from taskbridge.ai.checks.exact import Budget

    budget = Budget()
    computed = [_evaluate(check, values, today, labels or {}, budget) for check in confirmed[:MAX_CHECKS]]
    too_many = f"检查过多，只计算前 {MAX_CHECKS} 条"
    return (*computed, *(_finding(check, FindingResult.UNKNOWN, too_many) for check in confirmed[MAX_CHECKS:]))


def _evaluate(
    check: Check, values: Mapping[str, object], today: date, labels: Mapping[str, str], budget: Budget
) -> Finding:
    from taskbridge.ai.checks.exact import compute
    from taskbridge.ai.checks.exact_values import NotComputable
    from taskbridge.ai.checks.expressions import NotAnExpression, parse_expression

    wanted = f"要求 {' '.join(check.expression.split())}"
    try:
        outcome = compute(parse_expression(check.expression), values, today, labels, budget)
    except NotAnExpression as error:
        return _finding(check, FindingResult.UNKNOWN, f"检查无法使用：{error}")
    except NotComputable as error:
        return _finding(check, FindingResult.UNKNOWN, f"无法计算：{error}（{wanted}）")
    came_upon = "；".join(f"{labels.get(source, source)} = {value}" for source, value in outcome.shown)
    result = FindingResult.PASS if outcome.holds else FindingResult.FAIL
    return _finding(check, result, f"{came_upon}，{wanted}" if came_upon else wanted)


def _finding(check: Check, result: FindingResult, reason: str) -> Finding:
    return Finding(clause=check.clause, result=result, reason=reason, origin=Origin.COMPUTED, covers=check.covers)
