"""Faults of the AI platform on request."""

from __future__ import annotations

from dataclasses import dataclass

from local.aigc_simulator.records import QUESTIONS, Operation
from local.simulating.faults import OK, BaseFaults

NOT_ACTED = (
    *("http_500", "http_503", "http_429", "http_403", "timeout_before", "reset", "html", "expired_token"),
    *("quota", "content_refused"),
)
"""Nothing is done. `quota` and `content_refused` are refusals with a code, `http_403` is a used-up quota too."""

ACTED = ("http_500_after", "timeout_after", "reset_after")
"""What is asked is done; the caller learns nothing of it."""

SPOILED = ("half_json", "no_json", "empty")
"""A question is answered, and the verdict is cut off, left out, or the whole answer is empty."""

STREAMED = ("cut", "no_end", "error_event", "stall")
"""A stream breaks off in the middle: the connection falls, it ends as if complete but for the terminal event,
an error event comes, or nothing more comes at all."""

DEFAULT_KINDS = ("http_500", "http_503", "http_429", "reset", "expired_token", *ACTED, *SPOILED, "cut", "no_end")
_WITHOUT_STREAM = {
    "cut": "reset_after",
    "no_end": "half_json",
    "error_event": "http_500_after",
    "stall": "timeout_after",
}


@dataclass(frozen=True, slots=True)
class Faults(BaseFaults):
    """Which calls go wrong, and how: see BaseFaults.

    Kinds are those of `NOT_ACTED`, `ACTED`, `SPOILED` and `STREAMED`. `matching`: only questions strike out that
    hold this text.
    """

    known_kinds = frozenset(NOT_ACTED + ACTED + SPOILED + STREAMED)
    known_operations = frozenset(Operation)
    kinds: tuple[str, ...] = DEFAULT_KINDS
    matching: str = ""


def kind_for(operation: Operation, kind: str) -> str:
    """The kind as this operation can show it: only a stream can break off, only a question can be answered badly."""
    if operation is not Operation.TALK_STREAM:
        kind = _WITHOUT_STREAM.get(kind, kind)
    if kind == OK or (kind in SPOILED and operation not in QUESTIONS):
        return ""
    return kind
