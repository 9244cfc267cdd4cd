"""One instance compared with its logs, and sent again where it differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from admin_api.moments import at
from admin_api.push_replays import Outbox, send_all
from taskbridge.push.differences import Difference, build_sync, events_of, find_differences
from taskbridge.push.messages import instance_key
from taskbridge.tables.instances import Stored
from taskbridge.tables.push_logs import PushLogTable, load_own


class Instances(Protocol):
    """See InstanceTable."""

    def load(self, keys: Iterable[tuple[str, str]]) -> dict[str, Stored]:
        """See InstanceStore."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares instances with their logs."""

    instances: Instances
    logs: PushLogTable
    outbox: Outbox
    clock: Callable[[], float]

    def of_instance(self, platform_id: str, sess_id: str) -> list[Difference] | None:
        """What differs, and is sent again by now; None where nothing is known of the instance. Raises StoreError."""
        stored = self.instances.load([(platform_id, sess_id)])[instance_key(platform_id, sess_id)]
        if not stored.version:
            return None
        instance, now = stored.instance, self.clock()
        logs = load_own(self.logs, ((event_id, platform_id, sess_id) for event_id in events_of(instance)))
        differences = find_differences(instance, logs.values(), now)
        if differences:
            send_all([build_sync(instance, differences, "comparison", at(now))], self.outbox)
        return differences
