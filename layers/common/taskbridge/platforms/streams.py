"""Streams of AI platforms, event by event: what one says, and the text that they make together. Pure.

A profile reads one server-sent event, of which the name and the data are given. What it does not know (heartbeats,
steps of a workflow, text that is no JSON) says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from taskbridge.errors import ContentRefused, IncompleteAnswer
from taskbridge.platforms.ai_failures import Failure, is_finished
from taskbridge.platforms.loose_json import content_at, object_at, parse_object, text_at, tokens_of
from taskbridge.platforms.surrogates import Mending, mend
from taskbridge.reasons import build_reason

Profile: TypeAlias = Literal["text-fragment", "openai", "dify"]

DONE = "[DONE]"
MAX_ANSWER_CHARS = 1_000_000
# A text of which so many different characters stand at the start of the next one, and again, is being repeated.
TELLING_CHARACTERS = 4
_NO_ERROR = frozenset({"", "0", "200"})


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole answer as the platform gave it, not yet judged.

    `tokens` of input and output, None where it told none; `finish` is why the model ended.
    """

    text: str
    question_id: str = ""
    model: str = ""
    tokens: tuple[int, int] | None = None
    finish: str = ""


@dataclass(frozen=True, slots=True)
class StreamPiece:
    """What one event says. `busy`: the model is at work, though there is no text yet (it is thinking).

    `replaced`: the platform took back all it had said. `finish` is why the model ended, `ended` the terminal event.
    `thought` is what it thinks, where the server tells that apart.
    """

    text: str = ""
    busy: bool = False
    thought: str = ""
    ended: bool = False
    replaced: bool = False
    finish: str = ""
    failure: Failure | None = None
    question_id: str = ""
    model: str = ""
    tokens: tuple[int, int] | None = None


def read_text_fragment(event: str, data: str) -> StreamPiece | None:
    """`data: {"text": "..."}`, ended by `event: end` or `data: [DONE]`, broken by `event: error`."""
    if data.strip() == DONE:
        return StreamPiece(ended=True)
    body = parse_object(data)
    if event == "error":
        return StreamPiece(failure=_failure(body or {}))
    if body is None:
        return StreamPiece(ended=True) if event == "end" else None
    text = text_at(body, "text")
    if event != "end" and not text and text_at(body, "code") not in _NO_ERROR:
        return StreamPiece(failure=_failure(body))
    return StreamPiece(
        text=text,
        ended=event == "end",
        question_id=text_at(body, "question_id"),
        model=text_at(body, "model"),
        tokens=tokens_of(body),
    )


def read_openai(event: str, data: str) -> StreamPiece | None:
    """Chunks with `choices[0].delta`, ended by `data: [DONE]`. Of FastGPT's named events, only answers say anything."""
    if data.strip() == DONE:
        return StreamPiece(ended=True)
    body = parse_object(data)
    if event == "error" or (body is not None and (body.get("error") or body.get("object") == "error")):
        return StreamPiece(failure=_failure(body or {}))
    if body is None or event not in {"", "message", "answer", "fastAnswer"}:
        return None
    choice = _first_choice(body)
    delta = object_at(choice, "delta")
    thought = text_at(delta, "reasoning_content") or text_at(delta, "reasoning")
    return StreamPiece(
        text=content_at(delta, "content") or "",
        busy=bool(thought),
        thought=thought,
        finish="refusal" if text_at(delta, "refusal") else text_at(choice, "finish_reason"),
        question_id=text_at(body, "id"),
        model=text_at(body, "model"),
        tokens=tokens_of(body),
    )


def read_dify(_: str, data: str) -> StreamPiece | None:
    """Frames with their own field `event`: messages append, `message_end` ends, `error` breaks."""
    body = parse_object(data)
    if body is None:
        return None
    event = text_at(body, "event")
    replaced = event == "message_replace"
    if event in {"message", "agent_message"} or replaced:
        return StreamPiece(
            text=text_at(body, "answer"), replaced=replaced, question_id=text_at(body, "message_id", "id")
        )
    if event == "message_end":
        tokens = tokens_of(object_at(body, "metadata"))
        return StreamPiece(ended=True, question_id=text_at(body, "message_id", "id"), tokens=tokens)
    if event == "error":
        return StreamPiece(failure=_failure(body))
    outcome = object_at(body, "data")
    if event == "workflow_finished" and text_at(outcome, "status") in {"failed", "stopped"}:
        return StreamPiece(failure=Failure(200, (), text_at(outcome, "error"), running=True))
    return None


PROFILES: Mapping[Profile, Callable[[str, str], StreamPiece | None]] = {
    "text-fragment": read_text_fragment,
    "openai": read_openai,
    "dify": read_dify,
}


def split_events(data: str) -> list[str]:
    """The data of one server-sent event as its events: some servers part them by a single newline."""
    if "\n" not in data or parse_object(data) is not None:
        return [data]
    lines = [line.strip() for line in data.split("\n") if line.strip()]
    return lines if all(line == DONE or line.startswith("{") for line in lines) else [data]


def is_cut(data: str) -> bool:
    """Whether it began as JSON and is none: part of an answer is lost, and what is left may say its opposite."""
    return data.lstrip().startswith("{") and parse_object(data) is None


def failure_codes(body: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """The codes and the message of an error, which may stand one level down, under `error`, or be a bare `detail`."""
    inner = object_at(body, "error") or body
    codes = tuple(code for code in (text_at(inner, key) for key in ("code", "type", "status")) if code)
    return codes, text_at(inner, "message") or text_at(body, "error", "message") or text_at(body, "detail")


def _failure(body: Mapping[str, Any]) -> Failure:
    codes, message = failure_codes(body)
    return Failure(200, codes, message or "the platform broke off without saying why", running=True)


def _first_choice(body: Mapping[str, Any]) -> dict[str, Any]:
    choices = body.get("choices")
    found = choices[0] if isinstance(choices, list) and choices else None
    return found if isinstance(found, dict) and found.get("index", 0) == 0 else {}


def _merged(before: StreamPiece, now: StreamPiece) -> StreamPiece:
    """What is known of an answer besides its text: each part as it was told last, but a bad end stays one."""
    return StreamPiece(
        finish=now.finish if is_finished(before.finish) and now.finish else before.finish,
        question_id=now.question_id or before.question_id,
        model=now.model or before.model,
        tokens=now.tokens or before.tokens,
    )


def as_thinking(thought: str) -> str:
    """An answer of which all is thinking, marked as what it is: it is read for no verdict, and shown to nobody."""
    return f"<think>{mend(thought)}</think>" if thought.strip() else ""


class Deltas:
    """Tells fragments that follow each other from texts that each repeat all before them, and gives what is new.

    DashScope sends either, by its parameter `incremental_output`, and its own documentation has it both ways round.
    """

    def __init__(self) -> None:
        self._shown = ""
        self._held: list[str] = []
        self._repeats: bool | None = None

    def feed(self, fragment: str) -> str:
        """What `fragment` adds. Empty while that cannot be told yet. Raises IncompleteAnswer."""
        if not fragment or self._repeats is False:
            return fragment
        if self._repeats:
            return self._rest(fragment)
        if not self._shown:
            self._shown = fragment
            return fragment
        last = self._held[-1] if self._held else self._shown
        if not fragment.startswith(last):
            self._repeats = False
            return "".join([*self._held, fragment])
        self._held.append(fragment)
        self._repeats = True if self._is_telling() else None
        return self._rest(fragment) if self._repeats else ""

    def end(self) -> str:
        """What is left when nothing more comes: fragments that hold each other so far were repeats."""
        return self._rest(self._held[-1]) if self._held and self._repeats is None else ""

    def _is_telling(self) -> bool:
        grown = [text for text, before in zip(self._held, [self._shown, *self._held], strict=False) if text != before]
        return len(grown) >= 2 and len(set(grown[-2])) >= TELLING_CHARACTERS

    def _rest(self, whole: str) -> str:
        if self._shown.startswith(whole):
            return ""
        if not whole.startswith(self._shown):
            raise IncompleteAnswer(build_reason("answer_changed"), status=200)
        rest = whole[len(self._shown) :]
        self._shown = whole
        return rest


class StreamTranscript:
    """The text of a stream so far; every new part of it goes to `on_text`."""

    def __init__(self, on_text: Callable[[str], None], *, may_repeat: bool) -> None:
        self._on_text = on_text
        self._deltas = Deltas() if may_repeat else None
        self._mending = Mending()
        self._parts: list[str] = []
        self._length = 0
        self._last = StreamPiece()
        self._thoughts: list[str] = []
        self._thought_chars = 0
        self.ended = False

    @property
    def is_finished(self) -> bool:
        """Whether the model said that it came to its end, though no terminal event came behind it."""
        return bool(self._last.finish) and is_finished(self._last.finish)

    def finish(self) -> None:
        """Takes the end of the connection for the terminal event."""
        self._end("")

    def draft(self) -> Draft:
        """What there is so far. Its text is all that went to `on_text`, or else what the model thought."""
        last = self._last
        text = "".join(self._parts) or as_thinking("".join(self._thoughts))
        return Draft(text, last.question_id, last.model, last.tokens, last.finish)

    def take(self, text: str) -> None:
        """Takes in a whole answer at once."""
        self._end(text)

    def add(self, piece: StreamPiece) -> None:
        """Takes in what an event says. Raises ContentRefused and IncompleteAnswer; failures are left to the caller."""
        self._last = _merged(self._last, piece)
        if piece.thought and self._thought_chars < MAX_ANSWER_CHARS:
            self._thoughts.append(piece.thought)
            self._thought_chars += len(piece.thought)
        if piece.replaced:
            # Dify sends this where its moderation of output stepped in.
            raise ContentRefused(build_reason("answer_withdrawn"), status=200, errcode="message_replace")
        if piece.ended:
            self._end(piece.text)
        else:
            self._show(self._deltas.feed(piece.text) if self._deltas else piece.text)

    def _end(self, last: str) -> None:
        self._show(self._deltas.end() if self._deltas else "")
        so_far = "".join(self._parts)
        # A terminal event with text repeats the whole, or brings the last fragment.
        self._show(last[len(so_far) :] if so_far and last.startswith(so_far) else last)
        self._emit(self._mending.end())
        self.ended = True

    def _show(self, text: str) -> None:
        self._emit(self._mending.feed(text))

    def _emit(self, text: str) -> None:
        if not text:
            return
        self._length += len(text)
        if self._length > MAX_ANSWER_CHARS:
            raise IncompleteAnswer(build_reason("answer_too_long", most=f"{MAX_ANSWER_CHARS:,}"), status=200)
        self._parts.append(text)
        self._on_text(text)
