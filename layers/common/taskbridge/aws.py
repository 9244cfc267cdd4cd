"""Calls of AWS: their failures as our errors, and what to do where AWS answers that we ask too often: wait, as
everybody else does, instead of doing without.

Parameter Store answers 40 reads a second in an account by default, so that a fleet which starts cold meets that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from taskbridge.errors import StoreError

T = TypeVar("T")

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 2.0
PAUSE_GROWTH = 1.6

_CODES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TooManyUpdates",
    }
)


def store_call(call: Callable[..., T], **request: Any) -> T:
    """Make an AWS call; its failures are StoreErrors that name the error code and nothing of the request."""
    try:
        return call(**request)
    except ClientError as error:
        raise StoreError(f"{error.operation_name}: {error.response['Error'].get('Code', 'unknown')}") from error
    except BotoCoreError as error:
        raise StoreError(type(error).__name__) from error


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The values in pieces of at most `size`: a batch call takes only so many."""
    return (values[start : start + size] for start in range(0, len(values), size))


def is_throttled(error: Exception) -> bool:
    """Whether an error of botocore says that it was asked too often."""
    return is_throttled_answer(getattr(error, "response", None) or {})


def is_throttled_answer(response: Mapping[str, Any]) -> bool:
    """The same of a response that botocore has read."""
    return response.get("Error", {}).get("Code", "") in _CODES


def growing_pauses(total_s: float, random: Callable[[], float]) -> Iterator[float]:
    """Pauses in seconds, growing and jittered, that together last `total_s`. `random` gives [0, 1)."""
    left, step = total_s, FIRST_PAUSE_S
    while left > 0:
        pause = min(left, step * (0.5 + random()))
        yield pause
        left -= pause
        step = min(LONGEST_PAUSE_S, step * PAUSE_GROWTH)
