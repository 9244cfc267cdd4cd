"""AI platforms as the rest of the program sees them: questions, replies, uploads, and the client that drives one.

Pure: whoever builds prompts or judges answers imports this, and no HTTP library with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from taskbridge.ai.results import Usage
from taskbridge.platforms.base import Outcome

Structured: TypeAlias = Literal["json_schema", "json_object", "none"]
FileUse: TypeAlias = Literal["all", "scans", "none"]

# Alibaba's tokenizer guide for Qwen: a token is 1.5 to 1.8 Chinese characters, 3 to 4 letters, or one digit.
# The low ends, so that what is estimated to fit does fit.
CJK_PER_TOKEN = 1.5
ASCII_PER_TOKEN = 3.0


@dataclass(frozen=True, slots=True)
class Question:
    """One question to a model.

    `system` is what does not change from form to form: it goes first, since providers cache by prefix. `file_ids` are
    those that `upload` gave. `schema` is the JSON Schema that the answer has to follow, as far as the model is able.
    `within_s`: seconds from now until the answer is of no use any more, where that is sooner than the platform's own.
    """

    system: str
    user: str
    file_ids: tuple[str, ...] = ()
    model: str = ""
    uid: str = ""
    schema: Mapping[str, Any] | None = field(default=None, repr=False)
    within_s: float = math.inf

    def __repr__(self) -> str:
        # The texts hold forms of persons: they belong in no traceback.
        return f"Question(model={self.model!r}, characters={len(self.system) + len(self.user)})"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: it ended as its platform says that answers end.

    `usage` with its cost by the prices in the settings. `estimated`: the platform told no usage, and the tokens are
    those of `estimate_tokens`.
    """

    text: str = field(repr=False)
    question_id: str
    model: str
    usage: Usage
    latency_ms: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that the platform keeps. `expires_at` in epoch seconds, None where it keeps it for good."""

    file_id: str
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """What a model can do, in tokens; `price_in` and `price_out` are of a million tokens.

    `structured` is the strictest way of asking for JSON that the model offers.
    """

    context_tokens: int = 32_768
    output_tokens: int = 8_192
    structured: Structured = "none"
    streams: bool = True
    price_in: float = 0.0
    price_out: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that a platform offers, and what it calls it."""

    model: str
    name: str


class AiClient(Protocol):
    """One configured AI platform. Threads may share it.

    Every call may raise TransientError (with its kinds ThrottledError, TokenRefused, IncompleteAnswer), PermanentError
    (QuotaExhausted, ContentRefused), ConfigurationError and StoreError, whose texts hold no secret and nothing of the
    question.
    """

    @property
    def platform_id(self) -> str:
        """Id of the configured platform."""
        ...

    @property
    def files(self) -> FileUse:
        """Which attachments the platform is to get: all, only what we cannot read ourselves (scans), or none."""
        ...

    @property
    def answer_timeout_s(self) -> float:
        """How long one answer may take at most."""
        ...

    def model_for(self, wanted: str, environment: str) -> str:
        """The model to ask: `wanted`, else that of the environment (dev, prod), else the platform's."""
        ...

    def limits(self, model: str) -> ModelLimits:
        """What `model` can do: as configured, else as known, else careful defaults."""
        ...

    def upload(self, name: str, content: bytes, *, ocr: bool, within_s: float = math.inf) -> Upload:
        """Hands over a file, ready to be asked about. `ocr`: it may be a scan (PDF). `within_s` as for a question."""
        ...

    def ask(self, question: Question) -> Reply:
        """The whole answer at once."""
        ...

    def stream(self, question: Question, on_text: Callable[[str], None]) -> Reply:
        """The answer, of which every new piece of text goes to `on_text` when it comes.

        The pieces together are the `text` of the reply. Where it raises, what came is no answer.
        """
        ...

    def models(self) -> Sequence[ModelInfo]:
        """The models that the platform offers."""
        ...

    def feedback(self, question_id: str, tag: str, comment: str) -> None:
        """Tells the platform what a person thought of an answer. PermanentError where it has no such call."""
        ...

    def check(self) -> Outcome:
        """Tries the connection for a person; never raises an error of this package."""
        ...


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` has, rather too many than too few: for limits, and where a platform tells none.

    1.5 characters beyond ASCII, 3 of ASCII, or one digit a token.
    """
    ascii_text = text.encode("ascii", "ignore")
    digits = sum(ascii_text.count(digit) for digit in b"0123456789")
    wide = len(text) - len(ascii_text)
    return math.ceil(wide / CJK_PER_TOKEN + digits + (len(ascii_text) - digits) / ASCII_PER_TOKEN)
