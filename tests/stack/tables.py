"""What stands in the tables of a running stack: of thousands of events, and of people without a token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.emulator import Aws
from local.seed import PLATFORM_ID
from taskbridge.ai.seats import AnalysisStatus, Seat, SeatState
from taskbridge.push.trigger_rules import AI
from taskbridge.tables.ai_answers import AnswerTable
from taskbridge.tables.ai_tasks import TaskTable
from taskbridge.tables.events import EventTable
from taskbridge.tables.parts import PartTable
from taskbridge.tables.push_logs import PushLogTable

if TYPE_CHECKING:
    from types_boto3_sqs.literals import QueueAttributeNameType

DEPTH: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_GIVEN_UP = ("DeadLetterQueueUrl", "FailureQueueUrl")


@dataclass(frozen=True, slots=True)
class EventRow:
    """What became of one event at one target; `target` is empty where it went nowhere."""

    event_id: str
    status: str
    target: str


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A task of one person, with the analysis that this person has of it; `status` is empty where there is none."""

    uid: str
    task_id: str
    status: str
    verdict: str
    decision: str
    text: str


class StackTables:
    """Reads the tables and queues of the stack with these outputs."""

    def __init__(self, aws: Aws, outputs: Mapping[str, str]) -> None:
        self._aws = aws
        self._urls = [url for key, url in outputs.items() if key.endswith("QueueUrl") and not key.endswith(_GIVEN_UP)]
        parts = PartTable(aws.dynamodb, outputs["PartTableName"])
        self._logs = PushLogTable(aws.dynamodb, outputs["PushLogTableName"], retention_s=0, parts=parts)
        self._events = EventTable(aws.dynamodb, outputs["EventTableName"], retention_days=0)
        self._tasks = TaskTable(aws.dynamodb, outputs["AiTaskTableName"], outputs["AiPersonTableName"])
        self._answers = AnswerTable(aws.dynamodb, outputs["AiAnswerTableName"])

    def waiting(self) -> int:
        """Messages that wait or are being worked on."""
        answers = [self._aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=DEPTH) for url in self._urls]
        return sum(int(answer["Attributes"].get(name, "0")) for answer in answers for name in DEPTH)

    def events_of(self, event_ids: Sequence[str]) -> list[EventRow]:
        """What became of these events; one that nothing is known of yet has no row."""
        logs = self._logs.load((event_id, target) for event_id in event_ids for target in (PLATFORM_ID, AI))
        unrouted = self._events.load(event_ids)
        return [
            *(EventRow(log.event_id, log.status, log.platform_id) for log in logs.values()),
            *(EventRow(event.event_id, event.status, "") for event in unrouted.values()),
        ]

    def seats(self, keys: Iterable[tuple[str, str]]) -> list[SeatRow]:
        """The tasks of these people (uid and task id) that they still have, or had to the end, in this order."""
        wanted = list(keys)
        found = self._tasks.get_many(wanted)
        return [self._row(found[key]) for key in wanted if key in found and found[key].state != SeatState.GONE]

    def _row(self, seat: Seat) -> SeatRow:
        analysis = seat.analysis
        if analysis is None:
            return SeatRow(seat.uid, seat.task_id, "", "", seat.decision, "")
        heads = self._answers.heads([analysis.answer_id]) if analysis.answer_id else {}
        review = heads[analysis.answer_id].review if heads else None
        status = AnalysisStatus.PROCESSED if seat.state == SeatState.DONE else analysis.status
        text = review.text if review else ""
        return SeatRow(seat.uid, seat.task_id, status, analysis.verdict or "", seat.decision, text)
