"""What `taskbridge doctor` invokes functions with: each is wired and answers, and nothing comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import ai_analyze.app
import ai_track.app
import event_router.app
import push_task.app
import reconciler.app
from cli.deployed import EMPTY_BATCH
from tests.builders import event
from tests.functional.ai_deployment import AiDeployment
from tests.functional.deployment import context
from tests.functional.recorder import Grant

CHANGES = ("Put", "Update", "Delete", "Send", "Write", "PartiQL")


@pytest.fixture
def deployed(ministack: str, clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[AiDeployment]:
    made = AiDeployment(ministack, clients, monkeypatch)
    yield made
    made.close()


@pytest.mark.parametrize(
    "function",
    [event_router.app, push_task.app, ai_track.app, ai_analyze.app, reconciler.app],
    ids=lambda function: function.__name__.removesuffix(".app"),
)
def test_an_empty_batch_is_answered_and_changes_nothing(
    function: ModuleType, deployed: AiDeployment, recorded: set[Grant]
) -> None:
    # given work for everybody, the clock too
    deployed.route(event())
    recorded.clear()
    started = deployed.minute.now

    # when
    answer = function.handler(EMPTY_BATCH, context())

    # then
    assert answer == {"batchItemFailures": []}
    assert [str(call) for call in recorded if any(word in str(call) for word in CHANGES)] == []
    assert deployed.minute.now == started
