"""Log lines and metrics of the reconciler."""

from __future__ import annotations

from dataclasses import dataclass

from taskbridge.errors import StoreError
from taskbridge.observability import Observability
from taskbridge.push.jobs import PushJob


@dataclass(frozen=True, slots=True)
class ReconcilerJournal:
    """Who hears what happened."""

    observability: Observability

    def drained(self, platform_id: str, count: int) -> None:
        """Due instances were sent to the queue."""
        self.observability.logger.info("due instances sent to the queue", platform=platform_id, count=count)

    def probed(self, platform_id: str, *, closed: bool) -> None:
        """A probe was sent; whether the breaker closed."""
        self.observability.logger.info("probed", platform=platform_id, closed=closed)

    def settled(self, platform_id: str, count: int) -> None:
        """Stuck instances were found."""
        self.observability.count("StuckSettled", count)
        self.observability.logger.warning("stuck instances found", platform=platform_id, count=count)

    def aside(self, platform_id: str, count: int) -> None:
        """So many messages wait, as their documents cannot be read."""
        self.observability.count("SetAside", count)
        self.observability.logger.error("messages wait aside", platform=platform_id, count=count)

    def behind(self, platform_id: str, seconds: float) -> None:
        """The search for stuck work did not get to the end: so much of the log is left to the next run."""
        self.observability.gauge("StuckSearchBehind", seconds, platform_id)
        self.observability.logger.warning("stuck work not looked for to the end", platform=platform_id, behind=seconds)

    def unreadable(self, platform_id: str, name: str, reason: str) -> None:
        """A page or a document cannot be read: it is left alone, and only it."""
        self.observability.count("SetAside")
        self.observability.logger.error("cannot be read", platform=platform_id, name=name, reason=reason)

    def breaker(self, platform_id: str, *, is_open: bool) -> None:
        """How a breaker stands at the end of a run."""
        self.observability.gauge("BreakerOpen", int(is_open), platform_id)

    def worked(self, job: PushJob) -> None:
        """A run did what it could of a job."""
        self.observability.logger.info(
            "job", job=job.id, kind=job.kind, status=job.status, looked_at=job.looked_at, sent=job.sent
        )

    def interrupted(self, job_id: str, error: Exception) -> None:
        """A job waits for the next run."""
        reason = str(error) if isinstance(error, StoreError) else type(error).__name__  # others may quote a document
        self.observability.logger.warning("job interrupted", job=job_id, error=reason)
