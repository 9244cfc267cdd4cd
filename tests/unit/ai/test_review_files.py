"""What a platform gets of a review: which files it is handed, and nothing personal where masking is on."""

from __future__ import annotations

import pytest

from ai_analyze.review import NOT_UPLOADED
from taskbridge.ai.results import FindingResult, Verdict
from taskbridge.errors import PermanentError, PlatformError, QuotaExhausted, TransientError
from tests.scripted_models import ScriptedModel
from tests.unit.ai.materials import (
    AMOUNT,
    EXPENSE,
    GOOD,
    REASON,
    Desk,
    a_field,
    a_file,
    a_material,
    cite,
    finding,
    told,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


# Files

READ, SCAN = a_file("发票合计 4800.50", name="附件1.pdf"), a_file(name="附件2.pdf", problem="扫描件，没有文字层")


@pytest.mark.parametrize(
    ("use", "uploaded"),
    [("all", ["附件1.pdf", "附件2.pdf"]), ("scans", ["附件2.pdf"]), ("none", [])],
)
def test_a_platform_gets_the_files_that_it_wants(desk: Desk, use: str, uploaded: list[str]) -> None:
    model = ScriptedModel([told()], files=use)  # type: ignore[arg-type]

    advice = desk.review(a_material(files=[READ, SCAN]), model)

    assert [name for _, name in desk.uploads] == uploaded
    assert model.questions[0].file_ids == tuple(f"id-{name}" for name in uploaded)
    assert desk.asked[0].file_ids == model.questions[0].file_ids
    assert "发票合计 4800.50" in model.questions[0].user
    assert (advice.verdict, advice.notes) == (Verdict.NEEDS_HUMAN, ("附件「附件2.pdf」：扫描件，没有文字层",))


def test_the_second_ask_has_the_same_files(desk: Desk) -> None:
    model = ScriptedModel(["文字", told()], files="all")

    desk.review(a_material(files=[READ]), model)

    assert [question.file_ids for question in model.questions] == [("id-附件1.pdf",)] * 2
    assert len(desk.uploads) == 1


def test_a_file_without_content_is_not_uploaded(desk: Desk) -> None:
    desk.review(a_material(files=[a_file(content=b"", problem="下载失败")]), ScriptedModel([told()], files="all"))

    assert desk.uploads == []


def test_a_file_that_the_platform_does_not_take_is_said_and_its_text_still_asked(desk: Desk) -> None:
    desk.refusal = PermanentError("too large")

    advice = desk.review(a_material(files=[READ]), ScriptedModel([told()], files="all"))

    assert (advice.verdict, advice.notes) == (Verdict.APPROVE, ("平台没有接收附件「附件1.pdf」的原件",))


def test_an_upload_that_may_work_later_is_a_failure_of_its_platform(desk: Desk) -> None:
    desk.refusal = TransientError("down")

    with pytest.raises(PlatformError, match="down"):
        desk.review(a_material(files=[READ]), ScriptedModel([told()], files="all"))


@pytest.mark.parametrize(
    "refusal",
    [
        PermanentError("file_id 'id-附件1.pdf' is unknown or has expired"),
        PermanentError("No such File object", status=404),
        PermanentError("文件不存在", status=400),
        PermanentError("HTTP 410", status=410),
    ],
)
def test_a_file_that_the_platform_has_no_longer_is_uploaded_again_once(desk: Desk, refusal: PermanentError) -> None:
    advice = desk.review(a_material(files=[READ]), ScriptedModel([refusal, told()], files="all"))

    assert advice.verdict is Verdict.APPROVE
    assert desk.forgotten == ["id-附件1.pdf"]
    assert len(desk.uploads) == 2
    assert [asked.outcome for asked in desk.asked] == ["failed", "answered"]


def test_only_the_file_that_is_named_is_uploaded_again(desk: Desk) -> None:
    refusal = PermanentError("no such file: id-附件2.pdf")

    desk.review(a_material(files=[READ, SCAN]), ScriptedModel([refusal, told()], files="all"))

    assert desk.forgotten == ["id-附件2.pdf"]


def test_a_platform_that_goes_on_refusing_its_files_is_asked_twice_and_no_more(desk: Desk) -> None:
    model = ScriptedModel([PermanentError("文件不存在")], files="all")

    with pytest.raises(PermanentError, match="文件不存在"):
        desk.review(a_material(files=[READ]), model)

    assert len(model.questions) == 2


@pytest.mark.parametrize("refusal", [PermanentError("unknown model"), QuotaExhausted("no file quota")])
def test_another_refusal_forgets_no_file(desk: Desk, refusal: PermanentError) -> None:
    with pytest.raises(PermanentError):
        desk.review(a_material(files=[READ]), ScriptedModel([refusal], files="all"))

    assert desk.forgotten == []


def test_what_only_the_model_read_verifies_nothing(desk: Desk) -> None:
    answer = told("reject", finding(AMOUNT, "fail", cite("附件2.pdf", "合计 9000 元", 1)), GOOD[1])

    advice = desk.review(a_material(files=[SCAN]), ScriptedModel([answer], files="scans"))

    assert (advice.verdict, advice.findings[0].result) == (Verdict.NEEDS_HUMAN, FindingResult.UNKNOWN)


# Masking

ID_CARD = "11010519491231002X"


def test_personal_data_is_masked_towards_the_platform_and_back_in_the_answer(desk: Desk) -> None:
    fields = [*EXPENSE, a_field("card", "证件", ID_CARD, "id_card")]
    token = "【身份证号1】"
    quoted = finding(REASON, "pass", cite("card", token))
    model = ScriptedModel([told("approve", GOOD[0], quoted, prose=f"证件 {token} 已填写。")], piece=3)

    advice = desk.review(a_material(fields), model, masking=True)

    sent = model.questions[0]
    assert ID_CARD not in sent.system + sent.user
    assert token in sent.user
    assert advice.text.strip() == desk.shown.strip() == f"证件 {ID_CARD} 已填写。"
    assert (advice.findings[1].evidence[0].quote, advice.findings[1].evidence[0].verified) == (ID_CARD, True)
    assert advice.verdict is Verdict.APPROVE
    assert not [asked for asked in desk.asked if ID_CARD in asked.system + asked.user + asked.answer]


def test_without_masking_everything_is_sent_as_it_is(desk: Desk) -> None:
    model = ScriptedModel([told()])

    desk.review(a_material([*EXPENSE, a_field("card", "证件", ID_CARD, "id_card")]), model)

    assert ID_CARD in model.questions[0].user


@pytest.mark.parametrize(("use", "notes"), [("all", (NOT_UPLOADED,)), ("none", ())])
def test_no_original_is_uploaded_where_masking_is_on(desk: Desk, use: str, notes: tuple[str, ...]) -> None:
    model = ScriptedModel([told()], files=use)  # type: ignore[arg-type]

    advice = desk.review(a_material(files=[READ]), model, masking=True)

    assert (desk.uploads, advice.notes) == ([], notes)


def test_the_raw_text_of_an_unreadable_answer_has_its_values_again(desk: Desk) -> None:
    fields = [*EXPENSE, a_field("card", "证件", ID_CARD, "id_card")]

    advice = desk.review(a_material(fields), ScriptedModel(["证件 【身份证号1】"]), masking=True)

    assert advice.raw == f"证件 {ID_CARD}"
