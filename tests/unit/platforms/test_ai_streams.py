"""Streams without a network: what an event says in each profile, and the text that pieces make."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.errors import ContentRefused, IncompleteAnswer
from taskbridge.platforms.streams import (
    MAX_ANSWER_CHARS,
    PROFILES,
    Deltas,
    Profile,
    StreamPiece,
    StreamTranscript,
    read_dify,
    read_openai,
    read_text_fragment,
)

ANSWER = '经核对，申请金额 5200 元超过规则上限。\n```json\n{"verdict": "reject"}\n```'


def text_of(*pieces: StreamPiece, may_repeat: bool = True) -> str:
    shown: list[str] = []
    transcript = StreamTranscript(shown.append, may_repeat=may_repeat)
    for piece in (*pieces, StreamPiece(ended=True)):
        transcript.add(piece)
    assert transcript.draft().text == "".join(shown)
    return "".join(shown)


# text-fragment


@pytest.mark.parametrize(
    ("event", "data", "piece"),
    [
        ("message", '{"text": "同意"}', StreamPiece(text="同意")),
        ("message", '{"text":"\\u540c\\n"}', StreamPiece(text="同\n")),
        ("message", "[DONE]", StreamPiece(ended=True)),
        ("message", " [DONE] ", StreamPiece(ended=True)),
        ("end", "", StreamPiece(ended=True)),
        ("end", "{}", StreamPiece(ended=True)),
        ("end", '{"question_id": "q-1"}', StreamPiece(ended=True, question_id="q-1")),
        ("end", '{"usage": {"input_tokens": 5, "output_tokens": 2}}', StreamPiece(ended=True, tokens=(5, 2))),
        ("message", '{"text": "", "code": 0}', StreamPiece()),
        ("ping", "", None),
        ("message", "not json", None),
        ("message", '{"text": "half', None),
        ("message", "[1, 2]", None),
    ],
)
def test_a_text_fragment_event_is_read(event: str, data: str, piece: StreamPiece | None) -> None:
    assert read_text_fragment(event, data) == piece


@pytest.mark.parametrize(
    ("event", "data", "codes"),
    [
        ("error", '{"code": 40001, "message": "token 过期"}', ("40001",)),
        ("error", "", ()),
        ("error", "not json", ()),
        ("message", '{"code": 500, "message": "模型异常"}', ("500",)),
    ],
)
def test_an_error_event_is_a_failure_of_the_run(event: str, data: str, codes: tuple[str, ...]) -> None:
    piece = read_text_fragment(event, data)
    assert piece is not None
    assert piece.failure is not None
    assert (piece.failure.status, piece.failure.codes, piece.failure.running) == (200, codes, True)
    assert piece.failure.message


# openai


def openai_chunk(**choice: object) -> str:
    return json.dumps({"id": "c-1", "model": "m", "choices": [{"index": 0, **choice}]})


@pytest.mark.parametrize(
    ("event", "data", "piece"),
    [
        ("message", openai_chunk(delta={"content": "同"}), StreamPiece(text="同", question_id="c-1", model="m")),
        ("message", openai_chunk(delta={"role": "assistant"}), StreamPiece(question_id="c-1", model="m")),
        (
            "message",
            openai_chunk(delta={"content": None}, finish_reason="length"),
            StreamPiece(finish="length", question_id="c-1", model="m"),
        ),
        (
            "message",
            openai_chunk(delta={"refusal": "no"}, finish_reason=None),
            StreamPiece(finish="refusal", question_id="c-1", model="m"),
        ),
        (
            "message",
            openai_chunk(delta={"reasoning_content": "想"}),
            StreamPiece(busy=True, thought="想", question_id="c-1", model="m"),
        ),
        (
            "message",
            '{"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}}',
            StreamPiece(tokens=(9, 4)),
        ),
        ("message", '{"choices": [{"index": 1, "delta": {"content": "other"}}]}', StreamPiece()),
        ("answer", "[DONE]", StreamPiece(ended=True)),
        ("answer", '{"choices": [{"delta": {"content": "同"}}]}', StreamPiece(text="同")),
        ("flowNodeStatus", '{"choices": [{"delta": {"content": "节点"}}]}', None),
        ("message", '{"choices": "x"}', StreamPiece()),
        ("message", '{"choices": [3]}', StreamPiece()),
        ("message", "", None),
    ],
)
def test_an_openai_event_is_read(event: str, data: str, piece: StreamPiece | None) -> None:
    assert read_openai(event, data) == piece


@pytest.mark.parametrize(
    "data",
    [
        '{"error": {"message": "busy", "type": "server_error", "code": null}}',
        '{"object": "error", "message": "busy", "type": "server_error"}',
    ],
)
def test_an_error_among_openai_chunks_is_a_failure_of_the_run(data: str) -> None:
    piece = read_openai("message", data)
    assert piece is not None
    assert piece.failure is not None
    assert (piece.failure.codes, piece.failure.message) == (("server_error",), "busy")


# dify


@pytest.mark.parametrize(
    ("data", "piece"),
    [
        ('{"event": "message", "message_id": "m-1", "answer": "同"}', StreamPiece(text="同", question_id="m-1")),
        ('{"event": "agent_message", "answer": "意"}', StreamPiece(text="意")),
        ('{"event": "message_replace", "answer": "换"}', StreamPiece(text="换", replaced=True)),
        (
            '{"event": "message_end", "id": "m-1", "metadata": {"usage": {"input_tokens": 3, "output_tokens": 2}}}',
            StreamPiece(ended=True, question_id="m-1", tokens=(3, 2)),
        ),
        ('{"event": "workflow_finished", "data": {"status": "succeeded"}}', None),
        ('{"event": "node_started"}', None),
        ("", None),
    ],
)
def test_a_dify_event_is_read(data: str, piece: StreamPiece | None) -> None:
    assert read_dify("message", data) == piece


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (
            '{"event": "error", "status": 429, "code": "too_many_requests", "message": "慢"}',
            ("too_many_requests", "429"),
        ),
        ('{"event": "workflow_finished", "data": {"status": "failed", "error": "node 3"}}', ()),
    ],
)
def test_a_dify_failure_is_read(data: str, codes: tuple[str, ...]) -> None:
    piece = read_dify("message", data)
    assert piece is not None
    assert piece.failure is not None
    assert piece.failure.codes == codes


def test_an_answer_that_is_taken_back_is_refused() -> None:
    with pytest.raises(ContentRefused):
        text_of(StreamPiece(text="同意"), StreamPiece(text="抱歉", replaced=True))


@given(st.sampled_from(list(PROFILES)), st.text(max_size=12), st.text(max_size=40) | st.binary(max_size=40).map(str))
def test_no_event_breaks_a_profile(profile: Profile, event: str, data: str) -> None:
    piece = PROFILES[profile](event, data)
    assert piece is None or isinstance(piece, StreamPiece)


@pytest.mark.parametrize("data", ["[" * 200_000, '{"a":' * 100_000, '{"text": ' + "9" * 5000 + "}"])
def test_deep_and_huge_json_breaks_no_profile(data: str) -> None:
    for read in PROFILES.values():
        piece = read("message", data)
        assert piece is None or not piece.text


# Fragments and repeats


def test_fragments_are_shown_as_they_come() -> None:
    shown: list[str] = []
    transcript = StreamTranscript(shown.append, may_repeat=True)
    for fragment in ("经核对", "，申请", "金额"):
        transcript.add(StreamPiece(text=fragment))
    assert shown == ["经核对", "，申请", "金额"]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 100])
def test_frames_that_repeat_the_text_so_far_are_shown_once(step: int) -> None:
    frames = [StreamPiece(text=ANSWER[:end]) for end in range(step, len(ANSWER) + step, step)]
    assert text_of(*frames) == ANSWER


def test_a_last_frame_that_repeats_everything_adds_nothing() -> None:
    fragments = [StreamPiece(text=character) for character in ANSWER]
    shown: list[str] = []
    transcript = StreamTranscript(shown.append, may_repeat=True)
    for piece in (*fragments, StreamPiece(text=ANSWER, ended=True)):
        transcript.add(piece)
    assert "".join(shown) == ANSWER


def test_a_terminal_event_may_bring_the_last_fragment() -> None:
    assert text_of(StreamPiece(text="同"), StreamPiece(text="意。"), StreamPiece(text="完", ended=True)) == "同意。完"


@pytest.mark.parametrize(
    "fragments", [["-", "--", "---", "> 结论"], ["\n", "\n\n", "同意"], ["哈", "哈", "哈哈", "。"]]
)
def test_fragments_that_look_like_repeats_at_first_are_kept(fragments: list[str]) -> None:
    assert text_of(*(StreamPiece(text=fragment) for fragment in fragments)) == "".join(fragments)


def test_text_that_changes_after_it_was_shown_is_no_answer() -> None:
    frames = ["申请金额", "申请金额超", "申请金额超过", "改口了，不超过"]
    with pytest.raises(IncompleteAnswer):
        text_of(*(StreamPiece(text=frame) for frame in frames))


def test_profiles_that_never_repeat_take_every_fragment() -> None:
    assert (
        text_of(StreamPiece(text="哈"), StreamPiece(text="哈哈"), StreamPiece(text="哈哈哈"), may_repeat=False)
        == "哈哈哈哈哈哈"
    )


@given(st.lists(st.text(alphabet="甲乙丙ab \n", min_size=1, max_size=4), min_size=1, max_size=12))
def test_repeats_are_told_from_fragments(parts: list[str]) -> None:
    # given an answer in a known alphabet, preceded by what no fragment repeats
    whole = ["开头", "说明：", *parts]
    frames = ["".join(whole[: end + 1]) for end in range(len(whole))]
    # when / then
    assert text_of(*(StreamPiece(text=part) for part in whole)) == "".join(whole)
    assert text_of(*(StreamPiece(text=frame) for frame in frames)) == "".join(whole)


def test_deltas_hold_nothing_back_once_they_know() -> None:
    deltas = Deltas()
    assert [deltas.feed(part) for part in ("一", "二", "二", "")] == ["一", "二", "二", ""]
    assert deltas.end() == ""


# Halves of characters


def test_an_emoji_cut_in_two_is_put_together() -> None:
    first, second = "\ud83d", "\udc4d"
    shown: list[str] = []
    transcript = StreamTranscript(shown.append, may_repeat=True)
    for piece in (StreamPiece(text=f"好{first}"), StreamPiece(text=f"{second}！"), StreamPiece(ended=True)):
        transcript.add(piece)
    assert shown == ["好", "👍！"]


def test_half_a_character_without_its_other_is_replaced() -> None:
    assert text_of(StreamPiece(text="好\ud83d")) == "好\ufffd"
    assert text_of(StreamPiece(text="\udc4d好")) == "\ufffd好"


@given(st.lists(st.text(st.characters(codec=None), max_size=5), max_size=6), st.booleans())
def test_what_is_shown_can_always_be_encoded(texts: list[str], may_repeat: bool) -> None:
    try:
        shown = text_of(*(StreamPiece(text=text) for text in texts), may_repeat=may_repeat)
    except IncompleteAnswer:
        return
    shown.encode()


def test_an_endless_answer_is_cut() -> None:
    transcript = StreamTranscript(lambda _: None, may_repeat=False)
    transcript.add(StreamPiece(text="长" * MAX_ANSWER_CHARS))
    with pytest.raises(IncompleteAnswer, match="1,000,000"):
        transcript.add(StreamPiece(text="长"))
