"""What a month costs: from the measured bills, by the events a second; and what is paid while nothing happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench import prices
from bench.prices import Line

MONTH_S = 365 / 12 * 86_400
RATES = (1, 100, 10_000)
_QUEUES = {"SQS": 3, "SQS FIFO": 1}
_POLLS_S = 5 / 20  # an event source holds five long polls of 20 s
_RUN_GB_S = 0.1 * 256 / 1024  # of the reconciler, held to take 100 ms
_RUN_READS = 12

# An analysis, where nothing is known better: the price of a model is what its contract says.
ANALYSED = 0.25  # of all events
INPUT_TOKENS, OUTPUT_TOKENS = 4_000, 700
INPUT_PRICE, OUTPUT_PRICE = 1.0, 4.0  # USD for a million tokens
_ANSWER_S, _AT_A_TIME, _MEMORY_GB = 20.0, 5, 2.0
_ANALYSIS_WRITES, _ANALYSIS_READS = 25, 30


@dataclass(frozen=True, slots=True)
class Month:
    """A load for a month: events a second, and USD of each part. `lone` and `full`: by the size of batches."""

    rate: int
    events: float
    lone: float
    full: float
    analysis: float
    model: float


def idle(template: Mapping[str, Any]) -> list[Line]:
    """Lines of a month without an event, in USD: the price is that of one."""
    polls = MONTH_S * _POLLS_S / prices.MILLION
    alarms = sum(each["Type"] == "AWS::CloudWatch::Alarm" for each in template["Resources"].values())
    runs = MONTH_S / 60 / prices.MILLION
    return [
        Line("SQS: empty receives, three queues", _QUEUES["SQS"] * polls, prices.SQS_STANDARD),
        Line("SQS FIFO: empty receives", _QUEUES["SQS FIFO"] * polls, prices.SQS_FIFO),
        Line("Lambda: the reconciler, each minute", runs * _RUN_GB_S, prices.LAMBDA_GB_S),
        Line("Lambda: its invocations", runs, prices.LAMBDA_REQUEST),
        Line("DynamoDB: its reads", runs * _RUN_READS, prices.DYNAMODB_READ),
        Line("CloudWatch: alarms", alarms, prices.ALARM),
        Line("CloudWatch: the dashboard, where it is the fourth", 1, prices.DASHBOARD),
    ]


def month(rate: int, lone_usd: float, full_usd: float) -> Month:
    """A month of so many events a second; the bills are those of a million events."""
    events = rate * MONTH_S
    millions, analyses = events / prices.MILLION, ANALYSED * events / prices.MILLION
    model = INPUT_TOKENS * INPUT_PRICE + OUTPUT_TOKENS * OUTPUT_PRICE
    return Month(rate, events, millions * lone_usd, millions * full_usd, analyses * analysis_usd(), analyses * model)


def analysis_usd() -> float:
    """USD that AWS asks for a million analyses: most of it is waiting for the model."""
    waiting = _ANSWER_S * _MEMORY_GB / _AT_A_TIME * prices.LAMBDA_GB_S
    return waiting + _ANALYSIS_WRITES * prices.DYNAMODB_WRITE + _ANALYSIS_READS * prices.DYNAMODB_READ
