"""What tests of documents look at, and how a task center takes everything at once."""

from __future__ import annotations

from taskbridge.push.instances import Instance, Presence, Work


def acknowledge(instance: Instance) -> None:
    """The task center has taken everything."""
    for item in instance.items().values():
        if item.work is Work.PENDING:
            item.work = Work.NONE
            item.presence = Presence.GONE if instance.is_deleted else Presence.PRESENT
    instance.carried_status = instance.item.value("status", "running")


def pending(instance: Instance) -> set[str]:
    return {key for key, item in instance.items().items() if item.work is Work.PENDING}


def revisions(instance: Instance) -> dict[str, int]:
    return {key: item.revision for key, item in instance.items().items()}
