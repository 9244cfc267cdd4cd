"""The stream's route over the tables: what a client of server-sent events gets, and what a request costs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from admin_api.ai import analyses, watching
from ai_analyze.flight import Recorder
from taskbridge.ai.requests import encode_task_id
from taskbridge.ai.rulebook import RuleBook, Switches
from taskbridge.ai.settings import ModelChoice
from tests.api import ApiClient
from tests.event_sources import EventSource, Response
from tests.functional.ai_api import SETTINGS, AiWorld
from tests.functional.ai_stores import TableStores
from tests.functional.ai_suites.builders import NOW, TASK, UID, analysis, finished, review, seat
from tests.functional.aws import Tables

ANALYSIS = f"{encode_task_id(TASK)}.a1"
PATH = f"/v1/ai/analyses/{ANALYSIS}/stream"
LEASE_S, KEPT_S = 60.0, 86_400.0
PIECES = 230


@pytest.fixture
def world(dynamodb: Any, tables: Tables) -> AiWorld:
    made = AiWorld(dynamodb, tables, watching.router, analyses.router)
    made.give_default()
    return made


@pytest.fixture
def stores(world: AiWorld) -> TableStores:
    return world.stores


@pytest.fixture
def approver(world: AiWorld) -> ApiClient:
    """The person whose task it is."""
    return world.me


def basis(stores: TableStores) -> str:
    """What is asked of the task now."""
    now = RuleBook(stores.rules, lambda: Switches(SETTINGS, ModelChoice("aigc", "qwen"))).standing(seat())
    assert now is not None
    return now.basis


def begin(stores: TableStores) -> Recorder:
    """An analysis under way, and what its worker writes with."""
    stores.tasks.project(seat(), None)
    stores.tasks.begin(UID, TASK, analysis(id=ANALYSIS, basis=basis(stores)), "")
    stores.tasks.claim(UID, TASK, ANALYSIS, "worker", NOW, NOW + LEASE_S)
    stores.tasks.attach(UID, TASK, ANALYSIS, "worker", answer_id="fp1", fingerprint="fp1")
    stores.answers.begin("fp1", "worker", NOW, NOW + LEASE_S, NOW + KEPT_S, "S1")
    return Recorder(stores.answers, "fp1", 1, NOW + KEPT_S, lambda: NOW)


def tell(recorder: Recorder, pieces: int) -> str:
    """Write so many pieces."""
    texts = [f"第 {number} 段\n" for number in range(pieces)]
    for text in texts:
        recorder.text(text)
        recorder.flush()
    return "".join(texts)


def end(stores: TableStores, recorder: Recorder, text: str) -> None:
    recorder.complete(review(text=text), "worker")
    stores.tasks.settle(UID, TASK, ANALYSIS, finished(id=ANALYSIS, basis=basis(stores)))


def viewer(client: ApiClient, **changes: Any) -> EventSource:
    def fetch(headers: Mapping[str, str]) -> Response:
        answer = client.call("GET", PATH, headers=headers)
        return Response(answer.status, answer.headers.get("content-type", ""), (answer.text.encode(),))

    return EventSource(fetch, **changes)


def text_of(source: EventSource) -> str:
    return "".join(json.loads(each.data)["text"] for each in source.messages if each.event == "delta")


def test_a_viewer_sees_an_answer_grow_to_its_end(stores: TableStores, approver: ApiClient) -> None:
    recorder = begin(stores)
    source = viewer(approver)

    text = tell(recorder, 3)
    source.step()
    seen = text_of(source)
    text += tell(recorder, PIECES)
    end(stores, recorder, text)
    source.run(10)

    assert seen == text[: len(seen)] != ""
    head = stores.answers.head("fp1")
    assert head is not None
    assert head.review is not None
    assert text_of(source) == text == head.review.text
    assert [each.event for each in source.messages[-2:]] == ["finding", "done"]
    assert source.is_closed


def test_a_second_viewer_begins_in_the_middle(stores: TableStores, approver: ApiClient) -> None:
    recorder = begin(stores)
    text = tell(recorder, 5)
    first = viewer(approver)
    first.step()
    end(stores, recorder, text)

    second = viewer(approver, last_event_id=first.messages[1].id)
    second.run(5)

    assert text_of(second) == "".join(text.splitlines(keepends=True)[2:])


def test_the_position_may_stand_in_the_address(stores: TableStores, approver: ApiClient) -> None:
    end(stores, begin(stores), "")

    assert approver.get(PATH, last_event_id="end").status == 204
    assert approver.call("GET", PATH, query={"last_event_id": "1"}, headers={"last-event-id": "end"}).status == 204


def test_the_answer_is_a_stream_of_events_and_nothing_keeps_it(stores: TableStores, approver: ApiClient) -> None:
    end(stores, begin(stores), "")

    answer = approver.get(PATH)

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.startswith("retry: ")


@pytest.mark.parametrize("last_event_id", [None, "1", "end"])
def test_another_approver_does_not_find_it(stores: TableStores, approver: ApiClient, last_event_id: str | None) -> None:
    end(stores, begin(stores), "")

    answer = approver.as_("approver-2").get(PATH, last_event_id=last_event_id)

    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize(("role", "status"), [("", 401), ("admin", 403), ("ops", 403)])
def test_it_is_for_approvers(approver: ApiClient, role: str, status: int) -> None:
    assert approver.as_(UID, role).get(PATH).status == status


@pytest.mark.parametrize("analysis_id", ["a1", ".", "VDE.", "%FF.x", "表单.a1", "VDE.a1%0D%0Aid: 1"])
def test_what_is_no_analysis_is_not_found(approver: ApiClient, analysis_id: str) -> None:
    assert approver.get(f"/v1/ai/analyses/{analysis_id}/stream").status == 404


def test_a_request_that_finds_nothing_costs_one_write_and_a_few_reads(stores: TableStores, approver: ApiClient) -> None:
    begin(stores)
    approver.get(PATH)  # the configuration is read once in 20 s
    stores.client.taken()

    assert approver.get(PATH).text.startswith("retry: 1000\n")

    # the count of this minute; the seat; own rules and defaults; the pieces
    assert stores.client.taken() == {"update_item": 1, "get_item": 1, "batch_get_item": 2, "query": 1}


def test_who_looks_too_often_is_told_when_to_come_again_and_not_refused(
    stores: TableStores, approver: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOKS_A_MINUTE", 2)
    end(stores, begin(stores), "")

    answers = [approver.get(PATH) for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert ["event: done" in answer.text for answer in answers] == [True, True, False]
    (line, comment) = answers[2].text.splitlines()
    assert 1_000 <= int(line.removeprefix("retry: ")) <= 60_000
    assert comment.startswith(":")
    assert "event: " not in answers[2].text


@pytest.mark.parametrize("is_done", [True, False])
def test_what_is_outdated_is_shown_neither_as_a_whole_nor_as_a_stream(
    world: AiWorld, stores: TableStores, approver: ApiClient, is_done: bool
) -> None:
    recorder = begin(stores)
    text = tell(recorder, 3)
    if is_done:
        end(stores, recorder, text)
    before = stores.tasks.get(UID, TASK)
    assert stores.tasks.project(seat(form_hash="f2", version=2), before)

    assert approver.get(f"/v1/ai/analyses/{ANALYSIS}").status == 404
    source = viewer(approver)
    source.run(5)

    assert [(each.event, json.loads(each.data)["code"]) for each in source.messages] == [("error", "analysis_cleared")]


def test_a_whole_answer_is_read_page_by_page(stores: TableStores, approver: ApiClient) -> None:
    recorder = begin(stores)
    end(stores, recorder, tell(recorder, PIECES))
    approver.get(PATH)  # the configuration is read once in 20 s
    stores.client.taken()

    approver.get(PATH)

    calls = stores.client.taken()
    assert calls["get_item"] == 2  # the seat, and the head of the answer
    assert calls["query"] == 4  # 100, 100, 30, and none
