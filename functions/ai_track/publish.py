"""A node was published, or a rule changed: the default rule, and the results that the rule before it gave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from taskbridge.ai.processes import utc_text
from taskbridge.ai.requests import RequestPorts, is_pending, request_automatic
from taskbridge.ai.rulebook import RuleBook
from taskbridge.ai.rules import NodeDefault
from taskbridge.ai.seats import Seat
from taskbridge.errors import StaleVersion
from taskbridge.events import Node, TriggerEvent, resolve_text
from taskbridge.tables.ai_items import Page
from taskbridge.tables.ai_rules import DEFAULT_OWNER

T = TypeVar("T")
TRIES = 8
PAGE = 100
NEVER = "~"  # behind every time


class Defaults(Protocol):
    """Node defaults; see RuleTable."""

    def default(self, app_id: str, node_id: str) -> NodeDefault | None:
        """The default rule of a node."""

    def save_default(self, rule: NodeDefault, expected_version: int) -> NodeDefault:
        """Store a new version of it. Raises StaleVersion where another one stands there."""

    def mark_published(self, app_id: str, node_id: str, sequence: int, version: int) -> bool:
        """A publication with this sequence changed nothing: older ones are to be ignored all the same.

        False where another version stands there by now.
        """

    def mark_cleared(self, owner: str, app_id: str, node_id: str, version: int) -> bool:
        """The results that older versions gave are cleared."""


class OpenSeats(Protocol):
    """Open seats by node; see TaskTable."""

    def list_node_open(self, app_id: str, node_id: str, *, limit: int, cursor: str | None) -> Page[Seat]:
        """Everybody's."""

    def list_person_node_open(self, uid: str, app_id: str, node_id: str, limit: int, cursor: str | None) -> Page[Seat]:
        """One person's."""

    def clear(self, uid: str, task_id: str, analysis_id: str) -> bool:
        """Remove that analysis, if it still stands there and the task is open."""


class Reminders(Protocol):
    """What people are told when they look next; see PersonNodeTable."""

    def set_reminder(self, uid: str, app_id: str, node_id: str, at: str, rule_version: str) -> bool:
        """The rule of this node changed."""


@dataclass(frozen=True, slots=True)
class PublishPorts:
    """Everything outside. `now` gives RFC 3339 in UTC."""

    defaults: Defaults
    seats: OpenSeats
    reminders: Reminders
    book: RuleBook
    requests: RequestPorts
    now: Callable[[], str]


def publish_node(event: TriggerEvent, ports: PublishPorts) -> bool:
    """Take a published node in; tells whether a newer publication has been there.

    A rule that did not change does nothing. Raises StoreError where the event has to come again.
    """
    assert isinstance(event.node, Node)  # noqa: S101 - parse_event refuses the event otherwise
    app_id, node_id = event.app.app_id, event.node.node_id
    for _ in range(TRIES):
        stored = ports.defaults.default(app_id, node_id)
        try:
            is_newest = _store(stored, event, event.node, ports)
        except StaleVersion:
            continue
        current = ports.defaults.default(app_id, node_id)
        if current is not None and current.cleared_version < current.version:
            clear_outdated(app_id, node_id, "", ports)
            _request(current, utc_text(event.occurred_at), ports)
            ports.defaults.mark_cleared(DEFAULT_OWNER, app_id, node_id, current.version)
        elif current is not None and not is_newest:
            _request(current, NEVER, ports)  # an earlier delivery of this event may have died after it began some
        return not is_newest
    raise StaleVersion(f"default rule of {node_id}: too many at the same time")


def _store(stored: NodeDefault | None, event: TriggerEvent, node: Node, ports: PublishPorts) -> bool:
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


def build_default(event: TriggerEvent, node: Node, stored: NodeDefault | None) -> NodeDefault:
    """The default rule that a node was published with. Checks stay as long as their clause stands in the rule."""
    rule = _or(node.rule, "")
    checks = stored.checks if stored else ()
    return NodeDefault(
        app_id=event.app.app_id,
        node_id=node.node_id,
        node_key=node.node_key,
        node_name=resolve_text(node.node_name),
        rule=rule,
        keynote=_or(node.keynote, ""),
        file_key=tuple(_or(node.file_key, [])),
        checks=tuple(check for check in checks if check.clause in rule),
        enabled=_or(node.enabled, True),
        automatic=_or(node.auto, False),
        published_sequence=event.sequence,
    )


def _same(published: NodeDefault, stored: NodeDefault) -> bool:
    kept = {
        name: getattr(stored, name)
        for name in ("version", "published_sequence", "cleared_version", "node_key", "node_name")
    }
    return msgspec.structs.replace(published, **kept) == stored


def clear_outdated(app_id: str, node_id: str, uid: str, ports: PublishPorts) -> int:
    """Remove what older rules answered for open tasks of a node, of one person or of all (empty `uid`).

    Whoever loses a result is reminded. Returns how many were removed.
    """
    cleared = 0
    cursor: str | None = None
    while True:
        page = _page(app_id, node_id, uid, cursor, ports)
        cleared += _clear([seat for seat in page.items if seat.analysis], ports)
        if page.next is None:
            return cleared
        cursor = page.next


def _request(default: NodeDefault, since: str, ports: PublishPorts) -> None:
    """Ask for the tasks that came after the node was published, but whose events were delivered before.

    In the order in which things happened, the rule was there when they came. At the very same moment, the first rule
    of a node was there before its tasks, and a changed one came after them.
    """
    cursor: str | None = None
    while True:
        page = _page(default.app_id, default.node_id, "", cursor, ports)
        wanted = [seat for seat in page.items if is_pending(seat) or _is_overtaken(seat, default, since)]
        request_automatic(wanted, ports.book, ports.requests)
        if page.next is None:
            return
        cursor = page.next


def _is_overtaken(seat: Seat, default: NodeDefault, since: str) -> bool:
    is_first = default.version == 1
    return seat.created_at > since or (is_first and seat.created_at == since)


def _page(app_id: str, node_id: str, uid: str, cursor: str | None, ports: PublishPorts) -> Page[Seat]:
    if uid:
        return ports.seats.list_person_node_open(uid, app_id, node_id, PAGE, cursor)
    return ports.seats.list_node_open(app_id, node_id, limit=PAGE, cursor=cursor)


def _clear(seats: list[Seat], ports: PublishPorts) -> int:
    standings = ports.book.standings(seats)
    cleared = 0
    for seat in seats:
        standing = standings.get((seat.uid, seat.task_id))
        if seat.analysis is None or (standing is not None and standing.basis == seat.analysis.basis):
            continue
        # The reminder first: who dies in between reminds once more, and forgets nobody.
        ports.reminders.set_reminder(
            seat.uid, seat.app_id, seat.node_id, ports.now(), standing.rule.version if standing else ""
        )
        cleared += ports.seats.clear(seat.uid, seat.task_id, seat.analysis.id)
    return cleared


def _or(value: T | msgspec.UnsetType, default: T) -> T:
    return default if isinstance(value, msgspec.UnsetType) else value
