"""A strict simulator of the Aigc AI platform, in this process or behind HTTP."""

from __future__ import annotations

from local.aigc_simulator.faults import Faults
from local.aigc_simulator.model import AiPlatform
from local.aigc_simulator.reading import MARK, read_prompt
from local.aigc_simulator.records import Operation, Settings, Verdict
from local.simulating.transport import mock_transport

__all__ = ["MARK", "AiPlatform", "Faults", "Operation", "Settings", "Verdict", "mock_transport", "read_prompt"]
