"""The process that reads one file: bytes in, what it is and its pages out. Started by `sandbox`.

It answers with a line that it is ready, the kind as a line, and the rest as JSON: the kind is known even if reading
the file then kills this process.
"""

from __future__ import annotations

import math
import os
import resource
import sys
from contextlib import suppress
from typing import BinaryIO

import msgspec

from ai_analyze.extraction.extract import extract
from ai_analyze.extraction.kinds import detect_kind
from ai_analyze.extraction.limits import Limits, UnreadableFile
from ai_analyze.extraction.pages import READY, Extract


def main() -> None:
    """One file from standard input, with the limits as JSON in the first argument."""
    limits = msgspec.json.decode(sys.argv[1], type=Limits)
    _confine(limits)
    with _take_stdout() as answer:
        answer.write(READY)
        answer.flush()
        content = sys.stdin.buffer.read()
        try:
            kind = detect_kind(content, limits)
            answer.write(kind.encode())
            answer.flush()
            found = extract(kind, content, limits)
        except UnreadableFile as unreadable:
            found = Extract(problem=unreadable.problem)
        answer.write(b"\n" + msgspec.json.encode(found))


def _confine(limits: Limits) -> None:
    seconds = math.ceil(limits.read_s) + 1
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        # macOS knows some of these and refuses to set them; there the limit on time remains.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def _take_stdout() -> BinaryIO:
    """The one way out, kept for the answer: what a library prints goes where its errors go."""
    answer = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(answer, "wb")


if __name__ == "__main__":
    main()
