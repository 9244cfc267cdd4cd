"""Secrets of platforms as a change leaves them: which are stored, which are missing, which go elsewhere from now on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from admin_api.setup.platform_forms import secrets_of
from taskbridge.access.secrets import SecretKeeper
from taskbridge.errors import ConfigurationError, StaleVersion, StoreError
from taskbridge.flaws import flaw
from taskbridge.platforms import REGISTRY
from taskbridge.platforms.settings import secret_places
from taskbridge.tables.configuration import PlatformConfig

logger = logging.getLogger("admin_api")


def find_stored(keeper: SecretKeeper, configs: Iterable[PlatformConfig]) -> dict[str, set[str]]:
    """The names of the secrets that are stored, by platform id. Raises StoreError."""
    found: dict[str, set[str]] = {config.id: set() for config in configs}
    keys = [(config, field) for config in configs for field in secrets_of(config.class_name)]
    for platform_id, field in keeper.stored(keys):
        found[platform_id].add(field)
    return found


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


def save_with(
    keeper: SecretKeeper,
    config: PlatformConfig,
    secrets: Mapping[str, str],
    save: Callable[[PlatformConfig], int],
    writer: str,
    *,
    alone: bool,
) -> PlatformConfig:
    """Store a platform and its secrets. The secrets come first, and are valid once the stored platform names them.

    Who dies between leaves the platform with those that it had. `writer`, `alone`: see SecretKeeper.write. Raises
    StaleVersion, StoreError.
    """
    named = keeper.write(config, secrets, writer, alone=alone)
    try:
        saved = replace(config, secrets=named, version=save(replace(config, secrets=named)))
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
