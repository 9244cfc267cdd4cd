"""Rules as they are sent and shown: their text, their checks, and how a new version is saved and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StrictBool, StrictInt

from admin_api.ids import encode_id
from admin_api.problems import check_read
from admin_api.requests import Wanted
from admin_api.wiring import Services
from taskbridge.ai.checks import check_expression
from taskbridge.ai.clauses import find_clause, split_clauses
from taskbridge.ai.messages import RuleChanged
from taskbridge.ai.rules import (
    KEY_CHARS,
    KEYNOTE_CHARS,
    MOST_KEYS,
    RULE_CHARS,
    AutoAnalysis,
    Check,
    DefaultRule,
    PersonalRule,
    RuleInForce,
    RuleText,
)
from taskbridge.ai.seats import Seat
from taskbridge.errors import ConfigurationError, StoreError
from taskbridge.flaws import Flaw, flaw

CLAUSE_CHARS = 2_000
EXPRESSION_CHARS = 1_000
MOST_CHECKS = 50
MOST_VERSIONS = 2**31
CLAUSE_SHOWN = 40
LONGEST_PROBLEM = 600

R = TypeVar("R", DefaultRule, PersonalRule)

AutoCode = Literal[0, 1, 2]  # of the process system: 0 as the node's default says, 1 yes, 2 no
FileKey = Annotated[str, Field(min_length=1, max_length=KEY_CHARS)]
Version = Annotated[
    StrictInt | None,
    Field(
        ge=0,
        lt=MOST_VERSIONS,
        description="The version that was read, 0 where there was none: 409 if there is another one by now. "
        "Without it, what is sent replaces whatever stands there.",
    ),
]


class CheckWanted(Wanted):
    """An exact clause, in the words of the rule: a CEL expression over the form's typed values.

    In force once `confirmed`. With `covers` it is all that the clause asks for and decides it alone; without, the
    model has to find the clause met as well.
    """

    clause: Annotated[str, Field(min_length=1, max_length=CLAUSE_CHARS)]
    expression: Annotated[str, Field(min_length=1, max_length=EXPRESSION_CHARS)]
    confirmed: StrictBool = False
    covers: StrictBool = False


RuleWords = Annotated[str, Field(max_length=RULE_CHARS)]
Keynote = Annotated[str, Field(max_length=KEYNOTE_CHARS)]
FileKeys = Annotated[list[FileKey], Field(max_length=MOST_KEYS)]
Checks = Annotated[list[CheckWanted], Field(max_length=MOST_CHECKS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleShown:
    """A rule with the node that it is for. `clauses` is how its text is read: each is owed a finding of its own.

    `path` is application and node as a path of the API takes them.
    """

    app_id: str
    node_id: str
    path: str
    node_key: str
    node_name: str
    rule: str
    clauses: tuple[str, ...]
    keynote: str
    file_key: tuple[str, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveRule(RuleShown):
    """The rule in force for a task. `version` names it for people: custom-3, default-7."""

    status: bool
    auto_analysis: bool
    source: Literal["custom", "default"]
    version: str


def show_effective(rule: RuleInForce, seat: Seat) -> EffectiveRule:
    """The rule in force for a seat."""
    return EffectiveRule(
        **facts_of(rule, seat.app_id, seat.node_id, (seat.node_key, seat.node_name)),
        status=rule.enabled,
        auto_analysis=rule.automatic,
        source=rule.source,
        version=rule.version,
    )


def facts_of(rule: RuleText, app_id: str, node_id: str, names: tuple[str, str]) -> dict[str, Any]:
    """What is shown of every rule. `names` are key and name of its node."""
    return {
        "app_id": app_id,
        "node_id": node_id,
        "path": f"{encode_id(app_id)}/{encode_id(node_id)}",
        "node_key": names[0],
        "node_name": names[1],
        "rule": rule.rule,
        "clauses": split_clauses(rule.rule),
        "keynote": rule.keynote,
        "file_key": rule.file_key,
        "checks": rule.checks,
    }


def auto_analysis_of(wanted: bool | int | None) -> AutoAnalysis:  # noqa: FBT001 - it is the value
    """The stored form of a rule's `auto_analysis`, which may come as a code, as a boolean, or as null."""
    if isinstance(wanted, bool):
        return AutoAnalysis.ENABLED if wanted else AutoAnalysis.DISABLED
    return AutoAnalysis(wanted or 0)


def read_checks(wanted: Iterable[CheckWanted], rule: str) -> tuple[Check, ...]:
    """The checks of a rule with this text.

    Raises ConfigurationError that names the one which cannot be computed, or is for none of the rule's clauses.
    """
    checks, clauses = [], split_clauses(rule)
    for position, each in enumerate(wanted):
        check_expression(each.expression, field=f"checks[{position}].expression")
        number = find_clause(each.clause, clauses)
        if not number:
            raise ConfigurationError(f"checks[{position}].clause", _no_clause(clauses))
        checks.append(Check(clauses[number - 1], each.expression, each.confirmed, each.covers))
    return tuple(checks)


def _no_clause(clauses: Sequence[str]) -> Flaw:
    read = "; ".join(f"{number} “{clause[:CLAUSE_SHOWN]}”" for number, clause in enumerate(clauses, start=1))
    return flaw("clause", count=len(clauses), clauses=read[:LONGEST_PROBLEM])


def save_version(before: R | None, rule: R, expected: int | None, save: Callable[[R, int], R]) -> R:
    """The rule at its new version. One that says what stands there already gets none, whatever `expected` is.

    So whoever had no answer the first time may simply save again: all the rest is done again.
    """
    if before is not None and rule == before:
        return before
    current = before.version if before else 0
    check_read(current, expected)
    return save(rule, current)


def tell(message: RuleChanged, services: Services) -> None:
    """Tell what keeps results that a rule changed. Raises StoreError."""
    if services.ai_queue.send([message]):
        raise StoreError("the AI queue did not take the message")
