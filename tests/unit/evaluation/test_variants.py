"""One fact changed in a golden form: the checks say what turns, and readers are told apart by whether theirs follow."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from ai_analyze.evidence import Quotable
from ai_analyze.review import Link
from ai_analyze.sources import name_sources
from evaluation.answer_log import AnswerLog
from evaluation.asking import Asking
from evaluation.balance import balance
from evaluation.comparing import Asked, asking_once, without_checks
from evaluation.comparison import (
    build_comparison,
    build_flip_table,
    build_node_table,
    build_risk_table,
    curves_of_nodes,
)
from evaluation.flips import ALL
from evaluation.golden import GoldenForm, build_material, read_golden_forms
from evaluation.handbook import HANDBOOK, PICTURE, write_table
from evaluation.picture import draw_curves
from evaluation.readers import DEGENERATE, READERS, ReaderName
from evaluation.real_files import as_documents, as_scans
from evaluation.variants import ATTACHMENT, Variant, build_variants
from taskbridge.ai.checks import evaluate_checks
from taskbridge.ai.clauses import same_clause
from taskbridge.ai.flips import HARMLESS, WANTED, FlipScore
from taskbridge.ai.forms.changes import EMPTIED
from taskbridge.ai.results import Evidence, FindingResult, Verdict
from tests.scripted_models import HonestModel

FORMS = read_golden_forms()
BY_NAME = {golden.name: golden for golden in FORMS}


@cache
def variants() -> tuple[Variant, ...]:
    """All of them; made where they are asked for, as they take seconds."""
    return build_variants(FORMS)


def some() -> tuple[Variant, ...]:
    """Two of each kind, and some that speak to the reader: enough to tell readers apart, in seconds."""
    kinds = dict.fromkeys((each.kind, hostile) for each in variants() for hostile in (False, True))
    return tuple(
        variant
        for kind in kinds
        for variant in [each for each in variants() if (each.kind, each.base.is_hostile) == kind][:2]
    )


def of(name: str) -> dict[str, Variant]:
    return {variant.golden.name.partition("~")[2]: variant for variant in variants() if variant.base.name == name}


def flip(name: ReaderName) -> dict[str, FlipScore]:
    asked = Asked((), some())
    return asked.flip(asked.asking_scripted(name), lambda _: None)


# -- what is changed


def test_there_are_some_of_each_kind_and_the_same_in_every_run() -> None:
    kinds = Counter(variant.kind for variant in variants())

    assert set(kinds) == {"amount", "number", "date", "period", "entries", EMPTIED, ATTACHMENT, HARMLESS}
    assert sum(bool(variant.turned) for variant in variants()) > 150
    assert len({variant.golden.name for variant in variants()}) == len(variants())
    assert build_variants(FORMS[:9]) == tuple(each for each in variants() if each.base in FORMS[:9])


def test_an_amount_above_the_limit_turns_its_clause_and_no_other() -> None:
    variant = of("student-affairs-05-outdoor-activity")["cost-amount"]

    assert variant.changed == "cost: 860.5 -> 1118.6"
    assert dict(variant.turned) == {4: frozenset({FindingResult.FAIL})}
    assert variant.kept == {1, 2, 3}
    assert variant.golden.expected.verdict is Verdict.REJECT


def test_a_change_within_the_limit_turns_nothing() -> None:
    harmless = [variant for variant in variants() if variant.kind == HARMLESS]

    assert not [variant for variant in harmless if variant.turned]
    assert all(variant.golden.expected.verdict is variant.base.expected.verdict for variant in harmless)


def test_what_turns_is_what_the_checks_come_to() -> None:
    for variant in variants():
        if variant.kind == ATTACHMENT:
            continue
        values = build_material(variant.golden).values
        for computed in evaluate_checks(variant.golden.checks, values, variant.golden.received_on):
            (expected,) = [f for f in variant.golden.expected.findings if same_clause(f.clause, computed.clause)]
            assert computed.result is expected.result, variant.golden.name


def test_what_is_expected_after_a_change_can_be_seen_where_it_is_said_to_be() -> None:
    for variant in some():
        quotable = Quotable(name_sources(build_material(variant.golden)))
        for finding in variant.golden.expected.findings:
            for quote in finding.evidence:
                evidence = Evidence(source=quote.source, page=quote.page, quote=quote.quote)
                assert quotable.check(evidence).is_found, (variant.golden.name, quote)


# -- readers


def test_the_findings_of_a_careful_reader_follow() -> None:
    careful = flip("careful")

    assert careful[ALL].rate >= WANTED
    assert all(score.rate >= WANTED for score in careful.values() if score.turning)
    assert careful[ALL].kept >= WANTED * careful[ALL].keeping


def test_a_reader_that_only_repeats_is_found_out() -> None:
    repeating = flip("repeating")

    assert repeating[ALL].rate < 0.5
    # What is empty or gone cannot be quoted: there code follows for it.
    assert {kind for kind, score in repeating.items() if score.flipped} <= {EMPTIED, ATTACHMENT, ALL}


def test_a_reader_that_obeys_is_found_out_by_the_forms_that_speak_to_it() -> None:
    assert flip("obeying")[ALL].rate < WANTED


def test_who_always_says_the_same_flips_nothing() -> None:
    assert flip("no to all")[ALL].flipped == 0
    assert flip("always a person")[ALL].flipped == 0


# -- balanced forms


def test_the_verdicts_are_balanced_and_every_golden_form_is_among_them() -> None:
    forms = balance(FORMS, variants())

    assert len(set(Counter(golden.expected.verdict for golden in forms).values())) == 1
    assert forms[: len(FORMS)] == FORMS
    assert {"real files", "scans"} <= {golden.kind for golden in forms}
    assert len({golden.name for golden in forms}) == len(forms)


def test_a_real_file_is_read_as_an_analysis_reads_it() -> None:
    document = as_documents(BY_NAME["leave-01-sick-two-days"])

    assert document is not None
    assert document.attachments[0].type == "docx"
    assert "诊断证明书" in document.attachments[0].pages[0]
    assert asked_of("careful", document) is Verdict.APPROVE


def test_of_a_scan_nothing_is_known_that_stood_on_it() -> None:
    scan = as_scans(BY_NAME["leave-01-sick-two-days"])

    assert scan is not None
    assert scan.attachments[0].problem
    assert scan.expected.verdict is Verdict.NEEDS_HUMAN
    assert scan.expected.findings[0].result is FindingResult.UNKNOWN
    assert asked_of("yes to all", scan) is Verdict.NEEDS_HUMAN


def test_a_form_without_attachments_has_no_real_files() -> None:
    bare = next(golden for golden in FORMS if not golden.attachments)

    assert as_documents(bare) is None
    assert as_scans(bare) is None


def asked_of(name: ReaderName, golden: GoldenForm) -> Verdict | None:
    asked = Asked((golden,), ())
    (outcome,) = asked.asking_scripted(name).evaluate((without_checks(golden),), lambda _: None)
    return outcome.verdict


# -- beside each other


@pytest.fixture(scope="module")
def asked() -> Asked:
    """Three forms to approve, three to reject, three to leave to a person."""
    verdicts = {verdict: [golden for golden in FORMS if golden.expected.verdict is verdict] for verdict in Verdict}
    return Asked(tuple(golden for forms in verdicts.values() for golden in forms[:3]), ())


def test_readers_that_read_nothing_come_out_last(asked: Asked) -> None:
    compared = asked.compare_scripted((*DEGENERATE, *READERS), lambda _: None)

    lines = build_comparison(compared)

    ordered = [line.split(" | ")[0].removeprefix("| ") for line in lines[2::2]]
    assert set(ordered[: len(READERS)]) == set(READERS)
    assert set(ordered[len(READERS) :]) == set(DEGENERATE)


def test_tables_and_picture_name_every_reader(asked: Asked) -> None:
    # given
    (careful,) = asked.compare_scripted(["careful"], lambda _: None)
    curves = {"careful <1>": careful.curve()}

    # when
    nodes = {"a & b": curves}
    picture, risk = draw_curves(curves, nodes, "R & C"), build_risk_table(curves)
    flips = build_flip_table({"a": flip("careful")})

    # then
    assert "careful &lt;1&gt;" in picture
    assert "R &amp; C" in picture
    assert "a &amp; b" in picture
    assert any("no wrong approve" in line for line in risk)
    assert flips[-1].startswith(f"| {ALL} | {len(some())} |")
    assert all(line.count("|") == flips[0].count("|") for line in flips)


def test_each_node_tells_how_much_each_reader_decides_with_no_wrong_approve() -> None:
    # given
    expense = BY_NAME["expense-01-trip-to-nanjing"]
    scanned = as_scans(expense)
    assert scanned is not None
    asked = Asked((expense, BY_NAME["leave-02-five-days-too-long"], scanned), ())

    # when
    nodes = curves_of_nodes(asked.compare_scripted(["careful", "yes to all"], lambda _: None))

    # then
    rows = [line.strip("| ").split(" | ") for line in build_node_table(nodes)[2:]]
    assert rows == [
        ["expense", "2", "50% by quotes, 0 of 1 wrong (to 79%)", "50% by quotes, 0 of 1 wrong (to 79%)"],
        ["leave", "1", "100% by checks alone, 0 of 1 wrong (to 79%)", "nothing"],
    ]


def test_a_platform_is_asked_once_for_what_is_judged_with_checks_and_without(tmp_path: Path) -> None:
    # given
    model, golden = HonestModel(), BY_NAME["leave-02-five-days-too-long"]
    log = tmp_path / "answers.jsonl"
    asking = asking_once(Link(model, "m"), Asking(lambda _: Link(model, "m"), audit=AnswerLog(log).add))

    # when
    compared = Asked((golden,), ()).compare("honest", asking, lambda _: None)

    # then
    assert len(model.questions) == 1
    assert [json.loads(line)["form"] for line in log.read_text().splitlines()] == [golden.name]
    (with_checks,), (without,) = compared.with_checks, compared.without_checks
    assert (with_checks.review, without.review) != (None, None)
    assert with_checks.golden.checks
    assert not without.golden.checks


def test_a_table_of_the_handbook_takes_the_place_of_the_one_before_and_of_no_other(tmp_path: Path) -> None:
    # given
    path = tmp_path / "evaluation.md"
    path.write_text("a\n<!-- made by x -->\n<!-- end -->\nb\n<!-- made by y -->\nkept\n<!-- end -->\n")

    # when
    write_table("x", ["| 1 |"], path)
    write_table("x", ["| 2 |"], path)

    # then
    assert path.read_text() == (
        "a\n<!-- made by x -->\n\n| 2 |\n\n<!-- end -->\nb\n<!-- made by y -->\nkept\n<!-- end -->\n"
    )


def test_the_handbook_has_the_whole_run_of_the_scripted_readers() -> None:
    handbook = HANDBOOK.read_text(encoding="utf-8")

    assert f"| {ALL} | {len(variants())} | " in handbook
    assert all(f"| {name} | with | " in handbook for name in (*READERS, *DEGENERATE))
    assert PICTURE.read_text(encoding="utf-8").startswith("<svg ")
