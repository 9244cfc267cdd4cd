"""Leave for the HTTP calls of one step: each within what is left of the batch, each in its turn."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from taskbridge.budgets import LEAST_CALL_S
from taskbridge.errors import TransientError
from taskbridge.reasons import build_reason

OUT_OF_TIME = build_reason("waits_time")
RATE_LIMITED = build_reason("waits_rate")
TOKEN = "token"  # noqa: S105 - the name of an operation


class StepLeave(msgspec.Struct):
    """See taskbridge.platforms.wire.Leave. The step has its turn in the line until `turn_ends`.

    `join(patient)` tells whether a further call may go: a token is fetched at once, and counted. Who waited for one
    longer than its turn lasts joins anew. `refused` is why none may.
    """

    join: Callable[[bool], bool]
    clock: Callable[[], float]
    deadline: float
    turn_ends: float
    refused: str = ""
    is_clipped: bool = False  # the last call had less time than its platform may take

    def __call__(self, operation: str, timeout_s: float) -> float:
        """The seconds that this call may take. Raises TransientError where none may be made any more."""
        self._take_turn(is_token=operation == TOKEN)
        left = self.deadline - self.clock()
        if left < LEAST_CALL_S:
            self._refuse(OUT_OF_TIME)
        self.is_clipped = left < timeout_s
        return min(timeout_s, left)

    def _take_turn(self, *, is_token: bool) -> None:
        if is_token:
            self.join(False)
            return
        turn_ends, self.turn_ends = self.turn_ends, 0.0
        if self.clock() > turn_ends and not self.join(True):
            self._refuse(RATE_LIMITED)

    def _refuse(self, reason: str) -> None:
        self.refused = reason
        raise TransientError(reason)
