"""A strict simulator of the JinZhi (金智) task center, in this process or behind HTTP."""

from __future__ import annotations

from local.jinzhi_simulator.faults import Faults
from local.jinzhi_simulator.model import TaskCenter
from local.jinzhi_simulator.records import Settings, Snapshot, Verdict, ViolationKind
from local.simulating.answers import Answer, Dropped
from local.simulating.transport import mock_transport

__all__ = [
    "Answer",
    "Dropped",
    "Faults",
    "Settings",
    "Snapshot",
    "TaskCenter",
    "Verdict",
    "ViolationKind",
    "mock_transport",
]
