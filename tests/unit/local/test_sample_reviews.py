"""The sample forms, read by the simulator through the whole of a review, come to what the story says of them."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import msgspec
import pytest

from ai_analyze.attachments.fetching import Fetcher
from ai_analyze.attachments.reading import read_files
from ai_analyze.material import ReadFile, build_material
from ai_analyze.review import Link, Model, review
from local.aigc_simulator.model import AiPlatform
from local.aigc_simulator.reading import MARK
from local.aigc_simulator.records import Settings
from local.settings import ROOT
from local.simulating.server import SimulatorServer
from local.simulators import ATTACHMENTS
from local.story import Story, read_story
from taskbridge.ai.results import Review
from taskbridge.ai.rules import RuleInForce
from taskbridge.events import EventForm
from taskbridge.platforms import build_ai_platform
from taskbridge.platforms.ai_client import AiPlatformClient
from taskbridge.platforms.http import build_http_client

VERDICTS = {
    "AT-LEAVE-1": "approve",
    "AT-LEAVE-2": "reject",
    "AT-EXPENSE-1": "approve",
    "AT-EXPENSE-2": "reject",
    "AT-EXPENSE-3": "needs_human",
    "AT-BUY-1": "approve",
    "AT-BUY-2": "needs_human",
    "AT-SEAL-1": "approve",
}


class OneToken:
    """Access tokens of this test alone."""

    def __init__(self) -> None:
        self.token = ""

    def get(self, key: str, fetch: Any, lifetime_s: float) -> str:
        self.token = self.token or fetch()
        return self.token

    def replace(self, key: str, refused: str, fetch: Any, lifetime_s: float) -> str:
        raise AssertionError("no token is refused here")

    def doubt(self, *_: Any, **__: Any) -> str | None:
        return ""

    def acquit(self, key: str, tried: str, signal: str) -> None:
        raise AssertionError("no token was tried")


class Page:
    """What a person sees while the answer streams."""

    def __init__(self) -> None:
        self.shown = ""

    def text(self, piece: str) -> None:
        self.shown += piece


class Desk:
    """A simulator behind real HTTP, and a client of it."""

    def __init__(self, server: SimulatorServer[AiPlatform], client: AiPlatformClient) -> None:
        self.server = server
        self.client = client
        self.story: Story = read_story(ROOT / "examples", f"{server.url}/files/")
        self.fetcher = Fetcher((), [server.url.partition("://")[2]])

    def task(self, task_id: str) -> tuple[Mapping[str, Any], RuleInForce]:
        event = next(e for e in self.story.chapters[1].events if e["tasks"][0]["task_id"] == task_id)
        task = event["tasks"][0]
        node = next(e["node"] for e in self.story.chapters[0].events if e["node"]["node_id"] == task["node_id"])
        rule = RuleInForce(
            rule=node["aiExamineRule"],
            keynote=node["aiExamineMainInfo"],
            file_key=tuple(node["aiExamineFileKey"]),
            source="default",
            version="default-1",
            enabled=True,
            automatic=True,
        )
        return task, rule

    def review(self, task_id: str, page: Page) -> Review:
        task, rule = self.task(task_id)
        form = msgspec.json.decode(json.dumps(task["form"]).encode(), type=EventForm)
        material = build_material(
            form, rule, date(2026, 11, 22), lambda attachments: read_files(attachments, self.fetcher)
        )
        chain = [Link(self.client, "Qwen2.5-32B-Instruct")]
        return review(
            material,
            chain,
            page,
            masking=False,
            second_look="approves",
            uid="approver-1",
            upload=self.upload,
            forget=lambda *_: None,
            audit=lambda _: None,
        )

    def upload(self, model: Model, file: ReadFile) -> str:
        return self.client.upload(file.name, file.content, ocr=file.name.endswith(".pdf")).file_id


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    behaviour = Settings(first_text_ms=0, piece_ms=0, attachments=str(ATTACHMENTS))
    platform = AiPlatform(time.time, random.Random(1), behaviour)
    server = SimulatorServer(("127.0.0.1", 0), platform)
    server.start()
    settings = {"host": server.url, "app_id": behaviour.app_id, "model": behaviour.models[0]}
    try:
        with build_http_client(2) as http:
            adapter = build_ai_platform("aigc", "Aigc", settings)
            yield Desk(
                server, AiPlatformClient(adapter, http, OneToken(), lambda _: (behaviour.app_secret,), time.time)
            )
    finally:
        server.stop()


@pytest.mark.parametrize("task_id", sorted(VERDICTS))
def test_a_sample_form_comes_to_its_verdict(desk: Desk, task_id: str) -> None:
    # given
    page = Page()

    # when
    found = desk.review(task_id, page)

    # then
    assert found.verdict == VERDICTS[task_id], found
    assert found.text == page.shown
    assert found.text.startswith(MARK)
    assert found.summary.startswith(MARK if found.downgraded is None else found.downgraded)
    assert "{" not in found.text


def test_what_is_expected_of_the_samples_is_what_they_come_to(desk: Desk) -> None:
    expected = {
        task_id: analysis["verdict"]
        for (_, task_id), analysis in desk.story.expected.analyses.items()
        if analysis is not None
    }

    assert expected == {task_id: verdict for task_id, verdict in VERDICTS.items() if task_id in expected}
    assert set(expected.values()) == {"approve", "reject", "needs_human"}


def test_an_invoice_with_other_figures_is_quoted_beside_the_form(desk: Desk) -> None:
    found = desk.review("AT-EXPENSE-2", Page())

    failed = [finding for finding in found.findings if finding.result == "fail"]
    assert [(e.source, e.page, e.quote, e.verified) for e in failed[0].evidence] == [
        ("附件1.pdf", 1, "4,280.00", True),
        ("amount", None, "4820.00 元", True),
    ]


def test_every_pdf_is_handed_over_for_ocr(desk: Desk) -> None:
    desk.review("AT-EXPENSE-3", Page())

    uploads = [file for file in desk.server.simulator.files.values() if file.ocr]
    asked = desk.server.simulator.calls[-1].asked
    assert asked.file_ids == (uploads[-1].file_id,)
