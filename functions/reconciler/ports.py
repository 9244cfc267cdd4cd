"""What a run of the reconciler needs of the outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from reconciler.asides import Instances as AsideInstances
from taskbridge.breaker import BreakerState
from taskbridge.push.messages import Message
from taskbridge.tables.configuration import Configuration
from taskbridge.tables.instances import Stored
from taskbridge.tables.push_log_pages import Page


class Instances(AsideInstances, Protocol):
    """The instance table, as far as the reconciler needs it."""

    def load(self, keys: Sequence[tuple[str, str]]) -> dict[str, Stored]:
        """See InstanceStore."""

    def save(self, stored: Sequence[Stored]) -> set[str]:
        """See InstanceStore."""

    def due(self, platform_id: str, before: float, limit: int) -> list[tuple[str, str]]:
        """See InstanceTable."""


class Coordination(Protocol):
    """The coordination table, as far as the reconciler needs it."""

    def read_breaker(self, platform_id: str) -> BreakerState:
        """See CoordinationTable."""

    def take_probe(self, platform_id: str, now: float, lease_s: float) -> bool:
        """See CoordinationTable."""

    def line_end(self, platform_id: str) -> float:
        """See CoordinationTable."""

    def cursor(self, name: str) -> float:
        """See CoordinationTable."""

    def move_cursor(self, name: str, position: float) -> None:
        """See CoordinationTable."""


class Pages(Protocol):
    """The pages of the push log."""

    def stretch(self, platform_id: str, start: float, end: float, most: int) -> tuple[list[Page], float]:
        """See PushLogPageTable."""


class Outbox(Protocol):
    """The push queue."""

    def send(self, messages: Sequence[Message]) -> set[int]:
        """Send messages; returns the positions of those that did not get in."""

    def depth(self) -> int:
        """About how many messages are in it, of all platforms."""


class Journal(Protocol):
    """Who hears what happened."""

    def drained(self, platform_id: str, count: int) -> None:
        """Due instances were sent to the queue."""

    def probed(self, platform_id: str, *, closed: bool) -> None:
        """A probe was sent; whether the breaker closed."""

    def settled(self, platform_id: str, count: int) -> None:
        """Stuck instances were found."""

    def aside(self, platform_id: str, count: int) -> None:
        """So many messages wait, as their documents cannot be read."""

    def behind(self, platform_id: str, seconds: float) -> None:
        """The search for stuck work did not get to the end: so much of the log is left to the next run."""

    def unreadable(self, platform_id: str, name: str, reason: str) -> None:
        """A page or a document cannot be read: it is left alone, and only it."""

    def breaker(self, platform_id: str, *, is_open: bool) -> None:
        """How a breaker stands at the end of a run."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside."""

    configuration: Callable[[], Configuration]
    instances: Instances
    coordination: Coordination
    pages: Pages
    outbox: Outbox
    journal: Journal
    clock: Callable[[], float]
    sleep: Callable[[float], None]
