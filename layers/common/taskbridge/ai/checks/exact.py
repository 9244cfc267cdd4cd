"""Parsed expressions over the values of a form, computed exactly: cel-python's evaluator, held tight. Pure.

Work is counted, and an error in any part makes the whole not computable, but where CEL says that another part decides
alone (`true || missing`, `false && missing`, a row of `exists` or `all`), and for what `? :` does not choose.
Import it only where checks are computed: cel-python takes 0.15 s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, cast

from celpy.celtypes import BoolType, ListType
from celpy.evaluation import Activation, CELEvalError, Evaluator
from lark import Token, Tree

from taskbridge.ai.checks.arithmetic import ABSORBING, FUNCTIONS, MACROS, METHODS, OPERATORS, decide
from taskbridge.ai.checks.exact_values import (
    FormRecord,
    NotComputable,
    TypeMismatch,
    exact_number,
    prepare_entries,
    rows_of,
    truth,
)
from taskbridge.ai.checks.expressions import FORM, IDENTIFIER, TODAY, Expression, Node, bound_name

MAX_STEPS = 100_000  # a few seconds on a slow machine
MAX_SHOWN = 6

_SHOWN_LENGTH = 40


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """Whether an expression holds, and what it came upon on its way: (source, value) as texts."""

    holds: bool
    shown: tuple[tuple[str, str], ...]


class Budget:
    """The work that may still be done; several expressions share one."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self._left = steps

    def spend(self, steps: int) -> None:
        """Takes steps away; raises `NotComputable` where there are not that many."""
        self._left -= steps
        if self._left < 0:
            raise NotComputable("计算量过大")

    def charged(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """An operation that costs as much as what it reads."""

        def operation(*operands: Any) -> Any:
            self.spend(sum(map(_weight, operands)))
            return work(*operands)

        return operation


def _weight(operand: Any) -> int:
    if isinstance(operand, Fraction):
        return operand.denominator.bit_length() // 64
    if isinstance(operand, str):
        return len(operand) // 50
    return len(operand) if isinstance(operand, ListType) else 0


def compute(
    expression: Expression, values: Mapping[str, Any], today: date, labels: Mapping[str, str], budget: Budget
) -> CheckOutcome:
    """The outcome for typed values; raises `NotComputable`.

    `today` and `form` are names of their own: a field that is called so is reached as `form["today"]`.
    """
    try:
        return _compute(expression, values, today, labels, budget)
    except RecursionError as error:
        raise NotComputable("嵌套过深") from error


def _compute(
    expression: Expression, values: Mapping[str, Any], today: date, labels: Mapping[str, str], budget: Budget
) -> CheckOutcome:
    entries = prepare_entries({key: values[key] for key in expression.fields if key in values}, labels)
    names = {key: value for key, value in entries.items() if IDENTIFIER.fullmatch(key)}
    functions = {name: budget.charged(work) for name, work in {**METHODS, **FUNCTIONS, **OPERATORS}.items()}
    activation = Activation(
        functions=functions, vars={**names, FORM: FormRecord(entries, labels), TODAY: cast(Any, today)}
    )
    run = _Computation(expression.source, labels, budget)
    holds = truth(_ExactEvaluator(expression.tree, activation, run).evaluate())
    return CheckOutcome(holds, tuple(run.shown))


@dataclass(slots=True)
class _Computation:
    """One computation, with what it came upon."""

    source: str
    labels: Mapping[str, str]
    budget: Budget
    shown: list[tuple[str, str]] = field(default_factory=list)

    def show(self, source: str, value: Any) -> None:
        pair = (source, show_value(value))
        if len(self.shown) < MAX_SHOWN and pair not in self.shown:
            self.shown.append(pair)


def show_value(value: Any) -> str:
    """A value as a person writes it, in one line; a long one is cut."""
    if isinstance(value, Fraction):
        return _show_number(value)
    if isinstance(value, BoolType):
        return "是" if value else "否"
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"


def _show_number(number: Fraction) -> str:
    rounded = Decimal(number.numerator) / Decimal(number.denominator)
    digits = f"{rounded:f}" if abs(rounded.adjusted()) < _SHOWN_LENGTH else str(rounded)
    plain = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return plain if Fraction(rounded) == number else f"约 {plain}"


class _ExactEvaluator(Evaluator):
    """cel-python's evaluator with decimals, counted steps, and no error that could be passed over."""

    def __init__(self, ast: Node, activation: Activation, run: _Computation) -> None:
        super().__init__(ast, activation)
        self._run = run

    def visit_children(self, tree: Node) -> list[Any]:
        return [self.visit(child) if isinstance(child, Tree) else child for child in tree.children]

    def visit(self, tree: Node) -> Any:
        self._run.budget.spend(1)
        value = super().visit(tree)
        if isinstance(value, CELEvalError):
            raise TypeMismatch("函数的参数不对，或值的类型不合")
        return value

    def conditionalor(self, tree: Node) -> Any:
        return self._decide(tree, decisive=True)

    def conditionaland(self, tree: Node) -> Any:
        return self._decide(tree, decisive=False)

    def _decide(self, tree: Node, *, decisive: bool) -> Any:
        if len(tree.children) == 1:
            return self.visit(cast(Node, tree.children[0]))
        results = [self._try(partial(self.visit, cast(Node, child))) for child in tree.children]
        return decide(results, decisive=decisive)

    @staticmethod
    def _try(condition: Callable[[], Any]) -> bool | NotComputable:
        """Whether a condition holds, or why that is not known. One that asks for the impossible raises all the same."""
        try:
            return truth(condition())
        except TypeMismatch:
            raise
        except NotComputable as error:
            return error

    def ident_value(self, name: str, root_scope: bool = False) -> Any:  # noqa: FBT001, FBT002 - as the library has it
        try:
            return self.activation.identifiers.resolve_name(None, name).value
        except KeyError as error:
            raise NotComputable(f"「{self._run.labels.get(name, name)}」未填写或无法识别") from error

    def literal(self, tree: Node) -> Any:
        token = cast(Token, tree.children[0])
        if token.type not in {"INT_LIT", "FLOAT_LIT"}:
            return super().literal(tree)
        number = exact_number(Decimal(token.value))
        if number is None:
            raise TypeMismatch("表达式中的数字过长")
        return number

    def member(self, tree: Node) -> Any:
        value = super().member(tree)
        if not isinstance(value, ListType | FormRecord) and _tells_something(tree):
            self._run.show(self._run.source[tree.meta.start_pos : tree.meta.end_pos], value)
        return value

    def member_dot_arg(self, tree: Node) -> Any:
        name = str(tree.children[1])
        if name not in MACROS:
            return super().member_dot_arg(tree)
        rows = rows_of(self.visit(cast(Node, tree.children[0])))
        variable, body = cast(Node, tree.children[2]).children
        element = bound_name(variable)
        results = []
        for row in rows:
            already_shown = len(self._run.shown)
            results.append(self._of_row(name, cast(Node, body), {element: row}))
            # Of the rows, those at fault are what a person wants to see.
            if name != "all" or results[-1] is not False:
                del self._run.shown[already_shown:]
        return MACROS[name](rows, results)

    def _of_row(self, macro: str, body: Node, row: Mapping[str, Any]) -> Any:
        evaluator = _ExactEvaluator(body, self.activation, self._run)
        if macro not in ABSORBING:
            return evaluator.evaluate(row)
        return self._try(lambda: evaluator.evaluate(row))


def _tells_something(tree: Node) -> bool:
    """Whether a person would want its value: not that of what is written out, in brackets, or put as a question."""
    inner = cast(Node, tree.children[0])
    if inner.data == "primary":
        return cast(Node, inner.children[0]).data in {"ident", "ident_arg"}
    return inner.data != "member_dot_arg"
