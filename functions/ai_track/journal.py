"""Log lines and metrics of the function that keeps the tasks of each person. The push log has the facts."""

from __future__ import annotations

from dataclasses import dataclass

from ai_track.track import Tracked
from taskbridge.errors import InvalidEvent, TaskbridgeError, UnreadableDocument
from taskbridge.events import TriggerEvent
from taskbridge.observability import Observability
from taskbridge.push.logs import PushLog


@dataclass(frozen=True, slots=True)
class TrackJournal:
    """Who hears what happened. Most of it at the level of debugging: log lines cost."""

    observability: Observability

    def tracked(self, event: TriggerEvent, tracked: Tracked) -> None:
        """An event was taken in."""
        self.observability.count("EventSuperseded" if tracked.is_superseded else "EventTracked")
        self._count_analyses(tracked)
        self.observability.logger.debug("tracked", event_id=event.id, action=event.action, requested=tracked.requested)

    def updated(self, sess_id: str, tracked: Tracked) -> None:
        """The seats of a piece of a large instance are as they should be."""
        self._count_analyses(tracked)
        self.observability.logger.debug("piece done", sess_id=sess_id, requested=tracked.requested)

    def clashed(self, log: PushLog) -> None:
        """The id of an event was used by another instance before."""
        self.observability.count("EventIdClash")
        self.observability.logger.warning(
            "event id used by two instances", event_id=log.event_id, sess_id=log.sess_id, shared_with=log.shared_with
        )

    def cleared(self, app_id: str, node_id: str, count: int) -> None:
        """Results of an older rule were removed."""
        self.observability.logger.info("results of an older rule removed", app=app_id, node=node_id, count=count)

    def refused(self, event: TriggerEvent, error: InvalidEvent) -> None:
        """An event can never be taken in; the push log says so."""
        self.observability.logger.warning("refused", event_id=event.id, action=event.action, error=str(error))

    def put_back(self, count: int) -> None:
        """Messages that the turn had no time for went back into the queue."""
        self.observability.logger.info("out of time, put back", count=count)

    def failed(self, message_id: str, error: Exception) -> None:
        """A message stays in the queue.

        What is not an error of ours is told by its kind alone: its text may quote an event.
        """
        if isinstance(error, UnreadableDocument):
            self.observability.count("SetAside")
        told = str(error) if isinstance(error, TaskbridgeError) else type(error).__name__
        self.observability.logger.warning("stays in the queue", message_id=message_id, error=told)

    def _count_analyses(self, tracked: Tracked) -> None:
        self.observability.count("AnalysisRequested", tracked.requested)
        self.observability.count("OpenedBeforeDone", tracked.overtaken)
