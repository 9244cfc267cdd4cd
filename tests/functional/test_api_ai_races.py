"""Analyses that several ask for at the very same moment, over HTTP, each in a function of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from admin_api.ai import analyses
from tests.api import Answer
from tests.functional.ai_api import AiWorld
from tests.functional.ai_suites.builders import TASK, UID
from tests.functional.aws import Tables

AT_ONCE = 8


def test_of_eight_forced_analyses_at_once_one_begins_and_all_get_it(dynamodb: Any, tables: Tables) -> None:
    worlds = [AiWorld(dynamodb, tables, analyses.router) for _ in range(AT_ONCE)]
    worlds[0].give_default()
    before = worlds[0].give_result(worlds[0].give_task())
    gate = Barrier(AT_ONCE)

    def force(world: AiWorld) -> Answer:
        gate.wait(60)
        return world.me.post(f"/v1/ai/tasks/{TASK}/analyses", {"force": True})

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(force, worlds))

    assert [answer.status for answer in answers] == [202] * AT_ONCE
    (begun,) = {answer.json["id"] for answer in answers}
    assert begun != before
    seat = worlds[0].stores.tasks.get(UID, TASK)
    assert seat is not None
    assert seat.analysis is not None
    assert seat.analysis.id == begun
