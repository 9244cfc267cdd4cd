"""Answers, uploads and forms on DynamoDB: single flight under a crowd, bounds of an item, and what a call costs."""

from __future__ import annotations

import os
from typing import Any

import pytest

from ai_analyze.uploads import UploadTable, upload_key
from taskbridge.ai.results import Finding, FindingResult
from taskbridge.errors import StoreError
from taskbridge.tables.ai_answers import MOST_SESSIONS, AnswerStatus, AnswerTable
from taskbridge.tables.ai_forms import FormTable
from taskbridge.tables.ai_processes import ProcessTable, StoredProcess
from taskbridge.tables.parts import PartTable
from tests.functional.ai_stores import TableStores
from tests.functional.ai_suites.builders import CROWD, NOW, review, together
from tests.functional.aws import Tables, unreachable

LEASE_S, KEPT_S = 60.0, 86_400.0


@pytest.fixture
def stores(dynamodb: Any, tables: Tables) -> TableStores:
    return TableStores(dynamodb, tables)


@pytest.fixture
def local(dynamodb: Any, tables: Tables) -> TableStores:
    return TableStores(dynamodb, tables)


def begin(answers: AnswerTable, holder: str, answer_id: str = "fp1", sess_id: str = "S1") -> str:
    return answers.begin(answer_id, holder, NOW, NOW + LEASE_S, NOW + KEPT_S, sess_id).state


# Crowds


def test_of_a_crowd_one_asks(stores: TableStores) -> None:
    states = together(lambda number: begin(stores.answers, f"worker-{number}"))

    assert sorted(states) == ["mine"] + ["running"] * (CROWD - 1)


def test_of_a_crowd_one_stores_each_piece(stores: TableStores) -> None:
    stored = together(lambda number: stores.answers.append("fp1", 1, f"第 {number} 个", NOW + KEPT_S))

    assert stored.count(True) == 1
    (piece,) = stores.answers.pieces("fp1", 0)
    assert piece.text == f"第 {stored.index(True)} 个"


def test_of_a_crowd_one_uploads(stores: TableStores) -> None:
    key = upload_key("aigc", "abc", ocr=True)

    claims = together(lambda number: stores.uploads.claim(key, f"worker-{number}", NOW, NOW + LEASE_S).state)

    assert sorted(claims) == ["busy"] * (CROWD - 1) + ["mine"]


# Answers


def test_the_heads_of_many_answers_are_one_call(local: TableStores) -> None:
    for answer_id in ("fp1", "fp2"):
        begin(local.answers, "worker", answer_id)
    local.answers.finish("fp2", "worker", review(), 3)
    local.client.taken()

    heads = local.answers.heads(["fp1", "fp2", "fp3", "fp1"])

    assert {key: head.status for key, head in heads.items()} == {
        "fp1": AnswerStatus.RUNNING,
        "fp2": AnswerStatus.DONE,
    }
    assert heads["fp2"].review == review()
    assert local.client.taken() == {"batch_get_item": 1}


def test_a_viewer_that_looks_costs_one_query(local: TableStores) -> None:
    local.answers.append("fp1", 1, "一", NOW + KEPT_S)
    local.client.taken()

    local.answers.pieces("fp1", 0)

    assert local.client.taken() == {"query": 1}


def test_the_head_is_no_piece_whatever_is_asked_for(local: TableStores) -> None:
    begin(local.answers, "worker")

    assert local.answers.pieces("fp1", -5) == []


def test_an_answer_that_cannot_be_read_is_kept_up_to_a_bound(local: TableStores) -> None:
    begin(local.answers, "worker")

    assert local.answers.finish("fp1", "worker", review(raw="坏" * 500_000), 1)

    head = local.answers.head("fp1")
    assert head is not None
    assert head.review == review(raw="坏" * 100_000)


def test_an_answer_that_cannot_be_compressed_is_cut_until_it_fits(local: TableStores) -> None:
    begin(local.answers, "worker")
    noise = os.urandom(700_000).decode("latin-1")

    assert local.answers.finish("fp1", "worker", review(raw=noise, text=noise), 1)

    head = local.answers.head("fp1")
    assert head is not None
    assert head.review is not None
    assert noise.startswith(head.review.raw)
    assert len(head.review.raw) >= 20_000
    assert head.review.findings == review().findings


def test_findings_that_no_item_holds_are_refused_and_never_dropped(local: TableStores) -> None:
    begin(local.answers, "worker")
    noise = os.urandom(700_000).decode("latin-1")
    findings = (Finding(clause=noise, result=FindingResult.PASS),)

    with pytest.raises(ValueError, match="review"):
        local.answers.finish("fp1", "worker", review(findings=findings), 1)


def test_half_a_character_is_stored_as_a_question_mark(local: TableStores) -> None:
    assert local.answers.append("fp1", 1, "好\ud83c", NOW + KEPT_S)

    (piece,) = local.answers.pieces("fp1", 0)
    assert piece.text == "好?"


def test_the_same_end_twice_is_no_lost_answer(local: TableStores) -> None:
    # The SDK repeats a call whose answer was lost.
    begin(local.answers, "worker")

    assert [local.answers.finish("fp1", "worker", review(), 1) for _ in range(2)] == [True, True]
    begin(local.answers, "worker", "fp2")
    assert [local.answers.fail("fp2", "worker", "HTTP 503") for _ in range(2)] == [True, True]


def test_everything_of_an_answer_goes_by_itself(local: TableStores) -> None:
    begin(local.answers, "worker")
    local.answers.append("fp1", 1, "一", NOW + KEPT_S)

    assert {item["expires_at"]["N"] for item in local.items("AiAnswerTable")} == {str(int(NOW + KEPT_S))}


def test_another_instance_is_noted_in_one_write_and_the_same_one_in_none(local: TableStores) -> None:
    begin(local.answers, "worker")
    local.answers.finish("fp1", "worker", review(), 0)
    local.client.taken()

    assert begin(local.answers, "w2", sess_id="S2") == "done"
    assert local.client.taken() == {"update_item": 2, "get_item": 1}
    assert begin(local.answers, "w2", sess_id="S2") == "done"
    assert local.client.taken() == {"update_item": 1, "get_item": 1}


def test_an_answer_that_a_release_before_wrote_goes_with_whoever_is_deleted(local: TableStores) -> None:
    for answer_id in ("fp1", "fp2"):
        begin(local.answers, "worker", answer_id)
        local.answers.finish(answer_id, "worker", review(), 0)
        (head,) = [each for each in local.items("AiAnswerTable") if each["answer_id"]["S"] == answer_id]
        del head["sessions"]
        local.client.put_item(TableName=local.names.AiAnswerTable, Item=head)
    assert begin(local.answers, "w2", "fp2", "S2") == "done"

    assert local.answers.leave("fp1", "S1") is True
    assert local.answers.leave("fp2", "S1") is False, "an instance of today shows it"

    assert local.answers.head("fp1") is None
    assert local.answers.leave("fp2", "S2") is True


def test_more_instances_than_an_item_holds_are_not_noted_and_read_the_answer_all_the_same(local: TableStores) -> None:
    begin(local.answers, "worker")
    local.answers.finish("fp1", "worker", review(), 0)

    assert {begin(local.answers, "w2", sess_id=f"S{n}") for n in range(1, MOST_SESSIONS + 3)} == {"done"}

    head = local.answers.head("fp1")
    assert head is not None
    assert len(head.sessions) == MOST_SESSIONS


def test_an_answer_that_is_erased_while_it_is_reused_is_asked_for_again(local: TableStores) -> None:
    begin(local.answers, "worker")
    local.answers.finish("fp1", "worker", review(), 0)
    head = local.answers.head("fp1")
    assert head is not None
    local.answers.leave("fp1", "S1")

    class Late(AnswerTable):
        def head(self, answer_id: str) -> Any:
            return head if answer_id == "fp1" else None

    begin(local.answers, "third", sess_id="S3")
    late = Late(local.client, local.names.AiAnswerTable)
    flight = late.begin("fp1", "w2", NOW, NOW + LEASE_S, NOW + KEPT_S, "S2")

    assert (flight.state, flight.review) == ("running", None)


# Uploads


def test_a_content_has_a_key_for_each_platform_and_way_of_reading() -> None:
    keys = {upload_key(platform, "abc", ocr=ocr) for platform in ("aigc", "a#b", "a") for ocr in (True, False)}
    assert len(keys) == 6
    assert all(key.startswith("upload#") for key in keys)


def test_a_file_that_the_platform_lost_is_forgotten_unless_it_is_another(local: TableStores) -> None:
    uploads, key = local.uploads, upload_key("aigc", "abc", ocr=False)
    uploads.claim(key, "w1", NOW, NOW + LEASE_S)
    assert uploads.store(key, "w1", "file-1", NOW + KEPT_S)

    assert uploads.forget(key, "file-0") is False
    assert uploads.forget(key, "file-1") is True

    assert uploads.claim(key, "w2", NOW + 1, NOW + LEASE_S).state == "mine"


def test_a_known_file_costs_one_read(local: TableStores) -> None:
    uploads, key = local.uploads, upload_key("aigc", "abc", ocr=False)
    uploads.claim(key, "w1", NOW, NOW + LEASE_S)
    assert local.client.taken() == {"get_item": 1, "update_item": 1}
    uploads.store(key, "w1", "file-1", NOW + KEPT_S)
    local.client.taken()

    assert uploads.claim(key, "w2", NOW, NOW + LEASE_S).file_id == "file-1"
    assert local.client.taken() == {"get_item": 1}


# Forms and processes


def test_a_form_goes_by_itself_with_all_its_parts(local: TableStores) -> None:
    local.forms.put("T1", "f1", os.urandom(800_000))

    local.forms.expire("T1", "f1", NOW + 0.5)

    items = [item for item in local.items("AiFormTable") if "detail" in item]
    assert len(items) == 3
    assert {item["expires_at"]["N"] for item in items} == {str(int(NOW))}
    assert all(len(item["detail"]["B"]) <= 350_000 for item in items)


def test_all_that_a_task_ever_had_is_deleted_at_once(local: TableStores) -> None:
    for version in ("f1", "f2", "f3"):
        local.forms.put("T1", version, version.encode())
    local.forms.put("T2", "f1", b"another")

    for _ in range(2):
        local.forms.delete_all("T1")

    assert [local.forms.get("T1", version) for version in ("f1", "f2", "f3")] == [None, None, None]
    assert local.forms.get("T2", "f1") == b"another"
    assert {item["form"]["S"] for item in local.items("AiFormTable")} == {"T2#", "T2#f1"}


def test_a_form_that_was_half_written_is_not_there_until_it_is_written_again(local: TableStores) -> None:
    body = os.urandom(800_000)
    local.forms.put("T1", "f1", body)
    for part in ("0", "2"):
        key = {"form": {"S": "T1#f1"}, "part": {"N": part}}
        local.client.client.delete_item(TableName=local.names.AiFormTable, Key=key)
        assert local.forms.get("T1", "f1") is None

        local.forms.put("T1", "f1", body)
        assert local.forms.get("T1", "f1") == body


def test_of_a_crowd_one_writes_the_first_version_of_a_document(stores: TableStores) -> None:
    def save(number: int) -> bool:
        stored: StoredProcess = stores.processes.load("S1")
        is_first = stored.version == 0
        stored.process.ended_sequence = number
        return stores.processes.save(stored) and is_first

    assert together(save).count(True) == 1


def test_a_table_that_is_not_there_or_cannot_be_reached_is_a_store_error(moto: Any) -> None:
    for client, reason in ((moto, "ResourceNotFound"), (unreachable("dynamodb"), "EndpointConnectionError")):
        answers, forms = AnswerTable(client, "nowhere"), FormTable(client, "nowhere")
        processes, uploads = (
            ProcessTable(client, "nowhere", PartTable(client, "nowhere")),
            UploadTable(client, "nowhere"),
        )
        for call in (
            lambda answers=answers: begin(answers, "worker"),
            lambda answers=answers: answers.append("fp1", 1, "一", NOW),
            lambda answers=answers: answers.head("fp1"),
            lambda answers=answers: answers.pieces("fp1", 0),
            lambda forms=forms: forms.put("T1", "f1", b"{}"),
            lambda forms=forms: forms.get("T1", "f1"),
            lambda processes=processes: processes.load("S1"),
            lambda uploads=uploads: uploads.claim("upload#x", "w", NOW, NOW),
        ):
            with pytest.raises(StoreError, match=reason):
                call()
