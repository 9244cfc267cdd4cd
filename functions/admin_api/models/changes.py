"""The trail of changes as it is shown."""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import BaseModel, Field

from admin_api.changes import mask_secrets
from admin_api.ids import decode_id, encode_id
from admin_api.problems import Problem, invalid
from taskbridge.tables.changes import Change as Stored

# Kinds of subjects, with how many ids each has.
KINDS = {"platform": 1, "trigger-rule": 1, "ai-settings": 0, "node": 2, "own-rule": 3, "erasure": 0}
# Nobody reads the rules of another person: that they were changed is what the trail tells.
_OF_A_PERSON = frozenset({"rule", "clauses", "keynote", "file_key", "checks"})
SIDE_CHARS = 20_000  # of what a change was before, and after


class Change(BaseModel):
    """Who changed what. `before` is null where it did not exist, `after` where it was deleted."""

    id: str = Field(description="names the change", examples=["9f3a07bc12de"])
    at: str = Field(description="when", examples=["2026-11-22T01:30:00.000+00:00"])
    who: str = Field(description="user id of who changed it", examples=["10021"])
    subject: str = Field(description="what was changed, as `subject` of this list takes it", examples=["platform/jz"])
    before: dict[str, Any] | None = Field(description="what it was, secrets masked", examples=[{"enabled": False}])
    after: dict[str, Any] | None = Field(description="what it became, secrets masked", examples=[{"enabled": True}])


def show_change(change: Stored) -> Change:
    """A change. The text of a person's own rule is masked, and a side that is very large is left out."""
    hidden = _OF_A_PERSON if change.what[0] == "own-rule" else frozenset[str]()
    return Change(
        id=change.id,
        at=change.at,
        who=change.who,
        subject="/".join([change.what[0], *map(encode_id, change.what[1:])]),
        before=_side(change.before, hidden),
        after=_side(change.after, hidden),
    )


def parse_subject(text: str) -> tuple[str, ...]:
    """The subject that a query names. Raises Problem (422)."""
    kind, *ids = text.split("/")
    if KINDS.get(kind) != len(ids):
        known = ", ".join("/".join([name, *["{id}"] * count]) for name, count in KINDS.items())
        raise invalid("subject", f"expected one of {known}, got {text!r}", where="query")
    try:
        return kind, *map(decode_id, ids)
    except Problem:
        raise invalid("subject", f"expected ids as lists give them, got {text!r}", where="query") from None


def _side(side: dict[str, Any] | None, hidden: frozenset[str]) -> dict[str, Any] | None:
    if side is None:
        return None
    if len(msgspec.json.encode(side)) > SIDE_CHARS:
        return {"cut": "too large to be shown"}
    return dict(mask_secrets(side, hidden))
