"""The AI task table: one item per seat, that is a task of one person, with its analysis; see ai_task_items.

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
from taskbridge.moments import DAY_S
from taskbridge.tables.ai_people import build_decision_counts, build_open_counts
from taskbridge.tables.ai_task_items import (
    ANALYSIS,
    INDEX_KEYS,
    INDEXES,
    LATE,
    UNKNOWN_TO_WORKER,
    cut_text,
    done_on,
    index_keys,
    is_opened,
    last_answer,
    read_analysis,
    read_seat,
    same_analysis,
    same_as,
    seat_key,
    seat_listing,
    seat_values,
    spent_values,
    whole_analysis,
)
from taskbridge.tables.by_time import TimeIndex
from taskbridge.tables.conditional import Lease, build_update, transact, write_if
from taskbridge.tables.dynamo import (
    Attributes,
    Page,
    Value,
    key_part,
    node_key,
    to_attribute,
    to_item,
)
from taskbridge.tables.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TOMBSTONE_S = 90 * DAY_S
_OPEN_WITH = "#state = :open AND #a_id = :id"
_UNDER_WAY = "#a_status = :pending OR #a_status = :running"
_UNDER_WAY_VALUES = {":pending": AnalysisStatus.PENDING, ":running": AnalysisStatus.RUNNING}


class TaskTable(Table):
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
        super().__init__(client, table)
        self._people = people
        self._clock = clock
        self._retention_s = retention_s
        self._lease = Lease(client, table, prefix="a_")
        self._late = TimeIndex(client, table, "late", *LATE, ("uid", "task_id"), width=10, buckets=8)

    def get(self, uid: str, task_id: str) -> Seat | None:
        """A seat, read consistently; also one that is gone, for as long as it is remembered."""
        item = self._item(seat_key(uid, task_id))
        return read_seat(item) if item else None

    def get_many(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Seat]:
        """Seats by (uid, task id), read consistently; those that do not exist are left out."""
        wanted = [seat_key(*key) for key in dict.fromkeys(keys)]
        return {(seat.uid, seat.task_id): seat for seat in map(read_seat, self._items(wanted))}

    def answers_of(self, keys: Iterable[tuple[str, str]]) -> set[str]:
        """The ids of all the answers that these seats, by (uid, task id), ever had; read consistently."""
        wanted = [seat_key(*key) for key in dict.fromkeys(keys)]
        items = self._items(wanted)
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
        condition, values = "attribute_not_exists(#a_id)", dict[str, Value]()
        if replaces:
            condition, values = "#a_id = :replaces", {":replaces": replaces}
        values[":open"] = SeatState.OPEN
        return self._change(uid, task_id, f"#state = :open AND {condition}", values, **whole_analysis(analysis))

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
            seat_key(uid, task_id),
            holder,
            now,
            lease_until,
            when=f"{_OPEN_WITH} AND ({_UNDER_WAY})",
            values={":open": SeatState.OPEN, ":id": analysis_id, **_UNDER_WAY_VALUES},
            sets={**to_item({"a_status": AnalysisStatus.RUNNING}), **spent_values(spent)},
            adds={"a_attempts": 1},
        )
        return read_analysis(item) if item else None

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
        sets = {**to_item({**free, "a_reason": cut_text(reason)}), **spent_values(spent)}
        return self._change_held(uid, task_id, analysis_id, holder, sets=sets, adds=adds)

    def settle(self, uid: str, task_id: str, analysis_id: str, finished: Analysis) -> Analysis | None:
        """End an analysis: done or failed; returns it as it stands then, with what its worker did not know.

        None where the task has moved, or it was ended otherwise: it is late.
        """
        finished = msgspec.structs.replace(finished, reason=cut_text(finished.reason))
        is_same = "#a_status = :status AND #a_finished_at = :finished_at"  # the SDK may repeat a call that arrived
        item = self._updated(
            seat_key(uid, task_id),
            condition=f"{_OPEN_WITH} AND #a_basis = :basis AND ({_UNDER_WAY} OR ({is_same}))",
            values={
                ":open": SeatState.OPEN,
                ":id": analysis_id,
                ":basis": finished.basis,
                **_UNDER_WAY_VALUES,
                ":status": finished.status,
                ":finished_at": finished.finished_at,
            },
            **whole_analysis(finished, but=UNKNOWN_TO_WORKER),
        )
        return read_analysis(item) if item else None

    def note_opening(self, seat: Seat, at: str) -> bool:
        """Keep that its person looks at the task at `at` (RFC 3339 in UTC), if its analysis is still under way then.

        Once for an analysis: False where the person was seen before.
        """
        assert seat.analysis is not None  # noqa: S101 - nobody waits for an analysis that does not exist
        is_first = "attribute_not_exists(#a_opened_at) OR #a_opened_at = :never"
        return self._change(
            seat.uid,
            seat.task_id,
            f"{_OPEN_WITH} AND ({_UNDER_WAY}) AND ({is_first})",
            {":open": SeatState.OPEN, ":id": seat.analysis.id, **_UNDER_WAY_VALUES, ":never": ""},
            sets={"a_opened_at": to_attribute(at), **self._late_keys(seat, at)},
        )

    def list_late(self, start: str, end: str, cursor: str | None = None, limit: int = 50) -> Page[Seat]:
        """The seats whose person was there before their analysis in [start, end), the latest first; see TimeIndex."""
        return self._late.page(read_seat, start, end, cursor, limit)

    def clear(self, uid: str, task_id: str, analysis_id: str) -> bool:
        """Take an analysis away that is no longer today's, if the task is open."""
        values: dict[str, Value] = {":open": SeatState.OPEN, ":id": analysis_id}
        return self._change(uid, task_id, _OPEN_WITH, values, removes=ANALYSIS)

    def give_feedback(self, uid: str, task_id: str, analysis_id: str, tag: str, comment: str) -> bool:
        """Keep what the person thinks of an analysis, also of a task that is done. False where there is another."""
        sets = to_item({"a_feedback_tag": tag, "a_feedback_comment": cut_text(comment)})
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
        return self._list(*seat_listing(uid, state, app_id, node_id), limit, cursor, newest_first=newest_first)

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
        return self._list("node_open", done_on(app_id, node_id), "", limit, cursor, newest_first=True)

    def list_all(self, uid: str, limit: int = 50) -> Page[Seat]:
        """The first seats that a person ever had, by task, read consistently, those that are gone included."""
        return self._page(read_seat, None, limit, "uid = :uid", {":uid": key_part(uid)}, ConsistentRead=True)

    def remove(self, uid: str, task_id: str) -> None:
        """Forget a seat."""
        self._erase(seat_key(uid, task_id))

    def _list(
        self, index: str, owner: str, prefix: str, limit: int, cursor: str | None, *, newest_first: bool = False
    ) -> Page[Seat]:
        partition, order = INDEXES[index]
        condition, values = f"#{partition} = :owner", {":owner": owner}
        if prefix:
            condition, values = f"{condition} AND begins_with(#{order}, :prefix)", {**values, ":prefix": prefix}
        of_index = {"IndexName": index, "ScanIndexForward": not newest_first}
        return self._page(read_seat, cursor, limit, condition, values, **of_index)

    def _change(self, uid: str, task_id: str, condition: str, values: dict[str, Value], **changes: Any) -> bool:
        return self._update(seat_key(uid, task_id), condition=condition, values=values, **changes)

    def _change_held(self, uid: str, task_id: str, analysis_id: str, holder: str, **changes: Any) -> bool:
        """Change an analysis as its worker; False where it is no longer this worker's."""
        values = {":open": SeatState.OPEN, ":id": analysis_id, ":running": AnalysisStatus.RUNNING}
        when = f"{_OPEN_WITH} AND #a_status = :running"
        return self._lease.change(seat_key(uid, task_id), holder, when=when, values=values, **changes)

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
        sets = seat_values(seat) | to_item(index_keys(seat))
        kept_s = self._kept_s(seat)
        if kept_s:
            sets["expires_at"] = to_attribute(int(self._clock() + kept_s))
        if is_decision(before, seat) and is_awaited(before) and seat.finished_at and not is_opened(before):
            sets |= self._late_keys(seat, seat.finished_at)
        conditions, values = same_as(before, seat.version)
        if is_counted is not None:
            sets["counted"] = to_attribute(1)
            conditions.append(f"attribute_{'exists' if is_counted else 'not_exists'}(#counted)")
        if is_counted is False:
            more, given = same_analysis(before)
            conditions += more
            values |= given
        removes = [*(INDEX_KEYS - sets.keys()), *(ANALYSIS if is_gone else ()), *([] if kept_s else ["expires_at"])]
        return build_update(
            self._table,
            seat_key(seat.uid, seat.task_id),
            sets=sets,
            adds=last_answer(before) if is_gone else None,
            removes=removes,
            condition=" AND ".join(conditions),
            values=values,
        )
