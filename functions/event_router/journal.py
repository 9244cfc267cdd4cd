"""Log lines and metrics of the router."""

from __future__ import annotations

from dataclasses import dataclass

from event_router.route import NO_TARGET, IngestedEvent, Routed
from taskbridge.errors import TaskbridgeError
from taskbridge.observability import Observability
from taskbridge.tables.events import UnroutedEvent


@dataclass(frozen=True, slots=True)
class RouterJournal:
    """Who hears what happened. Ids and reasons only."""

    observability: Observability

    def routed(self, record: IngestedEvent, decision: Routed | UnroutedEvent) -> None:
        """An event was sent on, or recorded."""
        if isinstance(decision, Routed):
            targets = [message.platform_id for message in decision.messages] + (["ai"] if decision.tracked else [])
            # The push log has the same facts, and log lines cost.
            self.observability.logger.debug(
                "routed", event_id=decision.event_id, sess_id=decision.sess_id, targets=targets
            )
            return
        self.observability.count("EventSkipped" if decision.status == "skipped" else "EventRejected")
        if decision.reason == NO_TARGET:
            # Other skips are as they should be; of these nobody may know that a rule or a platform causes them.
            self.observability.count("EventLeftOut")
        self.observability.logger.info(
            decision.status, event_id=decision.event_id, sess_id=decision.sess_id, reason=decision.reason
        )

    def failed(self, record: IngestedEvent, error: Exception) -> None:
        """An event stays in the queue."""
        self.observability.count("RecordFailed")
        # The text of an unforeseen error may quote what it stumbled over: its kind has to do.
        said = str(error) if isinstance(error, TaskbridgeError) else type(error).__name__
        self.observability.logger.warning("stays in the queue", message_id=record.message_id, error=said)
