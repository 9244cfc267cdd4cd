"""Background processes of the stack: started detached, found by pid file, stopped only if they are ours.

A pid file may be stale: the machine may have crashed and the number belong to another program by now. So each
process carries a mark in its command line (`-X taskbridge=<state dir>/<name>`, which Python ignores), and a
pid counts only while the command line of that pid has the mark.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.errors import StackError
from local.settings import LOOPBACK

_POLL_S = 0.05
_LOG_TAIL_LINES = 5
_PROC = Path("/proc/self/cmdline")  # Linux; elsewhere `ps` tells the same


@dataclass(frozen=True, slots=True)
class Service:
    """A program of the stack: `python -m <module> <arguments>`, with its whole environment."""

    name: str
    module: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    state_dir: Path

    @property
    def mark(self) -> str:
        """What its command line carries and no other program's does."""
        return f"taskbridge={self.state_dir}/{self.name}"

    @property
    def command(self) -> list[str]:
        """The command line, by the interpreter that runs this."""
        return [sys.executable, "-P", "-X", self.mark, "-m", self.module, *self.arguments]

    @property
    def pid_file(self) -> Path:
        """Holds the process id while it runs."""
        return self.state_dir / f"{self.name}.pid"

    @property
    def log_file(self) -> Path:
        """What the program prints."""
        return self.state_dir / "logs" / f"{self.name}.log"


def find_running(service: Service) -> int | None:
    """The process id of the service, or None where it does not run, whatever an old pid file says."""
    try:
        pid = int(service.pid_file.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if f"{service.mark} -m {service.module}" in _command_line(pid) else None


def start(service: Service) -> int:
    """Start the service in a session of its own, so that neither Ctrl-C nor the end of this program stops it.

    Returns its process id. The log of the run before is kept as `<name>.log.1`.
    """
    service.log_file.parent.mkdir(parents=True, exist_ok=True)
    if service.log_file.exists():
        service.log_file.replace(service.log_file.with_suffix(".log.1"))
    pid = os.posix_spawn(
        sys.executable,
        service.command,
        dict(service.environment),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(service.log_file), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    service.pid_file.write_text(str(pid))
    return pid


def wait_until_ready(service: Service, is_ready: Callable[[], bool], timeout_s: float) -> None:
    """Return when `is_ready()`. Raises StackError where the service ends before or takes longer."""
    deadline = time.monotonic() + timeout_s
    while not is_ready():
        if find_running(service) is None:
            raise StackError(
                f"{service.name} ended while it started: {_log_tail(service)}\nIts log: {service.log_file}"
            )
        if time.monotonic() > deadline:
            raise StackError(f"{service.name} does not answer after {timeout_s:.0f} s. Its log: {service.log_file}")
        time.sleep(_POLL_S)


def stop(service: Service, timeout_s: float) -> bool:
    """Ask the service to end, wait until it and its children have. False where it did not run.

    The service itself is never killed: what it would still save would be lost. Children that outlive it (the
    process group is its own) have nobody to answer to and are killed after `timeout_s`.
    """
    pid = find_running(service)
    if pid is None:
        service.pid_file.unlink(missing_ok=True)
        return False
    os.kill(pid, signal.SIGTERM)
    if not _wait(lambda: find_running(service) is None, timeout_s):
        raise StackError(
            f"{service.name} (process {pid}) has not stopped within {timeout_s:.0f} s and may be saving. "
            f"Look into {service.log_file} and try again."
        )
    _reap(pid)
    if not _wait(lambda: not _group_lives(pid), timeout_s):
        os.killpg(pid, signal.SIGKILL)
    service.pid_file.unlink(missing_ok=True)
    return True


def is_free(port: int) -> bool:
    """Whether a server can listen on this port of the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])


def _command_line(pid: int) -> str:
    """Empty where there is no such process, or only what is left of one (a zombie)."""
    if not _PROC.exists():
        return _ps("-ww", "-o", "command=", "-p", str(pid))
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _reap(pid: int) -> None:
    """Take the exit status where the process is a child of this one; its number stays taken until then."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _group_lives(group: int) -> bool:
    """Whether a process of the group still runs. A zombie does not."""
    return any(pgid == group and not state.startswith("Z") for pgid, state in _groups_and_states())


def _groups_and_states() -> Iterator[tuple[int, str]]:
    """Process group and state letter of every process of the machine."""
    if not _PROC.exists():
        for line in _ps("-A", "-o", "pgid=,stat=").splitlines():
            pgid, state = line.split()[:2]
            yield int(pgid), state
        return
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # pid (command) state parent group ...; the command may hold blanks and brackets
            state, _, pgid = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield int(pgid), state


def _ps(*arguments: str) -> str:
    return subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False).stdout


def _wait(condition: Callable[[], bool], timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _log_tail(service: Service) -> str:
    try:
        lines = service.log_file.read_text(errors="replace").strip().splitlines()
    except FileNotFoundError:
        return "it wrote no log"
    return " / ".join(line.strip() for line in lines[-_LOG_TAIL_LINES:]) or "it wrote nothing"
