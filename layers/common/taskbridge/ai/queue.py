"""The queues of AI approval, as those who send into them see them."""

from __future__ import annotations

from collections.abc import Sequence

from taskbridge.ai.messages import AiMessage, AnalyseMessage, AnalysisMessage, JobMessage, encode_ai_message
from taskbridge.queues import SqsQueue


class AiQueue(SqsQueue):
    """The AI queue or the analysis queue. Neither keeps order, nor has to.

    Analyses go by groups, from which SQS gives each its share: the flood of one application does not starve the others.
    """

    def send(self, messages: Sequence[AiMessage | AnalysisMessage]) -> set[int]:
        """Send messages; returns the positions of those that did not get in."""
        return self._send_all(map(_entry, messages))


def _entry(message: AiMessage | AnalysisMessage) -> dict[str, str]:
    entry = {"MessageBody": encode_ai_message(message)}
    if isinstance(message, AnalyseMessage | JobMessage):
        entry["MessageGroupId"] = message.group
    return entry
