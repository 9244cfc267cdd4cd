"""The verdict read from an answer."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from ai_analyze.answer import LONGEST_TEXT, MOST_EVIDENCE, MOST_FINDINGS, ReadAnswer, read_answer
from ai_analyze.mending import mend_json
from taskbridge.ai.results import FindingResult, Verdict
from tests.unit.ai.materials import cite, finding, verdict


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def read(value: Any) -> ReadAnswer:
    answer = read_answer([value if isinstance(value, str) else as_json(value)])
    assert answer is not None
    return answer


def test_a_valid_verdict_is_read_as_it_is() -> None:
    answer = read(verdict("approve", finding("条款一", "pass", cite("amount", "4800", 2))))

    assert (answer.verdict, answer.summary, answer.is_strict) == (Verdict.APPROVE, "两条都已核对", True)
    (found,) = answer.findings
    assert (found.clause, found.result, found.reason) == ("条款一", FindingResult.PASS, "见引文")
    assert [(each.source, each.page, each.quote, each.verified) for each in found.evidence] == [
        ("amount", 2, "4800", False)
    ]


@pytest.mark.parametrize("around", ["{}", "\ufeff{}", "  \n{}\t\n"])
def test_white_space_and_a_byte_order_mark_do_no_harm(around: str) -> None:
    assert read(around.replace("{}", as_json(verdict()))).is_strict


@pytest.mark.parametrize(
    ("page", "read_as"),
    [(1, 1), (2.0, 2), ("3", 3), ("第 4 页", 4), (None, None), (0, None), (-1, None), ("", None), (10**30, None)],
)
def test_pages_are_read_as_models_write_them(page: Any, read_as: int | None) -> None:
    (found,) = read(verdict("reject", finding("c", "fail", cite("f", "q", page)))).findings

    assert found.evidence[0].page == read_as


@pytest.mark.parametrize(
    ("number", "read_as"),
    [(2, 2), (2.0, 2), ("2", 2), (None, 0), (0, 0), (-1, 0), (1.5, 0), ("二", 0), ("1,2", 0), (10**30, 0)],
)
def test_the_number_of_a_clause_is_read_as_models_write_it(number: Any, read_as: int) -> None:
    (found,) = read(verdict("reject", {**finding("c", "fail"), "number": number})).findings

    assert found.number == read_as


@pytest.mark.parametrize("evidence", [None, []])
def test_a_finding_may_have_no_evidence(evidence: Any) -> None:
    answer = read(verdict("reject", {"clause": 3, "result": "unknown", "reason": None, "evidence": evidence}))

    assert [(each.clause, each.reason, each.evidence) for each in answer.findings] == [("3", "", ())]


BROKEN_APPROVALS = [
    as_json(verdict()).replace("}", "", 1),
    as_json(verdict())[:-1],
    as_json(verdict())[:-20],
    as_json(verdict()).replace('"', "'"),
    as_json(verdict()).replace('"', "“"),
    as_json(verdict()).replace("]", ",]"),
    '{"verdict": "reject", ' + as_json(verdict())[1:],
    as_json(verdict()).replace('"summary"', '"summary": "", "summary"'),
    as_json(verdict()) + " // 说明",
    '{"verdict": "approve"}',
    '{"verdict": "approve", "summary": "", "findings": null}',
    '{"verdict": "approve", "summary": "", "findings": {}}',
    '{"verdict": "approve", "summary": "", "findings": [1]}',
    '{"verdict": "approve", "summary": NaN, "findings": []}',
    '{"verdict": "Approve", "summary": "", "findings": []}',
    '{"verdict": "通过", "summary": "", "findings": []}',
    '{"result": {"verdict": "approve", "summary": "", "findings": []}}',
    '{"Verdict": "reject", ' + as_json(verdict())[1:],
    as_json({**verdict(), "final_verdict": "reject"}),
    as_json(verdict("approve", {**finding("c"), "verdict": "fail"})),
    as_json(verdict("approve", finding("c", "pass", {**cite("f", "q"), "but": "编造"}))),
]


@pytest.mark.parametrize("block", BROKEN_APPROVALS)
def test_an_approve_that_has_to_be_mended_is_none(block: str) -> None:
    assert read_answer([block]) is None


@pytest.mark.parametrize(
    "block",
    [
        as_json(verdict("reject"))[:-1],
        as_json(verdict("needs_human")).replace('"', "'"),
        "{verdict: reject, summary: x, findings: [],}",
    ],
)
def test_other_verdicts_are_mended(block: str) -> None:
    answer = read_answer([block])

    assert answer is not None
    assert (answer.verdict in {Verdict.REJECT, Verdict.NEEDS_HUMAN}, answer.is_strict) == (True, False)


def test_verdicts_that_agree_count_as_one_and_others_go_to_a_person() -> None:
    approve, reject = as_json(verdict()), as_json(verdict("reject"))

    agreed, torn = read_answer([approve, approve]), read_answer([approve, reject, approve])

    assert agreed is not None
    assert (agreed.verdict, agreed.disagrees) == (Verdict.APPROVE, False)
    assert torn is not None
    assert (torn.verdict, torn.disagrees) == (Verdict.NEEDS_HUMAN, True)


def test_an_approve_beside_something_that_cannot_be_read_is_none() -> None:
    assert read_answer([as_json(verdict()), '{"verdict": ']) is None
    assert read_answer(['{"verdict": 3, "findings": []}', as_json(verdict())]) is None


def test_no_answer_grows_beyond_bounds() -> None:
    long = finding("条" * 5000, "fail", *[cite("f", "引" * 1500)] * 15)

    (found,) = read(verdict("reject", long)).findings

    assert (len(found.clause), len(found.evidence)) == (LONGEST_TEXT, MOST_EVIDENCE)
    assert len(found.evidence[0].quote) == LONGEST_TEXT
    assert len(read(verdict("reject", *[finding("c", "unknown")] * 300)).findings) == MOST_FINDINGS
    assert read_answer([as_json(verdict("reject", finding("字" * 70_000)))]) is None
    assert read_answer([as_json(verdict("reject"))] * 9) is None
    assert read_answer([]) is None


@pytest.mark.parametrize("unit", ["'-", '"”', ' a"', "}{true", "(", "{", '[{"clause":"x"y"z'])
def test_what_would_take_too_long_to_mend_is_given_up(unit: str) -> None:
    with pytest.raises(ValueError, match="too much would have to be tried"):
        mend_json(("{" + unit * 20_000)[:20_000])


def test_mending_leaves_the_profile_of_its_thread_as_it_was() -> None:
    before = sys.getprofile()

    mend_json("{a: 1")

    assert sys.getprofile() is before


@pytest.mark.parametrize(
    "block",
    [
        "[" * 50_000,
        '{"verdict":' * 5000,
        "{" * 50_000,
        '{"verdict": ' + "9" * 10_000,
        '"' * 30_000,
        '{"a":"\\ud800',
        "\0" * 9,
    ],
)
def test_no_block_is_too_strange_to_be_refused(block: str) -> None:
    assert read_answer([block]) is None


def test_halves_of_characters_can_be_stored() -> None:
    answer = read('{"verdict": "reject", "summary": "\\ud800半个", "findings": []}')

    assert answer.summary == "\ufffd半个"
