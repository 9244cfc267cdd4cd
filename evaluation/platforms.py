"""The platform that is evaluated: the bundled simulator, or one that a file describes."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ai_analyze.review import Link
from evaluation.errors import EvaluationError
from taskbridge.errors import ConfigurationError
from taskbridge.platforms import build_ai_platform
from taskbridge.platforms.ai_client import AiPlatformClient
from taskbridge.platforms.http import build_http_client

SIMULATOR = "simulator"
_ENVIRONMENT = "dev"


class PlatformFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A platform as a file describes it; `settings` are those of its page in docs/platforms.

    `secret_variable` names the environment variable that holds its secret: no file holds one. An empty `model` is the
    one that the settings say.
    """

    class_name: str
    settings: dict[str, Any]
    secret_variable: str
    model: str = ""


@contextmanager
def open_platform(name: str, environment: Mapping[str, str], workers: int) -> Iterator[Link]:
    """The platform called `name`: `simulator`, or a file. Raises EvaluationError that says what is wrong with it."""
    if name == SIMULATOR:
        with _simulator(workers) as link:
            yield link
        return
    described = read_platform_file(Path(name))
    secret = environment.get(described.secret_variable, "")
    if not secret:
        raise EvaluationError(f"{name}: secret_variable: {described.secret_variable} is not set in the environment")
    with _connected(Path(name).stem, described, secret, workers) as link:
        yield link


def read_platform_file(path: Path) -> PlatformFile:
    """A platform file. Raises EvaluationError that names the file and the field."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=PlatformFile)
    except FileNotFoundError as error:
        raise EvaluationError(f"{path}: no such file (expected `{SIMULATOR}`, or a JSON file)") from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path}: {error}") from error


class OneToken:
    """Access tokens of this process alone; the fleet has `taskbridge.access.tokens` instead. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token = ""

    def get(self, key: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        """The token, fetched by whoever asks first."""
        with self._lock:
            self._token = self._token or fetch()
            return self._token

    def replace(self, key: str, refused: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        """The token after `refused`."""
        with self._lock:
            if self._token == refused:
                self._token = fetch()
            return self._token

    def doubt(
        self, key: str, refused: str, signal: str, fetch: Callable[[], str], lifetime_s: float, *, widespread: bool
    ) -> str | None:
        """None to try: an evaluation is short, and what fails in it is told."""
        return ""

    def acquit(self, key: str, tried: str, signal: str) -> None:
        """Nothing to remember, as nothing is tried."""


@contextmanager
def _connected(platform_id: str, described: PlatformFile, secret: str, workers: int) -> Iterator[Link]:
    try:
        platform = build_ai_platform(platform_id, described.class_name, described.settings)
    except ConfigurationError as error:
        raise EvaluationError(f"{platform_id}: {error}") from error
    with build_http_client(workers) as http:
        client = AiPlatformClient(platform, http, OneToken(), lambda _: (secret,), time.time)
        yield Link(client, client.model_for(described.model, _ENVIRONMENT))


@contextmanager
def _simulator(workers: int) -> Iterator[Link]:
    """The bundled simulator, in this process and without the waits of a real stream."""
    from local.aigc_simulator.model import AiPlatform
    from local.aigc_simulator.records import Settings
    from local.simulating.server import SimulatorServer

    behaviour = Settings(first_text_ms=0, piece_ms=0)
    server = SimulatorServer(("127.0.0.1", 0), AiPlatform(time.time, random.SystemRandom(), behaviour))
    server.start()
    try:
        settings = {"host": server.url, "app_id": behaviour.app_id, "model": behaviour.models[0]}
        described = PlatformFile(class_name="Aigc", settings=settings, secret_variable="")
        with _connected(SIMULATOR, described, behaviour.app_secret, workers) as link:
            yield link
    finally:
        server.stop()
