"""Messages that were set aside go on as soon as their document can be read."""

from __future__ import annotations

from taskbridge.push.messages import parse_message
from taskbridge.push.queue import PushQueue
from taskbridge.tables.aside import REST_S
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
    ready = [each for each in waiting if each.sess_id not in unreadable and each.at + REST_S <= now]
    refused = outbox.send([parse_message(each.body) for each in ready]) if ready else set()
    sent = [each for position, each in enumerate(ready) if position not in refused]
    instances.drop_aside(sent)
    return len(waiting) - len(sent)
