"""The stream of an analysis: the same bytes for every viewer, whatever breaks, and one end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api.ai import stream
from admin_api.ai.stream import BEGUN_RETRY_MS, END, ENDED_RETRY_MS, IDLE_RETRY_MS, RETRY_MS, parse_position
from taskbridge.ai.results import Finding, FindingResult
from taskbridge.ai.seats import AnalysisStatus, SeatState
from taskbridge.errors import StoreError
from tests.event_sources import EventSource, Fetch, FetchEventSource, Message, Response
from tests.functional.ai_suites.builders import TASK, UID, analysis, done_seat, finished, review, seat, standing
from tests.unit.admin_api.analysis_world import ANALYSIS, FINDINGS, Attempt, World

MANY = 400
PROSE = ("金额没有超过限额，", "发票\n齐全。🎓", "data: 建议同意\r\n")


def shown(messages: Sequence[Message]) -> str:
    """The text as a page shows it."""
    text = ""
    for message in messages:
        if message.event == "delta":
            data = json.loads(message.data)
            text = data["text"] if data["number"] == 1 else text + data["text"]
    return text


def findings(messages: Sequence[Message]) -> list[Any]:
    return [json.loads(message.data) for message in messages if message.event == "finding"]


def ends(messages: Sequence[Message]) -> list[tuple[str, Any]]:
    return [(each.event, json.loads(each.data)) for each in messages if each.event in ("done", "error")]


def breaking(world: World, cuts: Sequence[float | None]) -> Fetch:
    """A network that breaks: response by response, the part of it that arrives (None: all of it)."""
    left = list(cuts)

    def fetch(headers: Mapping[str, str]) -> Response:
        response = world.answer(headers)
        share = left.pop(0) if left else None
        if share is None or response.status != 200:
            return response
        (body,) = response.chunks
        return Response(200, response.content_type, (body[: int(share * len(body))],), is_cut=True)

    return fetch


def complete(world: World) -> EventSource:
    """A viewer who has seen it all."""
    viewer = EventSource(world.answer)
    viewer.run(MANY)
    return viewer


texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30), max_size=6).map(tuple)
attempts = st.lists(
    st.builds(Attempt, texts, st.sampled_from(["fails", "dies"]), st.sampled_from(["fp1", "fp2"])), max_size=3
)
cuts = st.lists(st.none() | st.floats(0, 1), max_size=12)


@given(attempts, texts, cuts, st.sampled_from([1, 200, 1_000_000]))
def test_a_viewer_sees_the_stored_answer_whatever_breaks(
    before: list[Attempt], prose: tuple[str, ...], cuts: list[float | None], response_bytes: int
) -> None:
    world = World().will([*before, Attempt(prose)])
    viewer = EventSource(breaking(world, cuts))

    with patch.object(stream, "RESPONSE_BYTES", response_bytes):
        viewer.run(MANY)

    assert viewer.is_closed
    assert world.whole is not None
    assert shown(viewer.messages) == world.whole.text
    assert findings(viewer.messages) == json.loads(msgspec.json.encode(FINDINGS))
    assert [name for name, _ in ends(viewer.messages)] == ["done"]
    assert viewer.messages[-1].event == "done"


@given(texts, st.integers(0, 40), st.booleans())
def test_a_second_viewer_goes_on_from_the_middle(prose: tuple[str, ...], seen: int, is_late: bool) -> None:
    world = World().will([Attempt(("开头",), "dies"), Attempt(prose)])
    first = EventSource(world.answer)
    if is_late:
        world.play()
    while not first.is_closed and len(first.messages) < seen:
        first.step()
    before = first.messages[:seen]

    second = EventSource(world.answer, last_event_id=before[-1].id if before else "")
    second.run(MANY)

    assert world.whole is not None
    assert shown([*before, *second.messages]) == world.whole.text
    assert len(findings([*before, *second.messages])) == len(FINDINGS)
    assert len(ends([*before, *second.messages])) == 1


@given(st.lists(texts, min_size=1, max_size=3))
def test_every_viewer_gets_the_same_events_with_ids_of_their_own(attempts: list[tuple[str, ...]]) -> None:
    world = World().will([*(Attempt(texts, "dies") for texts in attempts[:-1]), Attempt(attempts[-1])])

    during, after = complete(world).messages, complete(world).messages

    assert during == after
    assert len({message.id for message in during}) == len(during)


def test_three_dropped_connections_lose_and_repeat_nothing() -> None:
    world = World().will([Attempt(PROSE * 3)])
    viewer = EventSource(breaking(world, [0.5, None, 0.9, 0.0]))

    viewer.run(MANY)

    numbers = [json.loads(each.data)["number"] for each in viewer.messages if each.event == "delta"]
    assert numbers == list(range(1, 10))
    assert shown(viewer.messages) == "".join(PROSE * 3)


def test_an_answer_without_prose_takes_the_place_of_another_one() -> None:
    world = World().will([Attempt(PROSE, "fails", "fp-without-the-file"), Attempt(())])

    viewer = complete(world)

    assert shown(viewer.messages[:-1]) == ""
    assert len(findings(viewer.messages)) == len(FINDINGS)


# What a page's client does


@pytest.mark.parametrize("share", [step / 40 for step in range(41)])
def test_fetch_event_source_sees_the_stored_answer_through_a_drop(share: float) -> None:
    world = World().will([Attempt(PROSE)])
    world.play()
    viewer = FetchEventSource(breaking(world, [share]))

    viewer.run(MANY)

    assert viewer.is_closed
    assert shown(viewer.messages) == "".join(PROSE)
    assert len(ends(viewer.messages)) == 1


def test_fetch_event_source_gets_no_message_without_an_event() -> None:
    world = World()
    viewer = FetchEventSource(world.answer)
    viewer.run(2)

    world.will([Attempt(PROSE)])
    viewer.run(MANY)

    assert {message.event for message in viewer.messages} == {"delta", "finding", "done"}


def giving(response: Response) -> Fetch:
    return lambda _: response


def test_fetch_event_source_counts_an_event_as_seen_only_once_it_has_its_data() -> None:
    world = World().will([Attempt(PROSE)])
    world.play()
    (body,) = world.answer({}).chunks

    for end in range(len(body)):
        viewer = FetchEventSource(giving(Response(200, stream.CONTENT_TYPE, (body[:end],), is_cut=True)))
        viewer.step()
        # Only between the end of the line with the id and the empty line behind it is its event taken to be seen.
        is_between = body[:end].endswith(b"\n") and body[end - 1 : end + 1] == b"\n\n"
        assert is_between or viewer.last_event_id == (viewer.messages[-1].id if viewer.messages else "")


def test_who_does_not_look_for_the_end_asks_rarely() -> None:
    world = World().will([Attempt(PROSE)])
    viewer = FetchEventSource(world.answer, is_careless=True)

    viewer.run(12)

    assert viewer.waited[-1] == ENDED_RETRY_MS
    assert len(ends(viewer.messages)) == 1


def test_text_comes_soon_after_it_was_written() -> None:
    world = World().will([Attempt(PROSE)])
    viewer = EventSource(world.answer)

    viewer.run(4)

    assert shown(viewer.messages) == "".join(PROSE[:3])
    assert viewer.waited == [BEGUN_RETRY_MS, RETRY_MS, RETRY_MS]


# Waiting


@pytest.mark.parametrize(
    ("status", "retry_ms"), [(AnalysisStatus.PENDING, IDLE_RETRY_MS), (AnalysisStatus.RUNNING, BEGUN_RETRY_MS)]
)
def test_where_nothing_is_there_yet_the_answer_says_at_once_when_to_come_again(
    status: AnalysisStatus, retry_ms: int
) -> None:
    world = World()
    world.seats.items[UID, TASK] = seat(analysis=analysis(id=ANALYSIS, status=status))

    response = world.answer({})

    assert response.status == 200
    (line, comment) = b"".join(response.chunks).decode().splitlines()
    assert line == f"retry: {retry_ms}"
    assert comment.startswith(":")


def test_a_table_that_does_not_answer_is_no_reason_to_give_up() -> None:
    world = World().will([Attempt(PROSE)])
    world.play()
    viewer = EventSource(world.answer)

    with patch.object(world.answers, "pieces", side_effect=StoreError("Query: InternalServerError")):
        viewer.run(2)
    viewer.run(MANY)

    assert shown(viewer.messages) == "".join(PROSE)


# Ends


@pytest.mark.parametrize(
    ("task", "code"),
    [
        (seat(analysis=analysis(id=ANALYSIS, status=AnalysisStatus.FAILED, reason="余额不足")), "analysis_failed"),
        (seat(analysis=analysis(id="VDE.a2")), "analysis_replaced"),
        (seat(), "analysis_cleared"),
        (done_seat(analysis=analysis(id=ANALYSIS)), "task_processed"),
        (done_seat(analysis=analysis(id=ANALYSIS, status=AnalysisStatus.RUNNING, answer_id="fp1")), "task_processed"),
        (seat(state=SeatState.GONE), "task_gone"),
        (seat(analysis=finished(id=ANALYSIS)), "answer_expired"),
    ],
)
def test_an_analysis_without_a_result_ends_with_an_error(task: Any, code: str) -> None:
    world = World()
    world.seats.items[UID, TASK] = task

    viewer = complete(world)

    ((name, data),) = ends(viewer.messages)
    assert (name, data["code"]) == ("error", code)
    assert data["detail"]
    assert viewer.messages[-1].id == END
    assert viewer.is_closed


@pytest.mark.parametrize("now", [None, standing("b2")])
@pytest.mark.parametrize(
    "shown_before",
    [analysis(id=ANALYSIS), analysis(id=ANALYSIS, status=AnalysisStatus.FAILED), finished(id=ANALYSIS)],
)
def test_an_outdated_analysis_ends_with_an_error_whatever_it_came_to(now: Any, shown_before: Any) -> None:
    world = World(standing=now)
    world.seats.items[UID, TASK] = seat(analysis=shown_before)
    world.answers.begin("fp1", "w", 0.0, 60.0, 60.0, "S1")
    world.answers.finish("fp1", "w", review(), 0)

    viewer = complete(world)

    assert [(name, data["code"]) for name, data in ends(viewer.messages)] == [("error", "analysis_cleared")]
    assert shown(viewer.messages) == ""


def test_the_result_of_a_decided_task_stays_as_it_was_decided_by() -> None:
    world = World(standing=None).will([Attempt(PROSE)])
    world.play()
    world.seats.items[UID, TASK] = done_seat(analysis=finished(id=ANALYSIS))

    assert [name for name, _ in ends(complete(world).messages)] == ["done"]


def test_a_replaced_analysis_names_the_one_that_took_its_place() -> None:
    world = World()
    world.seats.items[UID, TASK] = seat(analysis=analysis(id="VDE.a2"))

    assert ends(complete(world).messages)[0][1]["current_id"] == "VDE.a2"


def test_a_failed_analysis_says_why() -> None:
    world = World()
    world.seats.items[UID, TASK] = seat(
        analysis=analysis(id=ANALYSIS, status=AnalysisStatus.FAILED, reason="AI 平台余额不足")
    )

    assert ends(complete(world).messages)[0][1]["detail"] == "AI 平台余额不足"


def test_a_viewer_who_waits_learns_that_the_task_was_decided() -> None:
    world = World().will([Attempt(PROSE, "dies")])
    viewer = EventSource(world.answer)
    viewer.run(2)

    world.steps = [lambda: world.seats.items.update({(UID, TASK): done_seat(analysis=analysis(id=ANALYSIS))})]
    viewer.run(MANY)

    assert [data["code"] for _, data in ends(viewer.messages)] == ["task_processed"]


def test_the_result_of_a_decided_task_can_still_be_seen() -> None:
    world = World().will([Attempt(PROSE)])
    world.play()
    world.seats.items[UID, TASK] = done_seat(analysis=finished(id=ANALYSIS))

    viewer = complete(world)

    assert shown(viewer.messages) == "".join(PROSE)
    assert [(name, data["status"]) for name, data in ends(viewer.messages)] == [("done", "processed")]


def test_the_end_carries_the_verdict_and_what_it_took() -> None:
    world = World().will([Attempt(PROSE)])

    ((_, data),) = ends(complete(world).messages)

    assert data["id"] == ANALYSIS
    assert data["task_id"] == TASK
    assert (data["status"], data["verdict"], data["downgraded"]) == ("done", "approve", None)
    assert data["usage"] == {"input_tokens": 900, "output_tokens": 80, "cost": 0.0021}


def test_a_long_answer_with_long_findings_comes_in_responses_of_a_bounded_size() -> None:
    long = [Finding(clause=f"第 {number} 条", result=FindingResult.PASS, reason="长" * 50_000) for number in range(20)]
    world = World().will([Attempt(("字" * 2000,) * 300)], long)
    world.play()
    sizes: list[int] = []

    def fetch(headers: Mapping[str, str]) -> Response:
        response = world.answer(headers)
        sizes.append(sum(map(len, response.chunks)))
        return response

    viewer = EventSource(fetch)
    viewer.run(MANY)

    assert shown(viewer.messages) == "字" * 600_000
    assert len(findings(viewer.messages)) == 20
    assert max(sizes) < 1_100_000


# Pieces that expired before their answer


@pytest.mark.parametrize("expired", [{1}, {1, 2}, {2}, {3}, {1, 2, 3}])
def test_where_pieces_have_expired_the_text_comes_anew_from_the_answer(expired: set[int]) -> None:
    world = World().will([Attempt(PROSE)])
    world.play()
    for number in expired:
        del world.answers.stored_pieces["fp1"][number]

    viewer = complete(world)

    assert shown(viewer.messages) == "".join(PROSE)
    assert len(findings(viewer.messages)) == len(FINDINGS)


# Whose it is


@pytest.mark.parametrize("last_event_id", [None, END, "1", "01234567-3"])
def test_another_persons_analysis_is_not_there(last_event_id: str | None) -> None:
    world = World().will([Attempt(PROSE)])
    world.play()

    assert world.watching.watch("u-other", ANALYSIS, last_event_id) is None


@given(st.text(max_size=30))
def test_what_is_no_analysis_is_not_there(analysis_id: str) -> None:
    assert World().watching.watch(UID, analysis_id, None) is None


@given(st.text(max_size=30))
def test_an_id_that_was_never_given_means_the_start(last_event_id: str) -> None:
    if last_event_id != END and not last_event_id.isdigit():
        assert parse_position(last_event_id).in_answer("fp1") == 0


def test_the_number_of_a_piece_alone_is_a_position_too() -> None:
    world = World().will([Attempt(PROSE)])
    world.play()

    viewer = EventSource(world.answer, last_event_id="2")
    viewer.run(MANY)

    assert shown(viewer.messages) == PROSE[2]
