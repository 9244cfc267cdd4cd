"""What the outcomes of calls mean for the document. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from push_task.plan import Step, block_deletion
from taskbridge.attempts import Attempt
from taskbridge.commands import Operation, SaveInstance, SaveTask
from taskbridge.push.instances import INSTANCE, Instance, Item, Presence, Search, Work
from taskbridge.reasons import build_reason

_SAVES = frozenset({Operation.INSERT_TASK, Operation.UPDATE_TASK, Operation.SAVE_INSTANCE})
_DELETES = frozenset({Operation.DELETE_TASK, Operation.DELETE_INSTANCE})
_TELL_NOTHING = frozenset({Operation.INSERT_TASK, Operation.DELETE_TASK})

_UNANSWERED = build_reason("insert_unanswered", why="")


class End(StrEnum):
    """How a step ended."""

    DONE = "done"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    NOT_SENT = "not_sent"  # waits for a breaker, for its turn or for time: no attempt was made


class StepResult(msgspec.Struct, frozen=True):
    """How one step ended, with what was called. `wait_s` is how long it has to wait at least."""

    step: Step
    end: End
    reason: str = ""
    errcode: str = ""
    wait_s: float = 0.0
    attempts: tuple[Attempt, ...] = ()
    is_blocked: bool = False  # not sent, because its platform takes nothing now
    is_probe: bool = False  # it went through an open breaker, to see whether the platform is back
    is_there: bool = False  # its todo was there already, whatever became of the update


def mark_attempt(instance: Instance, steps: tuple[Step, ...], now: float) -> None:
    """Before the calls: whatever happens from here on, a todo that may have been inserted is known to be."""
    for step in steps:
        item = instance.get(step.key)
        if step.command.operation in _SAVES:
            instance.pushed = True
            if item.presence is Presence.ABSENT:
                item.presence = Presence.UNKNOWN
    instance.attempt_started_at = now if steps else 0.0
    instance.due_at = 0.0


def settle(instance: Instance, results: list[StepResult], overtaken: set[tuple[str, str]], now: float) -> None:
    """Take the outcomes into the document. Right for a newer document than the one the calls were made for.

    `overtaken`: the overtaken events whose logs have been told.
    """
    for result in results:
        item = instance.get(result.step.key)
        if result.is_there:
            _note_present(item, result.step)
        if item.revision == result.step.revision and _settle_search(instance, item, result):
            continue
        if result.end is End.DONE:
            _settle_done(instance, item, result.step)
        elif _was_never_there(result):
            _settle_done(instance, item, result.step)
            item.search = Search.MISSING
        elif result.end is End.NOT_SENT:
            _settle_not_sent(item, result)
        else:
            _settle_failed(item, result, now)
    _settle_carried(instance)
    block_deletion(instance)
    instance.overtaken = [entry for entry in instance.overtaken if entry not in overtaken]
    instance.attempt_started_at = 0.0


def _settle_search(instance: Instance, item: Item, result: StepResult) -> bool:
    """Whether the outcome begins a search for a todo, or ends one: then it is all that it means."""
    if result.step.searches and result.end in (End.DONE, End.PERMANENT):
        found = result.end is End.DONE
        if instance.is_deleted:
            _end_search_for_deletion(item, found=found)
            return True
        if not found:
            item.search, item.work = Search.NONE, Work.FAILED
            item.reason = build_reason("todo_missing", why=item.reason.removesuffix(_UNANSWERED))
            item.attempts += 1
            return True
    if result.end is End.PERMANENT and not result.is_there and _leaves_open(item, result.step):
        item.search = Search.WANTED
        item.reason = f"{result.reason}{_UNANSWERED}"
        return True
    return False


def _leaves_open(item: Item, step: Step) -> bool:
    """A refusal of no list, of a todo whose insert was never answered: it may be there, or may not."""
    is_first = step.was is Presence.UNKNOWN and item.search is Search.NONE
    return is_first and step.command.operation in _TELL_NOTHING and item.value("status") is not None


def _end_search_for_deletion(item: Item, *, found: bool) -> None:
    if found:
        item.search, item.presence = Search.FOUND, Presence.PRESENT
        item.attempts, item.failing_since = 0, 0.0
        return
    item.search, item.presence, item.facts = Search.MISSING, Presence.GONE, {}
    item.work, item.attempts, item.failing_since, item.reason = Work.NONE, 0, 0.0, ""


def _was_never_there(result: StepResult) -> bool:
    """A refusal to delete what was never sent: the backup named it, but nothing of ours is there.

    The task may have ended before its insert came through, or be of a time before taskbridge. The attempt and its
    code stay on record.
    """
    is_delete = result.step.command.operation in _DELETES
    return is_delete and result.end is End.PERMANENT and result.step.was is Presence.ABSENT


def _settle_done(instance: Instance, item: Item, step: Step) -> None:
    command = step.command
    operation = command.operation
    if operation in _DELETES:
        item.presence, item.facts = Presence.GONE, {}
    else:
        _note_carried(instance, step)
        _note_present(item, step)
        item.search = Search.NONE
    if item.revision == step.revision:
        item.work, item.attempts, item.failing_since, item.reason = Work.NONE, 0, 0.0, ""


def _note_present(item: Item, step: Step) -> None:
    """What was saved is there; were it deleted meanwhile, it has to go once more."""
    if step.key == INSTANCE and step.command.operation is not Operation.SAVE_INSTANCE:
        return  # a task carried the status: the instance itself was not created
    if item.presence is Presence.GONE:
        item.want()
    item.presence = Presence.PRESENT


def _note_carried(instance: Instance, step: Step) -> None:
    """The status of the instance that the call carried is known to the task center now."""
    command = step.command
    if isinstance(command, SaveTask | SaveInstance) and command.instance.status == instance.item.value("status"):
        instance.carried_sequence = instance.item.fact_sequence("status")
        instance.carried_status = str(command.instance.status)


def _settle_carried(instance: Instance) -> None:
    """An instance whose status went along with a task has nothing left to send."""
    item = instance.item
    to_create = instance.ended_sequence >= 0 and item.presence is not Presence.PRESENT
    if instance.is_deleted or item.work is not Work.PENDING or to_create:
        return
    if instance.carried_sequence >= item.fact_sequence("status"):
        item.work, item.attempts, item.failing_since, item.reason = Work.NONE, 0, 0.0, ""


def _settle_not_sent(item: Item, result: StepResult) -> None:
    if item.presence is Presence.UNKNOWN and result.step.was is Presence.ABSENT:
        item.presence = Presence.ABSENT
    item.reason = result.reason
    if result.is_blocked:
        item.failing_since = 0.0  # however long it waits: that was not its failure


def _settle_failed(item: Item, result: StepResult, now: float) -> None:
    if result.end is End.PERMANENT and item.presence is Presence.UNKNOWN:
        item.presence = result.step.was  # refused: it did not get in now
    if item.revision != result.step.revision:
        return
    item.reason = result.reason
    if result.is_probe and result.end is End.TRANSIENT:
        return  # it tells that the platform is still down, and nothing of the item
    item.attempts += 1
    if result.end is End.PERMANENT:
        item.work = Work.FAILED
    elif not item.failing_since:
        item.failing_since = now
