"""The AI task table: one item per seat, that is a task of one person, with the one analysis that it has now.

Item: `uid` and `task_id` (as key parts), the fields of the Seat, those of its Analysis with `a_` before them, and
`counted` once the person's decision is in the counters. `answers` are the ids of all the answers that the seat ever
had (see ai_answers): they quote its form, and are found by these when its instance is deleted. `late_shard` with
`late_at` lists, by time, where a person opened or decided a task before its analysis was done. Keys of the indexes:
`uid_state` with `since` lists a person's tasks by state, `uid_node` and `uid_app` with `state_since` those of a node
and of an application, `node` with `seat` the open ones of everybody, and under `done#` and the node the done ones. What
is gone stands in none of them, and goes by itself.

Who writes the projection and who writes the analysis never touch each other's attributes, but that what is gone has no
analysis. Every write has its condition: whoever comes late changes nothing.

`expires_at`: what is gone is remembered for 90 days; what is done goes with its instance's document (see ai_processes).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from taskbridge.ai.delays import is_awaited
from taskbridge.ai.people import is_decision
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.aws import store_call
from taskbridge.moments import DAY_S
from taskbridge.tables.ai_people import build_decision_counts, build_open_counts
from taskbridge.tables.batches import batch_get
from taskbridge.tables.by_time import TimeIndex
from taskbridge.tables.conditional import Lease, build_update, names_in, transact, write_if
from taskbridge.tables.dynamo import (
    Attributes,
    Item,
    Page,
    Value,
    from_values,
    get_item,
    key_part,
    node_key,
    query_page,
    to_attribute,
    to_item,
    to_values,
)

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TOMBSTONE_S = 90 * DAY_S
_TEXT_LIMIT = 2000  # an item, and each entry of an index with it, stays small whatever a subject holds
_TEXTS = ("subject", "initiator", "app_name", "node_name", "node_key")
_LATE = ("late_shard", "late_at")
_ANALYSIS = (*(f"a_{name}" for name in Analysis.__struct_fields__), *_LATE)
_KEPT = frozenset({"a_opened_at", *_LATE})  # what a worker does not know, who writes a whole analysis
_INDEXES = {
    "by_state": ("uid_state", "since"),
    "by_node": ("uid_node", "state_since"),
    "by_app": ("uid_app", "state_since"),
    "node_open": ("node", "seat"),
}
_INDEX_KEYS = frozenset(name for keys in _INDEXES.values() for name in keys)
_OPEN_WITH = "#state = :open AND #a_id = :id"


class TaskTable:
    """Seats on DynamoDB. `people` is the table of PersonNodeTable; `clock` gives epoch seconds.

    `retention_s` is how long a done seat is kept after its instance's end, 0 for ever: only who projects needs it.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        people: str,
        clock: Callable[[], float] = time.time,
        retention_s: float = 0.0,
    ) -> None:
        self._client = client
        self._table = table
        self._people = people
        self._clock = clock
        self._retention_s = retention_s
        self._lease = Lease(client, table, prefix="a_")
        self._late = TimeIndex(client, table, "late", *_LATE, ("uid", "task_id"), width=10, buckets=8)

    def get(self, uid: str, task_id: str) -> Seat | None:
        """A seat, read consistently; also one that is gone, for as long as it is remembered."""
        item = get_item(self._client, self._table, _key(uid, task_id))
        return _seat(item) if item else None

    def get_many(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Seat]:
        """Seats by (uid, task id), read consistently; those that do not exist are left out."""
        wanted = [_key(*key) for key in dict.fromkeys(keys)]
        seats = map(_seat, batch_get(self._client, self._table, wanted, consistent=True))
        return {(seat.uid, seat.task_id): seat for seat in seats}

    def answers_of(self, keys: Iterable[tuple[str, str]]) -> set[str]:
        """The ids of all the answers that these seats, by (uid, task id), ever had; read consistently."""
        wanted = [_key(*key) for key in dict.fromkeys(keys)]
        items = batch_get(self._client, self._table, wanted, consistent=True)
        return {answer_id for item in items if "answers" in item for answer_id in item["answers"]["SS"]}

    def project(self, seat: Seat, before: Seat | None) -> bool:
        """Write what the process document says of a seat; its analysis stays, unless the seat is gone.

        `before` is the seat as it was read. False where another stands there by now, or a newer document was faster:
        then nothing was written. The counters of people change in the same transaction; a decision is counted once,
        the first one, whatever is delivered again.
        """
        opens = build_open_counts(self._people, before, seat)
        if not is_decision(before, seat):
            return self._write(self._projection(seat, before), opens)
        first = self._projection(seat, before, is_counted=False)
        if self._write(first, build_decision_counts(self._people, before, seat)):
            return True
        # Decided before, opened again, and decided again: that was counted the first time.
        return self._write(self._projection(seat, before, is_counted=True), opens)

    def begin(self, uid: str, task_id: str, analysis: Analysis, replaces: str) -> bool:
        """Put an analysis in the place of the one with id `replaces` (empty: of none), if the task is open."""
        condition, values = "attribute_not_exists(#a_id)", {}
        if replaces:
            condition, values = "#a_id = :replaces", {":replaces": replaces}
        sets = to_values(analysis, "a_")
        return self._change(
            uid,
            task_id,
            f"#state = :open AND {condition}",
            {":open": SeatState.OPEN, **values},
            sets=sets,
            removes=[name for name in _ANALYSIS if name not in sets],
        )

    def claim(
        self,
        uid: str,
        task_id: str,
        analysis_id: str,
        holder: str,
        now: float,
        lease_until: float,
        spent: Mapping[str, float] | None = None,
    ) -> Analysis | None:
        """Be the worker of an analysis until `lease_until`; None where it is moot, finished, or another's.

        Who holds it may claim it again. Each claim is an attempt. `spent` says where its time went until now.
        """
        item = self._lease.claim(
            _key(uid, task_id),
            holder,
            now,
            lease_until,
            when=f"{_OPEN_WITH} AND (#a_status = :pending OR #a_status = :running)",
            values={
                ":open": SeatState.OPEN,
                ":id": analysis_id,
                ":pending": AnalysisStatus.PENDING,
                ":running": AnalysisStatus.RUNNING,
            },
            sets={**to_item({"a_status": AnalysisStatus.RUNNING}), **_spent(spent)},
            adds={"a_attempts": 1},
        )
        return _analysis(item) if item else None

    def renew(self, uid: str, task_id: str, analysis_id: str, holder: str, lease_until: float) -> bool:
        """Stay the worker of an analysis for longer. False where it is no longer this worker's."""
        return self._change_held(uid, task_id, analysis_id, holder, sets=to_item({"a_lease_until": lease_until}))

    def attach(
        self, uid: str, task_id: str, analysis_id: str, holder: str, *, answer_id: str, fingerprint: str
    ) -> bool:
        """Say where the answer is going to stand. False where the analysis is no longer this worker's."""
        sets = to_item({"a_answer_id": answer_id, "a_fingerprint": fingerprint})
        adds = {"answers": frozenset({answer_id})}
        return self._change_held(uid, task_id, analysis_id, holder, sets=sets, adds=adds)

    def wait(
        self,
        uid: str,
        task_id: str,
        analysis_id: str,
        holder: str,
        reason: str,
        *,
        counts: bool,
        spent: Mapping[str, float] | None = None,
    ) -> bool:
        """Give an analysis back, to be claimed again, with the reason why it waits. `counts`: it was an attempt."""
        free: dict[str, Value] = {"a_status": AnalysisStatus.PENDING, "a_holder": "", "a_lease_until": 0}
        adds = {} if counts else {"a_attempts": -1}
        sets = {**to_item({**free, "a_reason": _cut(reason)}), **_spent(spent)}
        return self._change_held(uid, task_id, analysis_id, holder, sets=sets, adds=adds)

    def settle(self, uid: str, task_id: str, analysis_id: str, finished: Analysis) -> Analysis | None:
        """End an analysis: done or failed; returns it as it stands then, with what its worker did not know.

        None where the task has moved, or it was ended otherwise: it is late.
        """
        sets = to_values(msgspec.structs.replace(finished, reason=_cut(finished.reason)), "a_")
        is_running = "#a_status = :pending OR #a_status = :running"
        is_same = "#a_status = :status AND #a_finished_at = :finished_at"  # the SDK may repeat a call that arrived
        request = build_update(
            self._table,
            _key(uid, task_id),
            condition=f"{_OPEN_WITH} AND #a_basis = :basis AND ({is_running} OR ({is_same}))",
            values={
                ":open": SeatState.OPEN,
                ":id": analysis_id,
                ":basis": finished.basis,
                ":pending": AnalysisStatus.PENDING,
                ":running": AnalysisStatus.RUNNING,
                ":status": finished.status,
                ":finished_at": finished.finished_at,
            },
            sets={name: value for name, value in sets.items() if name not in _KEPT},
            removes=[name for name in _ANALYSIS if name not in sets and name not in _KEPT],
        )
        answer = write_if(self._client.update_item, **request, ReturnValues="ALL_NEW")
        return None if answer is None else _analysis(answer["Attributes"])

    def note_opening(self, seat: Seat, at: str) -> bool:
        """Keep that its person looks at the task at `at` (RFC 3339 in UTC), if its analysis is still under way then.

        Once for an analysis: False where the person was seen before.
        """
        assert seat.analysis is not None  # noqa: S101 - nobody waits for an analysis that does not exist
        is_running = "#a_status = :pending OR #a_status = :running"
        is_first = "attribute_not_exists(#a_opened_at) OR #a_opened_at = :never"
        return self._change(
            seat.uid,
            seat.task_id,
            f"{_OPEN_WITH} AND ({is_running}) AND ({is_first})",
            {
                ":open": SeatState.OPEN,
                ":id": seat.analysis.id,
                ":pending": AnalysisStatus.PENDING,
                ":running": AnalysisStatus.RUNNING,
                ":never": "",
            },
            sets={"a_opened_at": to_attribute(at), **self._late_keys(seat, at)},
        )

    def list_late(self, start: str, end: str, cursor: str | None = None, limit: int = 50) -> Page[Seat]:
        """The seats whose person was there before their analysis in [start, end), the latest first; see TimeIndex."""
        return self._late.page(_seat, start, end, cursor, limit)

    def clear(self, uid: str, task_id: str, analysis_id: str) -> bool:
        """Take an analysis away that is no longer today's, if the task is open."""
        values: dict[str, Value] = {":open": SeatState.OPEN, ":id": analysis_id}
        return self._change(uid, task_id, _OPEN_WITH, values, removes=_ANALYSIS)

    def give_feedback(self, uid: str, task_id: str, analysis_id: str, tag: str, comment: str) -> bool:
        """Keep what the person thinks of an analysis, also of a task that is done. False where there is another."""
        sets = to_item({"a_feedback_tag": tag, "a_feedback_comment": _cut(comment)})
        return self._change(uid, task_id, "#a_id = :id", {":id": analysis_id}, sets=sets)

    def list_person(
        self,
        uid: str,
        state: Literal["open", "done"],
        *,
        app_id: str = "",
        node_id: str = "",
        limit: int = 50,
        cursor: str | None = None,
        newest_first: bool = True,
    ) -> Page[Seat]:
        """A person's tasks, of an application or of a node of it where given: one Query, a moment behind the writes.

        In the order in which open ones were created, done ones finished.
        """
        person, prefix = key_part(uid), f"{state}#"
        if node_id:
            owner = f"{person}#{node_key(app_id, node_id)}"
            return self._list("by_node", owner, prefix, limit, cursor, newest_first=newest_first)
        if app_id:
            owner = f"{person}#{key_part(app_id)}"
            return self._list("by_app", owner, prefix, limit, cursor, newest_first=newest_first)
        return self._list("by_state", f"{person}#{state}", "", limit, cursor, newest_first=newest_first)

    def list_person_node_open(
        self, uid: str, app_id: str, node_id: str, limit: int = 50, cursor: str | None = None
    ) -> Page[Seat]:
        """A person's open tasks on a node, the oldest first."""
        owner = f"{key_part(uid)}#{node_key(app_id, node_id)}"
        return self._list("by_node", owner, "open#", limit, cursor)

    def list_node_open(self, app_id: str, node_id: str, *, limit: int = 50, cursor: str | None = None) -> Page[Seat]:
        """Everybody's open tasks on a node, person by person."""
        return self._list("node_open", node_key(app_id, node_id), "", limit, cursor)

    def list_node_done(self, app_id: str, node_id: str, *, limit: int = 50, cursor: str | None = None) -> Page[Seat]:
        """Everybody's done tasks on a node, those finished last first. An earlier release did not list them."""
        return self._list("node_open", _done_on(app_id, node_id), "", limit, cursor, newest_first=True)

    def list_all(self, uid: str, limit: int = 50) -> Page[Seat]:
        """The first seats that a person ever had, by task, read consistently, those that are gone included."""
        return query_page(
            self._client,
            _seat,
            None,
            limit,
            TableName=self._table,
            KeyConditionExpression="uid = :uid",
            ExpressionAttributeValues=to_item({":uid": key_part(uid)}),
            ConsistentRead=True,
        )

    def remove(self, uid: str, task_id: str) -> None:
        """Forget a seat."""
        store_call(self._client.delete_item, TableName=self._table, Key=_key(uid, task_id))

    def _list(
        self, index: str, owner: str, prefix: str, limit: int, cursor: str | None, *, newest_first: bool = False
    ) -> Page[Seat]:
        partition, order = _INDEXES[index]
        condition, values = f"#{partition} = :owner", {":owner": owner}
        if prefix:
            condition, values = f"{condition} AND begins_with(#{order}, :prefix)", {**values, ":prefix": prefix}
        return query_page(
            self._client,
            _seat,
            cursor,
            limit,
            TableName=self._table,
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeNames=names_in(condition),
            ExpressionAttributeValues=to_item(values),
            ScanIndexForward=not newest_first,
        )

    def _change(self, uid: str, task_id: str, condition: str, values: dict[str, Value], **changes: Any) -> bool:
        request = build_update(self._table, _key(uid, task_id), condition=condition, values=values, **changes)
        return write_if(self._client.update_item, **request) is not None

    def _change_held(self, uid: str, task_id: str, analysis_id: str, holder: str, **changes: Any) -> bool:
        """Change an analysis as its worker; False where it is no longer this worker's."""
        values = {":open": SeatState.OPEN, ":id": analysis_id, ":running": AnalysisStatus.RUNNING}
        when = f"{_OPEN_WITH} AND #a_status = :running"
        return self._lease.change(_key(uid, task_id), holder, when=when, values=values, **changes)

    def _write(self, projection: dict[str, Any], counts: list[dict[str, Any]]) -> bool:
        if counts:
            return transact(self._client, [{"Update": projection}, *counts])
        return write_if(self._client.update_item, **projection) is not None

    def _late_keys(self, seat: Seat, at: str) -> Attributes:
        """Where a seat is listed whose person was there before its analysis."""
        moment = f"{at}#{key_part(seat.uid)}#{key_part(seat.task_id)}"
        return to_item({"late_shard": self._late.place(at, seat.task_id), "late_at": moment})

    def _kept_s(self, seat: Seat) -> float:
        if seat.state is SeatState.GONE:
            return TOMBSTONE_S
        return self._retention_s if seat.is_over else 0.0

    def _projection(self, seat: Seat, before: Seat | None, *, is_counted: bool | None = None) -> dict[str, Any]:
        """The update of a seat. `is_counted` is what it demands of, and leaves in, `counted` where that matters."""
        is_gone = seat.state is SeatState.GONE
        sets = _values(seat) | to_item(_index_keys(seat))
        kept_s = self._kept_s(seat)
        if kept_s:
            sets["expires_at"] = to_attribute(int(self._clock() + kept_s))
        if is_decision(before, seat) and is_awaited(before) and seat.finished_at and not _is_opened(before):
            sets |= self._late_keys(seat, seat.finished_at)
        conditions, values = _same_as(before, seat.version)
        if is_counted is not None:
            sets["counted"] = to_attribute(1)
            conditions.append(f"attribute_{'exists' if is_counted else 'not_exists'}(#counted)")
        if is_counted is False:
            more, given = _same_analysis(before)
            conditions += more
            values |= given
        removes = [*(_INDEX_KEYS - sets.keys()), *(_ANALYSIS if is_gone else ()), *([] if kept_s else ["expires_at"])]
        return build_update(
            self._table,
            _key(seat.uid, seat.task_id),
            sets=sets,
            adds=_last_answer(before) if is_gone else None,
            removes=removes,
            condition=" AND ".join(conditions),
            values=values,
        )


def _key(uid: str, task_id: str) -> Attributes:
    return to_item({"uid": key_part(uid), "task_id": key_part(task_id)})


def _values(seat: Seat) -> Attributes:
    """The fields of a seat but its analysis. The ids stand beside the keys, which may be cut."""
    texts = {name: _cut(getattr(seat, name)) for name in _TEXTS}
    values = to_values(msgspec.structs.replace(seat, analysis=None, **texts))
    raw_ids = {"raw_uid": values.pop("uid"), "raw_task_id": values.pop("task_id")}
    return values | raw_ids


def _seat(item: Item) -> Seat:
    seat = from_values({**item, "uid": item["raw_uid"], "task_id": item["raw_task_id"]}, Seat)
    return msgspec.structs.replace(seat, analysis=_analysis(item)) if "a_id" in item else seat


def _analysis(item: Item) -> Analysis:
    return from_values(item, Analysis, "a_")


def _index_keys(seat: Seat) -> dict[str, str]:
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
        return {**keys, "node": _done_on(seat.app_id, seat.node_id), "seat": f"{since}#{person}"}
    return {**keys, "node": node, "seat": f"{person}#{task}"}


def _done_on(app_id: str, node_id: str) -> str:
    """What the done tasks of a node stand under, where its key names the open ones. No node has a key with two `#`."""
    return f"{SeatState.DONE}#{node_key(app_id, node_id)}"


def _spent(spent: Mapping[str, float] | None) -> Attributes:
    return to_item({f"a_{name}": value for name, value in (spent or {}).items()})


def _is_opened(seat: Seat | None) -> bool:
    return seat is not None and seat.analysis is not None and bool(seat.analysis.opened_at)


def _last_answer(before: Seat | None) -> dict[str, frozenset[str]]:
    """What goes with the analysis of a seat that is gone: a release before did not list the answers beside it."""
    analysis = before.analysis if before else None
    return {"answers": frozenset({analysis.answer_id})} if analysis and analysis.answer_id else {}


def _same_as(before: Seat | None, version: int) -> tuple[list[str], dict[str, Value]]:
    """The conditions under which nobody has written the seat since it was read, but from this document or an older."""
    if before is None:
        return ["attribute_not_exists(#state)"], {}
    return ["#state = :before", "#version <= :version"], {":before": before.state, ":version": version}


def _same_analysis(before: Seat | None) -> tuple[list[str], dict[str, Value]]:
    """The conditions under which the person had the analysis that was read."""
    if before is None or before.analysis is None:
        return ["attribute_not_exists(#a_id)"], {}
    values: dict[str, Value] = {":a_id": before.analysis.id, ":a_status": before.analysis.status}
    return ["#a_id = :a_id", "#a_status = :a_status"], values


def _cut(text: str) -> str:
    return text[:_TEXT_LIMIT]
