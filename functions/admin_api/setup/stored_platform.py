"""A platform as it is stored, with which of its secrets are."""

from __future__ import annotations

from collections.abc import Iterable

from admin_api.problems import check_read, not_found
from admin_api.setup.platform_forms import Platform, build_view, secrets_of
from admin_api.wiring import Services
from taskbridge.access.secrets import SecretKeeper
from taskbridge.tables.configuration import PlatformConfig


def read_config(services: Services, platform_id: str, read_at: int | None = None) -> PlatformConfig:
    """One platform as it is stored. Raises Problem (404), StaleVersion where it is not the one that was read."""
    config = services.configurator.read_platform(platform_id)
    if config is None:
        raise not_found("platform")
    check_read(config.version, read_at)
    return config


def view(services: Services, config: PlatformConfig) -> Platform:
    """A platform as admins see it."""
    return build_view(config, find_stored(services.keeper, [config])[config.id])


def find_stored(keeper: SecretKeeper, configs: Iterable[PlatformConfig]) -> dict[str, set[str]]:
    """The names of the secrets that are stored, by platform id. Raises StoreError."""
    found: dict[str, set[str]] = {config.id: set() for config in configs}
    keys = [(config, field) for config in configs for field in secrets_of(config.class_name)]
    for platform_id, field in keeper.stored(keys):
        found[platform_id].add(field)
    return found
