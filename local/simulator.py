"""The bundled simulator of the JinZhi task center: how it is started, and a client for looking into it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from local.errors import StackError
from local.processes import Service, find_running, free_port, is_free, start, stop, wait_until_ready
from local.settings import LOOPBACK, ROOT, StackSettings

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 30.0


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
        """What the task center holds now."""
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

    def expire_tokens(self) -> None:
        """End every token that was issued."""
        self._ask("POST", "/expire_tokens")

    def reset(self) -> None:
        """Forget everything but the tokens; no fault is in force afterwards."""
        self._ask("POST", "/reset")

    def __enter__(self) -> SimulatorClient:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, path, **more).raise_for_status()
        except httpx.HTTPError as error:
            raise StackError(f"The simulated task center at {self.url} does not answer: {error}") from error
        content: dict[str, Any] = answer.json() if answer.content else {}
        return content


def start_simulator(settings: StackSettings) -> str:
    """Start the simulator, if it does not run, and return its address.

    Its port is the one it had before, where that is free: links that somebody has open stay good.
    """
    service = _service(settings, _remembered_port(settings))
    if find_running(service) is None:
        port = _remembered_port(settings)
        service = _service(settings, port if port and is_free(port) else free_port())
        start(service)
        _port_file(settings).write_text(service.arguments[1])
    url = _url(_remembered_port(settings))
    with SimulatorClient(url) as client:
        wait_until_ready(service, client.is_healthy, START_TIMEOUT_S)
    return url


def stop_simulator(settings: StackSettings) -> bool:
    """Stop the simulator; it keeps what it holds. False where it did not run."""
    return stop(_service(settings, _remembered_port(settings)), STOP_TIMEOUT_S)


def simulator_pid(settings: StackSettings) -> int | None:
    """The process id of the running simulator."""
    return find_running(_service(settings, _remembered_port(settings)))


def _service(settings: StackSettings, port: int) -> Service:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
    account = settings.account
    return Service(
        name="jinzhi",
        module="local.jinzhi_simulator",
        arguments=(
            *("--port", str(port)),
            *("--state-file", str(settings.state_dir / "jinzhi.json")),
            *("--app-id", account.app_id),
            *("--app-secret", account.app_secret),
            *("--scene-code", account.scene_code),
        ),
        environment=kept | {"PYTHONPATH": str(ROOT)},
        state_dir=settings.state_dir,
    )


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def _port_file(settings: StackSettings) -> Path:
    return settings.state_dir / "jinzhi.port"


def _remembered_port(settings: StackSettings) -> int:
    """The port that the simulator had last; 0 where it never ran."""
    try:
        return int(_port_file(settings).read_text())
    except (FileNotFoundError, ValueError):
        return 0
