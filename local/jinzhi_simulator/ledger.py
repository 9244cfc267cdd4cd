"""What the task center remembers of those who called it: every call, and every violation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from local.jinzhi_simulator.board import Board, Finding
from local.jinzhi_simulator.records import Call, Change, Snapshot, Verdict, Violation


@dataclass(frozen=True, slots=True)
class Ending:
    """How a request ended; the fields are those of `Call`."""

    verdict: Verdict
    errcode: str
    message: str
    http_status: int
    fault: str = ""


class Ledger:
    """Calls and violations in order."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.calls = list(snapshot.calls)
        self.violations = list(snapshot.violations)

    def note(self, findings: Iterable[Finding], board: Board, request: int, at: float) -> None:
        """Keeps what the board found against the sender of `request`."""
        for kind, change, detail in findings:
            sess_id = board.instance_of(change)
            self.violations.append(Violation(kind, request, at, change.task_id, sess_id, detail))

    def record(self, changes: list[Change], ending: Ending, board: Board, request: int, at: float) -> None:
        """Adds a line for each change that `request` asked for."""
        for change in changes:
            call = Call(
                number=len(self.calls) + 1,
                request=request,
                at=at,
                operation=change.operation,
                task_id=change.task_id,
                sess_id=board.instance_of(change),
                status=change.status,
                instance_status=change.instance_status,
                processors=change.processors or (),
                subject=change.subject,
                node_name=change.node_name,
                verdict=ending.verdict,
                errcode=ending.errcode,
                message=ending.message,
                http_status=ending.http_status,
                fault=ending.fault,
            )
            self.calls.append(call)
