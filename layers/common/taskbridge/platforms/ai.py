"""AI platforms as the rest of the program sees them: questions, replies, uploads, models; AiPlatformClient drives one.

Pure: whoever builds prompts or judges answers imports this, and no HTTP library with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from taskbridge.usage import Usage

Structured: TypeAlias = Literal["json_schema", "json_object_schema", "json_object", "none"]
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

    `structured` is the strictest way of asking for JSON that the model offers. json_object_schema: an object with the
    schema beside it, as llama.cpp's servers take it.
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


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` has, rather too many than too few: for limits, and where a platform tells none.

    1.5 characters beyond ASCII, 3 of ASCII, or one digit a token.
    """
    ascii_text = text.encode("ascii", "ignore")
    digits = sum(ascii_text.count(digit) for digit in b"0123456789")
    wide = len(text) - len(ascii_text)
    return math.ceil(wide / CJK_PER_TOKEN + digits + (len(ascii_text) - digits) / ASCII_PER_TOKEN)
