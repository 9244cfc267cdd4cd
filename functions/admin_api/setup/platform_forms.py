"""A platform's form: what was entered, checked and parted from its secrets; what is stored, as it is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import Field

from admin_api.requests import Wanted
from admin_api.views import show
from taskbridge.budgets import Fleet, check_limits
from taskbridge.errors import ConfigurationError
from taskbridge.flaws import flaw
from taskbridge.platforms import REGISTRY, build_platform
from taskbridge.platforms.addresses import check_address
from taskbridge.platforms.formats import is_header_text
from taskbridge.platforms.masking import MASK
from taskbridge.platforms.settings import secret_fields, secret_places, split_secrets
from taskbridge.platforms.task_center_settings import TaskCenterSettings
from taskbridge.registry import ONLY_FOR_TESTS, Category, category_of
from taskbridge.tables.configuration import PlatformConfig

ONE_MACHINE = "local"  # the environment of the stack on one machine
RESERVED_IDS = frozenset({"ai"})  # a target of trigger rules
SECRET_CHARS = 4096  # what a standard parameter of SSM holds
ID_PATTERN = "^[a-z0-9-]{1,40}$"

PlatformId = Annotated[str, Path(description="id of the platform", pattern=ID_PATTERN)]
ReadAt = Annotated[int | None, Query(description="refuse where it has another version by now", ge=1)]
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


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform. `draining`: no new events go to it, what waits for it is still pushed."""

    id: str
    name: str
    class_name: str
    category: Category | None
    enabled: bool
    draining: bool
    settings: dict[str, Any]
    version: int
    unreadable: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text for people."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class PlatformType:
    """A class of platforms. `settings` is a JSON Schema with `label`, `help`, `group`, `secret` beside its keywords."""

    name: str
    title: Words
    category: Category
    capabilities: list[str]
    limits: dict[str, Any]
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a platform has to work with. `hosts` may be at an address of the machine itself."""

    fleet: Fleet
    environment: str
    hosts: frozenset[str] = frozenset()

    def offers(self, class_name: str) -> bool:
        """Whether platforms of this class may be made here: those for tests only on one machine."""
        return class_name in REGISTRY and (self.environment == ONE_MACHINE or class_name not in ONLY_FOR_TESTS)


def secrets_of(class_name: str) -> tuple[str, ...]:
    """The names of a class's secrets; none for a class that is not known."""
    kind = REGISTRY.get(class_name)
    return secret_fields(kind.Settings) if kind else ()


def check_id(platform_id: str) -> None:
    """Refuse an id that means something else. Raises ConfigurationError."""
    if platform_id in RESERVED_IDS:
        raise ConfigurationError("id", flaw("id_taken", got=repr(platform_id)))


def parse_form(
    platform_id: str, class_name: str, given: Mapping[str, Any], deployment: Deployment
) -> tuple[dict[str, Any], dict[str, str]]:
    """What a form sent, as (settings to store, secrets to change). Raises ConfigurationError that names the setting.

    A secret that comes masked, as it was read, is not changed.
    """
    kind = REGISTRY.get(class_name)
    if kind is None or not deployment.offers(class_name):
        known = ", ".join(filter(deployment.offers, REGISTRY))
        raise ConfigurationError("class_name", flaw("one_of", expected=known, got=repr(class_name)))
    settings, secrets = split_secrets(kind.Settings, given)
    with of_settings():
        platform = build_platform(platform_id, class_name, settings)
        if isinstance(platform.settings, TaskCenterSettings):
            check_limits(platform.settings.timeout_s, platform.settings.max_rate_per_s, deployment.fleet)
        for name, address in secret_places(kind.Settings, settings).items():
            if "://" in str(address):
                check_address(name, str(address), deployment.hosts)
        _check_numbers(settings)
        return settings, {field: _check_secret(field, value) for field, value in secrets.items() if value != MASK}


@contextmanager
def of_settings() -> Iterator[None]:
    """A setting that is refused here is named by its whole path."""
    try:
        yield
    except ConfigurationError as error:
        raise ConfigurationError(f"settings.{error.field}", error.problem) from error


def check_masks(class_name: str, given: Mapping[str, Any]) -> None:
    """Of a new platform nothing is stored yet that a mask could stand for. Raises ConfigurationError."""
    for field in secrets_of(class_name):
        if given.get(field) == MASK:
            raise ConfigurationError(f"settings.{field}", flaw("secret_itself"))


def _check_secret(field: str, value: object) -> str:
    """What came is never repeated."""
    if not isinstance(value, str) or not 0 < len(value) <= SECRET_CHARS or not is_header_text(value):
        raise ConfigurationError(field, flaw("secret_text", most=SECRET_CHARS))
    return value


def check_stored(field: str, values: Iterable[str]) -> None:
    """Refuse a stored secret that cannot be sent: it may have come in by hand, with the end of a line."""
    if not all(map(is_header_text, values)):
        raise ConfigurationError(field, flaw("secret_unsendable"))


def _check_numbers(settings: Mapping[str, Any]) -> None:
    """Every worker reads the settings as JSON: what is none would stop them all."""
    for name, value in settings.items():
        try:
            is_same = msgspec.json.decode(msgspec.json.encode(value)) == value
        except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError):
            is_same = False
        if not is_same:
            raise ConfigurationError(name, flaw("no_json"))


def build_view(config: PlatformConfig, stored: Collection[str]) -> Platform:
    """A platform as admins see it: secrets that are stored are masked, those that are not are absent."""
    masked = {field: MASK for field in secrets_of(config.class_name) if field in stored}
    return show(Platform, config, category=category_of(config.class_name), settings={**config.settings, **masked})


def describe_types(deployment: Deployment) -> list[PlatformType]:
    """The classes of platforms that are offered, each with the JSON Schema of its form."""
    described = (REGISTRY[name].describe() for name in REGISTRY if deployment.offers(name))
    return [PlatformType(each.pop("class_name"), Words(**each.pop("title")), **each) for each in described]
