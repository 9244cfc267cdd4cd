"""An item of the AI task table: one seat, that is a task of one person, with the one analysis that it has now.

`uid` and `task_id` (as key parts), the fields of the Seat, those of its Analysis with `a_` before them, and
`counted` once the person's decision is in the counters. `answers` are the ids of all the answers that the seat ever
had (see ai_answers): they quote its form, and are found by these when its instance is deleted. `late_shard` with
`late_at` lists, by time, where a person opened or decided a task before its analysis was done. Keys of the indexes:
`uid_state` with `since` lists a person's tasks by state, `uid_node` and `uid_app` with `state_since` those of a node
and of an application, `node` with `seat` the open ones of everybody, and under `done#` and the node the done ones. What
is gone stands in none of them, and goes by itself.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

import msgspec

from taskbridge.ai.seats import Analysis, Seat, SeatState
from taskbridge.tables.dynamo import Attributes, Item, Value, from_values, key_part, node_key, to_item, to_values

_TEXT_LIMIT = 2000  # an item, and each entry of an index with it, stays small whatever a subject holds
_TEXTS = ("subject", "initiator", "app_name", "node_name", "node_key")
LATE = ("late_shard", "late_at")
ANALYSIS = (*(f"a_{name}" for name in Analysis.__struct_fields__), *LATE)
UNKNOWN_TO_WORKER = frozenset({"a_opened_at", *LATE})  # what stays where a worker writes a whole analysis
INDEXES = {
    "by_state": ("uid_state", "since"),
    "by_node": ("uid_node", "state_since"),
    "by_app": ("uid_app", "state_since"),
    "node_open": ("node", "seat"),
}
INDEX_KEYS = frozenset(name for keys in INDEXES.values() for name in keys)


def seat_key(uid: str, task_id: str) -> Attributes:
    """The key of a seat's item."""
    return to_item({"uid": key_part(uid), "task_id": key_part(task_id)})


def seat_values(seat: Seat) -> Attributes:
    """The fields of a seat but its analysis. The ids stand beside the keys, which may be cut."""
    texts = {name: cut_text(getattr(seat, name)) for name in _TEXTS}
    values = to_values(msgspec.structs.replace(seat, analysis=None, **texts))
    raw_ids = {"raw_uid": values.pop("uid"), "raw_task_id": values.pop("task_id")}
    return values | raw_ids


def read_seat(item: Item) -> Seat:
    """The seat that an item holds, with its analysis."""
    seat = from_values({**item, "uid": item["raw_uid"], "task_id": item["raw_task_id"]}, Seat)
    return msgspec.structs.replace(seat, analysis=read_analysis(item)) if "a_id" in item else seat


def read_analysis(item: Item) -> Analysis:
    """The analysis that an item holds."""
    return from_values(item, Analysis, "a_")


def whole_analysis(analysis: Analysis, *, but: Container[str] = ()) -> dict[str, Any]:
    """The `sets` and `removes` that put an analysis in the place of another, all of it but the attributes `but`."""
    values = to_values(analysis, "a_")
    return {
        "sets": {name: value for name, value in values.items() if name not in but},
        "removes": [name for name in ANALYSIS if name not in values and name not in but],
    }


def index_keys(seat: Seat) -> dict[str, str]:
    """Where a seat is listed."""
    if seat.state is SeatState.GONE:
        return {}
    person, node, task = key_part(seat.uid), node_key(seat.app_id, seat.node_id), key_part(seat.task_id)
    is_done = seat.state is SeatState.DONE
    since = f"{(seat.finished_at if is_done else '') or seat.created_at}#{task}"
    keys = {
        "uid_state": f"{person}#{seat.state}",
        "since": since,
        "uid_node": f"{person}#{node}",
        "uid_app": f"{person}#{key_part(seat.app_id)}",
        "state_since": f"{seat.state}#{since}",
    }
    if is_done:
        return {**keys, "node": done_on(seat.app_id, seat.node_id), "seat": f"{since}#{person}"}
    return {**keys, "node": node, "seat": f"{person}#{task}"}


def seat_listing(uid: str, state: str, app_id: str = "", node_id: str = "") -> tuple[str, str, str]:
    """The index, the partition and the prefix under which a person's tasks stand: all, of an application, of a node."""
    person = key_part(uid)
    if node_id:
        return "by_node", f"{person}#{node_key(app_id, node_id)}", f"{state}#"
    if app_id:
        return "by_app", f"{person}#{key_part(app_id)}", f"{state}#"
    return "by_state", f"{person}#{state}", ""


def done_on(app_id: str, node_id: str) -> str:
    """What the done tasks of a node stand under, where its key names the open ones. No node has a key with two `#`."""
    return f"{SeatState.DONE}#{node_key(app_id, node_id)}"


def spent_values(spent: Mapping[str, float] | None) -> Attributes:
    """Where an analysis' time went: its fields in seconds, and when that was counted."""
    return to_item({f"a_{name}": value for name, value in (spent or {}).items()})


def is_opened(seat: Seat | None) -> bool:
    """Whether its person has looked at the task while its analysis was under way."""
    return seat is not None and seat.analysis is not None and bool(seat.analysis.opened_at)


def last_answer(before: Seat | None) -> dict[str, frozenset[str]]:
    """What goes with the analysis of a seat that is gone: a release before did not list the answers beside it."""
    analysis = before.analysis if before else None
    return {"answers": frozenset({analysis.answer_id})} if analysis and analysis.answer_id else {}


def same_as(before: Seat | None, version: int) -> tuple[list[str], dict[str, Value]]:
    """The conditions under which nobody has written the seat since it was read, but from this document or an older."""
    if before is None:
        return ["attribute_not_exists(#state)"], {}
    return ["#state = :before", "#version <= :version"], {":before": before.state, ":version": version}


def same_analysis(before: Seat | None) -> tuple[list[str], dict[str, Value]]:
    """The conditions under which the person had the analysis that was read."""
    if before is None or before.analysis is None:
        return ["attribute_not_exists(#a_id)"], {}
    values: dict[str, Value] = {":a_id": before.analysis.id, ":a_status": before.analysis.status}
    return ["#a_id = :a_id", "#a_status = :a_status"], values


def cut_text(text: str) -> str:
    """As much of a text as an item takes."""
    return text[:_TEXT_LIMIT]
