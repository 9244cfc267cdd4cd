"""What the simulated AI platform holds, remembers and is asked. Times are epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from local.simulating.simulator import BaseSnapshot

AnswerForm = Literal["plain", "fenced", "data_lines"]
ANSWER_FORMS: tuple[AnswerForm, ...] = ("plain", "fenced", "data_lines")

DEFAULT_MODELS = ("Qwen2.5-32B-Instruct", "Qwen2.5-72B-Instruct")


class Operation(StrEnum):
    """What a request asks for."""

    TOKEN = "token"  # noqa: S105 (an operation, not a token)
    TALK = "talk"
    VISITOR = "visitor"
    TALK_STREAM = "talk_stream"
    UPLOAD = "upload"
    FEEDBACK = "feedback"
    MODELS = "models"
    UNKNOWN = "unknown"


QUESTIONS = frozenset({Operation.TALK, Operation.VISITOR, Operation.TALK_STREAM})


class Verdict(StrEnum):
    """What became of a call.

    ANSWERED: whole and honest, and its caller had it. UNHEARD: answered, but the caller had none or only a part of
    it. SPOILED: the answer went out, and a fault had made it useless. REFUSED and FAILED: nothing was done.
    RUNNING: a stream that is still going out.
    """

    ANSWERED = "answered"
    UNHEARD = "unheard"
    SPOILED = "spoiled"
    REFUSED = "refused"
    FAILED = "failed"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Settings:
    """How this platform behaves where no public source says how the real one does.

    `attachments` is the folder of the sample attachments, which are served under /files/; empty: none are.
    `answer_form` empty: the three forms in turn, where an answer goes out in one piece. `first_text_ms` and
    `piece_ms` are the times before the first and each further piece of `piece_chars` characters of a stream;
    `stream_end` is how a stream says that it is complete. A question longer than `question_chars` is refused.
    """

    app_id: str = "taskbridge"
    app_secret: str = "simulated-secret"  # noqa: S105 (of a simulator)
    token_lifetime_s: float = 7200.0
    file_lifetime_s: float = 7 * 86400.0
    file_bytes: int = 20_000_000
    question_chars: int = 100_000
    models: tuple[str, ...] = DEFAULT_MODELS
    answer_form: Literal["", "plain", "fenced", "data_lines"] = ""
    stream_end: Literal["event", "done"] = "event"
    first_text_ms: float = 400.0
    piece_ms: float = 25.0
    piece_chars: int = 4
    attachments: str = ""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded file; its content is not kept."""

    file_id: str
    name: str
    size: int
    sha256: str
    ocr: bool
    uploaded_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call says, as far as it could be read. Empty where the operation has no such thing."""

    uid: str = ""
    model: str = ""
    prompt: str = ""
    question: str = ""
    file_ids: tuple[str, ...] = ()
    file_name: str = ""
    sha256: str = ""
    question_id: str = ""
    tag: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One line of the ledger. `number` counts from 1.

    `code` and `message` are what was answered or would have been, `http_status` is 0 where no answer went out,
    `fault` the kind of the fault that struck, else empty. `answer` is the text that a question was to be answered
    with, `ended_at` 0 while a stream goes out.
    """

    number: int
    at: float
    operation: Operation
    asked: Asked
    verdict: Verdict
    code: str
    message: str
    http_status: int
    fault: str
    answer: str = ""
    ended_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(BaseSnapshot):
    """Everything that the platform keeps over a restart: see BaseSnapshot."""

    files: list[StoredFile] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    version: Literal[1] = 1
