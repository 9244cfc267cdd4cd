"""Faults on request: which calls of a simulator go wrong, drawn from the random generator that it was given."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import ClassVar, Generic, TypeVar

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


F = TypeVar("F", bound=BaseFaults)


class FaultPlan(Generic[F]):
    """The faults in force and what is left of the script."""

    def __init__(self, faults: F) -> None:
        self._faults = faults
        self._script = deque(faults.fail_next)

    @property
    def faults(self) -> F:
        """The faults in force; `fail_next` is what is left of it."""
        if len(self._script) == len(self._faults.fail_next):
            return self._faults
        return replace(self._faults, fail_next=tuple(self._script))

    @property
    def down(self) -> bool:
        """Whether everything is refused."""
        return self._faults.down

    @property
    def latency_s(self) -> float:
        """Seconds that an answer takes; what is down answers nothing, and that at once."""
        return 0.0 if self._faults.down else self._faults.latency_ms / 1000

    def next_kind(self, operations: Collection[str], rng: random.Random) -> str:
        """The kind of fault that strikes a call asking for `operations`, or empty.

        Draws no random number unless a failure rate is set, so that scripts leave a seeded run unchanged.
        """
        faults = self._faults
        if faults.operations and not any(each in operations for each in faults.operations):
            return ""
        if self._script:
            kind = self._script.popleft()
            return "" if kind == OK else kind
        if faults.failure_rate and rng.random() < faults.failure_rate:
            kind = rng.choice(faults.kinds)
            return "" if kind == OK else kind
        return ""
