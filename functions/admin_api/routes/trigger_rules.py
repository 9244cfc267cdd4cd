"""Trigger rules: read, created, changed, removed."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from admin_api.api import JSON_TYPE, Api
from admin_api.models.platforms import ReadAt
from admin_api.models.shared import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.models.trigger_rules import (
    RuleChange,
    RuleDeleted,
    RuleId,
    RuleNew,
    SavedRule,
    TriggerRule,
)
from admin_api.trigger_rules import TriggerRules

TAGS = ["trigger rules"]
REMOVED: Any = {
    200: {"description": "it is deleted, and what is left out by now", "content": {JSON_TYPE: {"model": RuleDeleted}}},
    204: {"description": "it is deleted"},
}


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    def rules() -> TriggerRules:
        current = services.configuration.read_now
        return TriggerRules(services.configurator, services.trail, services.new_id, current)

    @api.get("/v1/trigger-rules", summary="Trigger rules", tags=TAGS)
    def list_rules(cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[TriggerRule]:
        """By id. While none is enabled, every event goes to every platform and to AI approval."""
        page = rules().page(api.open_cursor(cursor), limit)
        items = [TriggerRule.model_validate(each) for each in page.items]
        return Listed(items=items, next_cursor=api.seal_cursor(page.next))

    @api.post("/v1/trigger-rules", summary="Create a trigger rule", tags=TAGS, status_code=201)
    def create_rule(body: RuleNew) -> SavedRule:
        """Workers take it up within 20 seconds. The first enabled one replaces the rule that sends everything."""
        return SavedRule.model_validate(rules().create(body, api.caller.uid))

    @api.put("/v1/trigger-rules/{id}", summary="Change a trigger rule", tags=TAGS)
    def change_rule(id: RuleId, body: RuleChange) -> SavedRule:  # noqa: A002
        """Workers take it up within 20 seconds. Without an enabled one, the rule that sends everything is in force."""
        return SavedRule.model_validate(rules().change(id, body, api.caller.uid))

    @api.delete("/v1/trigger-rules/{id}", summary="Delete a trigger rule", tags=TAGS, responses=REMOVED)
    def delete_rule(id: RuleId, version: ReadAt = None) -> Response[Any]:  # noqa: A002
        """After the last enabled one, the rule that sends everything is in force again."""
        gaps = rules().remove(id, api.caller.uid, version=version)
        if not gaps:
            return Response(204, body="")
        return Response(200, JSON_TYPE, RuleDeleted(id=id, gaps=gaps).model_dump())
