"""How a platform leaves: what stands in the way, what waits for it, and its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.api import JSON_TYPE, Api, Router
from admin_api.problems import conflict
from admin_api.setup.platform_forms import PlatformId, ReadAt, secrets_of
from admin_api.setup.platforms import record
from admin_api.setup.stored_platform import read_config, view
from admin_api.wiring import Services
from taskbridge.tables.configuration import PlatformConfig
from taskbridge.tables.instances import InstanceTable
from taskbridge.tables.push_log_pages import PushLogPageTable

RULES_A_CALL = 200
Drain = Annotated[bool, Query(description="send it no new events, and answer 202 while work still waits")]
PARKED_LIMIT = 100
# Longer than a message stays invisible between two tries: who is not worked on for so long has none.
QUIET_S = 900.0
_FOR_EVER = 1e11
router = Router("platforms")


@dataclass(frozen=True, slots=True)
class Removal:
    """What stands in the way of deleting a platform: what names it, and what waits for it."""

    rules: tuple[str, ...]
    in_ai_settings: bool
    waiting: Waiting
    enabled: bool
    draining: bool
    version: int


@dataclass(frozen=True, slots=True)
class Draining:
    """A platform that is deleted once nothing waits for it any more: ask again."""

    id: str
    draining: bool
    waiting: Waiting


REMOVED: Any = {
    202: {"description": "it drains: ask again", "content": {JSON_TYPE: {"model": Draining}}},
    204: {"description": "it is deleted"},
}


@router.get("/v1/platforms/{id}/removal", summary="What deleting a platform would meet")
def get_removal(api: Api, id: PlatformId) -> Removal:
    """Nothing is changed. A platform that nothing names and nothing waits for is deleted at once."""
    services = api.services
    config = read_config(services, id)
    return Removal(
        _rules_naming(services, id),
        _is_in_ai_settings(services, id),
        _waiting(services, id),
        config.enabled,
        config.draining,
        config.version,
    )


@router.delete("/v1/platforms/{id}", summary="Delete a platform", responses=REMOVED)
def delete_platform(api: Api, id: PlatformId, *, drain: Drain = False, version: ReadAt = None) -> Response[Any]:
    """Refused (409 `platform_in_use`) while a rule or setting names it, or work waits for it; see `drain`."""
    config = read_config(api.services, id, version)
    _check_unnamed(api.services, id)
    waiting = _waiting(api.services, id)
    if not waiting:
        _delete(api, config)
        return Response(204, body="")
    if not drain:
        raise conflict("platform_in_use", f"{waiting.describe()}. With ?drain=true it gets no new events.")
    if not config.enabled:
        raise conflict("platform_disabled", f"{waiting.describe()}. It drains only while it is enabled.")
    if not config.draining:
        _set_draining(api, config)
    return Response(202, JSON_TYPE, asdict(Draining(id, True, waiting)))


def _set_draining(api: Api, config: PlatformConfig) -> None:
    before = view(api.services, config)
    version = api.services.configurator.save_platform(replace(config, draining=True))
    record(api, config, before, replace(before, draining=True, version=version))


def _delete(api: Api, config: PlatformConfig) -> None:
    before = view(api.services, config)
    api.services.configurator.delete_platform(config.id, config.version)
    api.services.keeper.delete(config, secrets_of(config.class_name))
    record(api, config, before, None)


def _waiting(services: Services, platform_id: str) -> Waiting:
    return find_waiting(platform_id, services.instances, services.pages, services.push_queue.depth, services.clock())


def _check_unnamed(services: Services, platform_id: str) -> None:
    """Raises Problem (409) while a rule or the AI settings name the platform."""
    if _is_in_ai_settings(services, platform_id):
        raise conflict("platform_in_use", "The settings of AI approval name it.")
    naming = _rules_naming(services, platform_id)
    if naming:
        raise conflict("platform_in_use", f"Trigger rules name it: {', '.join(naming)}.")


def _is_in_ai_settings(services: Services, platform_id: str) -> bool:
    ai = services.configurator.read_ai_settings()
    return platform_id in {ai.platform_id, *(each.platform_id for each in ai.fallbacks)}


def _rules_naming(services: Services, platform_id: str) -> tuple[str, ...]:
    return tuple(rule_id for rule_id, targets in _targets(services) if f"push:{platform_id}" in targets)


def _targets(services: Services) -> Iterator[tuple[str, tuple[str, ...]]]:
    after: str | None = None
    while True:
        page = services.configurator.list_rules(after, RULES_A_CALL)
        yield from ((rule.id, rule.targets) for rule in page.items)
        after = page.next
        if after is None:
            return


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a platform."""

    parked: int  # process instances, up to PARKED_LIMIT
    queued: bool

    def __bool__(self) -> bool:
        return bool(self.parked or self.queued)

    def describe(self) -> str:
        """In words."""
        more = " or more" if self.parked == PARKED_LIMIT else ""
        queued = "; the push queue may hold messages of it" if self.queued else ""
        return f"{self.parked}{more} instances have parked work{queued}"


def find_waiting(
    platform_id: str, instances: InstanceTable, pages: PushLogPageTable, depth: Callable[[], int], now: float
) -> Waiting:
    """What waits for a platform. Raises StoreError.

    `depth` is that of the push queue, which does not tell whose its messages are: where it is not empty, it counts for
    a platform that a batch has worked on in the last quarter of an hour.
    """
    parked = instances.due(platform_id, _FOR_EVER, PARKED_LIMIT)
    return Waiting(len(parked), depth() > 0 and bool(pages.between(platform_id, now - QUIET_S, now + 1, 1)))
