"""Whether the tables and the queues answer: open to anyone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from admin_api.api import VERSION, Api, Router
from taskbridge.aws import store_call
from taskbridge.errors import StoreError

KEPT_S = 10.0
State = Literal["ok", "silent"]
router = Router("health")


@dataclass(frozen=True, slots=True)
class HealthReport:
    """`status` is ok where every table and every queue answers, else degraded."""

    status: Literal["ok", "degraded"]
    version: str
    tables: dict[str, State]
    queues: dict[str, State]


@router.get("/v1/health", summary="Whether everything answers")
def get_health(api: Api) -> HealthReport:
    """Version, and whether each table and each queue answers. It is up to ten seconds old."""
    return api.services.health()


@dataclass(slots=True)
class HealthCheck:
    """Asks at most every ten seconds: anyone may call the route, and the tables have other work."""

    look: Callable[[], HealthReport]
    clock: Callable[[], float]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: tuple[float, HealthReport] | None = None

    def __call__(self) -> HealthReport:
        """The health, up to ten seconds old."""
        with self._lock:
            now = self.clock()
            if self._seen is None or not 0 <= now - self._seen[0] < KEPT_S:
                self._seen = (now, self.look())
            return self._seen[1]


def look_at(dynamodb: Any, tables: dict[str, str], sqs: Any, queues: dict[str, str]) -> HealthReport:
    """Ask every table and every queue for its description, side by side."""
    with ThreadPoolExecutor(8, thread_name_prefix="health") as pool:
        described = pool.map(lambda name: _answers(dynamodb.describe_table, TableName=name), tables.values())
        counted = pool.map(lambda url: _answers(sqs.get_queue_attributes, QueueUrl=url), queues.values())
        found = _named(tables, described), _named(queues, counted)
    is_ok = all(state == "ok" for states in found for state in states.values())
    return HealthReport("ok" if is_ok else "degraded", VERSION, *found)


def _answers(call: Callable[..., Any], **request: Any) -> State:
    try:
        store_call(call, **request)
    except StoreError:
        return "silent"
    return "ok"


def _named(names: Iterable[str], states: Iterable[State]) -> dict[str, State]:
    return dict(zip(names, states, strict=True))
