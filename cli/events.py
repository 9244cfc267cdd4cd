"""`taskbridge events`: send, look up, send again what was rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from cli.api import encode_id, path_of
from cli.bus import send_events
from cli.errors import REFUSED, WRONG_USE, CommandError
from cli.event_files import Flaw, Found, find_flaws, read_events
from cli.screen import Column, Screen, build_facts, build_table
from cli.session import Session
from cli.verbs import DEFAULT_LIMIT, Limit, Verbs
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


_SKIPPED: Sequence[Column] = (
    ("Event", "event_id"),
    ("Action", "action"),
    ("Reason", "reason"),
    ("Received", "received_at"),
)
WAIT_S = 120.0
LOOK_S = 2.0
File = Annotated[str, typer.Argument(metavar="FILE|-", help="One JSON object, an array, or one a line; -: stdin.")]
EventId = Annotated[str, typer.Argument(metavar="EVENT", help="Id of the event.")]
app = Verbs("Send events, and see what became of them.")


@app.verb("send")
def send(
    context: typer.Context,
    file: File,
    check: Annotated[bool, typer.Option("--check", help="Send nothing unless all have the agreed form.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is told what became of each.")] = False,
    bus: Annotated[str, typer.Option(metavar="NAME", help="Else TASKBRIDGE_BUS or --outputs.")] = "",
) -> int:
    """Put the events of a file on the bus."""
    session: Session = context.obj
    events = read_events(_read(file, session.world))
    result: dict[str, Any] = {"read": len(events), "sent": 0, "flaws": [], "refused": []}
    if check and (flaws := list(find_flaws(events))):
        result["flaws"] = [asdict(each) for each in flaws]
        _show_sent(session.screen, result, _describe_check(len(events), flaws))
        return REFUSED
    name = bus or session.connection.bus_name()
    opened = session.open_aws("events")
    with session.screen.progress() as progress:
        bar = progress.add_task("Events sent", total=len(events))
        refused = send_events(opened, name, events, lambda n: progress.advance(bar, n), session.world.sleep)
    result |= {"sent": len(events) - len(refused), "refused": [asdict(each) for each in refused]}
    sentence = f"{result['sent']} of {len(events)} on the bus {name}."
    if refused or not wait:
        _show_sent(session.screen, result, sentence)
        return REFUSED if refused else 0
    session.screen.tell(sentence)
    return show_outcomes(wait_for([_id_of(each) for each in events], session), session)


@app.verb("check")
def check_file(context: typer.Context, file: File) -> int:
    """Whether the events of a file have the agreed form; nothing is sent, and nobody is asked."""
    session: Session = context.obj
    events = read_events(_read(file, session.world))
    flaws = list(find_flaws(events))
    result = {"read": len(events), "sent": 0, "flaws": [asdict(each) for each in flaws], "refused": []}
    _show_sent(session.screen, result, _describe_check(len(events), flaws))
    return REFUSED if flaws else 0


@app.verb("show")
def show(context: typer.Context, event_id: EventId) -> int:
    """What became of one event."""
    session: Session = context.obj
    found = session.api.get(path_of("events", encode_id(event_id)))
    names = ("event_id", "status", "reason", "action", "app_id", "sess_id", "occurred_at", "received_at")
    facts = build_facts("Event", {name: found[name] for name in names if found[name]})
    session.screen.show(found, facts, build_table("What became of it", _TARGETS, found["targets"]))
    return 0


@app.verb("rejected")
def list_rejected(context: typer.Context, limit: Limit = DEFAULT_LIMIT) -> int:
    """Events that could not be read."""
    session: Session = context.obj
    found = session.api.items("/v1/rejected-events", {}, limit)
    session.screen.show(found, build_table("Rejected events", _REJECTED, found))
    return 0


@app.verb("skipped")
def list_skipped(
    context: typer.Context,
    app_id: Annotated[str, typer.Option("--app", metavar="ID", help="Only of this application.")] = "",
    action: Annotated[str, typer.Option("--action", metavar="NAME", help="Only this action.")] = "",
    limit: Limit = DEFAULT_LIMIT,
) -> int:
    """Events that were meant for nobody, and why; the newest first."""
    session: Session = context.obj
    query = {"app_id": app_id or None, "action": action or None}
    found = session.api.items("/v1/skipped-events", query, limit)
    session.screen.show(found, build_table("Skipped events", _SKIPPED, found))
    return 0


@app.verb("resend")
def resend(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids, as `events rejected` shows them.")],
) -> int:
    """Send rejected events in again, as they came."""
    session: Session = context.obj
    found = [session.api.post(path_of("rejected-events", each, "replay")) for each in ids]
    session.screen.show(found, build_table("On their way again", _AGAIN, found))
    return 0


def _id_of(event: Found) -> str:
    """Raises CommandError for an event without one, which no record is found by."""
    found = msgspec.json.decode(event.text).get("id")
    if not isinstance(found, str) or not found:
        raise CommandError(f"{event.place} has no id: --check says what is wrong with it.")
    return found


def wait_for(ids: Sequence[str], session: Session) -> list[Mapping[str, Any]]:
    """What became of the events, when each has come to an end, or the time to wait is over."""
    deadline = session.world.clock() + WAIT_S
    found: dict[str, Mapping[str, Any]] = {}
    with session.screen.progress() as progress:
        bar = progress.add_task("Events that have come to an end", total=len(ids))
        while len(found) < len(ids) and session.world.clock() < deadline:
            for each in [each for each in ids if each not in found]:
                event = session.api.find(path_of("events", encode_id(each)))
                if event and _has_ended(event):
                    found[each] = event
                    progress.advance(bar)
            session.world.sleep(LOOK_S if len(found) < len(ids) else 0)
    unknown = {"status": "unknown", "reason": f"nothing after {WAIT_S:.0f} s", "targets": []}
    late = (each for each in ids if each not in found)
    return [
        *found.values(),
        *(session.api.find(path_of("events", encode_id(e))) or {"event_id": e, **unknown} for e in late),
    ]


def _has_ended(event: Mapping[str, Any]) -> bool:
    """Whether nothing more happens by itself. AI approval goes on by itself, and is not waited for."""
    pushes = [each["status"] for each in event["targets"] if each["target"] != "ai"]
    return "retrying" not in pushes and (bool(event["targets"]) or event["status"] != "routed")


def show_outcomes(events: Sequence[Mapping[str, Any]], session: Session) -> int:
    rows = [
        {"event_id": event["event_id"], **target}
        for event in events
        for target in event["targets"] or [{"target": "", "status": event["status"], "reason": event["reason"]}]
    ]
    columns = (("Event", "event_id"), *_TARGETS[:3])
    session.screen.show(list(events), build_table("What became of them", columns, rows))
    return REFUSED if any(row["status"] in {"failed", "rejected", "unknown", "retrying"} for row in rows) else 0


def _describe_check(count: int, flaws: Sequence[Flaw]) -> str:
    if not flaws:
        have = "1 event has" if count == 1 else f"{count} events have"
        return f"{have} the agreed form. Nothing was sent."
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
