"""What the models of every area share."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, ConfigDict

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before", max_length=4096)]
Limit = Annotated[int, Query(description="most items of a page", ge=1, le=MAX_LIMIT)]


class Wanted(BaseModel):
    """Base of what a request sends: a name that nobody knows is an error, not ignored, and so is another type.

    `0` is no `false`, and `"5"` no number.
    """

    model_config = ConfigDict(extra="forbid", strict=True)


class Listed(BaseModel, Generic[T]):
    """A page of a list. `next_cursor` is null at the end."""

    items: list[T]
    next_cursor: str | None = None
