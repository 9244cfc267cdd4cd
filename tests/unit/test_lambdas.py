"""How the functions call AWS."""

from __future__ import annotations

from typing import Any

import botocore
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from taskbridge.lambdas import Clients


class Raw:
    """An empty body."""

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [b"{}"]


def test_calls_name_botocore_and_nothing_that_is_put_together_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    client = Clients().client("dynamodb")
    asked: list[Any] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        asked.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), Raw())

    client.meta.events.register_first("before-send.dynamodb", answer)
    client.list_tables()

    # Powertools, where another test imported it, adds its own name to every client of the process.
    (agent,) = (request.headers["User-Agent"].decode() for request in asked)
    assert agent.split(" PT/")[0] == f"Botocore/{botocore.__version__}"
