"""A batch of the push queue from end to end. The order of its effects is what makes a crash anywhere harmless:

read the documents, write them with the attempt marked, call, write the logs, write the documents. A crash before the
first write leaves nothing; one after it leaves documents that know a call may have been made, and messages that come
again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from push_task.aside import leave_out_old, set_aside
from push_task.booking import Booking
from push_task.dispatch import TurnCalls
from push_task.journal import PushJournal
from push_task.logs import events_to_load, write_logs
from push_task.send import ThreadedSender
from push_task.settle import mark_attempt, settle
from push_task.turn import Disposition, Received, Turn, begin_turn, dispose, next_slice
from taskbridge.errors import InvalidEvent, StaleVersion
from taskbridge.push.logs import PushLog
from taskbridge.push.messages import instance_key, parse_message
from taskbridge.queues import Record, Visibility
from taskbridge.tables.instances import InstanceTable, StoredInstance
from taskbridge.tables.push_log_pages import LogPage, task_mark
from taskbridge.tables.push_logs import PushLogTable, load_own
from taskbridge.tables.riders import Rider

Loaded = dict[tuple[str, str, str], PushLog]  # by event, platform and session

LOST_RACE_WAIT_S = 2.0
SETTLE_TRIES = 5
MARKS_A_PAGE = 10_000  # some 50 KB: as many tasks as an instance may have; a deletion may name more


@dataclass(frozen=True, slots=True)
class PushPorts:
    """Everything outside."""

    instances: InstanceTable
    logs: PushLogTable
    sender: ThreadedSender
    queue: Visibility
    journal: PushJournal
    clock: Callable[[], float]
    random: Callable[[], float]
    new_id: Callable[[], str]
    retention_s: float = 0.0  # how long is remembered what has ended; 0 for good


def push_batch(records: Iterable[Record], ports: PushPorts, deadline: float) -> list[str]:
    """Bring the task center to what the messages, and all before them, imply.

    `deadline` is the time by which calls must have ended. Returns the ids of the messages that stay in the queue.
    Raises StoreError where the tables do not answer: then all of them stay.
    """
    groups, unreadable = _read(records, ports)
    stored = ports.instances.load(groups)
    groups = _screen(groups, stored, ports)
    turns, broken = _begin(groups, stored, ports)
    loaded = _load_logs(turns, ports)
    turns, lost, booking = _mark(turns, ports, deadline)
    kept: dict[str, tuple[Received, ...]] = {}
    for ended, riders in _send(turns, booking, ports, deadline):
        kept |= _settle(ended, riders, loaded, ports)
    for ended, riders in _send_slices(turns, ports, deadline):
        kept |= _settle(ended, riders, loaded, ports)
    staying = [*broken, *lost, *(entry for entries in kept.values() for entry in entries)]
    return [*unreadable, *(entry.message_id for entry in staying)]


def _read(records: Iterable[Record], ports: PushPorts) -> tuple[dict[tuple[str, str], list[Received]], list[str]]:
    groups: dict[tuple[str, str], list[Received]] = {}
    unreadable: list[str] = []
    for record in records:
        try:
            message = parse_message(record.body)
        except InvalidEvent as error:
            ports.journal.unreadable(record, error)
            unreadable.append(record.message_id)
            continue
        key = (message.platform_id, message.sess_id)
        groups.setdefault(key, []).append(Received(message, record.message_id, record.receipt_handle))
    return groups, unreadable


def _screen(
    groups: dict[tuple[str, str], list[Received]], stored: dict[str, StoredInstance], ports: PushPorts
) -> dict[tuple[str, str], list[Received]]:
    """The messages that can be worked on; the others are on record."""
    now = ports.clock()
    left = {}
    for key, received in groups.items():
        entry = stored[instance_key(*key)]
        if entry.unreadable:
            set_aside(entry, received, ports.instances, ports.logs, now)
            ports.journal.set_aside(entry, len(received))
        elif wanted := leave_out_old(entry, received, ports.logs, ports.retention_s, now):
            left[key] = wanted
    return left


def _begin(
    groups: dict[tuple[str, str], list[Received]], stored: Mapping[str, StoredInstance], ports: PushPorts
) -> tuple[list[Turn], list[Received]]:
    """The turns; and the messages of instances that cannot be worked on, whatever it is: they come again alone."""
    turns: list[Turn] = []
    broken: list[Received] = []
    for key, received in groups.items():
        try:
            turns.append(begin_turn(stored[instance_key(*key)], received))
        except Exception as error:  # noqa: BLE001  # it must not take the others with it
            ports.journal.failed(key, received, error)
            broken += received
    return turns, broken


def _load_logs(turns: list[Turn], ports: PushPorts) -> Loaded:
    keys = [
        (event_id, turn.platform_id, turn.instance.sess_id)
        for turn in turns
        for event_id in events_to_load(turn.story, turn.unsettled_events())
    ]
    return load_own(ports.logs, keys)


def _mark(turns: list[Turn], ports: PushPorts, deadline: float) -> tuple[list[Turn], list[Received], Booking]:
    """Write the documents with the attempt marked. Who lost a race leaves the messages for a moment."""
    now = ports.clock()
    to_send = _unblocked([turn for turn in turns if turn.plan.steps()], ports)
    for turn in to_send:
        mark_attempt(turn.instance, turn.plan.steps(), now)
        turn.marked = True
    stale: set[str] = set()
    booking = ports.sender.book([_job(turn) for turn in to_send], deadline)
    for platform_id, page in _pages(turns, now, ports).items():
        mine = [turn.stored for turn in to_send if turn.platform_id == platform_id]
        stale |= ports.instances.save(mine, page, booking.of(platform_id))
    lost = [entry for turn in turns if turn.stored.key in stale for entry in turn.received]
    ports.queue.hide([(entry.receipt_handle, LOST_RACE_WAIT_S) for entry in lost])
    return [turn for turn in turns if turn.stored.key not in stale], lost, booking


def _unblocked(turns: list[Turn], ports: PushPorts) -> list[Turn]:
    """The turns whose platform takes something now. Each platform is asked once, and once for probes."""
    blocks = cache(lambda platform_id, probe: bool(ports.sender.blocks(platform_id, probe=probe)))
    return [turn for turn in turns if not blocks(turn.platform_id, turn.is_probe)]


def _pages(turns: list[Turn], now: float, ports: PushPorts) -> dict[str, LogPage]:
    pages: dict[str, LogPage] = {}
    for platform_id in dict.fromkeys(turn.platform_id for turn in turns):
        mine = [turn for turn in turns if turn.platform_id == platform_id]
        # Two instances may have used one event id.
        events = [e for turn in mine for e in dict.fromkeys(message.event_id for message, _ in turn.story.folded)]
        instances = tuple(turn.instance.sess_id for turn in mine)
        tasks = dict.fromkeys(task_mark(key) for turn in mine for _, keys in turn.story.folded for key in keys if key)
        marks = tuple(tasks)[:MARKS_A_PAGE]
        pages[platform_id] = LogPage(platform_id, now, ports.new_id(), tuple(events), instances, marks)
    return pages


def _send(
    turns: list[Turn], booking: Booking, ports: PushPorts, deadline: float
) -> Iterator[tuple[list[Turn], list[Rider]]]:
    """Make the calls; gives the turns that have ended, as they end, so that fast ones do not wait for slow ones.

    With them, what goes along with their logs.
    """
    marked = [turn for turn in turns if turn.marked]
    held = [turn for turn in turns if not turn.marked]
    for turn in held:
        turn.note(ports.sender.hold(_job(turn)))
    for ended in ports.sender.send([_job(turn) for turn in marked], deadline, booking):
        for index, results in ended:
            marked[index].note(results)
        yield [*held, *(marked[index] for index, _ in ended)], booking.pop_leaving()
        held = []


def _job(turn: Turn) -> TurnCalls:
    return TurnCalls(turn.platform_id, turn.plan, turn.is_probe)


def _send_slices(turns: list[Turn], ports: PushPorts, deadline: float) -> Iterator[tuple[list[Turn], list[Rider]]]:
    """The rest of large instances, when their batch mates are settled: slice by slice, each settled.

    Who loses a race stops here: the instance is due, and somebody else is at it.
    """
    while turns := [turn for turn in turns if _has_more(turn, ports)]:
        now = ports.clock()
        for turn in turns:
            mark_attempt(turn.instance, turn.plan.steps(), now)
        booking = ports.sender.book([_job(turn) for turn in turns], deadline)
        stale = ports.instances.save([turn.stored for turn in turns], None, list(booking.taking.values()))
        turns = [turn for turn in turns if turn.stored.key not in stale]
        yield from _send(turns, booking, ports, deadline)


def _has_more(turn: Turn, ports: PushPorts) -> bool:
    try:
        return next_slice(turn)
    except Exception as error:  # noqa: BLE001  # what is left is due, and comes again alone
        _break_off(turn, error, ports)
        return False


def _settle(
    turns: list[Turn], riders: list[Rider], loaded: Loaded, ports: PushPorts
) -> dict[str, tuple[Received, ...]]:
    """Write the logs, then the documents; returns what stays in the queue of each."""
    now = ports.clock()
    dispositions: dict[str, Disposition] = {}
    settled: list[Turn] = []
    logs: list[PushLog] = []
    for turn in turns:
        try:
            dispositions[turn.stored.key], written = _conclude(turn, loaded, now, ports)
        except Exception as error:  # noqa: BLE001  # it must not take the others with it
            _break_off(turn, error, ports)
            dispositions[turn.stored.key] = Disposition(tuple(turn.received), LOST_RACE_WAIT_S)
        else:
            settled.append(turn)
            logs += written
    for log in ports.logs.put(logs, riders):
        ports.journal.clashed(log)
    loaded |= {(log.event_id, log.platform_id, log.sess_id): log for log in logs}
    for turn in _save_settled(settled, ports):
        dispositions[turn.stored.key] = Disposition(tuple(turn.received), LOST_RACE_WAIT_S)
    hidden = [(entry.receipt_handle, each.wait_s) for each in dispositions.values() for entry in each.keep]
    ports.queue.hide(hidden)
    return {key: each.keep for key, each in dispositions.items()}


def _conclude(turn: Turn, loaded: Loaded, now: float, ports: PushPorts) -> tuple[Disposition, list[PushLog]]:
    """What becomes of one turn's messages, and its logs; its document takes the outcomes."""
    settle(turn.instance, turn.latest, turn.story.overtaken, now)
    disposition = dispose(turn, turn.results, now, ports.random)
    own = (turn.platform_id, turn.instance.sess_id)
    known = {event: log for (event, *owner), log in loaded.items() if tuple(owner) == own}
    written = write_logs(turn.instance, turn.story, turn.latest, known, now)
    ports.journal.turned(turn, turn.latest, written)
    return disposition, written


def _break_off(turn: Turn, error: Exception, ports: PushPorts) -> None:
    """Leave a turn as the document has it: a call may have been made, and the messages come again, alone."""
    turn.is_large = False
    ports.journal.failed((turn.platform_id, turn.instance.sess_id), turn.received, error)


def _save_settled(turns: list[Turn], ports: PushPorts) -> list[Turn]:
    """Outcomes are facts: where somebody else wrote meanwhile, they are taken into the newer document.

    A turn that made no call has not written its messages down before: where it loses, it is returned, and they have
    to come again.
    """
    by_key = {turn.stored.key: turn for turn in turns}
    lost: list[Turn] = []
    pending = {turn.stored.key: turn.stored for turn in turns if not turn.is_about_nothing}
    for _ in range(SETTLE_TRIES):
        stale = ports.instances.save(list(pending.values()))
        lost += [by_key[key] for key in stale if not by_key[key].marked]
        stale = {key for key in stale if by_key[key].marked}
        if not stale:
            return lost
        keys = [(pending[key].instance.platform_id, pending[key].instance.sess_id) for key in stale]
        pending = ports.instances.load(keys)
        now = ports.clock()
        for key, stored in pending.items():
            by_key[key].is_large = False  # the rest is planned from the newer document
            settle(stored.instance, by_key[key].latest, by_key[key].story.overtaken, now)
            stored.instance.due_at = now  # whoever wrote meanwhile may think that we are still at it
    raise StaleVersion("an instance changed faster than its outcome could be written")
