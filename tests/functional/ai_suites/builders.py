"""Seats, analyses, rules and answers with defaults: a test names only what it is about."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from taskbridge.ai.results import Evidence, Finding, FindingResult, Review, Verdict
from taskbridge.ai.rulebook import Standing, Switches
from taskbridge.ai.rules import Check, DefaultRule, PersonalRule, RuleInForce
from taskbridge.ai.seats import Analysis, AnalysisStatus, Seat, SeatState
from taskbridge.ai.settings import AiSettings, ModelChoice
from taskbridge.usage import Usage

T = TypeVar("T")
UID, TASK, APP, NODE = "u-2", "T1", "leave", "node-2"
CREATED_AT, FINISHED_AT = "2026-11-22T01:30:00.000+00:00", "2026-11-22T03:00:00.000+00:00"
NOW = 1_795_311_005.0
CROWD = 12
_SAFETY_S = 30.0  # ends a test that hangs; no assertion depends on it


def seat(**changes: Any) -> Seat:
    values: dict[str, Any] = {
        "uid": UID,
        "task_id": TASK,
        "sess_id": "S1",
        "app_id": APP,
        "node_id": NODE,
        "state": SeatState.OPEN,
        "version": 1,
        "app_name": "请假申请",
        "node_key": "dept",
        "node_name": "院系审批",
        "subject": "张三的请假申请 🎓",
        "initiator": "张三",
        "priority": 2,
        "form_hash": "f1",
        "received_on": "2026-11-22",
        "created_at": CREATED_AT,
    }
    return Seat(**{**values, **changes})


def standing(basis: str) -> Standing:
    """What is asked of a seat now, with this basis."""
    rule = RuleInForce(rule="金额不超过限额", source="default", version="default-7", enabled=True, automatic=False)
    return Standing(rule, Switches(AiSettings(examine_enable=True), ModelChoice("aigc", "qwen")), basis)


def done_seat(**changes: Any) -> Seat:
    """A task that this person approved."""
    values = {"state": SeatState.DONE, "version": 2, "finished_at": FINISHED_AT}
    return seat(**{**values, "decision": "approved", "decided_here": True, **changes})


def analysis(**changes: Any) -> Analysis:
    values: dict[str, Any] = {
        "id": "a1",
        "basis": "b1",
        "status": AnalysisStatus.PENDING,
        "rule_version": "default-7",
        "created_at": CREATED_AT,
    }
    return Analysis(**{**values, **changes})


def finished(**changes: Any) -> Analysis:
    """An analysis that came to a verdict."""
    values: dict[str, Any] = {
        "status": AnalysisStatus.DONE,
        "verdict": Verdict.APPROVE,
        "fingerprint": "fp1",
        "answer_id": "fp1",
        "platform_id": "aigc",
        "model": "qwen",
        "attempts": 1,
        "finished_at": FINISHED_AT,
    }
    return analysis(**{**values, **changes})


def review(**changes: Any) -> Review:
    evidence = Evidence(source="amount", quote="4,800 元", verified=True)
    values: dict[str, Any] = {
        "verdict": Verdict.APPROVE,
        "summary": "符合规则",
        "text": "金额没有超过限额。",
        "findings": (Finding(clause="金额不超过 5000 元", result=FindingResult.PASS, evidence=(evidence,)),),
        "platform_id": "aigc",
        "model": "qwen",
        "usage": Usage(input_tokens=900, output_tokens=80, cost=0.0021),
    }
    return Review(**{**values, **changes})


def node_default(**changes: Any) -> DefaultRule:
    values: dict[str, Any] = {
        "app_id": APP,
        "node_id": NODE,
        "node_key": "dept",
        "node_name": "院系审批",
        "rule": "请假不超过 3 天",
        "keynote": "看日期",
        "file_key": ("proof",),
        "checks": (Check("请假不超过 3 天", "leave.days <= 3", confirmed=True),),
        "automatic": True,
    }
    return DefaultRule(**{**values, **changes})


def own_rule(**changes: Any) -> PersonalRule:
    return PersonalRule(**{"uid": UID, "app_id": APP, "node_id": NODE, "rule": "请假不超过 2 天", **changes})


def together(call: Callable[[int], T], crowd: int = CROWD) -> list[T]:
    """What a crowd of workers gets that calls at the same moment."""
    start = threading.Barrier(crowd, timeout=_SAFETY_S)

    def run(number: int) -> T:
        start.wait()
        return call(number)

    with ThreadPoolExecutor(crowd) as pool:
        return list(pool.map(run, range(crowd)))
