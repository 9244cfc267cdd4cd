"""A node was published, or a rule changed: the default rule, and the results that the rule before it gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from ai_track.pace import Pace, request_in_time
from ai_track.pieces import SEATS_A_TURN, gather, split
from taskbridge.ai.messages import SweepMessage
from taskbridge.ai.queue import AiQueue
from taskbridge.ai.requests import RequestPorts, is_pending
from taskbridge.ai.rulebook import RuleBook, SeatKey
from taskbridge.ai.rules import KEY_CHARS, KEYNOTE_CHARS, MOST_KEYS, RULE_CHARS, DefaultRule
from taskbridge.ai.seats import Seat, SeatState
from taskbridge.errors import StaleVersion, StoreError
from taskbridge.events import PublishedNode, TriggerEvent, resolve_text
from taskbridge.moments import utc_text
from taskbridge.reasons import build_reason
from taskbridge.tables.ai_people import PersonNodeTable
from taskbridge.tables.ai_rules import DEFAULT_OWNER, RuleTable
from taskbridge.tables.ai_tasks import TaskTable

T = TypeVar("T")
TRIES = 8
PAGE = 500
NEVER = "~"  # behind every time


@dataclass(frozen=True, slots=True)
class RuleChangePorts:
    """Everything outside. `now` gives RFC 3339 in UTC."""

    defaults: RuleTable
    seats: TaskTable
    reminders: PersonNodeTable
    book: RuleBook
    requests: RequestPorts
    pieces: AiQueue
    now: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Published:
    """What came of a publication. `kept_out` says why its rule was not taken in, empty where it was."""

    is_superseded: bool
    kept_out: str = ""


def publish_node(event: TriggerEvent, ports: RuleChangePorts, pace: Pace, turn: int = 0) -> Published:
    """Take a published node in.

    A rule that did not change does nothing. `turn` is that of its message. Raises StoreError, or OutOfTime, where the
    event has to come again.
    """
    assert isinstance(event.node, PublishedNode)  # noqa: S101 - parse_event refuses the event otherwise
    app_id, node_id = event.app.app_id, event.node.node_id
    for _ in range(TRIES):
        stored = ports.defaults.default(app_id, node_id)
        try:
            is_newest = _store(stored, event, event.node, ports)
        except StaleVersion:
            continue
        current = ports.defaults.default(app_id, node_id)
        if current is not None and current.cleared_version < current.version:
            sweep = SweepMessage(app_id, node_id, {}, clears=True, since=utc_text(event.occurred_at), turn=turn)
            _sweep(sweep, "", current, ports, pace)
            ports.defaults.mark_cleared(DEFAULT_OWNER, app_id, node_id, current.version)
        elif current is not None and not is_newest:
            # An earlier delivery of this event may have died after it began some.
            _sweep(SweepMessage(app_id, node_id, {}, clears=False, since=NEVER, turn=turn), "", current, ports, pace)
        return Published(not is_newest, find_excess(event.node))
    raise StaleVersion(f"default rule of {node_id}: too many at the same time")


def _store(stored: DefaultRule | None, event: TriggerEvent, node: PublishedNode, ports: RuleChangePorts) -> bool:
    """Store what was published, unless something newer was; tells whether it is the newest."""
    if stored is not None and stored.published_sequence >= event.sequence:
        return stored.published_sequence == event.sequence
    published = build_default(event, node, stored)
    if stored is not None and _same(published, stored):
        if not ports.defaults.mark_published(published.app_id, published.node_id, event.sequence, stored.version):
            raise StaleVersion("another publication was faster")
    else:
        ports.defaults.save_default(published, stored.version if stored else 0)
    return True


def build_default(event: TriggerEvent, node: PublishedNode, stored: DefaultRule | None) -> DefaultRule:
    """The default rule that a node was published with. Checks stay as long as their clause stands in the rule.

    What is too long to be asked leaves the node without a rule: the one before it is no longer what the node says.
    """
    is_kept_out = bool(find_excess(node))
    rule = "" if is_kept_out else _or(node.rule, "")
    checks = stored.checks if stored else ()
    return DefaultRule(
        app_id=event.app.app_id,
        node_id=node.node_id,
        node_key=node.node_key,
        node_name=resolve_text(node.node_name),
        rule=rule,
        keynote="" if is_kept_out else _or(node.keynote, ""),
        file_key=() if is_kept_out else tuple(_or(node.file_key, [])),
        checks=tuple(check for check in checks if check.clause in rule),
        enabled=_or(node.enabled, True),
        automatic=_or(node.auto, False),
        published_sequence=event.sequence,
    )


def find_excess(node: PublishedNode) -> str:
    """What of a published rule is longer than a rule may be, in words; empty where nothing is."""
    keys = _or(node.file_key, [])
    found = {
        "node.rule": (len(_or(node.rule, "")), RULE_CHARS, "most_characters"),
        "node.keynote": (len(_or(node.keynote, "")), KEYNOTE_CHARS, "most_characters"),
        "node.file_key": (len(keys), MOST_KEYS, "most_fields"),
        "node.file_key[]": (max(map(len, keys), default=0), KEY_CHARS, "most_characters"),
    }
    told = [f"{name}: {build_reason(kind, most=most, got=n)}" for name, (n, most, kind) in found.items() if n > most]
    return "; ".join(told)


def _same(published: DefaultRule, stored: DefaultRule) -> bool:
    kept = {
        name: getattr(stored, name)
        for name in ("version", "published_sequence", "cleared_version", "node_key", "node_name")
    }
    return msgspec.structs.replace(published, **kept) == stored


def clear_outdated(app_id: str, node_id: str, uid: str, ports: RuleChangePorts, pace: Pace, turn: int = 0) -> int:
    """Remove what older rules answered for open tasks of a node, of one person or of all (empty `uid`).

    Whoever loses a result is reminded. Returns how many were removed here; many are left to pieces.
    """
    return _sweep(SweepMessage(app_id, node_id, {}, clears=True, turn=turn), uid, None, ports, pace)


def sweep_piece(message: SweepMessage, ports: RuleChangePorts, pace: Pace) -> int:
    """Do to these seats what was to be done to all of their node. Returns how many results were removed."""
    keys = [(uid, task_id) for task_id, people in message.places.items() for uid in people]
    seats = [seat for seat in ports.seats.get_many(keys).values() if seat.state is SeatState.OPEN]
    default = ports.defaults.default(message.app_id, message.node_id) if message.since else None
    return _settle(seats, message, default, ports, pace)


def _sweep(wanted: SweepMessage, uid: str, default: DefaultRule | None, ports: RuleChangePorts, pace: Pace) -> int:
    """Clear and ask, for the open tasks of a node, of one person or of all; in pieces where they are many.

    First what is outdated goes, then comes what the tasks need that came after the node was published, but whose
    events were delivered before. In the order in which things happened, the rule was there when they came. At the very
    same moment, the first rule of a node was there before its tasks, and a changed one came after them.
    """
    seats = [
        seat
        for seat in _open_seats(wanted.app_id, wanted.node_id, uid, ports)
        if (wanted.clears and seat.analysis) or _is_asked_for(seat, wanted.since, default)
    ]
    if len(seats) <= SEATS_A_TURN:
        return _settle(seats, wanted, default, ports, pace)
    places = gather((seat.task_id, seat.uid) for seat in seats)
    pieces = [msgspec.structs.replace(wanted, places=piece, turn=wanted.turn + 1) for piece in split(places)]
    if ports.pieces.send(pieces):
        raise StoreError("the AI queue did not take a piece")
    return 0


def _settle(
    seats: list[Seat], wanted: SweepMessage, default: DefaultRule | None, ports: RuleChangePorts, pace: Pace
) -> int:
    cleared = _clear([seat for seat in seats if seat.analysis], ports, pace) if wanted.clears else set()
    left = [msgspec.structs.replace(s, analysis=None) if (s.uid, s.task_id) in cleared else s for s in seats]
    asked = [seat for seat in left if _is_asked_for(seat, wanted.since, default)]
    request_in_time(asked, ports.book, ports.requests, pace)
    return len(cleared)


def _is_asked_for(seat: Seat, since: str, default: DefaultRule | None) -> bool:
    if not since or is_pending(seat):
        return bool(since)
    is_first = default is not None and default.version == 1
    return seat.created_at > since or (is_first and seat.created_at == since)


def _open_seats(app_id: str, node_id: str, uid: str, ports: RuleChangePorts) -> Iterator[Seat]:
    cursor: str | None = None
    while True:
        if uid:
            page = ports.seats.list_person_node_open(uid, app_id, node_id, PAGE, cursor)
        else:
            page = ports.seats.list_node_open(app_id, node_id, limit=PAGE, cursor=cursor)
        yield from page.items
        if page.next is None:
            return
        cursor = page.next


def _clear(seats: list[Seat], ports: RuleChangePorts, pace: Pace) -> set[SeatKey]:
    standings = ports.book.standings(seats)
    cleared: set[SeatKey] = set()
    for seat in seats:
        pace.step()
        key = (seat.uid, seat.task_id)
        standing = standings.get(key)
        if seat.analysis is None or (standing is not None and standing.basis == seat.analysis.basis):
            continue
        # The reminder first: who dies in between reminds once more, and forgets nobody.
        ports.reminders.set_reminder(
            seat.uid, seat.app_id, seat.node_id, ports.now(), standing.rule.version if standing else ""
        )
        if ports.seats.clear(seat.uid, seat.task_id, seat.analysis.id):
            cleared.add(key)
    return cleared


def _or(value: T | msgspec.UnsetType, default: T) -> T:
    return default if isinstance(value, msgspec.UnsetType) else value
