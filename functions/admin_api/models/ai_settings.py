"""The switches of AI approval."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictBool, StrictInt

from admin_api.requests import Wanted

ModelName = Annotated[str, Field(max_length=200, description="empty: the platform's own choice")]
PlatformRef = Annotated[str, Field(max_length=40, description="id of an AI platform")]
AppIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=1000)]
Hosts = Annotated[
    list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]{1,253}(:[0-9]{1,5})?$")]],
    Field(max_length=50, description="`host` or `host:port` that attachments may be fetched from"),
]
SecondLook = Annotated[
    Literal["always", "approves", "never"],
    Field(description="which verdicts a second question has to confirm by the evidence alone, else a person decides"),
]


DailyCap = Annotated[StrictInt, Field(ge=0, le=10_000_000, description="in a day of Asia/Shanghai; 0: no bound")]
DailyCost = Annotated[float, Field(strict=True, ge=0, le=1e9, allow_inf_nan=False, description="0: no bound")]


class Fallback(Wanted):
    """A model that is asked where those before it fail."""

    platform_id: Annotated[str, Field(min_length=1, max_length=40)]
    model: ModelName = ""


class AiSettingsChange(Wanted):
    """What the switches become. What is not named, or null, stays as it is."""

    examine_enable: StrictBool | None = None
    examine_default_all_apps: StrictBool | None = None
    default_app_ids: AppIds | None = None
    platform_id: PlatformRef | None = None
    model: ModelName | None = None
    fallbacks: Annotated[list[Fallback], Field(max_length=5)] | None = None
    masking: StrictBool | None = None
    mask_names: Annotated[
        StrictBool | None, Field(description="with masking, mask the names that the event itself carries as well")
    ] = None
    second_look: SecondLook | None = None
    retention_days: Annotated[StrictInt, Field(ge=1, le=3650)] | None = None
    attachment_hosts: Hosts | None = None
    daily_person: DailyCap | None = None
    daily_node: DailyCap | None = None
    daily_total: DailyCap | None = None
    daily_cost: DailyCost | None = None
    version: Annotated[
        StrictInt | None, Field(ge=0, description="the one that was read; null overwrites whatever stands there")
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
    mask_names: bool
    second_look: SecondLook
    retention_days: int
    attachment_hosts: list[str]
    daily_person: int = Field(description="analyses that one person may ask for in a day; 0: no bound")
    daily_node: int = Field(description="analyses of one node in a day; 0: no bound")
    daily_total: int = Field(description="questions in a day, second ones included; 0: no bound")
    daily_cost: float = Field(description="what a day may cost, by the price lists; 0: no bound")
    version: int = Field(description="0 where nobody has set them")
