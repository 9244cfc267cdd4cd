"""One instance's turn in a batch: what woke us, what is to be called, and what becomes of the messages. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from push_task.logs import Story
from push_task.plan import Plan, plan_calls
from push_task.retry import GIVE_UP_AFTER_S, GiveUp, InQueue, Later, next_try
from push_task.settle import End, StepResult
from taskbridge.moments import DAY_S
from taskbridge.push.event_order import fold
from taskbridge.push.instances import Instance, Presence, Work
from taskbridge.push.messages import EventMessage, Message, SyncMessage
from taskbridge.tables.instances import StoredInstance

GAVE_UP = "no success in {days:.0f} days: {reason}"


class Received(msgspec.Struct, frozen=True):
    """A message with what SQS calls it."""

    message: Message
    message_id: str
    receipt_handle: str


class Turn(msgspec.Struct):
    """One instance in one batch."""

    stored: StoredInstance
    received: list[Received]
    story: Story = msgspec.field(default_factory=Story)
    plan: Plan = msgspec.field(default_factory=Plan)
    marked: bool = False  # the document says that calls may have been made
    is_large: bool = False  # more calls than a slice: they go in several
    latest: list[StepResult] = msgspec.field(default_factory=list)  # of the last slice
    results: list[StepResult] = msgspec.field(default_factory=list)  # of all of them

    @property
    def instance(self) -> Instance:
        """The document."""
        return self.stored.instance

    @property
    def platform_id(self) -> str:
        """The platform that everything of this turn goes to."""
        return self.stored.instance.platform_id

    @property
    def is_probe(self) -> bool:
        """Whether one attempt may go through an open breaker."""
        return any(isinstance(entry.message, SyncMessage) and entry.message.probe for entry in self.received)

    @property
    def is_about_nothing(self) -> bool:
        """Whether somebody woke an instance that nothing is known of: its document has had its end."""
        return not self.stored.version and not self.story.folded

    def note(self, results: list[StepResult]) -> None:
        """The calls of a slice have ended."""
        self.latest = results
        self.results += results

    def unsettled_events(self) -> set[str]:
        """The events whose logs tell what becomes of the items that have work left."""
        return {self.instance.get(key).event_id for key in self.story.unsettled}


def begin_turn(stored: StoredInstance, received: list[Received]) -> Turn:
    """Take the messages into the document and plan the calls."""
    turn = Turn(stored, received)
    turn.story.known_before = set(stored.instance.events)
    for entry in received:
        if isinstance(entry.message, EventMessage):
            turn.story.folded.append((entry.message, fold(stored.instance, entry.message)))
        else:
            _take_sync(stored.instance, entry.message)
    plan = plan_calls(stored.instance)
    turn.plan = plan.slice()
    turn.is_large = turn.plan is not plan
    turn.story.overtaken = set(stored.instance.overtaken)
    turn.story.unsettled = {key for key, item in stored.instance.items().items() if item.work is Work.PENDING}
    return turn


def next_slice(turn: Turn) -> bool:
    """Plan the next calls of a large instance; False where it has none, or the last ones had to wait."""
    if not turn.is_large or any(result.end is End.NOT_SENT for result in turn.results):
        return False
    plan = plan_calls(turn.instance)
    turn.plan = plan.slice({result.step.key for result in turn.results})
    turn.story = Story(known_before=turn.story.known_before, unsettled={step.key for step in turn.plan.steps()})
    return bool(turn.plan.steps())


def _take_sync(instance: Instance, message: SyncMessage) -> None:
    """A replay tries again what was refused for good; `force` sends also what was acknowledged."""
    force = frozenset(message.force)
    for key, item in instance.items().items():
        if message.replay and item.work is Work.FAILED:
            item.want()
        if key in force and item.facts and item.presence is not Presence.GONE:
            item.want()


class Disposition(msgspec.Struct, frozen=True):
    """What becomes of the messages: those that stay in the queue, invisible for `wait_s`."""

    keep: tuple[Received, ...] = ()
    wait_s: float = 0.0


def dispose(turn: Turn, results: list[StepResult], now: float, random: Callable[[], float]) -> Disposition:
    """Decide when each unfinished item is tried again, and by whom; sets `due_at` of the document."""
    waits = [wait for result in results if (wait := _wait_of(turn.instance, result, now, random)) is not None]
    unfinished = {key for key, item in turn.instance.items().items() if item.work is Work.PENDING}
    turn.instance.due_at = 0.0
    if not unfinished:
        return Disposition()
    keep = tuple(entry for entry in turn.received if _is_current(turn.instance, entry.message, unfinished))
    in_queue = [wait.wait_s for wait in waits if isinstance(wait, InQueue)]
    later = [wait.due_at for wait in waits if isinstance(wait, Later)]
    if keep and in_queue and not later:
        return Disposition(keep, max(in_queue))
    turn.instance.due_at = min([*later, *(now + wait for wait in in_queue)], default=now)
    return Disposition()


def _wait_of(instance: Instance, result: StepResult, now: float, random: Callable[[], float]) -> InQueue | Later | None:
    item = instance.get(result.step.key)
    if item.work is not Work.PENDING:
        return None
    if result.end is End.NOT_SENT:
        return Later(now + result.wait_s)  # no receive is spent on waiting
    if result.end is not End.TRANSIENT:
        return InQueue(1.0)  # done or refused, but a newer state came in meanwhile
    if result.is_probe:
        return Later(now)  # as whatever waits for the breaker
    wait = next_try(item.attempts, item.failing_since, now, random(), result.wait_s)
    if isinstance(wait, GiveUp):
        item.work = Work.FAILED
        item.reason = GAVE_UP.format(days=GIVE_UP_AFTER_S / DAY_S, reason=item.reason)
        return None
    return wait


def _is_current(instance: Instance, message: Message, unfinished: set[str]) -> bool:
    """Whether the message is the newest event of something unfinished."""
    if not isinstance(message, EventMessage):
        return False
    return any(instance.get(key).event_id == message.event_id for key in unfinished)
