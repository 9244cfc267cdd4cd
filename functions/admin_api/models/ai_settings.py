"""The switches of AI approval."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from admin_api.models.shared import Wanted

ModelName = Annotated[str, Field(max_length=200, description="empty: the platform's own choice")]
PlatformRef = Annotated[str, Field(max_length=40, description="id of an AI platform")]
AppIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=1000)]
Hosts = Annotated[
    list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]{1,253}(:[0-9]{1,5})?$")]],
    Field(max_length=50, description="`host` or `host:port` that attachments may be fetched from"),
]


class Fallback(Wanted):
    """A model that is asked where those before it fail."""

    platform_id: Annotated[str, Field(min_length=1, max_length=40)]
    model: ModelName = ""


class AiSettingsChange(Wanted):
    """What the switches become."""

    examine_enable: bool
    examine_default_all_apps: bool = False
    default_app_ids: Annotated[AppIds, Field(default_factory=list)]
    platform_id: PlatformRef = ""
    model: ModelName = ""
    fallbacks: Annotated[list[Fallback], Field(max_length=5, default_factory=list)]
    masking: bool = False
    retention_days: Annotated[int, Field(ge=1, le=3650)] = 180
    attachment_hosts: Annotated[Hosts | None, Field(description="null leaves them as they are")] = None
    version: Annotated[
        int | None, Field(ge=0, description="the one that was read; null overwrites whatever stands there")
    ] = None


class AiSettings(BaseModel):
    """The switches of AI approval. `default_app_ids`: where node defaults count, unless they do everywhere."""

    examine_enable: bool
    examine_default_all_apps: bool
    default_app_ids: list[str]
    platform_id: str
    model: str
    fallbacks: list[Fallback]
    masking: bool
    retention_days: int
    attachment_hosts: list[str]
    version: int = Field(description="0 where nobody has set them")
