"""Where the time of a turn goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from taskbridge.ai.delays import Delay
from taskbridge.ai.seats import Analysis


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """The seconds that a turn spent, by what took them. `clock` gives epoch seconds."""

    clock: Callable[[], float]
    spent: dict[Delay, float] = field(default_factory=dict)

    @contextmanager
    def on(self, delay: Delay) -> Iterator[None]:
        """Around what takes time. What runs within another is not counted with that one."""
        started, counted = self.clock(), sum(self.spent.values())
        try:
            yield
        finally:
            within = sum(self.spent.values()) - counted
            self.spent[delay] = self.spent.get(delay, 0.0) + self.clock() - started - within

    def added_to(self, analysis: Analysis) -> dict[str, float]:
        """What is to be written of an analysis whose turn ends now: the time of its turns before, and of this one."""
        spent = {f"{delay}_s": getattr(analysis, f"{delay}_s") + seconds for delay, seconds in self.spent.items()}
        return {**{name: round(seconds, 3) for name, seconds in spent.items()}, "moved_at": self.clock()}
