"""Options and fixtures for every test."""

from __future__ import annotations

import gc

import pytest
from hypothesis import HealthCheck, settings


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much to simulate."""
    parser.addoption("--histories", type=int, default=400, help="random histories to simulate")
    parser.addoption("--instances", type=int, default=60, help="process instances to send through the whole stack")
    parser.addoption("--logs", type=int, default=3000, help="push logs beside which lists are counted")
    parser.addoption("--answers", type=int, default=2000, help="mangled answers of a model to read")
    parser.addoption("--replayed", type=int, default=600, help="failed logs that a bulk replay sends again")
    parser.addoption("--tasks", type=int, default=100, help="tasks of a person beside which lists are counted")
    parser.addoption("--assignees", type=int, default=60, help="people who have one task")
    parser.addoption("--share", type=float, default=0.5, help="of the longest backlogs that fleets of workers get")
    parser.addoption("--crowded", type=int, default=1000, help="tasks of one instance that are pushed")
    parser.addoption("--seed", type=int, default=None, help="simulate the world of one seed alone")


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: to look for garbage among them again and again is a tenth of all time."""
    gc.collect()
    gc.freeze()


def pytest_configure() -> None:
    """No example of a property is judged by how long it takes: the machine may be doing other things."""
    gc.set_threshold(50_000, 20, 50)  # already while tests are collected, when nearly nothing is garbage
    settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("unhurried")
