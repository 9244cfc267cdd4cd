"""Programs in the background, which end when the measurement does."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from bench.errors import BenchError
from local.settings import ROOT

_START_S = 60.0
_STOP_S = 10.0
_SHOWN_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Program:
    """A running program, with what it printed."""

    name: str
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Return when `is_ready()`. Raises BenchError where the program ends before or takes longer than a minute."""
        deadline = time.monotonic() + _START_S
        while not is_ready():
            if self.process.poll() is not None:
                raise BenchError(f"{self.name} ended while it started: {self._last_words()}")
            if time.monotonic() > deadline:
                raise BenchError(f"{self.name} does not answer after {_START_S:.0f} s: {self._last_words()}")
            time.sleep(0.05)

    def _last_words(self) -> str:
        self.log.seek(0)
        return self.log.read()[-_SHOWN_BYTES:].decode(errors="replace").strip() or "it printed nothing"


@contextmanager
def in_background(name: str, command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Program]:
    """Run a program until the end of the block."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            list(command), env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT
        )
        try:
            yield Program(name, process, log)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_S)
            process.kill()
            process.wait()
