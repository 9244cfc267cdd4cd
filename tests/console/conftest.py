"""The packed console, made once, and the programs that its tests need."""

from __future__ import annotations

from pathlib import Path

import pytest

from bundle.console_files import build_console
from tests.console.programs import chromium, node, run

__all__ = ["chromium", "node", "packed", "run"]


@pytest.fixture(scope="session")
def packed(node: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the function serves."""
    assert node
    return build_console(tmp_path_factory.mktemp("console") / "files")
