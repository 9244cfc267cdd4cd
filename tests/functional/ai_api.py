"""The AI routes over tables in this process: people with tasks, rules and results, and what was sent and counted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from admin_api.api import Router
from admin_api.wiring import Services
from taskbridge.ai.audit import AuditedFile, AuditRecord
from taskbridge.ai.requests import encode_task_id
from taskbridge.ai.results import Finding, Review, Verdict
from taskbridge.ai.seats import AnalysisStatus, Seat
from taskbridge.ai.settings import AiSettings
from taskbridge.usage import Usage
from tests.api import ApiClient, build_client, build_services
from tests.functional.ai_stores import TableStores
from tests.functional.ai_suites.builders import (
    APP,
    CREATED_AT,
    NODE,
    NOW,
    TASK,
    UID,
    finished,
    node_default,
    review,
    seat,
)
from tests.functional.aws import Tables

OTHER = "u-3"  # an approver beside UID
KEPT_S = 86_400.0
SETTINGS = AiSettings(examine_enable=True, examine_default_all_apps=True, platform_id="aigc", model="qwen")
PRICE_IN, PRICE_OUT = 2.0, 6.0
PLATFORM = {
    "kind": {"S": "platform"},
    "id": {"S": "aigc"},
    "name": {"S": "Aigc"},
    "class_name": {"S": "Aigc"},
    "enabled": {"BOOL": True},
    "version": {"N": "1"},
    "settings": {
        "S": json.dumps(
            {
                "host": "https://aigc.test",
                "app_id": "taskbridge",
                "model": "qwen",
                "models": [{"model": "qwen", "price_in": PRICE_IN, "price_out": PRICE_OUT}],
            }
        )
    },
}
FORM = {
    "form_id": "F1",
    "fields": [
        {"key": "amount", "label": {"zh": "报销金额"}, "type": "number", "value": 4800},
        {
            "key": "proof",
            "label": {"zh": "发票"},
            "type": "file",
            "value": [{"name": "发票.pdf", "url": "https://files.test/1?token=secret", "size": 10, "token": "secret"}],
        },
        {"key": "note", "label": {"zh": "内部备注"}, "type": "text", "value": "不外传", "hidden": True},
    ],
}


@dataclass
class Outbox:
    """An SQS client that keeps what is sent, or takes nothing."""

    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    is_down: bool = False

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        if self.is_down:
            return {"Failed": [{"Id": entry["Id"]} for entry in Entries]}
        self.bodies += [(QueueUrl.rpartition("/")[2], json.loads(entry["MessageBody"])) for entry in Entries]
        return {}

    def taken(self) -> list[tuple[str, dict[str, Any]]]:
        """What was sent since the last time that this was asked."""
        taken, self.bodies = self.bodies, []
        return taken


class AiWorld:
    """Tables, the API over them, and short ways to fill them."""

    def __init__(self, dynamodb: Any, tables: Tables, *areas: Router, ssm: Any = None, **changed: Any) -> None:
        self.stores = TableStores(dynamodb, tables)
        self.outbox = Outbox()
        self.services: Services = build_services(
            self.stores.client, tables, sqs=self.outbox, ssm=ssm, **{"clock": lambda: NOW, **changed}
        )
        self.client = build_client(self.services, *areas)
        self.configure(SETTINGS)

    def as_(self, uid: str = UID) -> ApiClient:
        """An approver."""
        return self.client.as_(uid)

    @cached_property
    def me(self) -> ApiClient:
        """The approver whose tasks these are where a test does not say."""
        return self.as_()

    def configure(self, settings: AiSettings, *platforms: Mapping[str, Any]) -> None:
        """Set AI approval up."""
        text = msgspec.json.encode(settings).decode()
        item = {"kind": {"S": "ai"}, "id": {"S": "settings"}, "settings": {"S": text}, "version": {"N": "1"}}
        for each in (item, *platforms):
            self.stores.client.client.put_item(TableName=self.services.tables["configuration"], Item=each)
        self.services.__dict__.pop("configuration", None)
        self.services.__dict__.pop("switches", None)
        self.services.__dict__.pop("book", None)

    def give_default(self, **changes: Any) -> None:
        """The node has a default rule."""
        self.stores.rules.save_default(node_default(**{"file_key": ("proof",), **changes}), 0)

    def give_task(self, task_id: str = TASK, uid: str = UID, **changes: Any) -> Seat:
        """An open task of a person."""
        given = seat(**{"task_id": task_id, "uid": uid, **changes})
        assert self.stores.tasks.project(given, None)
        return given

    def give_form(self, task_id: str = TASK) -> None:
        """The form of a task."""
        self.stores.forms.put(task_id, "f1", json.dumps(FORM).encode())

    def give_result(
        self,
        given: Seat,
        verdict: Verdict = Verdict.REJECT,
        findings: tuple[Finding, ...] | None = None,
        **changes: Any,
    ) -> str:
        """A result to today's input of a task; returns the id of its analysis."""
        standing = self.services.book.standing(given)
        assert standing is not None
        analysis_id = f"{encode_task_id(given.task_id)}.{given.uid}1"
        answer_id = f"answer-{given.uid}-{given.task_id}"
        done = finished(
            id=analysis_id,
            basis=standing.basis,
            verdict=verdict,
            answer_id=answer_id,
            rule_version=standing.rule.version,
            **changes,
        )
        told = review(verdict=verdict, question_id="q-1")
        self.give_answer(answer_id, told if findings is None else msgspec.structs.replace(told, findings=findings))
        pending = msgspec.structs.replace(done, status=AnalysisStatus.PENDING)
        assert self.stores.tasks.begin(given.uid, given.task_id, pending, "")
        assert self.stores.tasks.settle(given.uid, given.task_id, analysis_id, done)
        return analysis_id

    def give_answer(self, answer_id: str, told: Review) -> None:
        """A stored answer."""
        self.stores.answers.begin(answer_id, "worker", NOW, NOW + KEPT_S, NOW + KEPT_S, "S1")
        assert self.stores.answers.finish(answer_id, "worker", told, 1)

    def give_question(self, entry_id: str, at: str = "2026-11-21T10:00:00.000+00:00", **changes: Any) -> None:
        """A question on the audit log."""
        facts: dict[str, Any] = {
            "uid": UID,
            "task_id": TASK,
            "sess_id": "S1",
            "app_id": APP,
            "node_id": NODE,
            "analysis_id": "a1",
            "outcome": "done",
            "rule_version": "default-7",
            "model": "qwen",
            "question": "问",
            "answer": "答",
            "files": (AuditedFile(name="附件1.pdf", sha256="ab", size=3),),
            "usage": Usage(input_tokens=9, output_tokens=2, cost=0.1),
        }
        self.stores.audit.record(AuditRecord(id=entry_id, at=at, **{**facts, **changes}), NOW, 30)

    def decide(self, task_id: str = TASK, uid: str = UID, decision: str = "approved") -> Seat:
        """The person decides the task."""
        before = self.stores.tasks.get(uid, task_id)
        assert before is not None
        changes = {"state": "done", "version": before.version + 1, "finished_at": CREATED_AT}
        done = msgspec.convert(
            {**msgspec.to_builtins(before), **changes, "decision": decision, "decided_here": True}, Seat
        )
        assert self.stores.tasks.project(done, before)
        return done

    def changes(self) -> list[dict[str, Any]]:
        """The trail of changes."""
        return self.stores.items("ChangeTable")


def node_path(app_id: str = APP, node_id: str = NODE) -> str:
    """The path of one's own rule."""
    return f"/v1/ai/rules/{app_id}/{node_id}"
