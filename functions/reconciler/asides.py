"""Messages that were set aside go on as soon as their document can be read."""

from __future__ import annotations

from taskbridge.errors import InvalidEvent
from taskbridge.push.messages import Message, parse_message
from taskbridge.push.queue import PushQueue
from taskbridge.tables.aside import REST_S, Aside
from taskbridge.tables.instances import InstanceTable


def send_on(platform_id: str, instances: InstanceTable, outbox: PushQueue, now: float) -> int:
    """Send what can go on, and forget it then; returns how many of those that were looked at still wait.

    Who dies between sends them once more: the documents know an event that they have seen.
    """
    waiting = instances.aside(platform_id, now)
    if not waiting:
        return 0
    stored = instances.load(list(dict.fromkeys((each.platform_id, each.sess_id) for each in waiting)))
    unreadable = {entry.instance.sess_id for entry in stored.values() if entry.unreadable}
    rested = [each for each in waiting if each.sess_id not in unreadable and each.at + REST_S <= now]
    ready = [(each, message) for each in rested if (message := _read(each))]
    refused = outbox.send([message for _, message in ready]) if ready else set()
    sent = [each for position, (each, _) in enumerate(ready) if position not in refused]
    instances.drop_aside(sent)
    return len(waiting) - len(sent)


def _read(waiting: Aside) -> Message | None:
    """The message; None for one of a release that this one does not know: it waits, and holds up no other."""
    try:
        return parse_message(waiting.body)
    except InvalidEvent:
        return None
