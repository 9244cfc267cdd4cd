"""What the command touches outside of itself."""

from __future__ import annotations

import os
import sys
import time
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import httpx
from rich.console import Console

from cli.connection import Connection

_PIPE_WIDTH = 160
SIGN_IN_PORT = 8127


def open_aws(connection: Connection, service: str) -> Any:
    """A boto3 client of a service such as "events", with the user's own credentials and region."""
    import boto3
    from botocore.config import Config

    # boto3 reads AWS_DEFAULT_REGION alone.
    settings: dict[str, Any] = {"region_name": connection.region or os.environ.get("AWS_REGION")}
    if connection.endpoint_url:
        settings["endpoint_url"] = connection.endpoint_url
    if connection.is_on_this_machine:
        # The emulator asks for credentials and takes any. A real key is not shown to it, and no proxy reaches it.
        settings |= {"aws_access_key_id": "test", "aws_secret_access_key": "test", "config": Config(proxies={})}
    make: Any = boto3.client
    return make(service, **settings)


@dataclass(frozen=True, slots=True)
class World:
    """Environment, standard streams, network and time. `transport` None: the real network."""

    environment: Mapping[str, str]
    stdin: BinaryIO
    out: Console
    told: Console
    transport: httpx.BaseTransport | None = None
    open_aws: Callable[[Connection, str], Any] = open_aws
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = field(default=time.sleep)
    browse: Callable[[str], object] = webbrowser.open
    sign_in_port: int = SIGN_IN_PORT  # where the browser comes back to; 0: any that is free


def build_world() -> World:
    """The world as it is."""
    # A pipe has no width of its own, and 80 columns are too few for the tables.
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return World(os.environ, sys.stdin.buffer, Console(width=width), Console(stderr=True))
