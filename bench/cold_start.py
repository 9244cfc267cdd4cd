"""Cold start: import and first wiring of the functions as shipped, beside a handler written the usual way.

Each start is a new, isolated Python that finds nothing but the bundle and what the Lambda runtime brings, and writes
no bytecode. The usual handler is shipped as `uv pip install --target` leaves it, without bytecode; what the runtime
brings is in neither bundle, and the runtime here has bytecode, so that no difference comes from there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.errors import BenchError
from bench.packages import run_uv
from bench.surroundings import function_environment
from bench.table import Row
from bundle.build import RUNTIME_PROVIDES, Target, build_function, build_layer
from local.emulator import CREDENTIALS
from local.settings import REGION, ROOT
from local.template import read_template

ROUNDS = 7
TARGET = 0.3
USUAL, CLIENTS, BOTOCORE = "usual", "clients", "botocore"  # what is started beside our functions
_FUNCTIONS = ("push_task", "event_router")
_RUNTIME = ("boto3",)
_USUAL = ("pynamodb", "httpx", "pydantic", "aws-lambda-powertools", "aws-xray-sdk", "--excludes", str(RUNTIME_PROVIDES))
_START = """
import time; started = time.perf_counter()
import sys; sys.path[:0] = sys.argv[2:]
import importlib; importlib.import_module(sys.argv[1])._wired()
print(time.perf_counter() - started)
"""


@dataclass(frozen=True, slots=True)
class _Handler:
    """A module with `_wired`, and the folders that it finds its imports in."""

    module: str
    path: tuple[Path, ...]
    environment: Mapping[str, str]

    def start(self) -> float:
        """Start it once; returns milliseconds."""
        folders = [str(folder) for folder in self.path]
        command = [sys.executable, "-I", "-S", "-B", "-c", _START, self.module, *folders]
        done = subprocess.run(command, env=dict(self.environment), capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(f"{self.module} does not start: {done.stderr[-2000:]}")
        return float(done.stdout.splitlines()[-1]) * 1000


def measure(say: Callable[[str], None]) -> list[Row]:
    """The starts of both functions beside that of the usual handler."""
    medians = time_starts((*_FUNCTIONS, USUAL), say)
    return [_row(name, medians[name], medians[USUAL]) for name in _FUNCTIONS]


def time_starts(names: Sequence[str], say: Callable[[str], None]) -> dict[str, float]:
    """Median milliseconds of a start, by name. One round is warm-up of the disk cache; then they take turns."""
    with tempfile.TemporaryDirectory(prefix="taskbridge-bench-") as folder:
        shipped = _ship(Path(folder))
        handlers = {name: shipped[name] for name in names}
        taken: dict[str, list[float]] = {name: [] for name in handlers}
        for _ in range(ROUNDS + 1):
            for name, handler in handlers.items():
                taken[name].append(handler.start())
    for name, values in taken.items():
        say(f"  {name}: {' '.join(f'{value:.0f}' for value in values)} ms (the first is warm-up)")
    return {name: median(values[1:]) for name, values in taken.items()}


def _row(name: str, ours: float, usual: float) -> Row:
    ratio = ours / usual
    return Row(f"cold start of {name}", f"{ours:.0f} ms", f"{usual:.0f} ms, usual handler", ratio, ratio, TARGET)


def _ship(folder: Path) -> dict[str, _Handler]:
    """Pack everything for this machine; returns the handlers by name."""
    runtime = _install(folder / "runtime", _RUNTIME)
    _compile(runtime)
    usual = _install(folder / "usual", _USUAL)
    least = folder / "least"
    least.mkdir()
    for handler, place in (("usual_handler", usual), ("clients_handler", least), ("botocore_handler", least)):
        shutil.copy(Path(__file__).with_name(f"{handler}.py"), place)
    layer = build_layer(folder / "layer", Target.host())
    handlers = {}
    for name in _FUNCTIONS:
        out = folder / "functions" / name
        build_function(name, out, Target.host())
        handlers[name] = _Handler(f"{name}.app", (out, layer, runtime), _environment(name))
    handlers[USUAL] = _Handler("usual_handler", (usual, runtime), _environment(USUAL))
    handlers[CLIENTS] = _Handler("clients_handler", (least, layer, runtime), _environment("push_task"))
    handlers[BOTOCORE] = _Handler("botocore_handler", (least, runtime), _environment("push_task"))
    return handlers


def _install(folder: Path, wanted: Sequence[str]) -> Path:
    """Packages in the versions that this project uses, with what they need, as `pip install --target` leaves them."""
    locked = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", locked, re.MULTILINE))
    constraints = folder.with_suffix(".txt")
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()), encoding="utf-8")
    how = ["--quiet", "--python", sys.executable, "--link-mode", "copy", "--constraints", str(constraints)]
    run_uv("pip", "install", *how, "--target", str(folder), *wanted)
    return folder


def _compile(folder: Path) -> None:
    how = ["-q", "--invalidation-mode", "unchecked-hash", str(folder)]
    subprocess.run([sys.executable, "-I", "-m", "compileall", *how], check=True)


def _environment(service: str) -> dict[str, str]:
    template = read_template()
    queues = {"PushQueue": "https://sqs.invalid/bench"}
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    lambda_sets = {"AWS_DEFAULT_REGION": REGION, "AWS_LAMBDA_FUNCTION_NAME": service, "LAMBDA_TASK_ROOT": "/var/task"}
    return kept | CREDENTIALS | function_environment(template, queues, service) | lambda_sets
