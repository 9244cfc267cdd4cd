"""JSON of others: read as far as it goes, and never an error. Pure.

By the standard library instead of msgspec: fragments of a text may be cut between the two halves of an emoji, and
half a surrogate pair is JSON to the one and an error to the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

MOST_TOKENS = 1_000_000_000
# A number is made text only where that is cheap.
MOST_DIGITS = 10**20


def parse_object(text: str) -> dict[str, Any] | None:
    """The JSON object that `text` is; None for anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def object_at(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The object under `key`, empty where there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def text_at(value: Mapping[str, Any], *keys: str) -> str:
    """The first text under `keys`, empty where there is none; a whole number counts as its digits."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, str):
            return found
        if type(found) is int and abs(found) < MOST_DIGITS:
            return str(found)
    return ""


def content_at(value: Mapping[str, Any], key: str) -> str | None:
    """The content of a message: a text, or a list of parts of which those of text count; None for neither."""
    found = value.get(key)
    if not isinstance(found, list):
        return found if isinstance(found, str) else None
    return "".join(text_at(part, "text") for part in found if isinstance(part, dict) and part.get("type") == "text")


def tokens_of(value: Mapping[str, Any]) -> tuple[int, int] | None:
    """Input and output tokens, as OpenAI or DashScope call them; None where they are not told."""
    usage = object_at(value, "usage")
    counts = (
        _count(usage, "prompt_tokens", "input_tokens"),
        _count(usage, "completion_tokens", "output_tokens"),
    )
    return None if counts[0] is None or counts[1] is None else (counts[0], counts[1])


def _count(usage: Mapping[str, Any], *keys: str) -> int | None:
    found = (usage.get(key) for key in keys)
    return next((n for n in found if type(n) is int and 0 <= n <= MOST_TOKENS), None)
