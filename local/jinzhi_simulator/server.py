"""The task center behind real HTTP/1.1 on this machine, with its state in a file.

`python -m local.jinzhi_simulator --port N --state-file PATH --app-id A --app-secret S --scene-code C`
"""

from __future__ import annotations

from pathlib import Path

from local.jinzhi_simulator.control import ENDPOINTS, is_control
from local.jinzhi_simulator.model import TaskCenter
from local.jinzhi_simulator.records import Snapshot
from local.jinzhi_simulator.wire import SIMULATOR_NAME
from local.simulating.answers import Answer
from local.simulating.control import answer_control
from local.simulating.server import BaseSimulatorServer


class SimulatorServer(BaseSimulatorServer):
    """Serves one task center: see BaseSimulatorServer."""

    simulator_name = SIMULATOR_NAME

    def __init__(self, address: tuple[str, int], center: TaskCenter, state_file: Path | None = None) -> None:
        super().__init__(address, state_file)
        self.center = center

    @property
    def latency_s(self) -> float:
        """See the base."""
        return self.center.latency_s

    @property
    def hang_s(self) -> float:
        """See the base."""
        return self.center.hang_s

    @property
    def max_body_bytes(self) -> int:
        """See the base. A larger body is refused before it is read, and the connection closed on the rest of it."""
        return self.center.faults.max_body_bytes or super().max_body_bytes

    def is_control(self, path: str) -> bool:
        """See the base."""
        return is_control(path)

    def control(self, method: str, path: str, body: bytes) -> Answer:
        """See the base."""
        return answer_control(ENDPOINTS, self.center, method, path, body)

    def handle_call(self, method: str, path: str, headers: dict[str, str], body: bytes, *, heard: bool) -> Answer:
        """See the base."""
        return self.center.handle(method, path, headers, body, heard=heard)

    def snapshot(self) -> Snapshot:
        """See the base."""
        return self.center.snapshot()
