"""The golden forms are what they claim to be: a mistake in one would be taken for a mistake of a model."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from ai_analyze.evidence import Quotable
from ai_analyze.sources import name_sources
from evaluation.errors import EvaluationError
from evaluation.golden import FOLDER, KINDS, GoldenForm, build_material, read_golden_forms
from taskbridge.ai.checks import check_expression, evaluate_checks
from taskbridge.ai.clauses import same_clause, split_clauses
from taskbridge.ai.forms.values import field_types
from taskbridge.ai.results import Evidence, FindingResult, Verdict

FORMS = read_golden_forms()
CONTROL_TYPES = {
    *("text", "textarea", "rich_text", "serial", "number", "money", "radio", "select", "checkbox", "multi_select"),
    *("cascade", "switch", "date", "datetime", "time", "date_range", "user", "users", "department", "departments"),
    *("file", "image", "table", "address", "location", "phone", "email", "id_card", "bank_account", "signature"),
    *("related", "rating", "leave"),
}

every_form = pytest.mark.parametrize("golden", FORMS, ids=lambda golden: golden.name)


@pytest.fixture(scope="module")
def form_schema() -> Draft202012Validator:
    schema = json.loads((FOLDER.parent.parent / "docs" / "trigger-event.schema.json").read_text(encoding="utf-8"))
    return Draft202012Validator({"$ref": "#/$defs/form", "$defs": schema["$defs"]})


def implied_verdict(golden: GoldenForm) -> Verdict:
    results = {finding.result for finding in golden.expected.findings}
    if FindingResult.FAIL in results:
        return Verdict.REJECT
    if FindingResult.UNKNOWN in results or golden.is_hostile:
        return Verdict.NEEDS_HUMAN
    return Verdict.APPROVE


# -- all of them


def test_there_are_eight_of_each_kind_and_more() -> None:
    counts = Counter(golden.kind for golden in FORMS)

    assert set(counts) == set(KINDS)
    assert min(counts.values()) >= 8


def test_a_third_is_hostile_or_incomplete_in_each_kind() -> None:
    for kind in KINDS:
        of_kind = [golden for golden in FORMS if golden.kind == kind]
        assert sum("honest" not in golden.traits for golden in of_kind) * 3 >= len(of_kind), kind


def test_each_kind_has_something_to_approve_to_reject_and_to_leave_to_a_person() -> None:
    for kind in KINDS:
        assert {golden.expected.verdict for golden in FORMS if golden.kind == kind} == set(Verdict), kind


def test_every_control_type_occurs_and_one_that_nobody_knows() -> None:
    occurring = {field.type for golden in FORMS for field in golden.form.fields}

    assert occurring >= CONTROL_TYPES
    assert occurring - CONTROL_TYPES


def test_no_two_have_the_same_rule_or_the_same_form() -> None:
    assert len({golden.rule for golden in FORMS}) == len(FORMS)
    assert len({msgspec.json.encode(golden.form) for golden in FORMS}) == len(FORMS)
    assert not [(one.name, two.name) for one in FORMS for two in FORMS if one is not two and one.rule in two.rule]


# -- each of them


@every_form
def test_the_form_has_the_agreed_form(golden: GoldenForm, form_schema: Draft202012Validator) -> None:
    content = json.loads((FOLDER / f"{golden.name}.json").read_bytes())

    form_schema.validate(content["form"])
    keys = [field.key for field in golden.form.fields]
    assert len(set(keys)) == len(keys)


@every_form
def test_every_clause_of_the_rule_has_its_expected_finding(golden: GoldenForm) -> None:
    clauses = split_clauses(golden.rule)
    expected = [finding.clause for finding in golden.expected.findings]

    assert len(clauses) == len(expected)
    assert all(map(same_clause, clauses, expected))
    assert all(sum(same_clause(clause, other) for other in expected) == 1 for clause in clauses)


@every_form
def test_the_verdict_follows_from_the_findings(golden: GoldenForm) -> None:
    assert golden.expected.verdict is implied_verdict(golden)


@every_form
def test_what_is_found_can_be_seen_where_it_is_said_to_be(golden: GoldenForm) -> None:
    quotable = Quotable(name_sources(build_material(golden)))

    for finding in golden.expected.findings:
        assert finding.result is FindingResult.UNKNOWN or finding.evidence, finding.clause
        for quote in finding.evidence:
            evidence = Evidence(source=quote.source, page=quote.page, quote=quote.quote)
            found = quotable.check(evidence).evidence
            assert found == replace(evidence, verified=True, passage=found.passage)


@every_form
def test_checks_are_confirmed_and_come_to_what_is_expected(golden: GoldenForm) -> None:
    material = build_material(golden)
    known = {each.key: each.type for each in field_types(golden.form.fields)}

    for check in golden.checks:
        assert check.confirmed
        check_expression(check.expression, known)
    for computed in evaluate_checks(golden.checks, material.values, golden.received_on):
        (expected,) = [each for each in golden.expected.findings if same_clause(each.clause, computed.clause)]
        assert computed.result is expected.result, computed.reason


@every_form
def test_traits_say_what_the_form_holds(golden: GoldenForm) -> None:
    results = {finding.result for finding in golden.expected.findings}

    assert set(golden.traits) in ({"honest"}, {"hostile"}, {"incomplete"}, {"hostile", "incomplete"})
    assert ("incomplete" in golden.traits) == (FindingResult.UNKNOWN in results)
    assert golden.about.strip()


# -- reading them


def test_a_file_with_another_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday-01-beach.json").write_text("{}")

    with pytest.raises(EvaluationError, match=r"holiday-01-beach\.json"):
        read_golden_forms(tmp_path)


def test_a_file_that_lacks_something_is_refused_with_its_name_and_the_field(tmp_path: Path) -> None:
    (tmp_path / "leave-01-beach.json").write_text('{"about": "?", "traits": ["honest"]}')

    with pytest.raises(EvaluationError, match=r"leave-01-beach\.json: .*received_on"):
        read_golden_forms(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no golden forms"):
        read_golden_forms(tmp_path)


def test_attachments_that_the_form_does_not_have_are_refused() -> None:
    golden = next(golden for golden in FORMS if golden.attachments)

    with pytest.raises(EvaluationError, match=f"{golden.name}: attachments"):
        build_material(msgspec.structs.replace(golden, attachments=golden.attachments * 2))
