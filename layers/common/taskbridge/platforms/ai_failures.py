"""What went wrong on an AI platform, as the error to raise. Pure.

One table for every platform, for whole answers and for errors within a stream, whose HTTP status stays 200.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from taskbridge.access.token_doubts import code_signal
from taskbridge.errors import (
    ContentRefused,
    IncompleteAnswer,
    PermanentError,
    PlatformError,
    QuotaExhausted,
    ThrottledError,
    TokenRefused,
    TransientError,
)
from taskbridge.platforms.http_answers import TOO_LARGE, page_doubt
from taskbridge.reasons import build_reason

# Ends that a model reports, in any letter case: `stop` of OpenAI, `eos_token` of TGI, `end_turn` of Anthropic, and what
# gateways make of them. Any other that is not a refusal cut the answer.
FINISHED = frozenset(
    {"", "null", "none", "stop", "eos", "eos_token", "end_of_text", "end_turn", "stop_sequence", "complete"}
)
REFUSED = frozenset({"content_filter", "refusal", "sensitive", "safety"})


@dataclass(frozen=True, slots=True)
class FailureCodes:
    """Result codes by meaning, compared as text."""

    token_expired: frozenset[str] = frozenset()
    retry: frozenset[str] = frozenset()
    quota: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is none. `codes`: everything that says in a word what happened, the most telling first.

    `running`: the request was taken (HTTP 200), and it is the run of the model that failed. `is_json`: what answered
    speaks JSON; a web page is that of a server which is being redeployed, or of a gateway.
    """

    status: int
    codes: tuple[str, ...] = ()
    message: str = ""
    retry_after: float | None = None
    readable: bool = True
    running: bool = False
    is_json: bool = True

    @property
    def effective_status(self) -> int:
        """The HTTP status, or a code that is one where HTTP itself says 200."""
        if self.status == 200:
            named = (int(code) for code in self.codes if len(code) == 3 and code.isascii() and code.isdigit())
            return next((status for status in named if 400 <= status < 600), 200)
        return self.status

    def says(self, known: frozenset[str]) -> bool:
        """Whether one of its codes is among `known`."""
        return not known.isdisjoint(self.codes)


# The first row that holds decides. A code speaks before the HTTP status: some send debts with 429.
_TABLE: tuple[tuple[type[PlatformError], Callable[[Failure, FailureCodes, int], bool]], ...] = (
    (ContentRefused, lambda f, codes, _: f.says(codes.refused)),
    (QuotaExhausted, lambda f, codes, _: f.says(codes.quota)),
    (TokenRefused, lambda f, codes, status: status == 401 or f.says(codes.token_expired)),
    (ThrottledError, lambda _, __, status: status == 429),
    (QuotaExhausted, lambda _, __, status: status in {402, 403}),
    (TransientError, lambda f, codes, status: status == 408 or status >= 500 or f.says(codes.retry)),
    (PermanentError, lambda f, _, status: 400 <= status < 500 and (f.is_json or status in TOO_LARGE)),
    (TransientError, lambda f, _, status: f.running or status != 200 or not f.readable),
    (PermanentError, lambda *_: True),
)


def error_for(failure: Failure, codes: FailureCodes) -> PlatformError:
    """The error that `failure` means."""
    status = failure.effective_status
    kind = next(kind for kind, holds in _TABLE if holds(failure, codes, status))
    return kind(
        failure.message or build_reason("http_status", status=failure.status),
        status=failure.status,
        errcode=failure.codes[0] if failure.codes else "",
        retry_after=failure.retry_after,
        doubt=_doubt_of(failure, kind, status),
    )


def _doubt_of(failure: Failure, kind: type[PlatformError], status: int) -> str:
    """How an answer may be that of a lost session. A run of the model that failed had a session."""
    if failure.running:
        return ""
    if kind is PermanentError:
        return code_signal(failure.codes[0]) if failure.codes else ""
    return page_doubt(status, is_json=failure.is_json) if kind is TransientError else ""


def is_finished(reason: str) -> bool:
    """Whether a model came to its end, or does not say."""
    return reason.strip().casefold() in FINISHED


def check_finish(reason: str) -> None:
    """Raises ContentRefused or IncompleteAnswer where a model ended otherwise than by coming to its end."""
    if reason.casefold() in REFUSED:
        raise ContentRefused(build_reason("no_answer", why=reason), status=200, errcode=reason)
    if not is_finished(reason):
        raise IncompleteAnswer(build_reason("answer_cut", why=reason[:64]), status=200, errcode=reason[:64])
