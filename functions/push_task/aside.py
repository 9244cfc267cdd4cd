"""Messages that are not worked on: their document cannot be read, or they are older than what is remembered.

Both stand in the push log with the reason. The first go on as soon as the document can be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from push_task.logs import log_without_turn
from push_task.turn import Received
from taskbridge.moments import DAY_S
from taskbridge.push.logs import LogStatus, PushLog
from taskbridge.push.messages import EventMessage, Message, encode_message
from taskbridge.reasons import build_reason
from taskbridge.tables.aside import Aside
from taskbridge.tables.instances import InstanceTable, StoredInstance
from taskbridge.tables.push_logs import PushLogTable, load_own


def set_aside(
    stored: StoredInstance, received: Iterable[Received], instances: InstanceTable, logs: PushLogTable, now: float
) -> None:
    """Keep the messages of a document that cannot be read, and say so in the logs of those that have none yet."""
    messages = [entry.message for entry in received if _tells(entry.message)]
    instances.set_aside([Aside(each.platform_id, each.sess_id, encode_message(each), now) for each in messages])
    reason = build_reason("waits_unreadable", why=stored.unreadable)
    _write(
        logs, [log_without_turn(e, LogStatus.RETRYING, reason, now) for e in messages if isinstance(e, EventMessage)]
    )


def leave_out_old(
    stored: StoredInstance, received: list[Received], logs: PushLogTable, retention_s: float, now: float
) -> list[Received]:
    """The messages without those of events that are so old that their document may have been and gone.

    The router leaves them out as well; a message may have waited since.
    """
    if stored.version or not retention_s:
        return received
    new = []
    left = []
    for entry in received:
        message = entry.message
        if isinstance(message, EventMessage) and _is_old(message, now - retention_s):
            reason = build_reason("happened_long_ago", day=message.occurred_at[:10], days=round(retention_s / DAY_S))
            new.append(log_without_turn(message, LogStatus.SKIPPED, reason, now))
        else:
            left.append(entry)
    if new:
        _write(logs, new)
    return left


def _tells(message: Message) -> bool:
    """Whether anything is lost without it: who only wakes an instance comes again."""
    return isinstance(message, EventMessage) or message.replay


def _is_old(message: EventMessage, oldest: float) -> bool:
    return bool(message.occurred_at) and datetime.fromisoformat(message.occurred_at).timestamp() < oldest


def _write(logs: PushLogTable, new: list[PushLog]) -> None:
    known = load_own(logs, [(log.event_id, log.platform_id, log.owner) for log in new])
    unknown = [log for log in new if (log.event_id, log.platform_id, log.owner) not in known]
    if unknown:
        logs.put(unknown)
