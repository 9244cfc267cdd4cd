"""Reads one file in a process of its own, which has bounded memory and time, and no environment.

Not a fork: other threads may hold locks at that moment. Not multiprocessing's spawn: it imports the main module again,
which in Lambda is the runtime itself. A Python that starts anew costs some 0.1 s, next to a model call nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec

from ai_analyze.extraction.kinds import Kind
from ai_analyze.extraction.limits import Limits
from ai_analyze.extraction.pages import READY, Extract
from taskbridge.reasons import build_reason

_MODULE = "ai_analyze.extraction"
# Threads of one worker share its memory, which holds one reader at its largest.
_ONE_AT_A_TIME = threading.Lock()


def read_apart(content: bytes, limits: Limits) -> tuple[Kind, Extract]:
    """What a file is and what could be read of it, whatever happens to its reader.

    Raises OSError where the reader does not even start, which no file is the reason of.
    """
    command = [sys.executable, "-P", "-S", "-m", _MODULE, msgspec.json.encode(limits).decode()]
    try:
        # No shell, and every word of the command is ours; the file goes through a pipe.
        with _ONE_AT_A_TIME:
            done = subprocess.run(  # noqa: S603
                command,
                input=content,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
                timeout=limits.read_s,
                check=False,
            )
    except subprocess.TimeoutExpired as expired:
        kind, _ = _parse_answer(expired.output or READY)
        return kind, Extract(problem=build_reason("file_slow"))
    if not done.stdout.startswith(READY):
        raise OSError(f"the reader of files did not start: exit status {done.returncode}")
    kind, found = _parse_answer(done.stdout)
    if done.returncode != 0 or not found:
        return kind, Extract(problem=build_reason("file_broken"))
    return kind, msgspec.json.decode(found, type=Extract)


def _environment() -> dict[str, str]:
    """The import path, and where Lambda's Python finds its own library. No credentials: a file might steal them."""
    path = os.pathsep.join(str(Path(folder).absolute()) for folder in sys.path)
    library = os.environ.get("LD_LIBRARY_PATH", "")
    return {"PYTHONPATH": path, "LANG": "C.UTF-8"} | ({"LD_LIBRARY_PATH": library} if library else {})


def _parse_answer(answer: bytes) -> tuple[Kind, bytes]:
    """The kind, unknown where the reader died before it knew, and what it found, as JSON."""
    kind, _, found = answer.removeprefix(READY).partition(b"\n")
    return Kind(kind.decode()) if kind else Kind.UNKNOWN, found
