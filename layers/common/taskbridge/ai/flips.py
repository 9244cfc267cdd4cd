"""Forms with one fact changed, what has to follow for the clauses that code computes, and how a reader followed. Pure.

The changes are tried on the typed values, and the checks say which clause turns and which does not: nobody guesses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from taskbridge.ai.checks import evaluate_checks
from taskbridge.ai.checks.expressions import parse_expression
from taskbridge.ai.clauses import same_clause
from taskbridge.ai.forms.changes import EMPTIED, changes_of
from taskbridge.ai.forms.controls import read_fields
from taskbridge.ai.forms.values import typed_values
from taskbridge.ai.people import wilson_interval
from taskbridge.ai.results import FindingResult
from taskbridge.ai.rules import Check
from taskbridge.events import EventForm

WANTED = 0.95  # of a careful reader
HARMLESS = "harmless"
UNCHANGED = ""
_SEVERITY = (FindingResult.PASS, FindingResult.UNKNOWN, FindingResult.FAIL)

Results = Mapping[int, FindingResult]  # by the number of the clause, from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedForm:
    """A form, the clauses of its rule, and the checks of some of them; `received_on` is what the rule calls today."""

    form: EventForm
    clauses: Sequence[str]
    checks: Sequence[Check]
    received_on: date

    def computed(self) -> Results:
        """What the checks come to, of each clause that has one; the worst where it has several."""
        found = evaluate_checks(self.checks, typed_values(read_fields(self.form)), self.received_on)
        results: dict[int, FindingResult] = {}
        for number, clause in enumerate(self.clauses, start=1):
            mine = [each.result for each in found if same_clause(each.clause, clause)]
            if mine:
                results[number] = max(mine, key=_SEVERITY.index)
        return results

    def checked_keys(self) -> list[str]:
        """The fields of the form that its checks read."""
        there = {field.key for field in self.form.fields}
        keys = (key for check in self.checks for key in parse_expression(check.expression).fields)
        return [key for key in dict.fromkeys(keys) if key in there]


@dataclass(frozen=True, slots=True)
class Flip:
    """A form whose field `key` holds another value, and what its checks come to.

    `kind` is that of the change: amount, number, date, period, entries, left_empty, or harmless where nothing turns.
    `turned` are the clauses that come to something else now.
    """

    form: EventForm
    kind: str
    key: str
    computed: Results
    turned: Results


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipScore:
    """Counts of clauses over changed forms.

    `turning` must turn; `flipped` of them were found as expected before the change and after it. `low` and `high`
    bound the true rate with 95% (Wilson's interval). `keeping` must be found as before the change; `kept` were.
    """

    forms: int
    turning: int
    flipped: int
    low: float
    high: float
    keeping: int
    kept: int

    @property
    def rate(self) -> float:
        """The flip rate; 0 where nothing has to turn."""
        return self.flipped / self.turning if self.turning else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipAnswer:
    """What a model found on one form. `kind` is UNCHANGED for a form as it came, and else that of the change.

    `expected` and `found` are of the clauses that are computed. The answers behind one to an unchanged form are about
    changes of that form.
    """

    kind: str
    platform_id: str
    model: str
    expected: dict[int, FindingResult]
    found: dict[int, FindingResult]


def flips_of_field(checked: CheckedForm, key: str) -> Iterator[Flip]:
    """Of each kind of change the nearest that turns a clause and the nearest that turns none; emptied only to turn."""
    before = checked.computed()
    field = next(field for field in checked.form.fields if field.key == key)
    found: set[tuple[str, bool]] = set()
    for change in changes_of(field):
        form = with_value(checked.form, key, change.value)
        after = replace(checked, form=form).computed()
        turned = {number: result for number, result in after.items() if result is not before[number]}
        is_vague = change.kind != EMPTIED and FindingResult.UNKNOWN in after.values()
        kind = change.kind if turned else HARMLESS
        if is_vague or (kind, bool(turned)) in found or (change.kind == EMPTIED and not turned):
            continue
        found.add((kind, bool(turned)))
        yield Flip(form, kind, key, after, turned)


def flips_of(checked: CheckedForm) -> list[Flip]:
    """All of a form, field by field. The same of the same form."""
    return [flip for key in checked.checked_keys() for flip in flips_of_field(checked, key)]


def with_value(form: EventForm, key: str, value: object) -> EventForm:
    """The form with another value of this field."""
    fields = [
        msgspec.structs.replace(field, value=msgspec.Raw(msgspec.json.encode(value))) if field.key == key else field
        for field in form.fields
    ]
    return msgspec.structs.replace(form, fields=fields)


def count_flips(forms: int, turns: Sequence[bool], keeps: Sequence[bool]) -> FlipScore:
    """The score of clauses that should have turned, and of those that should not."""
    low, high = wilson_interval(sum(turns), len(turns)) if turns else (0.0, 1.0)
    return FlipScore(
        forms=forms,
        turning=len(turns),
        flipped=sum(turns),
        low=low,
        high=high,
        keeping=len(keeps),
        kept=sum(keeps),
    )


def score_answers(answers: Iterable[FlipAnswer]) -> dict[tuple[str, str, str], FlipScore]:
    """The scores by platform, model and kind of change.

    A changed form counts where the same model answered about it and about the form as it came.
    """
    pairs: dict[tuple[str, str, str], list[tuple[FlipAnswer, FlipAnswer]]] = defaultdict(list)
    before: FlipAnswer | None = None
    for answer in answers:
        if answer.kind == UNCHANGED:
            before = answer
        elif before and (before.platform_id, before.model) == (answer.platform_id, answer.model):
            pairs[answer.platform_id, answer.model, answer.kind].append((before, answer))
    return {place: _score(group) for place, group in pairs.items()}


def _score(pairs: Sequence[tuple[FlipAnswer, FlipAnswer]]) -> FlipScore:
    turns, keeps = [], []
    for before, after in pairs:
        for number, expected in after.expected.items():
            was, found = before.found.get(number), after.found.get(number)
            if expected is before.expected.get(number):
                keeps.append(was is not None and was is found)
            else:
                turns.append(was is before.expected.get(number) and found is expected)
    return count_flips(len(pairs), turns, keeps)
