"""The API and the reconciler's jobs over the tables and the queue of an emulator."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

from admin_api.push import comparison, replays
from reconciler.jobs import work_off
from reconciler.ports import JobPorts
from taskbridge.push.messages import SyncMessage, parse_message
from taskbridge.push.queue import PushQueue
from taskbridge.tables.push_jobs import PushJobTable
from taskbridge.tables.push_log_pages import PushLogPageTable
from tests.api import build_client, build_services
from tests.builders import START
from tests.fakes import SilentReconcilerJournal
from tests.functional.aws import Tables, create_push_queue
from tests.functional.campus_logs import CampusLogs


class Killed(BaseException):
    """The worker dies."""


class Site:
    """The API and the reconciler over the same tables and queue, at one clock."""

    def __init__(self, clients: dict[str, Any], tables: Tables) -> None:
        self.now = START + 60
        self.clients = clients
        self.tables = tables
        self.queue_url = create_push_queue(clients["sqs"])
        self.campus = CampusLogs(clients["dynamodb"], tables)
        self.jobs = PushJobTable(clients["dynamodb"], tables.JobTable)
        self.sends_left = itertools.count()
        self.numbers = itertools.count()
        services = build_services(
            clients["dynamodb"],
            tables,
            sqs=clients["sqs"],
            ssm=clients["ssm"],
            clock=lambda: self.now,
            new_id=lambda: f"n{next(self.numbers)}",
            queues={"push": self.queue_url},
        )
        self.api = build_client(services, comparison.router, replays.router).as_("o", "ops")

    def reconcile(self, *, die_at_send: int = 0) -> None:
        """A run of the reconciler's jobs. It dies after this send, before it has saved."""
        queue = PushQueue(self.clients["sqs"], self.queue_url)
        sends = itertools.count(1)

        class Outbox:
            def send(self, messages: list[SyncMessage]) -> set[int]:
                refused = queue.send(messages)
                if next(sends) == die_at_send:
                    raise Killed
                return refused

        holder = f"w{next(self.numbers)}"
        ports = JobPorts(
            jobs=self.jobs,
            logs=self.campus.logs,
            instances=self.campus.instances,
            pages=PushLogPageTable(self.clients["dynamodb"], self.tables.PushLogPageTable, 0),
            outbox=Outbox(),  # type: ignore[arg-type]
            journal=SilentReconcilerJournal(),
            clock=lambda: self.now,
            sleep=self.sleep,
            new_id=lambda: holder,
        )
        work_off(ports, self.now + 50)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def received(self) -> Counter[str]:
        """How often each instance stands in the push queue."""
        found: Counter[str] = Counter()
        sqs = self.clients["sqs"]
        while messages := sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", []):
            found.update(parse_message(each["Body"]).sess_id for each in messages)
            for each in messages:
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=each["ReceiptHandle"])
        return found
