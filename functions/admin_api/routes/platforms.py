"""Platforms: read, created, changed, tested, removed."""

from __future__ import annotations

from functools import partial
from typing import Any

from aws_lambda_powertools.event_handler import Response

from admin_api.api import JSON_TYPE, Api
from admin_api.connection_tests import ConnectionTest
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.models.platforms import (
    Drain,
    Draining,
    Platform,
    PlatformChange,
    PlatformId,
    PlatformNew,
    PlatformTest,
    ReadAt,
)
from admin_api.platform_forms import Deployment
from admin_api.platforms import Platforms
from admin_api.waiting import Work
from admin_api.wiring import Services
from taskbridge.access.secrets import SecretKeeper
from taskbridge.queues import queue_depth

TAGS = ["platforms"]
REMOVED: Any = {
    202: {"description": "it drains: ask again", "content": {JSON_TYPE: {"model": Draining}}},
    204: {"description": "it is deleted"},
}


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services
    platforms = partial(build_platforms, services)

    @api.get("/v1/platforms", summary="Platforms", tags=TAGS)
    def list_platforms(cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[Platform]:
        """By id. Secrets that are stored are shown as `********`."""
        page = platforms().page(api.open_cursor(cursor), limit)
        items = [Platform.model_validate(each) for each in page.items]
        return Listed(items=items, next_cursor=api.seal_cursor(page.next))

    @api.post("/v1/platforms", summary="Create a platform", tags=TAGS, status_code=201)
    def create_platform(body: PlatformNew) -> Platform:
        """Workers take it up within 20 seconds."""
        return Platform.model_validate(platforms().create(body, api.caller.uid))

    @api.get("/v1/platforms/{id}", summary="One platform", tags=TAGS)
    def get_platform(id: PlatformId) -> Platform:
        """Secrets that are stored are shown as `********`."""
        return Platform.model_validate(platforms().read(id))

    @api.put("/v1/platforms/{id}", summary="Change a platform", tags=TAGS)
    def change_platform(id: PlatformId, body: PlatformChange) -> Platform:
        """A secret that is sent as `********`, or not at all, stays. Of one that changes, the old one stays valid.

        Where a secret would go elsewhere (another host, another path that it is sent to) it has to be entered anew,
        and the old one is no longer valid.
        """
        return Platform.model_validate(platforms().change(id, body, api.caller.uid))

    @api.delete("/v1/platforms/{id}", summary="Delete a platform", tags=TAGS, responses=REMOVED)
    def delete_platform(
        id: PlatformId,
        *,
        drain: Drain = False,
        version: ReadAt = None,
    ) -> Response[Any]:
        """Refused (409 `platform_in_use`) while a rule or setting names it, or work waits for it; see `drain`."""
        waiting = platforms().remove(id, api.caller.uid, version=version, drain=drain)
        if waiting is None:
            return Response(204, body="")
        found = {"id": id, "draining": True, "waiting": {"parked": waiting.parked, "queued": waiting.queued}}
        return Response(202, JSON_TYPE, Draining.model_validate(found).model_dump())

    @api.post("/v1/platforms/{id}/test", summary="Try the connection", tags=TAGS)
    def check_platform(id: PlatformId) -> PlatformTest:
        """Fetches a token by the secret that was entered last, or where there is none to fetch asks the host.

        A failure is an answer: `cause` tells it. Where only the secret before still opens, `opened_by` says so.
        """
        test = ConnectionTest(services.http, services.tokens, services.secrets, services.clock)
        return PlatformTest.model_validate(test.run(platforms().config(id)), from_attributes=True)


def build_deployment(services: Services) -> Deployment:
    """What platforms have to work with."""
    return Deployment(services.fleet, services.environment, services.platform_hosts)


def build_platforms(services: Services) -> Platforms:
    """What the routes call."""
    depth = partial(queue_depth, services.sqs, services.queues["push"])
    work = Work(services.instances, services.pages, depth, services.clock)
    keeper = SecretKeeper(services.ssm, services.prefix)
    parts = (services.trail, services.new_id, build_deployment(services), services.timing)
    return Platforms(services.configurator, keeper, work, *parts)
