"""What one analysis may spend on its attachments, and how a file says that it was not read."""

from __future__ import annotations

from dataclasses import dataclass

from taskbridge.errors import TaskbridgeError

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds.

    `total_*` hold for all attachments of a task together. `memory_bytes` is the address space, and `read_s` the time,
    of the process that reads one file; `unpacked_bytes` and `unpacked_files` what a zip inside may come to.
    """

    files: int = 20
    file_bytes: int = 20 * _MIB
    total_bytes: int = 60 * _MIB
    fetch_s: float = 20.0
    read_s: float = 20.0
    total_s: float = 120.0
    memory_bytes: int = 512 * _MIB
    unpacked_bytes: int = 200 * _MIB
    unpacked_files: int = 5_000
    pages: int = 200
    chars: int = 200_000


DEFAULT_LIMITS = Limits()


class UnreadableFile(TaskbridgeError):
    """A file, or what its address leads to, cannot be read. Callers of `read_files` see `ReadFile.problem` instead.

    `problem` says why, in Chinese and without a word of what the file or the address says. `retryable`: later it may
    work.
    """

    def __init__(self, problem: str, *, retryable: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.retryable = retryable
