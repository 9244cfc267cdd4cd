"""What a command does, said while it does it: each step with its time, and on a terminal with a bar until it is done.

Nothing but the standard library: the environment with the other libraries is made with it, too.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

# How a step is told how far it is: so many of its parts, and what it is at.
Told = Callable[[int, str], None]
_REDRAWN_EACH_S = 0.2
_BAR_CHARS = 24
_CLEARED = "\r\x1b[K"


class Steps:
    """Says what is done. In a pipe a step is a line when it begins and one when it has ended."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def say(self, text: str) -> None:
        """A sentence of its own."""
        print(text, file=self._out, flush=True)

    @contextmanager
    def step(self, title: str, parts: int = 0) -> Iterator[Told]:
        """A step of so many parts (0: nobody knows); what it yields is told how far it is."""
        line = _Line(title, parts)
        if self._out.isatty():
            with self._drawn(line):
                yield line.move
        else:
            self.say(f"{title} ...")
            yield line.move
        self.say(f"{title}: {line.seconds} s")

    @contextmanager
    def _drawn(self, line: _Line) -> Iterator[None]:
        """The line again and again, with the time that has gone by, until the step has ended."""
        ended = threading.Event()

        def draw() -> None:
            while not ended.is_set():
                width = shutil.get_terminal_size().columns - 1
                self._out.write(f"{_CLEARED}{str(line)[:width]}")
                self._out.flush()
                ended.wait(_REDRAWN_EACH_S)

        drawing = threading.Thread(target=draw)
        drawing.start()
        try:
            yield
        finally:
            ended.set()
            drawing.join()
            self._out.write(_CLEARED)
            self._out.flush()


class _Line:
    """How far a step is."""

    def __init__(self, title: str, parts: int) -> None:
        self._title, self._parts = title, parts
        self._done, self._doing = 0, ""
        self._begun = time.monotonic()

    def move(self, done: int, doing: str) -> None:
        self._done, self._doing = done, doing

    @property
    def seconds(self) -> int:
        return round(time.monotonic() - self._begun)

    def __str__(self) -> str:
        bar = ""
        if self._parts:
            full = _BAR_CHARS * min(self._done, self._parts) // self._parts
            bar = f"  {'━' * full}{'─' * (_BAR_CHARS - full)}"
        return f"{self._title}{bar}  {self.seconds} s  {self._doing}"
