"""The routes of platforms, trigger rules and AI settings on MiniStack, with a platform behind HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from admin_api.setup import ai_switches, connection, platforms, removal, trigger_rules
from taskbridge.access.secrets import PlatformSecrets
from taskbridge.errors import ConfigurationError
from taskbridge.push.instances import Instance
from taskbridge.tables.changes import ChangeRecord, ChangeTable
from taskbridge.tables.configuration import ConfigurationTable
from taskbridge.tables.instances import InstanceTable, StoredInstance
from taskbridge.tables.push_log_pages import LogPage, PushLogPageTable
from tests.api import ApiClient, build_client, build_services
from tests.builders import JINZHI_SETTINGS, START
from tests.functional.aws import ACCOUNT, REGION, Tables

SECRET = "sec/ret+9&8%7"
MASK = "********"
AREAS = (
    ai_switches.router,
    connection.router,
    platforms.router,
    removal.router,
    trigger_rules.router,
)
AIGC_SETTINGS = {"host": "https://ai.test", "app_id": "a", "model": "qwen-plus"}


class Desk:
    """An admin at the API. `answer` is what every platform answers, and may raise; `now` moves when told."""

    def __init__(self, clients: dict[str, Any], endpoint: str, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = START
        self.tables = tables
        self.dynamodb, self.sqs, self.ssm = (clients[name] for name in ("dynamodb", "sqs", "ssm"))
        self.prefix = f"/taskbridge/{tables.ConfigurationTable}"
        environment = {
            **ACCOUNT,
            "PARAMETER_PREFIX": self.prefix,
            "TABLE_PREFIX": tables.prefix,
            "TOKEN_STORE": "ssm",
        }
        tables.create("CoordinationTable")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        self.queue_url = self.sqs.create_queue(QueueName=tables.names["ConfigurationTable"])["QueueUrl"]
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(500)
        self.http = httpx.Client(transport=httpx.MockTransport(self._answered))
        self.services = build_services(
            self.dynamodb,
            tables,
            sqs=self.sqs,
            ssm=self.ssm,
            prefix=self.prefix,
            region=REGION,
            endpoint_url=endpoint,
            clock=lambda: self.now,
            queues={"push": self.queue_url},
            http_client=self.http,
        )
        self.admin: ApiClient = build_client(self.services, *AREAS)

    def _answered(self, request: httpx.Request) -> httpx.Response:
        return self.answer(request)

    def close(self) -> None:
        self.http.close()

    # -- what a test sends

    def form(self, **changes: Any) -> dict[str, Any]:
        settings = {**JINZHI_SETTINGS, "app_secret": SECRET, **changes.pop("settings", {})}
        return {"id": "jz", "name": "金智", "class_name": "JinZhiTaskCenter", "settings": settings, **changes}

    def create(self, **changes: Any) -> dict[str, Any]:
        answer = self.admin.post("/v1/platforms", self.form(**changes))
        assert answer.status == 201, answer.text
        return dict(answer.json)

    def create_ai(self, platform_id: str = "aigc", **settings: Any) -> dict[str, Any]:
        settings = {**AIGC_SETTINGS, "app_secret": SECRET, **settings}
        form = {"id": platform_id, "name": "AI", "class_name": "Aigc", "settings": settings}
        answer = self.admin.post("/v1/platforms", form)
        assert answer.status == 201, answer.text
        return dict(answer.json)

    # -- what stands there

    def secret(self, platform_id: str = "jz") -> tuple[str, ...]:
        """The values of `app_secret` that are valid for a worker that starts now, newest first; none without one."""
        table = ConfigurationTable(self.dynamodb, self.tables.ConfigurationTable, lambda: self.now)
        secrets = PlatformSecrets(self.ssm, self.prefix, lambda: self.now)
        try:
            return secrets(table.current().platforms[platform_id], "app_secret")
        except (ConfigurationError, KeyError):
            return ()

    def stored_secrets(self) -> list[str]:
        """Every secret in the parameter store, whether anything names it or not."""
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(
            Path=f"{self.prefix}/platforms", Recursive=True, WithDecryption=True
        )
        found = [each for page in pages for each in page["Parameters"]]
        assert {each["Type"] for each in found} <= {"SecureString"}
        return sorted(str(each["Value"]) for each in found)

    def trail(self, *what: str) -> list[ChangeRecord]:
        """The changes of a subject, the oldest first."""
        return ChangeTable(self.dynamodb, self.tables.ChangeTable).of(what).items[::-1]

    # -- what waits for a platform

    def park(self, platform_id: str = "jz", sess_id: str = "s1") -> None:
        parked = StoredInstance(Instance(platform_id, sess_id, due_at=self.now + 3600))
        assert not InstanceTable(self.dynamodb, self.tables.InstanceTable).save([parked])

    def unpark(self, platform_id: str = "jz", sess_id: str = "s1") -> None:
        table = InstanceTable(self.dynamodb, self.tables.InstanceTable)
        (stored,) = table.load([(platform_id, sess_id)]).values()
        stored.instance.due_at = 0.0
        assert not table.save([stored])

    def queue_a_message(self) -> None:
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody="{}")

    def note_batch(self, platform_id: str = "jz") -> None:
        """A batch works on the platform now."""
        pages = PushLogPageTable(self.dynamodb, self.tables.PushLogPageTable, 86400)
        page = LogPage(platform_id, self.now, "p1", ("e1",), ("s1",))
        self.dynamodb.batch_execute_statement(Statements=[pages.insert_statement(page)])
