"""Where the API and the bus are, and who asks: from the environment, or from the outputs of a stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cli.errors import WRONG_USE, CommandError

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_OF_STACKS = "-events"  # what follows the name of the stack in that of its bus
_HINT = (
    "Sign in with `taskbridge login`, set TASKBRIDGE_TOKEN, or name the outputs of a stack on this machine with "
    "--outputs FILE --as NAME."
)


@dataclass(frozen=True, slots=True)
class Connection:
    """Addresses and a token; what nobody named is empty. `endpoint_url` is that of an emulator of AWS.

    `console_url`: where the console has an origin other than the API's.
    """

    url: str = ""
    token: str = field(default="", repr=False)
    bus: str = ""
    region: str = ""
    endpoint_url: str = ""
    console_url: str = ""

    @property
    def is_on_this_machine(self) -> bool:
        """Whether AWS is an emulator here."""
        return _host(self.endpoint_url) in _LOOPBACK

    def api_address(self) -> str:
        """The address below which /v1 is. Raises CommandError where it is missing, or a token would travel openly."""
        if not self.url:
            raise CommandError("Where is the API? Set TASKBRIDGE_URL to output ApiUrl of the stack.", WRONG_USE)
        url = urlsplit(self.url)
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise CommandError("TASKBRIDGE_URL must be an address such as https://api.example.edu.cn.", WRONG_USE)
        if url.scheme == "http" and url.hostname not in _LOOPBACK:
            raise CommandError("TASKBRIDGE_URL must begin with https: the token would travel openly.", WRONG_USE)
        return self.url.rstrip("/").removesuffix("/v1")

    def console_address(self) -> str:
        """The address of the console, without a slash at its end. Raises CommandError as `api_address` does."""
        return f"{self.console_url.rstrip('/') or self.api_address()}/console"

    def bearer(self) -> str:
        """The token. Raises CommandError where there is none, or what cannot be one."""
        if not self.token:
            raise CommandError(f"Who asks? {_HINT}", WRONG_USE)
        if not (self.token.isascii() and self.token.isprintable() and " " not in self.token):
            raise CommandError("TASKBRIDGE_TOKEN holds characters that no token has.", WRONG_USE)
        return self.token

    def bus_name(self) -> str:
        """The event bus. Raises CommandError where nobody named it."""
        if not self.bus:
            text = "Which event bus? Name output EventBusName of the stack with --bus or TASKBRIDGE_BUS."
            raise CommandError(text, WRONG_USE)
        return self.bus

    def stack_name(self, named: str) -> str:
        """The stack of CloudFormation: as it is named, else that of the bus; empty where nobody named either."""
        return named or self.bus.removesuffix(_OF_STACKS)


def read_connection(environment: Mapping[str, str], outputs_file: Path | None, person: str) -> Connection:
    """The connection. `outputs_file` (that of `make up`) comes before the environment, `person` names its token.

    Raises CommandError where the file cannot be used.
    """
    named_bus = environment.get("TASKBRIDGE_BUS", "")
    if outputs_file is None:
        if person:
            raise CommandError("--as names a token of --outputs FILE, which is missing.", WRONG_USE)
        return Connection(
            environment.get("TASKBRIDGE_URL", ""), environment.get("TASKBRIDGE_TOKEN", "").strip(), named_bus
        )
    outputs = _read_outputs(outputs_file)
    return Connection(
        url=_text(outputs, "ApiUrl"),
        token=_choose_token(outputs, person) if person else environment.get("TASKBRIDGE_TOKEN", "").strip(),
        bus=named_bus or _text(outputs, "EventBusName"),
        region=_text(outputs, "region"),
        endpoint_url=_text(outputs, "endpoint_url"),
        console_url=_text(outputs, "ConsoleUrl"),
    )


def _read_outputs(path: Path) -> Mapping[str, Any]:
    try:
        outputs = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.", WRONG_USE) from None
    except ValueError:
        raise CommandError(f"{path} does not hold JSON, as the outputs of a stack do.", WRONG_USE) from None
    if not isinstance(outputs, dict):
        raise CommandError(f"{path} does not hold the outputs of a stack.", WRONG_USE)
    return outputs


def _choose_token(outputs: Mapping[str, Any], person: str) -> str:
    tokens = outputs.get("tokens")
    tokens = tokens if isinstance(tokens, dict) else {}
    if person not in tokens:
        known = ", ".join(sorted(tokens)) or "nobody"
        raise CommandError(f"The outputs hold no token of {person}, but of {known}.", WRONG_USE)
    return str(tokens[person])


def _text(outputs: Mapping[str, Any], name: str) -> str:
    value = outputs.get(name, "")
    return value if isinstance(value, str) else ""


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
