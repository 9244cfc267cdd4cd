"""A strict simulator of the Aigc AI platform, in this process or behind HTTP."""

from __future__ import annotations

from local.aigc_simulator.faults import Faults
from local.aigc_simulator.model import AiPlatform
from local.aigc_simulator.reading import MARK, Reading, read_prompt
from local.aigc_simulator.records import Call, Operation, Settings, Snapshot, StoredFile, Verdict
from local.simulating.transport import mock_transport

__all__ = [
    "MARK",
    "AiPlatform",
    "Call",
    "Faults",
    "Operation",
    "Reading",
    "Settings",
    "Snapshot",
    "StoredFile",
    "Verdict",
    "mock_transport",
    "read_prompt",
]
