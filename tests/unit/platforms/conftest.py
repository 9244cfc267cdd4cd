"""Failures in the shared behaviour suite are to be explained like those in a test file."""

import pytest

pytest.register_assert_rewrite("tests.unit.platforms.suite")
