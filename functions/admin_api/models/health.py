"""What `GET /v1/health` answers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

State = Literal["ok", "silent"]


class HealthReport(BaseModel):
    """`status` is ok where every table and every queue answers, else degraded."""

    status: Literal["ok", "degraded"]
    version: str
    tables: dict[str, State]
    queues: dict[str, State]
