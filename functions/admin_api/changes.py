"""The trail of changes: who changed which platform, rule or setting. Written with each, secrets masked; and read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import msgspec
from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.api import Api, Router
from admin_api.ids import decode_id, encode_id
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed, skip_empty
from admin_api.moments import at, parse_range
from admin_api.problems import Problem, invalid
from admin_api.views import show
from taskbridge.moments import DAY_S
from taskbridge.tables.changes import ChangeRecord, ChangeTable

MASK = "********"
# Kinds of subjects, with how many ids each has.
KINDS = {"platform": 1, "trigger-rule": 1, "ai-settings": 0, "node": 2, "own-rule": 3, "erasure": 0}
# Nobody reads the rules of another person: that they were changed is what the trail tells.
_OF_A_PERSON = frozenset({"rule", "clauses", "keynote", "file_key", "checks"})
SIDE_CHARS = 20_000  # of what a change was before, and after
SHOWN_DAYS = 90  # where neither a time nor a subject is given
PAGES_A_CALL = 3
_SUBJECT = "such as `platform/jz`, `trigger-rule/r1`, `ai-settings`, `node/leave/n1`, `own-rule/10021/leave/n1`"
Subject = Annotated[str | None, Query(description=_SUBJECT, min_length=1, max_length=1000, examples=["platform/jz"])]
_FROM = f"RFC 3339. Without it: {SHOWN_DAYS} days ago, or the beginning where `subject` is given"
From = Annotated[str | None, Query(alias="from", description=_FROM, max_length=40)]
To = Annotated[str | None, Query(description="RFC 3339. Without it: now", max_length=40)]
router = Router("operations")


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed what. `before` is null where it did not exist, `after` where it was deleted."""

    id: str
    at: str
    who: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@router.get("/v1/changes", summary="Who changed what")
def list_changes(
    api: Api,
    subject: Subject = None,
    from_: From = None,
    to: To = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listed[Change]:
    """The newest first: of one subject, or of all in a time. A page may be short where there is a next one.

    Secrets are masked, and so is the text of people's own rules. Without `subject`, changes of release 0.1.0 are
    not found.
    """
    changes, now = api.services.changes, api.services.clock()
    start, end = parse_range(from_, to, now)
    end = end or at(now + DAY_S)
    if subject:
        read = partial(changes.of, _parse_subject(subject), limit=limit, start=start, end=end)
    else:
        read = partial(changes.between, start or at(now - SHOWN_DAYS * DAY_S), end, limit=limit)
    page = skip_empty(read, api.open_cursor(cursor), PAGES_A_CALL)
    return api.listed([_show(each) for each in page.items], page.next)


@dataclass(frozen=True, slots=True)
class Trail:
    """Records changes."""

    store: ChangeTable
    now: Callable[[], str]
    new_id: Callable[[], str]

    def record(
        self,
        who: str,
        what: tuple[str, ...],
        before: Any,
        after: Any,
        secrets: Collection[str] = (),
    ) -> str:
        """Record a change of `what`, such as ("platform", "jinzhi"): None is before it was, or after it was deleted.

        `before` and `after` are mappings, or what is stored and becomes one.

        Values of fields named in `secrets`, at any depth, are masked. Returns its id. Raises StoreError.
        """
        hidden = frozenset(secrets)
        change = ChangeRecord(self.new_id(), self.now(), who, what, _masked(before, hidden), _masked(after, hidden))
        self.store.record(change)
        return change.id


def mask_secrets(value: Any, secrets: Collection[str]) -> Any:
    """The value with what stands under the names of secrets masked; what is empty stays visibly empty."""
    if isinstance(value, Mapping):
        return {name: MASK if name in secrets and each else mask_secrets(each, secrets) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [mask_secrets(each, secrets) for each in value]
    return value


def _masked(value: Any, secrets: Collection[str]) -> dict[str, Any] | None:
    return None if value is None else dict(mask_secrets(msgspec.to_builtins(value), secrets))


def _show(change: ChangeRecord) -> Change:
    """The text of a person's own rule is masked, and a side that is very large is left out."""
    hidden = _OF_A_PERSON if change.what[0] == "own-rule" else frozenset[str]()
    return show(
        Change,
        change,
        subject="/".join([change.what[0], *map(encode_id, change.what[1:])]),
        before=_side(change.before, hidden),
        after=_side(change.after, hidden),
    )


def _parse_subject(text: str) -> tuple[str, ...]:
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
