"""What a cold start cannot save: botocore itself and clients of AWS, beside whole functions."""

from __future__ import annotations

from bench.cold_start import BOTOCORE, CLIENTS, USUAL, time_starts
from proof.record import Data, Options, Say

_NAMES = (BOTOCORE, CLIENTS, "event_router", "push_task", USUAL)


def run(options: Options, say: Say) -> Data:
    """Median milliseconds of each start."""
    say(f"starts: {', '.join(_NAMES)}")
    return {"ms": time_starts(_NAMES, say)}
