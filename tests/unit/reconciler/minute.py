"""A reconciler over fakes, run by run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from reconciler.ports import RunPorts
from reconciler.reconcile import reconcile
from taskbridge.push.instances import Work
from taskbridge.push.messages import SyncMessage
from taskbridge.tables.instances import StoredInstance
from taskbridge.tables.push_log_pages import LogPage
from tests.builders import PLATFORM, START, configuration, deletion, instance_after, message, platform
from tests.fakes import FakeQueue, MemoryCoordination, MemoryInstances, SilentReconcilerJournal

RUN_S = 58.0


class Minute:
    """A reconciler over fakes; its clock moves when it sleeps, and `meanwhile` happens each time it does."""

    def __init__(self) -> None:
        self.now = START
        self.platforms = [platform()]
        self.instances = MemoryInstances()
        self.coordination = MemoryCoordination()
        self.journal = SilentReconcilerJournal()
        self.sent: list[SyncMessage] = []
        self.queued = 0
        self.refused: set[int] = set()
        self.on_send: Callable[[SyncMessage], object] = lambda _: None
        self.run_s = RUN_S
        self.slept: list[float] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def run(self) -> list[SyncMessage]:
        """One run; returns what it sent."""
        self.sent.clear()
        reconcile(self.ports(), self.now + self.run_s)
        return list(self.sent)

    def ports(self) -> RunPorts:
        return RunPorts(
            configuration=lambda: configuration(self.platforms),
            instances=self.instances,
            coordination=self.coordination,
            pages=self.instances,
            outbox=FakeQueue(self.send, depth=self.depth),
            journal=self.journal,
            clock=lambda: self.now,
            sleep=self.sleep,
        )

    def send(self, messages: Sequence[SyncMessage]) -> set[int]:
        for each in messages:
            self.on_send(each)
        self.sent += messages
        return {position for position in self.refused if position < len(messages)}

    def depth(self) -> int:
        return self.queued

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.meanwhile()

    def put(self, sess_id: str, due_at: float = 0.0, platform_id: str = PLATFORM, *, has_work: bool = True) -> None:
        """Store an instance with something left to do."""
        document = instance_after(message(sess_id=sess_id, platform_id=platform_id))
        document.due_at = due_at
        if not has_work:
            document.tasks["T1"].work = Work.NONE
        self.instances.save([StoredInstance(document)])

    def put_deleted(self, sess_id: str, due_at: float) -> None:
        """Store an instance that has to go."""
        document = instance_after(deletion(1, "T1", sess_id=sess_id))
        document.due_at = due_at
        self.instances.save([StoredInstance(document)])

    def put_many(self, count: int, due_at: float = START) -> None:
        for number in range(count):
            self.put(f"S{number:04}", due_at)

    def due_at(self, sess_id: str) -> float:
        return self.instances.due_at.get(f"{PLATFORM}#{sess_id}", 0.0)

    def add_page(self, at: float, *sess_ids: str) -> None:
        self.instances.pages.append(LogPage(PLATFORM, at, f"p{at}", ("e1",), sess_ids))

    def heard(self, name: str) -> list[Any]:
        return [said for called, said in self.journal.heard if called == name]


def names(sent: list[SyncMessage]) -> list[str]:
    return [each.sess_id for each in sent]
