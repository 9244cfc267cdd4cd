"""What is known of a person on each node, as lists show it: a person has as many entries as nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.api import Api
from admin_api.ids import encode_id
from admin_api.lists import Listed
from admin_api.wiring import Services
from taskbridge.ai.people import EVERYONE, PersonNode

T = TypeVar("T")
Id = Annotated[str | None, Query(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of an application. `path` is application and node as a path of the API takes them."""

    app_id: str
    app_name: str
    node_id: str
    node_key: str
    node_name: str
    path: str


def facts_of(node: PersonNode) -> dict[str, Any]:
    """The fields of Node."""
    return {
        "app_id": node.app_id,
        "app_name": node.app_name,
        "node_id": node.node_id,
        "node_key": node.node_key,
        "node_name": node.node_name,
        "path": f"{encode_id(node.app_id)}/{encode_id(node.node_id)}",
    }


def nodes_of(uid: str, services: Services) -> list[PersonNode]:
    """All nodes of a person: one Query."""
    return services.people.list(uid) if is_person(uid) else []


def is_person(uid: str) -> bool:
    """Whoever is called `*` would read what is counted of all."""
    return uid != EVERYONE


def page_of(
    api: Api, found: Sequence[PersonNode], show: Callable[[PersonNode], T], position: str | None, limit: int
) -> Listed[T]:
    """A page of a list that is short."""
    start = int(position or 0)
    end = start + limit
    return api.listed([show(each) for each in found[start:end]], str(end) if end < len(found) else None)
