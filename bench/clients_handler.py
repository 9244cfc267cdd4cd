"""A handler that makes the AWS clients of the push function, as the functions make them, and nothing else."""

from __future__ import annotations

from typing import Any

from taskbridge.lambdas import Clients


def _wired() -> tuple[Any, ...]:
    """The three clients."""
    clients = Clients()
    return clients.client("dynamodb"), clients.client("sqs"), clients.client("ssm")
