"""The functions of AI approval as Lambda would run them, in this process, before the simulated AI platform."""

from __future__ import annotations

import json
import logging
import random
import time
import uuid
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest

import ai_analyze.app
import ai_track.app
from local.aigc_simulator import AiPlatform, Settings, mock_transport
from local.aigc_simulator.records import DEFAULT_MODELS
from taskbridge.ai.jobs import AiJob
from taskbridge.ai.messages import AiMessage, AnalysisMessage, TrackMessage, encode_ai_message
from taskbridge.ai.seats import Seat
from taskbridge.ai.settings import AiSettings
from taskbridge.tables.ai_jobs import AiJobTable
from taskbridge.tables.ai_tasks import TaskTable
from taskbridge.tables.configuration import PlatformConfig
from tests.functional.deployment import SECRET, Deployment, context

AI_PLATFORM = "aigc"
FUNCTIONS = {"ai_track": ai_track.app, "ai_analyze": ai_analyze.app}


class AiDeployment(Deployment):
    """One deployment with AI approval set up."""

    def __init__(self, endpoint: str, clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(endpoint, clients, monkeypatch)
        self.ai = AiPlatform(time.time, random.Random(7), Settings(app_secret=SECRET))
        self.ai_http = httpx.Client(transport=mock_transport(self.ai, lambda _: None))
        monkeypatch.setattr(ai_analyze.app, "build_http_client", lambda *_, **__: self.ai_http)
        queue = clients["sqs"].create_queue(QueueName=f"analysis-{uuid.uuid4().hex[:8]}")
        self.analysis_queue_url = queue["QueueUrl"]
        self.tables.create(*self.tables.names)
        for name, value in {
            "ANALYSIS_QUEUE_URL": self.analysis_queue_url,
            "ENVIRONMENT": "test",
            "ATTACHMENT_HOSTS": "",
        }.items():
            monkeypatch.setenv(name, value)
        self._set_up_ai()

    def _set_up_ai(self) -> None:
        settings = {"host": "https://aigc.test", "app_id": "taskbridge", "model": DEFAULT_MODELS[0]}
        self.configurator.save_platform(PlatformConfig(AI_PLATFORM, "AI", "Aigc", True, 0, settings))
        self.set_ai()
        name = f"{self.prefix}/platforms/{AI_PLATFORM}/app_secret"
        self.clients["ssm"].put_parameter(Name=name, Value=SECRET, Type="SecureString", Overwrite=True)

    def set_ai(self, **changes: Any) -> None:
        """Set the switches: on, everywhere, and what is named."""
        settings = AiSettings(examine_enable=True, examine_default_all_apps=True, platform_id=AI_PLATFORM)
        version = self.configurator.read_ai_settings().version
        self.configurator.save_ai_settings(replace(settings, version=version, **changes))

    def forget(self) -> None:
        """As the others."""
        super().forget()
        for name, function in FUNCTIONS.items():
            function._wired.cache_clear()
            logger = logging.getLogger(name)
            logger.handlers.clear()
            for mark in ("init", "powertools_handler"):
                logger.__dict__.pop(mark, None)

    def track(self, *told: dict[str, Any] | AiMessage) -> list[str]:
        """The tracking function gets events, or messages of its queue; the ids of those that stay."""
        now = "2026-11-22T02:00:00.000+00:00"
        messages = [
            TrackMessage(now, msgspec.Raw(json.dumps(each).encode())) if isinstance(each, dict) else each
            for each in told
        ]
        return self._given(ai_track.app.handler, [encode_ai_message(each) for each in messages])

    def analyse(self, *messages: AnalysisMessage, receives: int = 1) -> list[str]:
        """The analysing function gets these messages, or what is in its queue; the bodies of those that stay."""
        if messages:
            bodies = [encode_ai_message(each) for each in messages]
        else:
            bodies = [each["Body"] for each in self._received()]
        staying = self._given(ai_analyze.app.handler, bodies, receives)
        return [bodies[int(each.removeprefix("m"))] for each in staying]

    def begin_night(self) -> None:
        """The schedule asks the analysing function for a night."""
        ai_analyze.app.handler({"night": "flips"}, context())

    def seat(self, uid: str, task_id: str) -> Seat:
        """A person's task."""
        table = TaskTable(self.clients["dynamodb"], self.tables.AiTaskTable, self.tables.AiPersonTable)
        found = table.get(uid, task_id)
        assert found is not None
        return found

    def jobs(self) -> AiJobTable:
        """Dry runs and proposals."""
        return AiJobTable(self.clients["dynamodb"], self.tables.JobTable)

    def job(self, uid: str, job_id: str) -> AiJob:
        """One of them."""
        found = self.jobs().get(uid, job_id)
        assert found is not None
        return found

    def close(self) -> None:
        """As the others."""
        super().close()
        self.ai_http.close()

    def _received(self) -> list[dict[str, Any]]:
        answer = self.clients["sqs"].receive_message(QueueUrl=self.analysis_queue_url, MaxNumberOfMessages=5)
        found: list[dict[str, Any]] = answer.get("Messages", [])
        for each in found:
            self.clients["sqs"].delete_message(QueueUrl=self.analysis_queue_url, ReceiptHandle=each["ReceiptHandle"])
        return found

    def _given(self, handler: Any, bodies: list[str], receives: int = 1) -> list[str]:
        attributes = {"SentTimestamp": "1795311005000", "ApproximateReceiveCount": str(receives)}
        records = [
            {"messageId": f"m{number}", "receiptHandle": "r", "body": body, "attributes": attributes}
            for number, body in enumerate(bodies)
        ]
        return [each["itemIdentifier"] for each in handler({"Records": records}, context())["batchItemFailures"]]
