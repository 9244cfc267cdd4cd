"""Configured platforms as admins see, change, test and remove them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from admin_api.ai_chain import ChainTiming
from admin_api.changes import Trail
from admin_api.models.platforms import PlatformChange, PlatformNew
from admin_api.platform_forms import (
    Deployment,
    build_view,
    check_id,
    check_masks,
    missing_secrets,
    moved,
    parse_form,
    secrets_of,
)
from admin_api.problems import conflict, not_found
from admin_api.waiting import Waiting, Work
from taskbridge.access.secrets import SecretKeeper
from taskbridge.errors import ConfigurationError, StaleVersion, StoreError
from taskbridge.tables.configuration import PlatformConfig
from taskbridge.tables.configuration_models import Configurator
from taskbridge.tables.dynamo import Page

View = dict[str, Any]
RULES_A_CALL = 200
logger = logging.getLogger("admin_api")


@dataclass(frozen=True, slots=True)
class Platforms:
    """Configured platforms. Everything raises StoreError where a store does not answer."""

    store: Configurator
    keeper: SecretKeeper
    work: Work
    trail: Trail
    new_id: Callable[[], str]
    deployment: Deployment
    timing: ChainTiming

    def page(self, after: str | None, limit: int) -> Page[View]:
        """The platforms by id, those after an id."""
        page = self.store.list_platforms(after, limit)
        stored = self._stored(page.items)
        return Page([build_view(each, stored[each.id]) for each in page.items], page.next)

    def read(self, platform_id: str) -> View:
        """One platform. Raises Problem (404)."""
        return self._view(self.config(platform_id))

    def config(self, platform_id: str) -> PlatformConfig:
        """One platform as it is stored. Raises Problem (404)."""
        config = self.store.read_platform(platform_id)
        if config is None:
            raise not_found("platform")
        return config

    def create(self, form: PlatformNew, who: str) -> View:
        """Create a platform. Raises ConfigurationError, Problem (409) where there is one with this id."""
        platform_id = form.id or f"{form.class_name.lower()[:24]}-{self.new_id()}"
        check_id(platform_id)
        config = PlatformConfig(platform_id, form.name, form.class_name, form.enabled, 0, dict(form.settings))
        if self.store.read_platform(platform_id) is not None:
            raise conflict("platform_exists", f"There is a platform {platform_id} already.")
        check_masks(form.class_name, form.settings)
        return self._save(config, who, before=None)

    def change(self, platform_id: str, form: PlatformChange, who: str) -> View:
        """Change a platform. Raises ConfigurationError, StaleVersion, Problem (404)."""
        before = self.config(platform_id)
        if before.version != form.version:
            raise StaleVersion("the platform was changed since it was read")
        if before.class_name != form.class_name and not before.unreadable:
            raise ConfigurationError("class_name", f"stays {before.class_name}: another class is another platform")
        config = PlatformConfig(
            platform_id,
            form.name,
            form.class_name,
            form.enabled,
            before.version,
            dict(form.settings),
            secrets=before.secrets,
        )
        return self._save(config, who, before)

    def remove(self, platform_id: str, who: str, *, version: int | None, drain: bool) -> Waiting | None:
        """Delete a platform, with its secrets; None where it is done.

        Refused (409) while something names it or waits for it. With `drain` it gets no new events from now on, and
        what still waits is given: to be asked again.
        """
        config = self.config(platform_id)
        if version is not None and version != config.version:
            raise StaleVersion("the platform was changed since it was read")
        self._check_unnamed(config)
        waiting = self.work.of(platform_id)
        if not waiting:
            self._delete(config, who)
            return None
        if not drain:
            raise conflict("platform_in_use", f"{waiting.describe()}. With ?drain=true it gets no new events.")
        if not config.enabled:
            raise conflict("platform_disabled", f"{waiting.describe()}. It drains only while it is enabled.")
        if not config.draining:
            self._set_draining(config, who)
        return waiting

    def _view(self, config: PlatformConfig) -> View:
        return build_view(config, self._stored([config])[config.id])

    def _stored(self, configs: Iterable[PlatformConfig]) -> dict[str, set[str]]:
        """The names of the secrets that are stored, by platform id."""
        found: dict[str, set[str]] = {config.id: set() for config in configs}
        keys = [(config, field) for config in configs for field in secrets_of(config.class_name)]
        for platform_id, field in self.keeper.stored(keys):
            found[platform_id].add(field)
        return found

    def _save(self, config: PlatformConfig, who: str, before: PlatformConfig | None) -> View:
        """Check and store what was entered: `config.settings` as the form sent them."""
        settings, secrets = parse_form(config.id, config.class_name, config.settings, self.deployment)
        config = replace(config, settings=settings)
        stored = self._stored([config])[config.id]
        elsewhere = moved(before, config) if before else []
        _check_secrets(config, stored, secrets, elsewhere)
        seen = self._view(before) if before else None
        self.timing.check_platform(config)
        saved = self._store_with(config, secrets, alone=bool(elsewhere))
        after = build_view(saved, stored | set(secrets))
        note = {**after, "secrets_changed": sorted(secrets)}
        self.trail.record(who, ("platform", config.id), seen, note, secrets_of(config.class_name))
        return after

    def _store_with(self, config: PlatformConfig, secrets: Mapping[str, str], *, alone: bool) -> PlatformConfig:
        """Store a platform and its secrets. The secrets come first, and are valid once the stored platform names them.

        Who dies between leaves the platform with those that it had. Raises StaleVersion, StoreError.
        """
        named = self.keeper.write(config, secrets, self.new_id(), alone=alone)
        try:
            saved = replace(config, secrets=named, version=self._store(replace(config, secrets=named)))
        except StaleVersion:
            self._tidy(lambda: self.keeper.discard(config, named))
            raise
        self._tidy(lambda: self.keeper.clear(config, saved))
        return saved

    def _tidy(self, remove: Callable[[], None]) -> None:
        """Remove secrets that nothing names. What stays behind is removed by the next change."""
        try:
            remove()
        except StoreError as error:
            logger.warning("secrets that nothing names were not removed: %s", error)

    def _store(self, config: PlatformConfig) -> int:
        return self.store.save_platform(
            config.id,
            name=config.name,
            class_name=config.class_name,
            enabled=config.enabled,
            settings=config.settings,
            version=config.version,
            draining=config.draining,
            secrets=config.secrets,
        )

    def _set_draining(self, config: PlatformConfig, who: str) -> None:
        before = self._view(config)
        version = self._store(replace(config, draining=True))
        after = {**before, "draining": True, "version": version}
        self.trail.record(who, ("platform", config.id), before, after, secrets_of(config.class_name))

    def _delete(self, config: PlatformConfig, who: str) -> None:
        before = self._view(config)
        self.store.delete_platform(config.id, config.version)
        self.keeper.delete(config, secrets_of(config.class_name))
        self.trail.record(who, ("platform", config.id), before, None, secrets_of(config.class_name))

    def _check_unnamed(self, config: PlatformConfig) -> None:
        """Raises Problem (409) while a rule or the AI settings name the platform."""
        ai, _ = self.store.read_ai_settings()
        if config.id == ai.platform_id or any(config.id == each.platform_id for each in ai.fallbacks):
            raise conflict("platform_in_use", "The settings of AI approval name it.")
        naming = [rule_id for rule_id, targets in self._targets() if f"push:{config.id}" in targets]
        if naming:
            raise conflict("platform_in_use", f"Trigger rules name it: {', '.join(naming)}.")

    def _targets(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        page = self.store.list_rules(None, RULES_A_CALL)
        while True:
            yield from ((rule.id, rule.targets) for rule in page.items)
            if page.next is None:
                return
            page = self.store.list_rules(page.next, RULES_A_CALL)


def _check_secrets(
    config: PlatformConfig, stored: Collection[str], changed: Collection[str], elsewhere: Collection[str]
) -> None:
    """Refuse a platform that lacks a secret, or that would send one where it was not entered for."""
    missing = missing_secrets(config.class_name, stored, changed)
    if config.enabled and missing:
        raise ConfigurationError(f"settings.{missing[0]}", "required while the platform is enabled, and not stored yet")
    for field in secrets_of(config.class_name):
        if elsewhere and field in stored and field not in changed:
            words = f"enter it anew: it goes elsewhere now, since {', '.join(elsewhere)} is another"
            raise ConfigurationError(f"settings.{field}", words)
