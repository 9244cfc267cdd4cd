"""Builds the web console from console/ with Node, which comes from the project's environment or from the machine.

python -m bundle.console_files    installs what console/package-lock.json names, unless it is there
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from bundle.commands import BuildError, execute, run

CONSOLE = Path(__file__).resolve().parent.parent / "console"
SOURCES = tuple(
    CONSOLE / name
    for name in (
        "src",
        "public",
        "index.html",
        "package.json",
        "package-lock.json",
        "packing.ts",
        "panel.ts",
        "vite.config.ts",
    )
)
LEAST_NODE = (22, 12)
_PACKED = CONSOLE.parent / ".build" / "console"
_GENERATED = "schema.d.ts"  # types of the API, of which nothing is packed


def build_console(out: Path) -> Path:
    """Put the packed files of the console into `out`, in place of what is there. Raises BuildError.

    The same sources are packed once, however many ask for them at the same time.
    """
    node = find_node()
    _PACKED.mkdir(parents=True, exist_ok=True)
    with (_PACKED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install_packages(node)
        packed = _PACKED / _digest()
        if not packed.exists():
            _pack(node, packed)
        shutil.rmtree(out, ignore_errors=True)
        return Path(shutil.copytree(packed, out))


def _pack(node: Path, packed: Path) -> None:
    """Run Vite; what older sources gave goes."""
    for old in _PACKED.glob("*/"):
        shutil.rmtree(old)
    draft = packed.with_name("draft")
    vite = CONSOLE / "node_modules" / "vite" / "bin" / "vite.js"
    run([str(node), str(vite), "build", "--logLevel", "warn", "--outDir", str(draft)], cwd=CONSOLE)
    draft.rename(packed)


def _digest() -> str:
    """A name for the content of the sources."""
    digest = hashlib.sha256()
    for source in SOURCES:
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if file.is_file() and file.name != _GENERATED:
                content = file.read_bytes()
                digest.update(f"{file.relative_to(CONSOLE)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def install_packages(node: Path) -> None:
    """Install what the lock names, unless it is there."""
    wanted = hashlib.sha256((CONSOLE / "package-lock.json").read_bytes()).hexdigest()
    stamp = CONSOLE / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    run_npm(node, "ci", "--no-audit", "--no-fund")
    stamp.write_text(wanted)


def run_npm(node: Path, *arguments: str) -> str:
    """What the npm beside a Node wrote, at work in console/. Raises BuildError."""
    npm = node.with_name("npm")
    if not npm.exists():
        raise BuildError(f"There is no npm beside {node}: `make setup` installs one.")
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return run([str(npm), *arguments], cwd=CONSOLE, environment={**os.environ, "PATH": path})


def find_node() -> Path:
    """A Node that is new enough: that of the environment, else one on the path. Raises BuildError."""
    for node in _candidates():
        answer = execute([str(node), "--version"])
        version = tuple(int(part) for part in answer.stdout.strip().removeprefix("v").split(".")[:2] if part.isdigit())
        if answer.returncode == 0 and version >= LEAST_NODE:
            return node
    least = ".".join(map(str, LEAST_NODE))
    raise BuildError(f"The console needs Node {least} or newer: `make setup` installs one into the environment.")


def _candidates() -> Iterator[Path]:
    beside = Path(sys.executable).with_name("node")
    if beside.exists():
        yield beside
    found = shutil.which("node")
    if found:
        yield Path(found)


if __name__ == "__main__":
    install_packages(find_node())
