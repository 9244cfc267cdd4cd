"""Golden forms with one fact changed, and what has to follow from it. Pure.

The changes are tried on the typed values, and the checks say which clause turns and which does not: nobody guesses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from evaluation.changes import EMPTIED, Change, changes_of
from evaluation.golden import Expected, ExpectedFinding, GoldenForm, Quote, build_material
from taskbridge.ai.checks import evaluate_checks
from taskbridge.ai.checks.expressions import parse_expression
from taskbridge.ai.clauses import same_clause
from taskbridge.ai.forms.controls import read_fields
from taskbridge.ai.forms.values import typed_values
from taskbridge.ai.results import FindingResult, Verdict
from taskbridge.events import EventForm

HARMLESS = "harmless"
ATTACHMENT = "attachment"
_ASKS_FOR_A_FILE = re.compile(r"上传|附|提供|提交")
_SEVERITY = (FindingResult.PASS, FindingResult.UNKNOWN, FindingResult.FAIL)


@dataclass(frozen=True, slots=True)
class Variant:
    """A form with one fact changed: `golden`, whose expected findings are those after the change.

    `kind` is that of the change: amount, number, date, period, entries, `left empty`, attachment, or harmless where
    nothing turns. `turned` holds, by the number of the clause, the results that are right now; `kept` are the numbers
    of the clauses that must be found as before. A clause in neither is not judged.
    """

    base: GoldenForm
    golden: GoldenForm
    kind: str
    changed: str
    turned: Mapping[int, frozenset[FindingResult]]
    kept: frozenset[int]


def build_variants(forms: Sequence[GoldenForm]) -> tuple[Variant, ...]:
    """For each check: the nearest change that turns its clause, one that does not, and the field left empty.

    And each form without its attachments. The same of the same forms.
    """
    return tuple(variant for golden in forms for variant in (*_changed_values(golden), *_without_attachments(golden)))


def imply_verdict(findings: Sequence[ExpectedFinding], *, hostile: bool) -> Verdict:
    """What follows from the findings: a fail is a reject, an unknown or a form that deceives is for a person."""
    results = {finding.result for finding in findings}
    if FindingResult.FAIL in results:
        return Verdict.REJECT
    return Verdict.NEEDS_HUMAN if FindingResult.UNKNOWN in results or hostile else Verdict.APPROVE


def _changed_values(golden: GoldenForm) -> Iterator[Variant]:
    keys = [key for check in golden.checks for key in parse_expression(check.expression).fields]
    for key in dict.fromkeys(keys):
        if _is_stated_once(golden, key):
            yield from _first_of_each_kind(golden, key)


def _first_of_each_kind(golden: GoldenForm, key: str) -> Iterator[Variant]:
    field = next(field for field in golden.form.fields if field.key == key)
    found: set[tuple[str, bool]] = set()
    for change in changes_of(field):
        variant = _change(golden, key, change)
        does_turn = bool(variant and variant.turned)
        if variant is None or (variant.kind, does_turn) in found or (change.kind == EMPTIED and not does_turn):
            continue
        found.add((variant.kind, does_turn))
        yield variant


def _is_stated_once(golden: GoldenForm, key: str) -> bool:
    """Whether only checked clauses rest on the field: what else would follow is for no code to say."""
    checked = [check.clause for check in golden.checks]
    return not any(
        quote.source == key and not any(same_clause(finding.clause, clause) for clause in checked)
        for finding in golden.expected.findings
        for quote in finding.evidence
    )


def _change(golden: GoldenForm, key: str, change: Change) -> Variant | None:
    """The form with this value; None where it cannot be read."""
    form = _with_value(golden.form, key, change.value)
    before, after = _computed(golden, golden.form), _computed(golden, form)
    turned = {number: frozenset({after[number]}) for number in after if after[number] is not before[number]}
    if change.kind != EMPTIED and FindingResult.UNKNOWN in after.values():
        return None
    kind = change.kind if turned else HARMLESS
    kept = frozenset(range(1, len(golden.expected.findings) + 1)) - turned.keys()
    changed = msgspec.structs.replace(golden, form=form)
    return _build(golden, changed, kind, key, {**turned}, kept, {key})


def _computed(golden: GoldenForm, form: EventForm) -> dict[int, FindingResult]:
    """What the checks come to, by the number of their clause; the worst where it has several."""
    found = evaluate_checks(golden.checks, typed_values(read_fields(form)), golden.received_on)
    results: dict[int, FindingResult] = {}
    for number, expected in enumerate(golden.expected.findings, start=1):
        mine = [each.result for each in found if same_clause(each.clause, expected.clause)]
        if mine:
            results[number] = max(mine, key=_SEVERITY.index)
    return results


def _without_attachments(golden: GoldenForm) -> Iterator[Variant]:
    if not golden.attachments:
        return
    names = {file.name for file in build_material(golden).files} | set(golden.file_key)
    resting = {
        number: finding
        for number, finding in enumerate(golden.expected.findings, start=1)
        if any(quote.source in names for quote in finding.evidence)
    }
    # What was not met for what an attachment says, or hung on it, is no clearer without it.
    if not resting or any(finding.result is not FindingResult.PASS for finding in golden.expected.findings):
        return
    form = golden.form
    for field in golden.form.fields:
        if field.key in golden.file_key and field.type in {"file", "image"}:
            form = _with_value(form, field.key, [])
    changed = msgspec.structs.replace(golden, form=form, attachments=())
    turned = {
        number: frozenset({FindingResult.FAIL if _ASKS_FOR_A_FILE.search(each.clause) else FindingResult.UNKNOWN})
        for number, each in resting.items()
    }
    kept = frozenset(range(1, len(golden.expected.findings) + 1)) - turned.keys()
    if len(build_material(changed).files) == 0:
        yield _build(golden, changed, ATTACHMENT, golden.file_key[0], turned, kept, names)


def _build(
    base: GoldenForm,
    changed: GoldenForm,
    kind: str,
    key: str,
    turned: Mapping[int, frozenset[FindingResult]],
    kept: frozenset[int],
    touched: set[str],
) -> Variant:
    texts = {field.key: field.text for field in build_material(changed).form.fields}
    findings = tuple(
        _expect(finding, next(iter(turned[number])) if number in turned else finding.result, touched, key, texts[key])
        for number, finding in enumerate(base.expected.findings, start=1)
    )
    golden = msgspec.structs.replace(
        changed,
        name=f"{base.name}~{key}-{kind.replace(' ', '-')}",
        expected=Expected(verdict=imply_verdict(findings, hostile=base.is_hostile), findings=findings),
    )
    return Variant(base, golden, kind, f"{key}: {_text_before(base, key)} -> {texts[key]}", turned, kept)


def _expect(finding: ExpectedFinding, result: FindingResult, touched: set[str], key: str, text: str) -> ExpectedFinding:
    """The finding after the change, with words that show it: those that were not touched, and the field as it is."""
    if not any(quote.source in touched for quote in finding.evidence):
        shown = finding.evidence or ((Quote(key, text),) if result is not finding.result else ())
        return msgspec.structs.replace(finding, result=result, evidence=shown)
    kept = tuple(quote for quote in finding.evidence if quote.source not in touched)
    return msgspec.structs.replace(finding, result=result, evidence=(Quote(key, text), *kept))


def _text_before(golden: GoldenForm, key: str) -> str:
    return next(field.text for field in build_material(golden).form.fields if field.key == key)


def _with_value(form: EventForm, key: str, value: object) -> EventForm:
    fields = [
        msgspec.structs.replace(field, value=msgspec.Raw(msgspec.json.encode(value))) if field.key == key else field
        for field in form.fields
    ]
    return msgspec.structs.replace(form, fields=fields)
