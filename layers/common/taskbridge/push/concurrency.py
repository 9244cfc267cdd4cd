"""The seats of a platform that takes only so many requests at the same time, shared by the fleet. Pure.

A worker takes seats for a batch and gives them back after it; those of a worker that died are free when its time is
over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from taskbridge.budgets import Room

Held: TypeAlias = dict[str, tuple[int, float]]  # holder -> seats, until


def take_seats(
    held: Mapping[str, tuple[int, float]], holder: str, wanted: int, room: Room, bounds: tuple[float, float]
) -> tuple[int, Held]:
    """At most `wanted` seats for `holder`, and who holds what then. `bounds`: now, and until when at the latest."""
    now, until = bounds
    others = {name: seats for name, seats in held.items() if name != holder and seats[1] > now}
    left = room.seats - sum(count for count, _ in others.values())
    granted = max(0, min(wanted, left)) if len(others) < room.holders else 0
    return granted, {**others, holder: (granted, until)} if granted else others


def leave_seats(held: Mapping[str, tuple[int, float]], holder: str) -> Held:
    """All seats of `holder` are free."""
    return {name: seats for name, seats in held.items() if name != holder}
