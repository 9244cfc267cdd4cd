"""The switches of AI approval: read and set; and whether the AI platforms that they name can all have their turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from pydantic import Field, StrictBool, StrictInt

from admin_api.api import Api, Router
from admin_api.problems import check_read
from admin_api.requests import Wanted
from taskbridge.ai.jobs import QUESTIONS_A_FORM
from taskbridge.ai.settings import AiSettings, SecondLook
from taskbridge.ai.timing import DEFAULT_ANALYSIS_TIMEOUT_S, check_answer_timeout, check_chain
from taskbridge.errors import ConfigurationError
from taskbridge.flaws import flaw
from taskbridge.platforms import build_ai_platform
from taskbridge.platforms.addresses import check_fetched_host
from taskbridge.registry import category_of
from taskbridge.tables.configuration import PlatformConfig
from taskbridge.tables.configuration_models import Configurator

SUBJECT = ("ai-settings",)
MOST_A_NIGHT = 200
ModelName = Annotated[str, Field(max_length=200, description="empty: the platform's own choice")]
PlatformRef = Annotated[str, Field(max_length=40, description="id of an AI platform")]
AppIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=1000)]
Hosts = Annotated[
    list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]{1,253}(:[0-9]{1,5})?$")]],
    Field(max_length=50, description="`host` or `host:port` that attachments may be fetched from"),
]
Looked = Annotated[
    SecondLook,
    Field(description="which verdicts a second question has to confirm by the evidence alone, else a person decides"),
]
DailyCap = Annotated[StrictInt, Field(ge=0, le=10_000_000, description="in a day of Asia/Shanghai; 0: no bound")]
DailyCost = Annotated[float, Field(strict=True, ge=0, le=1e9, allow_inf_nan=False, description="0: no bound")]
NightlyFlips = Annotated[
    StrictInt,
    Field(ge=0, le=MOST_A_NIGHT, description="questions a night about changed forms, 4 a form; 0: none"),
]
router = Router("AI settings")


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
    second_look: Looked | None = None
    retention_days: Annotated[StrictInt, Field(ge=1, le=3650)] | None = None
    attachment_hosts: Hosts | None = None
    daily_person: DailyCap | None = None
    daily_node: DailyCap | None = None
    daily_total: DailyCap | None = None
    daily_cost: DailyCost | None = None
    nightly_flips: NightlyFlips | None = None
    version: Annotated[
        StrictInt | None, Field(ge=0, description="the one that was read; null overwrites whatever stands there")
    ] = None

    def applied_to(self, before: AiSettings) -> AiSettings:
        """The switches with what is named here, each application once."""
        named: dict[str, Any] = self.model_dump(exclude={"version"}, exclude_none=True)
        if self.default_app_ids is not None:
            named["default_app_ids"] = list(dict.fromkeys(self.default_app_ids))
        return msgspec.convert({**msgspec.to_builtins(before), **named}, AiSettings)


@router.get("/v1/ai/settings", summary="The switches of AI approval")
def get_ai_settings(api: Api) -> AiSettings:
    """All off and version 0 where nobody has set them."""
    return api.services.configurator.read_ai_settings()


@router.put("/v1/ai/settings", summary="Set the switches of AI approval")
def set_ai_settings(api: Api, body: AiSettingsChange) -> AiSettings:
    """Workers take them up within 20 seconds."""
    services = api.services
    before = services.configurator.read_ai_settings()
    check_read(before.version, body.version)
    settings = body.applied_to(before)
    _check_hosts(body.attachment_hosts or ())
    _check_platforms(settings, services.configurator)
    _check_night(settings)
    services.timing.check_settings(settings)
    after = services.configurator.save_ai_settings(settings)
    services.trail.record(api.caller.uid, SUBJECT, before if before.version else None, after)
    return after


def _check_hosts(hosts: Sequence[str]) -> None:
    """One that leads nowhere would keep the attachments of all others from being fetched. Raises ConfigurationError."""
    for place, host in enumerate(hosts):
        check_fetched_host(f"attachment_hosts[{place}]", host)


def _check_night(settings: AiSettings) -> None:
    """A night that is to ask can ask about one form. Raises ConfigurationError."""
    if 0 < settings.nightly_flips < QUESTIONS_A_FORM:
        told = flaw("night_too_small", least=str(QUESTIONS_A_FORM), got=str(settings.nightly_flips))
        raise ConfigurationError("nightly_flips", told)


def _check_platforms(settings: AiSettings, store: Configurator) -> None:
    """Each platform that is named answers questions. Raises ConfigurationError."""
    if settings.examine_enable and not settings.platform_id:
        raise ConfigurationError("platform_id", flaw("required_for_ai"))
    named = {"platform_id": settings.platform_id} if settings.platform_id else {}
    named |= {f"fallbacks[{at}].platform_id": each.platform_id for at, each in enumerate(settings.fallbacks)}
    for field, platform_id in named.items():
        platform = store.read_platform(platform_id)
        if platform is None or category_of(platform.class_name) != "ai":
            raise ConfigurationError(field, flaw("no_ai_platform", got=repr(platform_id)))


@dataclass(frozen=True, slots=True)
class ChainTiming:
    """`analysis_timeout_s` is AnalysisTimeoutSeconds."""

    store: Configurator
    analysis_timeout_s: float = DEFAULT_ANALYSIS_TIMEOUT_S

    def check_settings(self, settings: AiSettings) -> None:
        """Raises ConfigurationError where the chain of these settings takes too long."""
        self._check("fallbacks", settings, {})

    def check_platform(self, config: PlatformConfig) -> None:
        """Raises ConfigurationError where a platform as it is to be, or the chain with it, takes too long."""
        if category_of(config.class_name) != "ai":
            return
        answer_timeout_s = _answer_timeout_s(config)
        check_answer_timeout(answer_timeout_s, self.analysis_timeout_s)
        settings = self.store.read_ai_settings()
        if config.id in _chain(settings):
            self._check("answer_timeout_s", settings, {config.id: answer_timeout_s})

    def _check(self, field: str, settings: AiSettings, known: dict[str, float]) -> None:
        chain = _chain(settings)
        timeouts_s = {each: known[each] if each in known else self._stored(each) for each in dict.fromkeys(chain)}
        check_chain(field, chain, timeouts_s, self.analysis_timeout_s)

    def _stored(self, platform_id: str) -> float:
        """Of one that is not there, or cannot be read, nobody is asked."""
        config = self.store.read_platform(platform_id)
        try:
            return _answer_timeout_s(config) if config else 0.0
        except ConfigurationError:
            return 0.0


def _chain(settings: AiSettings) -> list[str]:
    first = [settings.platform_id] if settings.platform_id else []
    return [*first, *(each.platform_id for each in settings.fallbacks)]


def _answer_timeout_s(config: PlatformConfig) -> float:
    return build_ai_platform(config.id, config.class_name, config.settings).settings.answer_timeout_s
