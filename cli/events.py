"""`taskbridge events`: send, look up, send again what was rejected."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cli.api import encode_id, path_of
from cli.bus import send_events
from cli.errors import REFUSED, WRONG_USE, CommandError
from cli.event_files import Flaw, find_flaws, read_events
from cli.screen import Column, Screen, build_facts, build_table
from cli.session import Session
from cli.world import World

_FLAWS: Sequence[Column] = (("Where", "place"), ("Field", "field"), ("Problem", "problem"))
_REFUSED: Sequence[Column] = (("Where", "place"), ("Code", "code"), ("Message", "message"))
_TARGETS: Sequence[Column] = (
    ("Target", "target"),
    ("Status", "status"),
    ("Reason", "reason"),
    ("Tries", "attempts"),
    ("Updated", "updated_at"),
    ("Push log", "log_id"),
)
_REJECTED: Sequence[Column] = (
    ("Id", "id"),
    ("Reason", "reason"),
    ("Received", "received_at"),
    ("Sent again", "replayed_at"),
)
_AGAIN: Sequence[Column] = (("Event", "event_id"), ("Sent again", "replayed_at"), ("By", "replayed_by"))


def send(options: argparse.Namespace, session: Session) -> int:
    """Put the events of a file on the bus. With `--check` nothing is sent unless every event has the agreed form."""
    events = read_events(_read(options.file, session.world))
    result: dict[str, Any] = {"read": len(events), "sent": 0, "flaws": [], "refused": []}
    if options.check or options.dry_run:
        flaws = list(find_flaws(events))
        result["flaws"] = [asdict(each) for each in flaws]
        if flaws or options.dry_run:
            _show_sent(session.screen, result, _describe_check(len(events), flaws))
            return REFUSED if flaws else 0
    name = session.connection.bus_name()
    bus = session.open_bus()
    with session.screen.progress() as progress:
        bar = progress.add_task("Events sent", total=len(events))
        refused = send_events(bus, name, events, lambda n: progress.advance(bar, n), session.world.sleep)
    result |= {"sent": len(events) - len(refused), "refused": [asdict(each) for each in refused]}
    _show_sent(session.screen, result, f"{result['sent']} of {len(events)} events are on the bus {name}.")
    return REFUSED if refused else 0


def show(options: argparse.Namespace, session: Session) -> int:
    """What became of an event."""
    found = session.api.get(path_of("events", encode_id(options.id)))
    names = ("event_id", "status", "reason", "action", "app_id", "sess_id", "occurred_at", "received_at")
    facts = build_facts("Event", {name: found[name] for name in names if found[name]})
    session.screen.show(found, facts, build_table("What became of it", _TARGETS, found["targets"]))
    return 0


def list_rejected(options: argparse.Namespace, session: Session) -> int:
    """Events that could not be read."""
    found = session.api.items("/v1/rejected-events", {}, options.limit)
    session.screen.show(found, build_table("Rejected events", _REJECTED, found))
    return 0


def resend(options: argparse.Namespace, session: Session) -> int:
    """Send rejected events in again, as they came. The ids are those of the list."""
    found = [session.api.post(path_of("rejected-events", each, "replay")) for each in options.ids]
    session.screen.show(found, build_table("On their way again", _AGAIN, found))
    return 0


def _describe_check(count: int, flaws: Sequence[Flaw]) -> str:
    if not flaws:
        return f"{count} events have the agreed form. Nothing was sent."
    wrong = len({each.place for each in flaws})
    return f"{wrong} of {count} events do not have the agreed form. Nothing was sent."


def _show_sent(screen: Screen, result: Mapping[str, Any], sentence: str) -> None:
    views = []
    if result["flaws"]:
        views.append(build_table("Not as agreed", _FLAWS, result["flaws"]))
    if result["refused"]:
        views.append(build_table("Not taken", _REFUSED, result["refused"]))
    screen.show(result, *views)
    screen.tell(sentence)


def _read(name: str, world: World) -> bytes:
    try:
        return world.stdin.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.", WRONG_USE) from None
