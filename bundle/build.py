"""Packs the functions and the layer into the folders that Lambda unpacks.

    python -m bundle.build function push_task --out DIR    DIR/push_task/app.py, ...
    python -m bundle.build layer --out DIR                 DIR/python/taskbridge, DIR/python/httpx, ...

A function is copied under its own name, so that `push_task.app.handler` is the import path in Lambda, on one
machine and in tests. What only this function needs stands in requirements/<name>.txt, where there is one, and is
installed beside it. Without `--host` the target is the runtime of template.yaml (python3.13 on arm64),
whatever the machine that builds; with it, the Python and the machine that run this.

Bytecode is shipped too: the file system of a function is read-only, so that without it every cold start
compiles everything anew. Only the Python of the target version can write it: TARGET_PYTHON names one that is
not on the path.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bundle.aws_models import write_models
from bundle.commands import BuildError, execute, run
from bundle.console_files import build_console
from bundle.sizes import check_size

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements" / "layer.txt"
CONSOLE_FUNCTION = "console"
RUNTIME_PROVIDES = Path(__file__).with_name("runtime-provides.txt")

_NOT_SHIPPED = shutil.ignore_patterns("tests", "__pycache__", "*.pyc", ".*", "Makefile")


@dataclass(frozen=True, slots=True)
class Target:
    """What a bundle runs on: a Python version such as "3.13", and a platform as uv names it.

    Without a platform it is this machine. The runtime's system, Amazon Linux 2023, has glibc 2.34.
    """

    python_version: str = "3.13"
    platform: str | None = "aarch64-manylinux_2_28"

    @classmethod
    def host(cls) -> Target:
        """The Python and the machine that run the build."""
        return cls(f"{sys.version_info.major}.{sys.version_info.minor}", platform=None)


LAMBDA = Target()


def build_function(name: str, out: Path, target: Target = LAMBDA) -> Path:
    """Put the function into `out/<name>`, in place of what is there, and return that folder."""
    source = ROOT / "functions" / name
    if not source.is_dir():
        raise BuildError(f"functions/{name} does not exist")
    folder = out / name
    requirements = function_requirements(name)
    if requirements:
        _add_dependencies(out, target, requirements)
    _replace_tree(source, folder)
    if name == CONSOLE_FUNCTION:
        build_console(folder / "files")
    _compile_bytecode(folder, out, target)
    check_size(name, out)
    return folder


def function_requirements(name: str) -> Path | None:
    """What this function alone needs, locked; None where the layer is enough."""
    path = ROOT / "requirements" / f"{name}.txt"
    return path if path.exists() else None


def build_layer(out: Path, target: Target = LAMBDA) -> Path:
    """Put the shared package and its dependencies into `out/python`, in place of what is there."""
    folder = out / "python"
    shutil.rmtree(folder, ignore_errors=True)
    _install_dependencies(folder, target, REQUIREMENTS, left_out=[RUNTIME_PROVIDES])
    _strip(folder)
    _replace_tree(ROOT / "layers" / "common" / "taskbridge", folder / "taskbridge")
    write_models(folder / "taskbridge" / "botocore_data")
    _compile_bytecode(folder, folder, target)
    check_size("layer", folder)
    return folder


def _replace_tree(source: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder, ignore=_NOT_SHIPPED)


def _install_dependencies(folder: Path, target: Target, requirements: Path, left_out: Sequence[Path]) -> None:
    where = ["--python", sys.executable]
    if target.platform:
        where += ["--python-version", target.python_version, "--python-platform", target.platform]
    # Copies: a bundle whose files were links into the cache of uv could damage it.
    how = ["--link-mode", "copy", "--only-binary", ":all:", "--require-hashes"]
    what = [*(f"--excludes={path}" for path in left_out), "-r", str(requirements)]
    run([find_uv(), "pip", "install", "--quiet", "--target", str(folder), *where, *how, *what])


def _add_dependencies(out: Path, target: Target, requirements: Path) -> None:
    """Put what the layer and the runtime lack into `out`, each package in place of what is there."""
    staging = out / f"{requirements.stem}-dependencies"
    shutil.rmtree(staging, ignore_errors=True)
    _install_dependencies(staging, target, requirements, left_out=[RUNTIME_PROVIDES, REQUIREMENTS])
    _strip(staging)
    _compile_bytecode(staging, staging, target)
    for path in staging.iterdir():
        _remove(out / path.name)
        path.rename(out / path.name)
    staging.rmdir()


def _strip(folder: Path) -> None:
    """Remove what no import needs: console scripts, tests, caches, and the lock that uv leaves."""
    for name in ("bin", ".lock"):
        _remove(folder / name)
    for pattern in ("**/tests", "**/__pycache__"):
        for path in list(folder.glob(pattern)):
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _compile_bytecode(folder: Path, root: Path, target: Target) -> None:
    """Compile `folder`; recorded file names are relative to `root`, wherever the bundle was made.

    The hash is never checked when a module is imported, which saves reading the source of each.
    """
    python = find_python(target.python_version)
    if python is None:
        # On stdout: SAM shows the standard error of a build only when the build fails.
        sys.stdout.write(
            f"NOTICE: no Python {target.python_version} on this machine: {folder.name} is packed without "
            "bytecode, cold starts will be slower. Name one in TARGET_PYTHON to ship it.\n"
        )
        return
    how = ["--invalidation-mode", "unchecked-hash", "-s", str(root)]
    run([python, "-I", "-m", "compileall", "-q", *how, str(folder)])


def find_python(version: str) -> str | None:
    """A Python of that version: TARGET_PYTHON, the one that runs this, one on the path, or one of uv or pyenv.

    None where there is none; none is fetched.
    """
    return next((python for python in _python_candidates(version) if _is_version(python, version)), None)


def _python_candidates(version: str) -> Iterator[str]:
    of_uv = Path.home().glob(f".local/share/uv/python/cpython-{version}.*/bin/python{version}")
    of_pyenv = Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")
    named = (os.environ.get("TARGET_PYTHON"), sys.executable, f"python{version}")
    for candidate in (*named, *map(str, of_uv), *map(str, of_pyenv)):
        found = shutil.which(candidate) if candidate else None
        if found:
            yield found


def _is_version(python: str, version: str) -> bool:
    """Ask it: a version manager's shim is on the path also where that version is not installed."""
    answer = execute([python, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    return answer.returncode == 0 and answer.stdout.strip() == version


def find_uv() -> str:
    """The uv of the environment, or of the machine. Raises BuildError where there is none."""
    for candidate in (os.environ.get("UV"), str(Path(sys.executable).with_name("uv")), "uv"):
        found = shutil.which(candidate) if candidate else None
        if found:
            return found
    raise BuildError("uv is not on the path: install it, or name it in UV")


def _parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bundle.build", description=__doc__.splitlines()[0])
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--out", type=Path, required=True, help="folder that Lambda unpacks")
    shared.add_argument("--python-version", default=LAMBDA.python_version)
    shared.add_argument("--platform", default=LAMBDA.platform, help="as uv names it")
    shared.add_argument("--host", action="store_true", help="for the Python and the machine that run this")
    kinds = parser.add_subparsers(dest="kind", required=True)
    kinds.add_parser("function", parents=[shared]).add_argument("name", help="folder under functions/")
    kinds.add_parser("layer", parents=[shared])
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: returns the exit status."""
    options = _parse_arguments(arguments)
    target = Target.host() if options.host else Target(options.python_version, options.platform)
    try:
        if options.kind == "function":
            build_function(options.name, options.out, target)
        else:
            build_layer(options.out, target)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
