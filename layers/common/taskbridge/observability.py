"""Log lines, metrics and traces: made once per process, at the first invocation.

A log line carries ids (event, process instance, platform) and reasons, never a payload. The only metric dimension is
the service, but for the breaker, which has one line for each platform, and the flip rate, one for each model.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric

# As Powertools encodes, which makes an encoder anew for each line: a third of its time.
_ENCODE = json.JSONEncoder(default=str, separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Observability:
    """What a function tells the outside about itself."""

    logger: Logger
    metrics: Metrics
    counted: list[tuple[str, float]] = field(default_factory=list, compare=False)  # threads may add to it

    def count(self, name: str, value: float = 1) -> None:
        """Count something; what an invocation counted under one name is one sum, written when it ends."""
        if value:
            self.counted.append((name, value))

    def milliseconds(self, name: str, value: float) -> None:
        """Record a duration."""
        self.metrics.add_metric(name, MetricUnit.Milliseconds, value)

    def gauge(self, name: str, value: float, platform_id: str, **more: str) -> None:
        """Record a level of one platform: as a metric of its own with the platform, and `more`, as its dimensions, and
        among all platforms, for the alarm, which cannot know their names.
        """
        self.metrics.add_metric(name, MetricUnit.Count, value)
        with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace=self.metrics.namespace) as metric:
            for dimension, told in {"platform": platform_id, **more}.items():
                metric.add_dimension(dimension, told)

    @contextlib.contextmanager
    def invocation(self, request_id: str) -> Iterator[None]:
        """Around one invocation: every log line carries its id, the metrics are written at its end."""
        with self.logger.append_context_keys(function_request_id=request_id):
            try:
                yield
            finally:
                self._add_counts()
                if self.metrics.metric_set:
                    self.metrics.flush_metrics()

    def _add_counts(self) -> None:
        counted = self.counted[:]
        del self.counted[: len(counted)]
        sums: dict[str, float] = {}
        for name, value in counted:
            sums[name] = sums.get(name, 0) + value
        for name, value in sums.items():
            self.metrics.add_metric(name, MetricUnit.Count, value)


def build_observability(service: str) -> Observability:
    """Logger and metrics of a function, by the POWERTOOLS_ settings of its environment."""
    return Observability(Logger(service=service, location=None, json_serializer=_ENCODE), Metrics(service=service))


@contextlib.contextmanager
def traced(name: str, **annotations: str) -> Iterator[None]:
    """A subsegment of the trace, where this invocation is sampled.

    The X-Ray SDK takes longer to import than everything else of a function together, so it is only loaded by the
    few invocations that are traced.
    """
    if "Sampled=1" not in os.environ.get("_X_AMZN_TRACE_ID", ""):
        yield
        return
    tracer = _tracer()
    with tracer.provider.in_subsegment(f"## {name}") as subsegment:
        for key, value in annotations.items():
            subsegment.put_annotation(key=key, value=value)
        yield


_made: list[Any] = []


def _tracer() -> Any:
    if not _made:
        from aws_lambda_powertools.tracing import Tracer

        _made.append(Tracer(patch_modules=["botocore", "httpx"]))
    return _made[0]
