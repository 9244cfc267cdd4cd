"""How large a bundle may be: a cold start reads all of it, and nobody notices a package that brought fifty others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bundle.commands import BuildError

MB = 1_000_000
# Unpacked, with bytecode, for the runtime. What there is today stands behind each: raise one only for a reason.
LIMITS_MB: Mapping[str, float] = {
    "layer": 24.0,  # 21.6
    "admin_api": 21.0,  # 18.4
    "ai_analyze": 29.0,  # 25.2
    "console": 1.0,  # 0.6, compressed
}
OF_OTHERS_MB = 0.5  # our own code alone: 0.3 at most


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def check_size(name: str, folder: Path) -> float:
    """How many MB the unpacked bundle of a function, or the layer, has. Raises BuildError where that is too many."""
    size, limit = size_of(folder) / MB, LIMITS_MB.get(name, OF_OTHERS_MB)
    if size > limit:
        raise BuildError(
            f"{name} unpacks to {size:.1f} MB, and may have {limit:.1f}: look what a package brings along, or raise "
            "the limit in bundle/sizes.py and say why."
        )
    return size
