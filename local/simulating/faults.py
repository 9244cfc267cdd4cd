"""Faults on request: which calls of a simulator go wrong, drawn from the random generator that it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

OK = "ok"
ERRCODE_PREFIX = "errcode:"
CALLER_GONE = "caller_gone"


@dataclass(frozen=True, slots=True)
class BaseFaults:
    """Which calls go wrong, and how; each simulator has kinds and operations of its own.

    `failure_rate` of the calls (0 to 1) fail by one of `kinds`; before that, `fail_next` decides the next
    calls one by one (`ok` lets one through). Both only touch calls that ask for one of `operations` (empty: every
    call). `latency_ms` and `down`, which refuses everything, touch them all. `retry_after_s` goes with HTTP 429;
    `hang_s` is how long a server keeps a timed-out caller waiting. `errcode:<code>` is a kind everywhere: it
    answers that code and does not act. Raises ValueError for what the simulator does not know.
    """

    known_kinds: ClassVar[frozenset[str]]
    known_operations: ClassVar[frozenset[str]]

    failure_rate: float = 0.0
    kinds: tuple[str, ...] = ()
    fail_next: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    latency_ms: float = 0.0
    retry_after_s: int = 1
    hang_s: float = 60.0
    down: bool = False

    def __post_init__(self) -> None:
        for name in ("kinds", "fail_next", "operations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not 0.0 <= self.failure_rate <= 1.0:
            raise ValueError(f"failure_rate: from 0 to 1, got {self.failure_rate}")
        if self.failure_rate and not self.kinds:
            raise ValueError("kinds: at least one where failure_rate is above 0")
        if min(self.latency_ms, self.retry_after_s, self.hang_s) < 0:
            raise ValueError("latency_ms, retry_after_s, hang_s: not below 0")
        for kind in self.kinds + self.fail_next:
            if kind != OK and kind not in self.known_kinds and not _is_errcode(kind):
                raise ValueError(f"kinds, fail_next: unknown kind of fault {kind!r}")
        for operation in self.operations:
            if operation not in self.known_operations:
                raise ValueError(f"operations: unknown operation {operation!r}")


def _is_errcode(kind: str) -> bool:
    return kind.startswith(ERRCODE_PREFIX) and kind != ERRCODE_PREFIX
