"""The packed console, made once, and the programs that its tests need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bundle.console_files import build_console
from tests.console.foreign_issuer import serving_abroad
from tests.console.programs import chromium, node, run
from tests.console.serving import serving

__all__ = ["chromium", "node", "packed", "run"]


@pytest.fixture(scope="session")
def packed(node: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the function serves."""
    assert node
    return build_console(tmp_path_factory.mktemp("console") / "files")


@pytest.fixture(scope="session")
def served(packed: Path, node: Path) -> Iterator[dict[str, str]]:
    """Where the browser tests find the console, and the one whose people sign in at a foreign issuer."""
    with serving(packed) as origin, serving_abroad(packed, node) as abroad:
        yield {"CONSOLE_URL": origin, "FOREIGN_CONSOLE_URL": abroad}
