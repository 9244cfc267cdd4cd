"""Writes that go along with a call of another table's, and cost none of their own.

A BatchExecuteStatement takes 25 statements, whatever their tables, and each succeeds or fails for itself. A rider is
tried once: whatever keeps it from being carried out, the call that it goes along with is none the worse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec


class Rider(msgspec.Struct, frozen=True):
    """A PartiQL statement, and who hears whether it was carried out."""

    statement: dict[str, Any]
    tell: Callable[[bool], None]
