"""The worker of jobs, over the tables of the API, in this process."""

from __future__ import annotations

from dataclasses import replace

from ai_analyze.jobs import run_job
from taskbridge.ai.messages import JobMessage
from tests.functional.ai_api import AiWorld
from tests.functional.ai_suites.builders import NOW
from tests.unit.ai.analysis_worker import Worker


class Fleet(Worker):
    """A worker that takes its turn whenever somebody waits, over the tables of the API."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.is_busy = False
        self.queue: list[JobMessage] = []
        self.world: AiWorld

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if not self.is_busy:
            self.queue += [JobMessage(body["uid"], body["job_id"]) for _, body in self.world.outbox.taken()]
            self.queue = [message for message in self.queue if self.stays(message)]

    def stays(self, message: JobMessage) -> bool:
        """Give a message a turn; whether it stays in the queue."""
        stores = self.world.stores
        ports = replace(self.ports, seats=stores.tasks, forms=stores.forms, jobs=self.world.services.ai_jobs)
        return run_job(message, ports).again_in is not None
