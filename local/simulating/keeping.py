"""The state file of a simulator: everything it holds, replaced as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

import msgspec

S = TypeVar("S")


def read_snapshot(path: Path, kind: type[S]) -> S:
    """The snapshot in `path`, an empty one where there is no file; ValueError where it cannot be read."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return kind()
    try:
        return msgspec.json.decode(content, type=kind)
    except ValueError as error:
        raise ValueError(f"{path} is no state file of this simulator: {error}") from error


def write_snapshot(path: Path, snapshot: object) -> None:
    """Replaces `path` atomically. Only its owner may read it: it holds the living tokens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(snapshot))
    beside.replace(path)
