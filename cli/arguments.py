"""The verbs of the command, and what each takes."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path

from cli import analyses, events, logs, operations, people, replays
from cli.session import Session

Command = Callable[[argparse.Namespace, Session], int]

STATUSES = ("retrying", "succeeded", "failed", "superseded", "skipped")
DEFAULT_LIMIT = 50
_DESCRIPTION = "Operates taskbridge: events in, what became of them, replays, platforms, analyses."
_EPILOG = (
    "Environment: TASKBRIDGE_URL (output ApiUrl of the stack), TASKBRIDGE_TOKEN (a token of yours), TASKBRIDGE_BUS "
    "(output EventBusName); events go to the bus with your AWS credentials. Exit status: 0 done, 1 refused or not as "
    "it should be, 2 wrong use, 3 no answer."
)


class _Verbs:
    """Adds verbs that all take the common options."""

    def __init__(self, parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
        self._commands = parser.add_subparsers(required=True, metavar="VERB")
        self._common = common

    def add(self, name: str, carry_out: Command, text: str, *, asks_api: bool = True) -> argparse.ArgumentParser:
        """A verb."""
        verb = self._commands.add_parser(name, help=text, description=text, parents=[self._common])
        verb.set_defaults(carry_out=carry_out, asks_api=asks_api)
        return verb

    def group(self, name: str, text: str) -> _Verbs:
        """Verbs below a name."""
        return _Verbs(self._commands.add_parser(name, help=text, description=text), self._common)


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line; ends the process with status 2 where they are wrong."""
    common = _common_options()
    parser = argparse.ArgumentParser(prog="taskbridge", description=_DESCRIPTION, epilog=_EPILOG, parents=[common])
    verbs = _Verbs(parser, common)
    _add_events(verbs)
    _add_logs(verbs)
    _add_replays(verbs)
    _add_operations(verbs)
    _add_ai(verbs)
    _add_people(verbs)
    defaults = argparse.Namespace(json=False, outputs=None, person="")
    return parser.parse_args(arguments, defaults)


def _common_options() -> argparse.ArgumentParser:
    """Options that may stand before the verb or behind it; so no parser may set their defaults."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--json", action="store_true", help="JSON instead of tables, as when piped")
    common.add_argument("--outputs", metavar="FILE", type=Path, help="outputs.json of a stack on this machine")
    common.add_argument("--as", dest="person", metavar="NAME", help="whose token of these outputs: admin, ops, ...")
    return common


def _add_events(verbs: _Verbs) -> None:
    group = verbs.group("events", "send events, and see what became of them")
    send = group.add("send", events.send, "put events on the bus", asks_api=False)
    send.add_argument(
        "file", metavar="FILE|-", help="one JSON object, an array, or one event a line; -: standard input"
    )
    send.add_argument("--check", action="store_true", help="send nothing unless every event has the agreed form")
    send.add_argument("--dry-run", action="store_true", help="check only, and send nothing")
    send.add_argument("--bus", metavar="NAME", default="", help="the event bus, else TASKBRIDGE_BUS or --outputs")
    show = group.add("show", events.show, "what became of one event")
    show.add_argument("id", metavar="EVENT", help="id of the event")
    rejected = group.add("rejected", events.list_rejected, "events that could not be read")
    _add_limit(rejected)
    resend = group.add("resend", events.resend, "send rejected events in again, as they came")
    resend.add_argument("ids", metavar="ID", nargs="+", help="id, as `events rejected` shows it")


def _add_logs(verbs: _Verbs) -> None:
    show = verbs.add("logs", logs.show_logs, "push logs, the newest first")
    show.add_argument("--id", default="", help="only this one, with its calls")
    show.add_argument("--session", metavar="ID", help="of this process instance")
    show.add_argument("--task", metavar="ID", help="of this task")
    _add_filters(show)
    _add_range(show)
    _add_limit(show)
    tail = verbs.add("tail", logs.follow, "what happens from now on, until Ctrl-C")
    _add_filters(tail)
    tail.add_argument("--since", metavar="MINUTES", type=_positive, default=5.0, help="begin so long ago (5)")
    tail.add_argument("--every", metavar="SECONDS", type=_positive, default=2.0, help="how often to look (2)")


def _add_replays(verbs: _Verbs) -> None:
    replay = verbs.add("replay", replays.replay, "push again what tasks should be now")
    replay.add_argument("ids", metavar="LOG", nargs="*", help="ids of push logs")
    replay.add_argument("--failed", dest="status", action="store_const", const="failed", help="every log that failed")
    replay.add_argument(
        "--retrying", dest="status", action="store_const", const="retrying", help="every log that is still tried"
    )
    replay.add_argument("--platform", metavar="ID", help="of this platform")
    replay.add_argument("--app", metavar="ID", help="of this app")
    _add_range(replay)
    replay.add_argument("--rate", metavar="PER_SECOND", type=_positive, help="how fast")
    replay.add_argument("--dry-run", action="store_true", help="only count")
    replay.add_argument("--job", metavar="ID", default="", help="watch a job that was started before")
    replay.add_argument("--stop", metavar="ID", default="", help="stop a job")
    replay.add_argument("--no-wait", action="store_true", help="do not watch the job")
    reconcile = verbs.add("reconcile", replays.reconcile, "compare with the log, push what it does not prove")
    reconcile.add_argument("platform_id", metavar="PLATFORM")
    reconcile.add_argument("--session", metavar="ID", help="only this process instance")
    reconcile.add_argument("--no-wait", action="store_true", help="do not watch the job")


def _add_operations(verbs: _Verbs) -> None:
    verbs.add("summary", operations.summarise, "how everything stands")
    letters = verbs.group("dlq", "dead letters")
    letters.add("list", operations.list_dead_letters, "how many there are, by queue")
    redrive = letters.add("redrive", operations.redrive, "move them back")
    redrive.add_argument("queue", metavar="QUEUE", help="ingest, push, ai, analysis, or rule-dead-letters")
    platforms = verbs.group("platforms", "task centers and AI platforms")
    _add_limit(platforms.add("list", operations.list_platforms, "which there are"))
    test = platforms.add("test", operations.try_platform, "try the connection; exit status 1 where it fails")
    test.add_argument("platform_id", metavar="PLATFORM")


def _add_ai(verbs: _Verbs) -> None:
    group = verbs.group("ai", "AI approval, for approvers")
    tasks = group.add("tasks", analyses.list_tasks, "your tasks, and what the AI says of them")
    tasks.add_argument("--status", choices=("open", "done", "all"), default="all", help="open, done, or all (all)")
    _add_limit(tasks)
    analyse = group.add("analyse", analyses.analyse, "have one of your tasks analysed, and watch")
    analyse.add_argument("task_id", metavar="TASK", help="id of the task in the process system")
    analyse.add_argument("--force", action="store_true", help="a new answer, also where there is one")
    analyse.add_argument("--no-wait", action="store_true", help="only ask for it")


def _add_people(verbs: _Verbs) -> None:
    group = verbs.group("people", "what is stored of people, for admins")
    erase = group.add("erase", people.erase, "erase what is stored of a person; see Erasing a person in the handbook")
    erase.add_argument("uid", metavar="UID", help="the person's id in the process system")
    erase.add_argument("--dry-run", action="store_true", help="only count")


def _add_filters(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--status", choices=STATUSES, help="with this status")
    verb.add_argument("--platform", metavar="ID", help="of this platform")


def _add_range(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--from", dest="from_", metavar="TIME", help="RFC 3339, such as 2026-11-22T09:00:00+08:00")
    verb.add_argument("--to", metavar="TIME", help="RFC 3339")


def _add_limit(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--limit", metavar="N", type=_count, default=DEFAULT_LIMIT, help=f"most rows ({DEFAULT_LIMIT})")


def _positive(text: str) -> float:
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(text)
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number
