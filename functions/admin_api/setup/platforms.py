"""Platforms: read, created, changed, each with its secrets; and the classes that there are of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, replace
from typing import Any

from admin_api.api import Api, Router
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.problems import conflict, invalid
from admin_api.setup.connection import build_test
from admin_api.setup.platform_forms import (
    Platform,
    PlatformChange,
    PlatformId,
    PlatformNew,
    PlatformType,
    build_view,
    check_id,
    check_masks,
    describe_types,
    parse_form,
    secrets_of,
)
from admin_api.setup.stored_platform import find_stored, read_config, view
from admin_api.wiring import Services
from taskbridge.access.secrets import VALID, Generations
from taskbridge.errors import ConfigurationError, StaleVersion, StoreError
from taskbridge.flaws import flaw
from taskbridge.platforms import REGISTRY
from taskbridge.platforms.settings import secret_places
from taskbridge.push.trigger_rules import AI
from taskbridge.registry import category_of
from taskbridge.tables.configuration import Configuration, PlatformConfig

router = Router("platforms")
logger = logging.getLogger("admin_api")


@router.get("/v1/platform-types", summary="The classes of platforms")
def list_platform_types(api: Api) -> Listed[PlatformType]:
    """Each with the JSON Schema of its settings, from which a form is rendered. All on one page."""
    return Listed(describe_types(api.services.deployment))


@router.get("/v1/platforms", summary="Platforms")
def list_platforms(api: Api, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[Platform]:
    """By id. Secrets that are stored are shown as `********`."""
    page = api.services.configurator.list_platforms(api.open_cursor(cursor), limit)
    stored = find_stored(api.services.keeper, page.items)
    return api.listed([build_view(each, stored[each.id]) for each in page.items], page.next)


@router.post("/v1/platforms", summary="Create a platform", status_code=201)
def create_platform(api: Api, body: PlatformNew) -> Platform:
    """Workers take it up within 20 seconds."""
    platform_id = body.id or f"{body.class_name.lower()[:24]}-{api.services.new_id()}"
    check_id(platform_id)
    config = PlatformConfig(platform_id, body.name, body.class_name, body.enabled, 0, dict(body.settings))
    if api.services.configurator.read_platform(platform_id) is not None:
        raise conflict("platform_exists", f"There is a platform {platform_id} already.")
    check_masks(body.class_name, body.settings)
    return _save(api, config, before=None)


@router.get("/v1/platforms/{id}", summary="One platform")
def get_platform(api: Api, id: PlatformId) -> Platform:
    """Secrets that are stored are shown as `********`."""
    return view(api.services, read_config(api.services, id))


@router.put("/v1/platforms/{id}", summary="Change a platform")
def change_platform(api: Api, id: PlatformId, body: PlatformChange) -> Platform:
    """A secret that is sent as `********`, or not at all, stays. Of one that changes, the old one stays valid.

    Where a secret would go elsewhere (another host, another path that it is sent to) it has to be entered anew,
    and the old one is no longer valid.
    """
    before = read_config(api.services, id, body.version)
    if before.class_name != body.class_name and not before.unreadable:
        raise ConfigurationError("class_name", flaw("class_stays", expected=before.class_name))
    settings, named = dict(body.settings), before.secrets
    after = PlatformConfig(id, body.name, body.class_name, body.enabled, before.version, settings, secrets=named)
    return _save(api, after, before)


def task_centers(configuration: Configuration, platform_id: str | None, where: str) -> tuple[str, ...]:
    """The task center that is asked for, or all of them. Raises Problem (422) for one that is not configured."""
    known = tuple(
        sorted(key for key, platform in configuration.platforms.items() if category_of(platform.class_name) != "ai")
    )
    if platform_id is None:
        return known
    if platform_id == AI:
        raise invalid("platform_id", flaw("not_pushed"), where)
    if platform_id not in known:
        raise invalid("platform_id", flaw("no_task_center", got=repr(platform_id)), where)
    return (platform_id,)


def _save(api: Api, config: PlatformConfig, before: PlatformConfig | None) -> Platform:
    """Check and store what was entered: `config.settings` as the form sent them."""
    services = api.services
    settings, secrets = parse_form(config.id, config.class_name, config.settings, services.deployment)
    config = replace(config, settings=settings)
    stored = find_stored(services.keeper, [config])[config.id]
    elsewhere = moved(before, config) if before else []
    check_secrets(config, stored, secrets, elsewhere)
    seen = view(services, before) if before else None
    services.timing.check_platform(config)
    refused = _refused(before, secrets, services) if before and not elsewhere else ()
    named = services.keeper.write(config, secrets, services.new_id(), alone=bool(elsewhere), refused=refused)
    saved = _store(config, named, services)
    after = build_view(saved, stored | set(secrets))
    record(api, config, seen, {**asdict(after), "secrets_changed": sorted(secrets)})
    return after


def record(api: Api, config: PlatformConfig, before: Any, after: Any) -> None:
    """Put a change of a platform on the trail, as admins see it before and after."""
    subject = ("platform", config.id)
    api.services.trail.record(api.caller.uid, subject, before, after, secrets_of(config.class_name))


def moved(before: PlatformConfig, after: PlatformConfig) -> list[str]:
    """The settings by which the secrets go elsewhere after a change: they were entered for where they went before."""
    kind = REGISTRY.get(after.class_name)
    if kind is None:
        return []
    if before.class_name != after.class_name:
        return ["class_name"]
    old, new = secret_places(kind.Settings, before.settings), secret_places(kind.Settings, after.settings)
    return [f"settings.{name}" for name in new if new[name] != old[name]]


def check_secrets(
    config: PlatformConfig, stored: Collection[str], changed: Collection[str], elsewhere: Collection[str]
) -> None:
    """Refuse a platform that lacks a secret, or that would send one where it was not entered for."""
    missing = [field for field in secrets_of(config.class_name) if field not in stored and field not in changed]
    if config.enabled and missing:
        raise ConfigurationError(f"settings.{missing[0]}", flaw("secret_missing"))
    for field in secrets_of(config.class_name):
        if elsewhere and field in stored and field not in changed:
            raise ConfigurationError(f"settings.{field}", flaw("secret_anew", fields=", ".join(elsewhere)))


def _refused(before: PlatformConfig, secrets: Iterable[str], services: Services) -> list[str]:
    """Those of the secrets that are refused as they were entered last, while the one before still opens.

    Asked only where it decides which of two stays beside a third: the one that works is never given up for a wrong one.
    """
    fields = [field for field in secrets if len(before.secrets.get(field, ())) == VALID]
    return fields if fields and build_test(services).opens_by_the_one_before_alone(before) else []


def _store(config: PlatformConfig, named: Generations, services: Services) -> PlatformConfig:
    """Store a platform, whose secrets were written, and are valid once the stored platform names them.

    Who dies before leaves the platform with those that it had. Raises StaleVersion, StoreError.
    """
    keeper, naming = services.keeper, replace(config, secrets=named)
    try:
        saved = replace(naming, version=services.configurator.save_platform(naming))
    except StaleVersion:
        _tidy(lambda: keeper.discard(config, named))
        raise
    _tidy(lambda: keeper.clear(config, saved))
    return saved


def _tidy(remove: Callable[[], None]) -> None:
    """Remove secrets that nothing names. What stays behind is removed by the next change."""
    try:
        remove()
    except StoreError as error:
        logger.warning("secrets that nothing names were not removed: %s", error)
