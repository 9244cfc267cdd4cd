"""Golden forms with one fact changed, and what has to follow from it. Pure.

What is changed and which clause turns is computed (`taskbridge.ai.flips`); here what a golden form says besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from evaluation.golden import Expected, ExpectedFinding, GoldenForm, Quote, build_material
from taskbridge.ai.clauses import same_clause
from taskbridge.ai.flips import CheckedForm, Flip, flips_of_field, with_value
from taskbridge.ai.results import FindingResult, Verdict

ATTACHMENT = "attachment"
_ASKS_FOR_A_FILE = re.compile(r"上传|附|提供|提交")


@dataclass(frozen=True, slots=True)
class Variant:
    """A form with one fact changed: `golden`, whose expected findings are those after the change.

    `kind` is that of the change: amount, number, date, period, entries, left_empty, attachment, or harmless where
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
    checked = CheckedForm(
        form=golden.form,
        clauses=[finding.clause for finding in golden.expected.findings],
        checks=golden.checks,
        received_on=golden.received_on,
    )
    for key in checked.checked_keys():
        if _is_stated_once(golden, key):
            yield from (_of_flip(golden, flip) for flip in flips_of_field(checked, key))


def _is_stated_once(golden: GoldenForm, key: str) -> bool:
    """Whether only checked clauses rest on the field: what else would follow is for no code to say."""
    checked = [check.clause for check in golden.checks]
    return not any(
        quote.source == key and not any(same_clause(finding.clause, clause) for clause in checked)
        for finding in golden.expected.findings
        for quote in finding.evidence
    )


def _of_flip(golden: GoldenForm, flip: Flip) -> Variant:
    turned = {number: frozenset({result}) for number, result in flip.turned.items()}
    kept = frozenset(range(1, len(golden.expected.findings) + 1)) - turned.keys()
    changed = msgspec.structs.replace(golden, form=flip.form)
    return _build(golden, changed, flip.kind, flip.key, turned, kept, {flip.key})


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
            form = with_value(form, field.key, [])
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
        name=f"{base.name}~{key}-{kind.replace('_', '-')}",
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
