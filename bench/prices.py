"""What AWS asks: us-east-1, on demand, without the free tier, by the price lists of 2026-11."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MILLION = 1_000_000
EVENTBRIDGE = 1.00  # USD for a million custom events; delivery to a queue of the same account is free
SQS_STANDARD = 0.40  # for a million requests
SQS_FIFO = 0.50
LAMBDA_REQUEST = 0.20  # for a million
LAMBDA_GB_S = 13.3334  # for a million GB-s on arm64
DYNAMODB_WRITE = 0.625  # for a million units of 1 KB
DYNAMODB_READ = 0.125  # for a million units of 4 KB
LOG_GB = 0.50  # for a GB into CloudWatch Logs
ALARM = 0.10  # USD for a month
DASHBOARD = 3.00  # for a month, each after the third
METRIC = 0.30  # for a month, each combination of dimensions that has data

CHUNK_BYTES = 65536  # EventBridge and SQS count a request for each
FULL_CPU_MB = 1769  # the memory at which Lambda gives one whole processor; below, its share


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill: how much of something an event needs, and what a million of it costs in USD."""

    what: str
    per_event: float
    price: float

    @property
    def usd(self) -> float:
        """For a million events."""
        return self.per_event * self.price


def total(lines: Sequence[Line]) -> float:
    """USD for a million events."""
    return sum(line.usd for line in lines)


def chunks(size: int) -> int:
    """Requests that so many bytes count for."""
    return max(1, math.ceil(size / CHUNK_BYTES))


def gb_seconds(memory_mb: int, wall_s: float, cpu_s: float) -> float:
    """GB-s of one invocation that took `wall_s` here, `cpu_s` of it on the processor.

    A function gets the share of a processor that its memory is of 1,769 MB, so that its computing takes longer there.
    Billed by the started millisecond.
    """
    share = min(1.0, memory_mb / FULL_CPU_MB)
    there_s = wall_s + cpu_s * (1 / share - 1)
    return math.ceil(there_s * 1000) / 1000 * memory_mb / 1024


def render_bill(lines: Sequence[Line]) -> str:
    """The bill for a million events, line by line."""
    width = max(len(line.what) for line in lines)
    rows = [
        f"    {line.what:{width}}  {line.per_event:8.4f} x {line.price:8.4f} = {line.usd:7.4f} USD" for line in lines
    ]
    return "\n".join([*rows, f"    {'in all':{width}}  {'':19} = {total(lines):7.4f} USD"])
