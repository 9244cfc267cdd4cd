"""A bulk replay of thousands of failed logs, on real tables and a real queue, whose worker is killed twice."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.jobs import LEASE_S
from taskbridge.push.logs import LogStatus
from tests.functional.aws import Tables
from tests.functional.campus_logs import configure
from tests.functional.replay_site import Killed, Site

SEND = 100  # logs that the worker sends at a time


def test_a_replay_of_thousands_killed_twice_sends_each_once(
    clients: dict[str, Any],
    tables: Tables,
    ministack: str,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    count: int = request.config.getoption("--replayed")
    configure(monkeypatch, tables, ministack)
    site = Site(clients, tables)
    site.campus.add(count, LogStatus.FAILED, with_documents=False)
    path = f"/v1/replays/{site.api.post('/v1/replays', {'rate_per_s': 1000}).json['id']}"

    sends = count // SEND
    for send in (sends // 3 + 1, sends * 3 // 5):
        with pytest.raises(Killed):
            site.reconcile(die_at_send=send)
        site.now += LEASE_S
    for _ in range(3):
        site.reconcile()

    assert site.api.get(path).json["status"] == "done"
    received = site.received()
    assert len(received) == count
    assert set(received.values()) == {1}
