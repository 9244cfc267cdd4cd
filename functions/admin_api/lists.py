"""Lists page by page: how one is asked for, what a page is, and one list of several sorted ones. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Query

from taskbridge.tables.dynamo import Page

T = TypeVar("T")
DEFAULT_LIMIT = 50
MAX_LIMIT = 200
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before", max_length=4096)]
Limit = Annotated[int, Query(description="most items of a page", ge=1, le=MAX_LIMIT)]
Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A page of a list. `next_cursor` is null at the end."""

    items: list[T]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Piece(Generic[T]):
    """The next entries of one list, each with its place, the newest first. `has_more`: others may follow."""

    entries: list[tuple[Place, T]]
    has_more: bool


def merge(pieces: Mapping[str, Piece[T]], limit: int) -> tuple[list[tuple[str, Place, T]], bool]:
    """At most `limit` entries of all lists in order, each with the name of its list, and whether there are more.

    It ends early where the next entry of some list is not known: it may be newer than what the others have.
    """
    heads = dict.fromkeys(pieces, 0)
    merged: list[tuple[str, Place, T]] = []
    while len(merged) < limit:
        if any(piece.has_more and heads[name] == len(piece.entries) for name, piece in pieces.items()):
            return merged, True
        left = {name: piece.entries[heads[name]] for name, piece in pieces.items() if heads[name] < len(piece.entries)}
        if not left:
            return merged, False
        name = max(left, key=lambda each: (left[each][0], each))
        heads[name] += 1
        merged.append((name, *left[name]))
    return merged, any(piece.has_more or heads[name] < len(piece.entries) for name, piece in pieces.items())


def skip_empty(read: Callable[[str | None], Page[T]], cursor: str | None, pages: int) -> Page[T]:
    """The page at `cursor`, or the first of the next ones that holds something: at most `pages` are looked at."""
    page = read(cursor)
    for _ in range(pages - 1):
        if page.items or page.next is None:
            break
        page = read(page.next)
    return page


def read_merged(
    read: Callable[[str, Place], Piece[T]], names: list[str], positions: Mapping[str, Place], limit: int
) -> tuple[list[T], dict[str, Place] | None]:
    """A page of the lists `names`, and the positions of the next one, None at the end. One read of each list."""
    pieces = {name: read(name, tuple(positions.get(name, ()))) for name in names}
    merged, has_more = merge(pieces, limit)
    reached = {**positions, **{name: place for name, place, _ in merged}}
    return [value for _, _, value in merged], reached if has_more else None
