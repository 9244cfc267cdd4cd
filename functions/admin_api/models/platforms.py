"""Platforms, their classes, and what a connection test finds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, Field

from admin_api.connection import Cause, SecretUsed
from admin_api.requests import Wanted

ID_PATTERN = "^[a-z0-9-]{1,40}$"

PlatformId = Annotated[str, Path(description="id of the platform", pattern=ID_PATTERN)]
ReadAt = Annotated[int | None, Query(description="refuse where it has another version by now", ge=1)]
Drain = Annotated[bool, Query(description="send it no new events, and answer 202 while work still waits")]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S", description="for people")]
ClassName = Annotated[str, Field(min_length=1, max_length=100, description="a name of /v1/platform-types")]
Settings = Annotated[
    dict[str, Any],
    Field(description='as the schema of the class says; a secret is read as "********", which keeps it when sent'),
]


class PlatformNew(Wanted):
    """A platform to create."""

    id: Annotated[str | None, Field(pattern=ID_PATTERN, description="not `ai`; made up where absent")] = None
    name: Name
    class_name: ClassName
    enabled: bool = True
    settings: Settings


class PlatformChange(Wanted):
    """What a platform becomes. What was read may be sent back: `id`, `category`, `draining`, `unreadable` are ignored.

    A platform that was draining takes new events again.
    """

    name: Name
    class_name: ClassName
    enabled: bool
    settings: Settings
    version: Annotated[int, Field(ge=1, description="the one that was read")]
    id: str | None = None
    category: str | None = None
    draining: bool | None = None
    unreadable: str | None = None


class Platform(BaseModel):
    """A platform. `draining`: no new events go to it, what waits for it is still pushed."""

    id: str
    name: str
    class_name: str
    category: Literal["task_center", "ai"] | None = Field(description="null for a class that is not known here")
    enabled: bool
    draining: bool
    settings: dict[str, Any]
    version: int
    unreadable: str = Field(description="why the stored platform cannot be read, empty where it can: enter it anew")


class Waiting(BaseModel):
    """What waits for a platform."""

    parked: int = Field(description="process instances with work that is parked; 100 stands for that many or more")
    queued: bool = Field(description="messages of it may be in the push queue")


class Draining(BaseModel):
    """A platform that is deleted once nothing waits for it any more: ask again."""

    id: str
    draining: bool
    waiting: Waiting


class PlatformTest(BaseModel):
    """What a connection test found."""

    ok: bool
    cause: Cause
    message: str
    status: int | None = Field(description="of the answer, null where none came")
    errcode: str = Field(description="the platform's own code")
    duration_ms: int
    opened_by: SecretUsed | None = Field(description="which secret opened; null where none did, or none was tried")


class Words(BaseModel):
    """A text for people."""

    zh: str
    en: str


class PlatformType(BaseModel):
    """A class of platforms. `settings` is a JSON Schema with `label`, `help`, `group`, `secret` beside its keywords."""

    name: str
    title: Words
    category: Literal["task_center", "ai"]
    capabilities: list[str]
    limits: dict[str, Any]
    settings: dict[str, Any]
