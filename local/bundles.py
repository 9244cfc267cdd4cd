"""Packs the functions and the layer for this machine, anew only where what they are made of changed."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bundle.build import (
    CONSOLE_FUNCTION,
    REQUIREMENTS,
    Target,
    build_function,
    build_layer,
    function_requirements,
)
from bundle.commands import BuildError
from bundle.console_files import SOURCES as CONSOLE_SOURCES
from local.errors import StackError
from local.settings import ROOT
from local.steps import Told

LAYER = "layer"
_IGNORED = frozenset({"__pycache__", "tests", ".pytest_cache"})


@dataclass(frozen=True, slots=True)
class Bundle:
    """A zip file as Lambda takes it: `name` is `layer` or a function's folder, `digest` names its content."""

    name: str
    digest: str
    file: Path

    @property
    def key(self) -> str:
        """Its object key in the bucket: another content, another key."""
        return f"{self.name}-{self.digest}.zip"


def pack_bundles(function_names: Iterable[str], state_dir: Path, told: Told) -> dict[str, Bundle]:
    """The layer and the functions by name. What is packed already is taken as it is; older packings go."""
    folder = state_dir / "bundles"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        bundles: list[Bundle] = []
        for name in (LAYER, *function_names):
            told(len(bundles), name)
            bundles.append(_pack_layer(folder) if name == LAYER else _pack_function(name, folder))
    except BuildError as error:
        raise StackError(f"The functions cannot be packed: {error}") from error
    current = {bundle.file for bundle in bundles}
    for old in folder.iterdir():
        if old not in current:
            old.unlink()
    return {bundle.name: bundle for bundle in bundles}


def _pack_layer(folder: Path) -> Bundle:
    sources = (ROOT / "layers" / "common", REQUIREMENTS, ROOT / "bundle")
    return _pack(LAYER, sources, folder, lambda out: build_layer(out, Target.host()))


def _pack_function(name: str, folder: Path) -> Bundle:
    own = function_requirements(name)
    # What the layer has is left out of the function, so the layer's lock counts as well.
    sources = (ROOT / "functions" / name, ROOT / "bundle", *((own, REQUIREMENTS) if own else ()))
    if name == CONSOLE_FUNCTION:
        sources += CONSOLE_SOURCES
    return _pack(name, sources, folder, lambda out: build_function(name, out, Target.host()))


def _pack(name: str, sources: Iterable[Path], folder: Path, build: Callable[[Path], Path]) -> Bundle:
    digest = digest_of(sources)
    file = folder / f"{name}-{digest}.zip"
    if not file.exists():
        out = folder.with_name("packing")
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        build(out)
        packed = Path(shutil.make_archive(str(out.with_name(f"packed-{name}")), "zip", out))
        packed.replace(file)
        shutil.rmtree(out)
    return Bundle(name, digest, file)


def digest_of(sources: Iterable[Path], extra: str = "") -> str:
    """A name for the content of these files and folders, for `extra`, and for the Python that runs this."""
    digest = hashlib.sha256(f"{sys.version}\n{extra}\n".encode())
    for source in sources:
        for file in sorted(_files(source)):
            content = file.read_bytes()
            digest.update(f"{file.relative_to(ROOT)} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()[:16]


def _files(source: Path) -> Iterable[Path]:
    if source.is_file():
        return [source]
    return [
        file
        for file in source.rglob("*")
        if file.is_file() and file.suffix != ".pyc" and not _IGNORED.intersection(file.parts)
    ]
