"""What every simulator is: a model that answers calls, with faults on request, and a door for who looks inside.

Pure: no network, no clock of its own, no global random numbers, no threads. The same calls with the same clock and the
same `random.Random` give the same answers.

Under `/_simulator/`, which no real platform has: GET `health`, `state`, `calls?since=N` (ledger lines after number N,
at most 10,000 an answer), `faults`; PUT `faults` (the whole of them, what is left out takes its default); POST `reset`,
`expire_tokens`. A simulator may have more.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs

import msgspec

from local.simulating.answers import SIMULATOR_HEADER, Answer, Stream, json_answer
from local.simulating.faults import OK, BaseFaults
from local.simulating.tokens import TokenBook

PREFIX = "/_simulator/"
CALLS_SHOWN = 10_000

Endpoint = Callable[[str, bytes], Answer]  # of the query and the body; ValueError is a refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSnapshot:
    """What every simulator keeps over a restart: faults are not. `tokens` are values with the time each ends."""

    requests: int = 0
    tokens_issued: int = 0
    tokens: dict[str, float] = field(default_factory=dict)
    calls: list[Any] = field(default_factory=list)


F = TypeVar("F", bound=BaseFaults)
S = TypeVar("S", bound=BaseSnapshot)
A = TypeVar("A", Answer, Answer | Stream)


class Simulator(ABC, Generic[F, S, A]):
    """A strict platform with a ledger of every call.

    `clock` gives epoch seconds, `rng` tokens and faults. `settings` and `faults` may be replaced at any time. Not
    thread-safe: a server lets one call at a time in. `name` stands in a header of every answer. `calls` is the ledger:
    line n is at index n - 1, and has an `operation` and a `verdict`.
    """

    name: str
    title: str
    max_body_bytes = 10_000_000  # a server refuses a body of more bytes without reading it
    settings: Any
    calls: list[Any]
    settings_kind: type[Any]
    faults_kind: type[F]
    snapshot_kind: type[S]

    def __init__(self, clock: Callable[[], float], rng: random.Random, settings: Any = None) -> None:
        self.settings = settings or self.settings_kind()
        self.requests = 0
        self._clock = clock
        self._rng = rng
        self.faults = self.faults_kind()
        self._tokens = TokenBook()
        self.restore(self.snapshot_kind())

    @property
    def faults(self) -> F:
        """The faults in force; what was used up of `fail_next` is gone from it."""
        if len(self._script) == len(self._faults.fail_next):
            return self._faults
        return replace(self._faults, fail_next=tuple(self._script))

    @faults.setter
    def faults(self, faults: F) -> None:
        self._faults = faults
        self._script = deque(faults.fail_next)

    @property
    def latency_s(self) -> float:
        """Seconds that an answer takes to begin; what is down answers nothing, and that at once."""
        return 0.0 if self._faults.down else self._faults.latency_ms / 1000

    def next_fault(self, operations: Collection[str]) -> str:
        """The kind of fault that strikes a call asking for `operations`, or empty.

        Draws no random number unless a failure rate is set, so that scripts leave a seeded run unchanged.
        """
        faults, kind = self._faults, OK
        if faults.operations and not any(each in operations for each in faults.operations):
            return ""
        if self._script:
            kind = self._script.popleft()
        elif faults.failure_rate and self._rng.random() < faults.failure_rate:
            kind = self._rng.choice(faults.kinds)
        return "" if kind == OK else kind

    @property
    def tokens_issued(self) -> int:
        """How many tokens were given out."""
        return self._tokens.issued

    def counts(self) -> dict[str, dict[str, int]]:
        """Ledger lines by operation and verdict."""
        told: dict[str, dict[str, int]] = {}
        for (operation, verdict), count in sorted(
            Counter((each.operation, each.verdict) for each in self.calls).items()
        ):
            told.setdefault(operation.value, {})[verdict.value] = count
        return told

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, heard: bool = True) -> A:
        """Answers a request; raises `Dropped` where no answer goes out.

        Header names come in any case. `heard` False says that the caller has stopped waiting: what it asks is done,
        and nothing that is said reaches it.
        """
        self.requests += 1
        lowered = {name.lower(): value for name, value in headers.items()}
        answer = self.answer(method, path, lowered, body, heard=heard)
        return replace(answer, headers={**answer.headers, SIMULATOR_HEADER: self.name})

    @abstractmethod
    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes, *, heard: bool) -> A:
        """As `handle`, with header names in lower case."""

    @abstractmethod
    def held(self) -> dict[str, Any]:
        """What the snapshot has besides that of the base. Shares immutable records, so taking it is quick."""

    def state(self) -> dict[str, Any]:
        """What is held, for people and programs that look inside."""
        counts = {"counts": self.counts(), "requests": self.requests, "calls": len(self.calls)}
        return {**counts, "tokens_issued": self.tokens_issued}

    def snapshot(self) -> S:
        """Everything that is kept over a restart."""
        more: dict[str, Any] = {"tokens_issued": self.tokens_issued, "tokens": self._tokens.ends, **self.held()}
        return self.snapshot_kind(requests=self.requests, calls=list(self.calls), **more)

    def restore(self, snapshot: S) -> None:
        """Goes on from a snapshot, in place of whatever is held now. Settings and faults stay."""
        self.requests = snapshot.requests
        self._tokens.restore(snapshot.tokens_issued, snapshot.tokens)

    def reset(self) -> None:
        """Forgets everything but the settings and the living tokens; no fault is in force afterwards."""
        self.faults = self.faults_kind()
        self.restore(self.snapshot_kind(tokens=self._tokens.ends))

    def expire_tokens(self) -> None:
        """Ends every token that was issued, as their lifetime would."""
        self._tokens.end_all()

    def is_control(self, path: str) -> bool:
        """Whether `path` belongs to the simulator rather than to what it simulates."""
        return path.startswith(PREFIX)

    def control(self, method: str, path: str, body: bytes) -> Answer:
        """Answers a control request; errors are JSON with `error`."""
        name, _, query = path.partition("?")
        allowed = {each: endpoint for (each, place), endpoint in self.endpoints().items() if place == name}
        if not allowed:
            return json_answer({"error": f"no such path: {name}"}, 404)
        endpoint = allowed.get("GET" if method == "HEAD" else method)
        if endpoint is None:
            return json_answer({"error": f"{method} is not allowed"}, 405, {"allow": ", ".join(sorted(allowed))})
        try:
            return endpoint(query, body)
        except ValueError as error:
            return json_answer({"error": str(error)}, 400)

    def endpoints(self) -> dict[tuple[str, str], Endpoint]:
        """The control addresses, by method and path."""
        return {
            ("GET", f"{PREFIX}health"): lambda *_: json_answer(
                {"status": "ok", "requests": self.requests, "down": self._faults.down}
            ),
            ("GET", f"{PREFIX}state"): lambda *_: json_answer(self.state()),
            ("GET", f"{PREFIX}calls"): self._show_calls,
            ("GET", f"{PREFIX}faults"): lambda *_: json_answer(self.faults),
            ("PUT", f"{PREFIX}faults"): self._set_faults,
            ("POST", f"{PREFIX}reset"): lambda *_: done(self.reset),
            ("POST", f"{PREFIX}expire_tokens"): lambda *_: done(self.expire_tokens),
        }

    def _show_calls(self, query: str, _body: bytes) -> Answer:
        since = int(parse_qs(query).get("since", ["0"])[0])
        if since < 0:
            raise ValueError("since: not below 0")
        lines = self.calls[since : since + CALLS_SHOWN]
        return json_answer({"calls": lines, "last": since + len(lines), "total": len(self.calls)})

    def _set_faults(self, _query: str, body: bytes) -> Answer:
        unknown = set(msgspec.json.decode(body, type=dict[str, msgspec.Raw])) - set(
            self.faults_kind.__dataclass_fields__
        )
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        self.faults = msgspec.json.decode(body, type=self.faults_kind)
        return json_answer(self.faults)


def done(act: Callable[[], object]) -> Answer:
    """Acts, and says so."""
    act()
    return json_answer({"status": "ok"})
