"""What a platform answered, word for word, a line of JSON for each question that it was asked."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ai_analyze.asked import Asked
from evaluation.golden import GoldenForm


@dataclass(frozen=True, slots=True)
class AnswerLog:
    """Adds to the end of a file, what is judged again (with checks and without) once. Threads may share it."""

    path: Path
    _added: set[bytes] = field(default_factory=set, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, golden: GoldenForm, asked: Asked) -> None:
        """A line: the form, what kind of question it was, what came of it, the answer as it came."""
        line = {
            "form": golden.name,
            "kind": asked.kind,
            "outcome": asked.outcome,
            "error": asked.error,
            "model": asked.model,
            "input_tokens": asked.usage.input_tokens,
            "output_tokens": asked.usage.output_tokens,
            "latency_ms": asked.latency_ms,
            "answer": asked.answer,
        }
        encoded = msgspec.json.encode(line) + b"\n"
        with self._lock, self.path.open("ab") as file:
            if encoded not in self._added:
                self._added.add(encoded)
                file.write(encoded)
