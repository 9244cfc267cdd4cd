"""The queues of AI approval, as those who send into them see them."""

from __future__ import annotations

from collections.abc import Sequence

from taskbridge.ai.messages import AiMessage, AnalysisMessage, encode_ai_message
from taskbridge.queues import SqsQueue


class AiQueue(SqsQueue):
    """The AI queue or the analysis queue. Neither keeps order, nor has to."""

    def send(self, messages: Sequence[AiMessage | AnalysisMessage]) -> set[int]:
        """Send messages; returns the positions of those that did not get in."""
        return self._send_all({"MessageBody": encode_ai_message(each)} for each in messages)
