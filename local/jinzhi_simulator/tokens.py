"""The access tokens that the task center has issued."""

from __future__ import annotations

import random

from local.jinzhi_simulator.records import Settings, Snapshot


class TokenBook:
    """Tokens with the time at which each ends, in epoch seconds."""

    def __init__(self) -> None:
        self.issued = 0
        self._ends: dict[str, float] = {}

    @property
    def ends(self) -> dict[str, float]:
        """A copy of the tokens with their ends."""
        return dict(self._ends)

    def restore(self, snapshot: Snapshot) -> None:
        """Goes on from a snapshot."""
        self.issued = snapshot.tokens_issued
        self._ends = dict(snapshot.tokens)

    def is_valid(self, token: str, now: float) -> bool:
        """Whether `token` was issued and has not ended."""
        return self._ends.get(token, 0.0) > now

    def issue(self, now: float, rng: random.Random, settings: Settings) -> str:
        """A new token; forgets those that have ended, and every other one where a new token ends the old."""
        kept = {} if settings.new_token_ends_old else self._ends
        self._ends = {token: end for token, end in kept.items() if end > now}
        token = f"{rng.getrandbits(128):032x}"
        self._ends[token] = now + settings.token_lifetime_s
        self.issued += 1
        return token

    def end(self, token: str) -> None:
        """Ends one token, if it is there."""
        self._ends.pop(token, None)

    def end_all(self) -> None:
        """Ends every token."""
        self._ends.clear()
