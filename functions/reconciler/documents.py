"""Documents and pages as the reconciler takes them: what fails for one is kept to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.ports import RunPorts
from taskbridge.errors import StoreError
from taskbridge.moments import utc_stamp
from taskbridge.push.instances import Instance, Work
from taskbridge.push.messages import SyncMessage
from taskbridge.tables.instances import StoredInstance

Key = tuple[str, str]
LONE_FAILURES = 3  # of as many that are tried alone: then it is the table


def load(keys: Sequence[Key], ports: RunPorts) -> list[StoredInstance]:
    """Documents by (platform id, session id). Those that cannot be read are marked, and told. Raises StoreError."""
    found = list(ports.instances.load(keys).values())
    for stored in found:
        if stored.unreadable:
            ports.journal.unreadable(stored.instance.platform_id, stored.instance.sess_id, stored.unreadable)
    return found


def each_alone(
    do: Callable[[Sequence[Key]], list[Key]], keys: Sequence[Key]
) -> tuple[list[Key], dict[Key, StoreError]]:
    """Do something to all at once; where a table refuses that, to each alone, so that the others are done.

    Returns what was done, and what failed also alone. It ends where the first few fail: then it is none of them.
    """
    try:
        return do(keys), {}
    except StoreError as error:
        if len(keys) == 1:
            return [], {keys[0]: error}
    done: list[Key] = []
    failed: dict[Key, StoreError] = {}
    for key in keys:
        ended, failure = each_alone(do, [key])
        done, failed = done + ended, failed | failure
        if len(failed) == LONE_FAILURES and not done:
            break
    return done, failed


def work_left(instance: Instance) -> int:
    """The calls that an instance still needs, about."""
    return sum(item.work is Work.PENDING for item in instance.items().values()) if instance.has_work else 0


def kinds_of(keys: Sequence[Key], ports: RunPorts) -> dict[Key, str]:
    """What the next call of each instance is about, by a word: each kind has an address of its own at a task center.

    Those that need none, or cannot be read, are left out.
    """
    found = (stored.instance for stored in ports.instances.load(keys).values() if stored.instance.has_work)
    return {(each.platform_id, each.sess_id): _kind_of_call(each) for each in found}


def _kind_of_call(instance: Instance) -> str:
    if instance.is_deleted:
        return "deletion"
    return "todo" if any(task.work is Work.PENDING for task in instance.tasks.values()) else "instance"


def build_wake(key: Key, reason: str, now: float, *, probe: bool = False) -> SyncMessage:
    """The message that wakes an instance."""
    stamp = utc_stamp(now)
    return SyncMessage(platform_id=key[0], sess_id=key[1], reason=reason, requested_at=stamp, probe=probe)
