"""What a step found, when, and on what it ran: kept from run to run, so that each step can be run alone."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.settings import ROOT

FOLDER = ROOT / "docs" / "proof"

Data = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How much is run."""

    seeds: int = 10
    first_seed: int = 1
    events: int = 2000
    rows: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Record:
    """One step: what it found, when (UTC), on what, in how many seconds."""

    step: str
    at: str
    machine: str
    seconds: int
    data: Data


Step = Callable[[Options, Say], Data]


def made(step: str, seconds: float, data: Data) -> Record:
    """A record of now and here."""
    return Record(step, datetime.now(UTC).isoformat(timespec="minutes"), describe_machine(), round(seconds), data)


def describe_machine() -> str:
    """Python, system, processors, and how many processes wanted them during the last quarter of an hour."""
    load = f"load {os.getloadavg()[2]:.0f}" if hasattr(os, "getloadavg") else "load unknown"
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, {load}"
    )


def save(record: Record, folder: Path = FOLDER) -> None:
    """Keep a record in the place of the older one."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(record), ensure_ascii=False, indent=1)
    (folder / f"{record.step}.json").write_text(text + "\n", encoding="utf-8")


def load(folder: Path = FOLDER) -> dict[str, Record]:
    """The newest record of each step that was ever run."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.json"))]
    return {record.step: record for record in (Record(**json.loads(text)) for text in texts)}
