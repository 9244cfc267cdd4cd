"""What a request may send: JSON of a bounded size, each name known and of its own type."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict

from admin_api.problems import Problem, invalid

MAX_BODY_BYTES = 256 * 1024  # of a request, where its route does not say otherwise
MOST_BODY_BYTES = 4 * 1024 * 1024 + 64 * 1024  # of any: a document, of the 6 MB that an invocation may be handed


class Wanted(BaseModel):
    """Base of what a request sends: a name that nobody knows is an error, not ignored, and so is another type.

    `0` is no `false`, and `"5"` no number.
    """

    model_config = ConfigDict(extra="forbid", strict=True)


def read_body(event: Mapping[str, Any]) -> dict[str, Any]:
    """The request with its body as text. Raises Problem where it is too large for any route, or no text."""
    body = event.get("body")
    if not body:
        return {**event, "body": None, "isBase64Encoded": False}
    if event.get("isBase64Encoded"):
        if len(body) > MOST_BODY_BYTES * 2:
            raise too_large(MOST_BODY_BYTES)
        try:
            body = base64.b64decode(body, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise invalid("body", "expected JSON as UTF-8") from None
    check_size(body, MOST_BODY_BYTES)
    return {**event, "body": body, "isBase64Encoded": False}


def check_size(body: str, most_bytes: int) -> None:
    """Raises Problem (413) for a body that is larger."""
    # A character has at most four bytes, so that most bodies need not be counted.
    if len(body) * 4 > most_bytes and len(body.encode("utf-8", "replace")) > most_bytes:
        raise too_large(most_bytes)


def parse_json(body: str) -> Any:
    """The body of a request, an object everywhere. Raises Problem for anything else, NaN and lone surrogates included.

    Where a body may be left out, Powertools would take one of another type for none.
    """
    try:
        return msgspec.json.decode(body, type=dict[str, Any] | None)
    except msgspec.ValidationError:
        raise invalid("body", "expected an object") from None
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        raise invalid("body", "expected JSON as UTF-8, not nested too deeply") from None


def too_large(most_bytes: int) -> Problem:
    """413: more than the route takes."""
    return Problem(413, "too_large", f"A request has at most {most_bytes // 1024} KB here.")
