"""The access tokens that a simulator has issued."""

from __future__ import annotations

import random
from collections.abc import Mapping


class TokenBook:
    """Tokens with the time at which each ends, in epoch seconds."""

    def __init__(self) -> None:
        self.issued = 0
        self._ends: dict[str, float] = {}

    @property
    def ends(self) -> dict[str, float]:
        """A copy of the tokens with their ends."""
        return dict(self._ends)

    def restore(self, issued: int, ends: Mapping[str, float]) -> None:
        """Goes on from what a state file says."""
        self.issued = issued
        self._ends = dict(ends)

    def is_valid(self, token: str, now: float) -> bool:
        """Whether `token` was issued and has not ended."""
        return self._ends.get(token, 0.0) > now

    def issue(self, now: float, rng: random.Random, lifetime_s: float, *, ends_old: bool = False) -> str:
        """A new token; forgets those that have ended, and every other one where `ends_old`."""
        kept = {} if ends_old else self._ends
        self._ends = {token: end for token, end in kept.items() if end > now}
        token = f"{rng.getrandbits(128):032x}"
        self._ends[token] = now + lifetime_s
        self.issued += 1
        return token

    def end(self, token: str) -> None:
        """Ends one token, if it is there."""
        self._ends.pop(token, None)

    def end_all(self) -> None:
        """Ends every token."""
        self._ends.clear()
