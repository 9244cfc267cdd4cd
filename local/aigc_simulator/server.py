"""The AI platform behind real HTTP/1.1 on this machine, with its state in a file.

`python -m local.aigc_simulator --port N --state-file PATH --app-id A --app-secret S --files FOLDER`
"""

from __future__ import annotations

from pathlib import Path

from local.aigc_simulator.control import ENDPOINTS, FILES_PREFIX, answer_file, is_control
from local.aigc_simulator.model import AiPlatform
from local.aigc_simulator.records import Snapshot
from local.aigc_simulator.wire import SIMULATOR_NAME
from local.simulating.answers import Answer, Stream
from local.simulating.control import answer_control
from local.simulating.server import BaseSimulatorServer


class SimulatorServer(BaseSimulatorServer):
    """Serves one AI platform, and the files of a folder as sample attachments: see BaseSimulatorServer."""

    simulator_name = SIMULATOR_NAME
    max_body_bytes = 25_000_000

    def __init__(
        self, address: tuple[str, int], platform: AiPlatform, state_file: Path | None = None, files: Path | None = None
    ) -> None:
        super().__init__(address, state_file)
        self.platform = platform
        self._files = files

    @property
    def latency_s(self) -> float:
        """See the base."""
        return self.platform.latency_s

    @property
    def hang_s(self) -> float:
        """See the base."""
        return self.platform.hang_s

    def is_control(self, path: str) -> bool:
        """See the base."""
        return is_control(path)

    def control(self, method: str, path: str, body: bytes) -> Answer:
        """See the base."""
        if path.startswith(FILES_PREFIX):
            return answer_file(self._files, method, path)
        return answer_control(ENDPOINTS, self.platform, method, path, body)

    def handle_call(
        self, method: str, path: str, headers: dict[str, str], body: bytes, *, heard: bool
    ) -> Answer | Stream:
        """See the base."""
        return self.platform.handle(method, path, headers, body, heard=heard)

    def snapshot(self) -> Snapshot:
        """See the base."""
        return self.platform.snapshot()
