"""The bundled simulators, of a task center and of an AI platform: starting them, and looking into them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local.errors import StackError
from local.processes import Service, find_running, free_port, is_free, start, stop, wait_until_ready
from local.settings import LOOPBACK, ROOT, StackSettings

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 30.0
ATTACHMENTS = ROOT / "examples" / "attachments"


@dataclass(frozen=True, slots=True)
class BundledSimulator:
    """A simulator of this stack. `name` is that of its process and of its files, `title` what people call it."""

    name: str
    title: str
    arguments: tuple[str, ...]
    state_dir: Path

    @property
    def pid(self) -> int | None:
        """The process id, where it runs."""
        return find_running(self._service())

    def start(self) -> str:
        """Start it, if it does not run, and return its address.

        Its port is the one it had before, where that is free: links that somebody has open stay good.
        """
        if self.pid is None:
            port = self._port()
            self._port_file.write_text(str(port if port and is_free(port) else free_port()))
            start(self._service())
        url = f"http://{LOOPBACK}:{self._port()}"
        with SimulatorClient(url) as client:
            wait_until_ready(self._service(), client.is_healthy, START_TIMEOUT_S)
        return url

    def stop(self) -> bool:
        """Stop it; it keeps what it holds. False where it did not run."""
        return stop(self._service(), STOP_TIMEOUT_S)

    def _service(self) -> Service:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
        state_file = self.state_dir / f"{self.name}.json"
        return Service(
            name=self.name,
            module=f"local.{self.name}_simulator",
            arguments=("--port", str(self._port()), "--state-file", str(state_file), *self.arguments),
            environment=kept | {"PYTHONPATH": str(ROOT)},
            state_dir=self.state_dir,
        )

    @property
    def _port_file(self) -> Path:
        return self.state_dir / f"{self.name}.port"

    def _port(self) -> int:
        """The port that it had last; 0 where it never ran."""
        try:
            return int(self._port_file.read_text())
        except (FileNotFoundError, ValueError):
            return 0


def jinzhi_simulator(settings: StackSettings) -> BundledSimulator:
    """The task center."""
    account = settings.account
    arguments = ("--app-id", account.app_id, "--app-secret", account.app_secret, "--scene-code", account.scene_code)
    return BundledSimulator("jinzhi", "Task center simulator", arguments, settings.state_dir)


def aigc_simulator(settings: StackSettings) -> BundledSimulator:
    """The AI platform, which serves the attachments of the samples as well."""
    account = settings.ai_account
    arguments = ("--app-id", account.app_id, "--app-secret", account.app_secret, "--attachments", str(ATTACHMENTS))
    return BundledSimulator("aigc", "AI platform simulator", arguments, settings.state_dir)


class SimulatorClient:
    """Looks into a running simulator, by its control addresses under /_simulator/. A context manager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=f"{url}/_simulator", timeout=10, trust_env=False)

    def is_healthy(self) -> bool:
        """Whether it answers."""
        try:
            return self._http.get("/health").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def state(self) -> dict[str, Any]:
        """What it holds now."""
        return self._ask("GET", "/state")

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """Everything that it was asked after the call of this number, in order."""
        found: list[dict[str, Any]] = []
        while True:
            page = self._ask("GET", "/calls", params={"since": since})
            found += page["calls"]
            since = page["last"]
            if since >= page["total"]:
                return found

    def set_faults(self, faults: Mapping[str, Any]) -> None:
        """Put these faults in force, in place of those before."""
        self._ask("PUT", "/faults", json=dict(faults))

    def __enter__(self) -> SimulatorClient:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, path, **more).raise_for_status()
        except httpx.HTTPError as error:
            raise StackError(f"The simulator at {self.url} does not answer: {error}") from error
        content: dict[str, Any] = answer.json() if answer.content else {}
        return content
