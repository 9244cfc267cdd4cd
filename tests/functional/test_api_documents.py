"""Rules from policy documents: over HTTP, read by the analysing function, with the strict AI platform behind it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from admin_api.ai import documents
from admin_api.wiring import QUEUES
from taskbridge.ai.messages import JobMessage
from taskbridge.ai.settings import AiSettings
from tests.api import ApiClient, build_client, build_services
from tests.builders import event, task
from tests.functional.ai_api import PLATFORM, SETTINGS, AiWorld
from tests.functional.ai_deployment import AiDeployment
from tests.functional.aws import Tables
from tests.unit.ai.attachments.made_files import make_docx
from tests.unit.ai.attachments.made_pdfs import make_pdf

UID, APP, NODE = "u-2", "leave", "node-2"
RULE = f"/v1/ai/rules/{APP}/{NODE}"
DOCUMENTS = f"{RULE}/documents"
DEFAULT = f"/v1/ai/nodes/{APP}/{NODE}"
FORM = {"fields": [{"key": "amount", "label": {"zh": "报销金额"}, "type": "number", "value": 4800}]}
FIRST = ("差旅费报销办法", "第一条 为规范报销，制定本办法。", "第二条 报销金额不得超过 5000 元。")
SECOND = ("第三条 报销须附发票原件。",)
POLICY = make_pdf(FIRST, SECOND)
NEXT_YEAR = make_pdf((*FIRST[:2], "第二条 报销金额不得超过 3000 元。"), SECOND)
CLAUSES = ("报销金额不超过 5000 元", "报销须附发票原件")
TEXT = "\n".join(CLAUSES)
SENT = {"name": "办法.pdf", "content": base64.b64encode(POLICY).decode(), "wait": False}


class World:
    """The API and the analysing function, over the same tables and the same queue."""

    def __init__(self, deployed: AiDeployment) -> None:
        self.deployed = deployed
        queues = {**dict.fromkeys(QUEUES, ""), "analysis": deployed.analysis_queue_url, "ai": deployed.ai_queue_url}
        clients = {name: deployed.clients[name] for name in ("dynamodb", "sqs", "ssm")}
        self.admin = build_client(build_services(tables=deployed.tables, queues=queues, **clients))
        self.me = self.admin.as_(UID)

    def read(self, client: ApiClient, content: bytes, name: str = "差旅费报销办法.pdf", **more: Any) -> dict[str, Any]:
        """Upload a document, and let it be read to its end."""
        sent = {"name": name, "content": base64.b64encode(content).decode(), "wait": False, **more}
        started = client.post(DOCUMENTS, sent)
        assert started.status == 202, started.text
        message = JobMessage(client.uid, started.json["id"])
        while self.deployed.analyse(message):
            pass
        found: dict[str, Any] = client.get(f"/v1/ai/jobs/{started.json['id']}").json
        return found


@pytest.fixture
def world(ministack: str, clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    deployed = AiDeployment(ministack, clients, monkeypatch)
    yield World(deployed)
    deployed.close()


def give_form(world: World) -> None:
    given = task("T1", node_kind="approve", form=FORM)
    world.deployed.track(event("task_received", 1, sess_id="S-1", tasks=[given]))


def test_a_policy_of_two_pages_becomes_a_rule_with_checks_and_its_next_version_marks_the_rule_stale(
    world: World,
) -> None:
    # given
    give_form(world)

    # when
    job = world.read(world.me, POLICY)

    # then
    assert (job["kind"], job["status"], job["reason"]) == ("read_document", "done", "")
    assert [(each["clause"], each["page"], each["sentence"]) for each in job["document"]["clauses"]] == [
        (CLAUSES[0], 1, "第二条 报销金额不得超过 5000 元。"),
        (CLAUSES[1], 2, "第三条 报销须附发票原件。"),
    ]
    assert [(each["clause"], each["expression"], each["passed"]) for each in job["checks"]] == [
        (CLAUSES[0], "amount <= 5000", 1)
    ]
    assert world.me.get(RULE).status == 404

    # when it is confirmed clause by clause
    check = {"clause": CLAUSES[0], "expression": "amount <= 5000", "confirmed": True, "covers": True}
    saved = world.me.put(RULE, {"rule": TEXT, "checks": [check], "document": job["id"], "version": 0}).json

    # then
    assert (saved["document"]["sha256"], saved["stale"]) == (job["document"]["sha256"], None)
    assert [each["page"] for each in saved["document"]["clauses"]] == [1, 2]

    # when the next version comes
    newer = world.read(world.me, NEXT_YEAR, "差旅费报销办法（2027）.pdf")

    # then
    changes = [(each["clause"], each["state"]) for each in newer["document"]["changes"]]
    assert changes == [(CLAUSES[0], "gone"), (CLAUSES[1], "same")]
    assert [(each["clause"], each["is_new"]) for each in newer["document"]["clauses"]] == [
        ("报销金额不超过 3000 元", True),
        (CLAUSES[1], False),
    ]
    stale = world.me.get(RULE).json["stale"]
    assert (stale["name"], stale["sha256"]) == ("差旅费报销办法（2027）.pdf", newer["document"]["sha256"])
    assert [each["clause"] for each in stale["gone"]] == [CLAUSES[0]]
    (listed,) = world.me.get("/v1/ai/rules").json["items"]
    assert listed["stale"] == stale

    # and a rule that follows it is up to date
    follows = world.me.put(RULE, {"rule": f"报销金额不超过 3000 元\n{CLAUSES[1]}", "document": newer["id"]}).json
    assert (follows["stale"], follows["document"]["name"]) == (None, "差旅费报销办法（2027）.pdf")
    assert world.me.get(RULE).json == follows | {"node_key": follows["node_key"]}
    # while the one before is as stale as it was, where somebody takes it back
    assert world.me.post(f"{RULE}/versions/1/restore").json["stale"] == stale


def test_the_default_of_a_node_is_an_admins_and_its_document_is_its_own(world: World) -> None:
    word = make_docx(*FIRST, *SECOND)
    job = world.read(world.admin, word, "办法.docx")
    assert [(each["clause"], each["page"]) for each in job["document"]["clauses"]] == [(each, None) for each in CLAUSES]
    assert (job["status"], job["checks"]) == ("done", [])

    world.admin.put(DEFAULT, {"rule": TEXT, "document": job["id"]})
    world.read(world.admin, make_docx(*FIRST), "办法.docx")

    stale = world.admin.get(DEFAULT).json["stale"]
    assert [each["clause"] for each in stale["gone"]] == [CLAUSES[1]]
    # and the same document once more takes the mark away
    world.read(world.admin, word, "办法.docx")
    assert world.admin.get(DEFAULT).json["stale"] is None
    # and another document says nothing of it
    world.read(world.admin, make_pdf(("别的办法", "须附合同。")), "另一份.pdf", is_new_version=False)
    assert world.admin.get(DEFAULT).json["stale"] is None
    # and what is not named stays, but for clauses that the rule has no longer
    assert len(world.admin.put(DEFAULT, {"rule": CLAUSES[0]}).json["document"]["clauses"]) == 1
    assert world.admin.put(DEFAULT, {"document": ""}).json["document"] is None


def test_a_file_that_cannot_be_read_says_why_and_asks_nothing(world: World) -> None:
    files = {
        make_pdf((), picture=0.9): "扫描件或图片，没有文字层，未能读取",
        b"%PDF-1.7 nothing": "文件已损坏",
        b"PK\x03\x04" + bytes(40): "只能读取 PDF 和 Word（.docx）文件",
    }
    for content, reason in files.items():
        job = world.read(world.me, content)
        assert job["status"] == "failed"
        assert reason in job["reason"]
    assert world.deployed.ai.calls == []


def test_a_job_of_somebody_else_or_of_another_node_is_no_document_of_a_rule(world: World) -> None:
    job = world.read(world.me, POLICY)

    assert world.admin.as_("u-3").put(RULE, {"rule": TEXT, "document": job["id"]}).status == 422
    assert world.me.put("/v1/ai/rules/leave/other", {"rule": TEXT, "document": job["id"]}).status == 422
    assert world.me.put(RULE, {"rule": TEXT, "document": "nothing"}).status == 422


@pytest.fixture
def api(dynamodb: Any, tables: Tables) -> AiWorld:
    made = AiWorld(dynamodb, tables, documents.router)
    made.configure(SETTINGS, PLATFORM)
    return made


def test_a_document_costs_a_few_calls(api: AiWorld) -> None:
    api.stores.client.taken()

    assert api.me.post(DOCUMENTS, SENT).status == 202

    assert api.stores.client.taken() == {
        "update_item": 1,  # how often this was called
        "query": 5,  # the settings with their platforms and rules; past tasks, done and open
        "get_item": 2,  # the rule
        "batch_get_item": 1,  # what was asked today
        "batch_write_item": 1,  # the bytes
        "put_item": 1,  # the job
    }
    assert [body["kind"] for _, body in api.outbox.taken()] == ["job"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"content": base64.b64encode(b"MZ hello").decode()}, 422),
        ({"content": "###"}, 422),
        ({"name": " "}, 422),
        ({"content": base64.b64encode(b"%PDF-" + bytes(3 * 1024 * 1024)).decode()}, 413),
        ({"content": "A" * 5_000_000}, 413),
        ({"of": "default"}, 403),
    ],
)
def test_what_is_no_document_is_refused(api: AiWorld, changes: dict[str, Any], status: int) -> None:
    assert api.me.post(DOCUMENTS, SENT | changes).status == status
    assert api.outbox.taken() == []


def test_without_a_model_nothing_is_read(api: AiWorld) -> None:
    api.configure(AiSettings())

    assert api.me.post(DOCUMENTS, SENT).code == "ai_disabled"
