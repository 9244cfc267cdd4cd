"""Expressions that mean harm: they end, they stay inside, and they never pass."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.checks import check_expression, evaluate_checks
from taskbridge.ai.results import FindingResult
from taskbridge.ai.rules import Check
from taskbridge.errors import ConfigurationError
from tests.builders import calm

VALUES: dict[str, Any] = {
    "n": Decimal(1),
    "text": "长" * 300_000,
    "rows": [{"a": Decimal(number)} for number in range(2_000)],
    "list": [Decimal(number) for number in range(2_000)],
}
FACTOR = "9" * 39


SMALL: dict[str, Any] = {"n": Decimal(1), "text": "字", "rows": [{"a": Decimal(1)}], "list": [Decimal(1), Decimal(2)]}


def evaluate(*expressions: str, values: dict[str, Any] = VALUES) -> list[FindingResult]:
    checks = [Check("条款", expression, confirmed=True) for expression in expressions]
    return [finding.result for finding in evaluate_checks(checks, values, date(2026, 11, 22))]


@pytest.mark.parametrize(
    "expression",
    [
        "list.all(a, list.all(b, list.all(c, list.all(d, a + b + c + d >= 0))))",
        "list.map(a, list.map(b, list.map(c, list)))[0][0][0][0] == 0",
        "rows.all(r, sum(rows, 'a') >= 0)",
        "rows.all(r, text.contains('短') == false)",
        "list.all(a, a in list)",
        "sum(list.map(x, 1 / (x + 1))) > 1",
        "sum(list.map(x, 1 / (x * x * x * x * x * x * x * x + 1))) > 1",
        "n == " + " * ".join([FACTOR] * 23) + " || sum(list) > 0" + " && sum(list.map(x, sum(list))) > 0",
    ],
)
def test_a_bomb_runs_out_of_its_budget(expression: str) -> None:
    assert evaluate(expression) == [FindingResult.UNKNOWN]


def test_all_checks_of_a_form_share_one_budget() -> None:
    bomb = "list.all(a, list.all(b, a + b >= 0))"

    assert evaluate("n == 1", bomb, "n == 1") == [FindingResult.PASS, FindingResult.UNKNOWN, FindingResult.UNKNOWN]


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 400 + "n == 1" + ")" * 400,
        "[" * 400 + "n" + "]" * 400,
        "!" * 900 + "true || n == 1",
        "-" * 900 + "n == 1",
        "+".join(["n"] * 400) + " == 400",
        " && ".join(["n == 1"] * 100),
        "n" + "[0]" * 300,
        "n" + ".a" * 400,
        "n == 1 ? " * 100 + "true",
        "list.map(a, " * 60 + "n" + ")" * 60,
        "n == 1" + " " * 10_000,
        "n" * 1_000_000,
        '"' + r"\a" * 400,  # cel-python's own token would try 2**400 ways to read this
        '"' + r"\a" * 20,
        '"""' + "\r\n" * 300,
        "n == '" + "\n" * 900,
        "n == 0x" + "f" * 900,
        "n == " + "1" * 900 + "u",
        "\x00 == n",
        "\ud800 == n",
        "😀" * 300,
        "//" + "n" * 900,
    ],
)
def test_what_is_too_much_is_refused_before_it_is_computed(expression: str) -> None:
    assert evaluate(expression) == [FindingResult.UNKNOWN]
    with pytest.raises(ConfigurationError):
        check_expression(expression)


def test_as_many_terms_as_are_allowed_are_computed() -> None:
    assert evaluate("+".join(["n"] * 33) + " == 33", "(((((n == 1)))))") == [FindingResult.PASS, FindingResult.PASS]


@pytest.mark.parametrize(
    "expression",
    [
        "n.__class__ == n",
        "n.__class__.__mro__[1].__subclasses__() == n",
        "form.__init__ == n",
        "form['__class__'] == n",
        "rows[0].__class__ == n",
        "__import__('os') == n",
        "eval('1') == n",
        "type(n) == n",
        "dyn(n) == n",
        "sum.__globals__ == n",
        "google.protobuf.Struct{} == n",
        "n{a: 1} == n",
        "{'a': n} == n",
        ".n == n",
        "rows.reduce(a, b, 0, n) == n",
        "list.min() == n",
        "text.size(n, n) == n",
        "timestamp('2026-01-01T00:00:00Z').getDate('../../etc/passwd') == n",
        "duration('1s') == n",
        "bytes(text) == n",
        "b'a' == n",
        "r'a' == n",
        "null == n",
        "form.all(k, k == 'n')",
        "n.all(x, true)",
        "rows.all(form, n == 1)",
        "rows.all(today, n == 1)",
        "rows.all(r.a, n == 1)",
        "rows.all(r)",
        "rows.all()",
        "'x' * 1000000000 == text",
        "text + text == text",
        "list + list == list",
        "size == n",
        "list[n - 2] == n",
        "list[0.5] == n",
        "text[0] == n",
        "form[text] == n",
    ],
)
def test_no_expression_leaves_the_form(expression: str) -> None:
    assert evaluate(expression) == [FindingResult.UNKNOWN]


VOCABULARY = r"""
    n text rows list form today missing r . , ( ) [ ] { } ? : + - * / % ! && || == != < <= in // \
    0 1 0.5 1e9 'a' "a" true false null form["n"]
    sum( count( days( date( .all( .map( .filter(r, .exists(r, .contains(
"""
words = st.sampled_from(VOCABULARY.split())


@calm
@given(st.lists(words, max_size=25).map(" ".join))
def test_any_row_of_words_comes_to_a_finding(expression: str) -> None:
    (result,) = evaluate(expression, values=SMALL)

    assert result in FindingResult


@calm
@given(st.text(max_size=200))
def test_any_text_comes_to_a_finding(expression: str) -> None:
    (result,) = evaluate(expression, values=SMALL)

    assert result in FindingResult


clauses = st.recursive(
    st.sampled_from(["n == 1", "n > 1", "list.all(x, x >= 0)", "!(n == 2)", "true", "false"]),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||"]), inner),
    max_leaves=4,
)


@calm
@given(clauses, st.sampled_from(["&&", "||"]), clauses, st.sampled_from(["missing > 1", "rows.all(r, r.b > 1)"]))
def test_a_missing_value_counts_only_where_no_other_decides_alone(
    left: str, how: str, right: str, missing: str
) -> None:
    """As if it were true and as if it were false: where both come to the same, that is the result."""
    whole = f"(n > 0 || n <= 0) && ({left} {how} {{}} {how} {right})"

    supposed = {evaluate(whole.format(value), values=SMALL)[0] for value in ("true", "false")}

    expected = supposed.pop() if len(supposed) == 1 else FindingResult.UNKNOWN
    assert evaluate(whole.format(missing), values=SMALL) == [expected]
