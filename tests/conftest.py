"""Options and fixtures for every test."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much to simulate."""
    parser.addoption("--histories", type=int, default=2000, help="random histories to simulate")
    parser.addoption("--seed", type=int, default=None, help="simulate the world of one seed alone")
