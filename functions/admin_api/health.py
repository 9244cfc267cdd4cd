"""Whether the tables and the queues answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from taskbridge.aws import store_call
from taskbridge.errors import StoreError

KEPT_S = 10.0
OK = "ok"
SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Health:
    """`ok` or `silent` for each table and each queue, by name."""

    tables: dict[str, str]
    queues: dict[str, str]

    @property
    def is_ok(self) -> bool:
        """Whether everything answers."""
        return all(state == OK for state in (*self.tables.values(), *self.queues.values()))


@dataclass(slots=True)
class HealthCheck:
    """Asks at most every ten seconds: anyone may call the route, and the tables have other work."""

    look: Callable[[], Health]
    clock: Callable[[], float]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: tuple[float, Health] | None = None

    def __call__(self) -> Health:
        """The health, up to ten seconds old."""
        with self._lock:
            now = self.clock()
            if self._seen is None or not 0 <= now - self._seen[0] < KEPT_S:
                self._seen = (now, self.look())
            return self._seen[1]


def look_at(dynamodb: Any, tables: dict[str, str], sqs: Any, queues: dict[str, str]) -> Health:
    """Ask every table and every queue for its description, side by side."""
    with ThreadPoolExecutor(8, thread_name_prefix="health") as pool:
        described = pool.map(lambda name: _answers(dynamodb.describe_table, TableName=name), tables.values())
        counted = pool.map(lambda url: _answers(sqs.get_queue_attributes, QueueUrl=url), queues.values())
        return Health(_named(tables, described), _named(queues, counted))


def _answers(call: Callable[..., Any], **request: Any) -> str:
    try:
        store_call(call, **request)
    except StoreError:
        return SILENT
    return OK


def _named(names: Iterable[str], states: Iterable[str]) -> dict[str, str]:
    return dict(zip(names, states, strict=True))
