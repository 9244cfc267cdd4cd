"""Trigger rules: read, created, changed, removed."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from admin_api.api import Api
from admin_api.models.platforms import ReadAt
from admin_api.models.shared import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.models.trigger_rules import RuleChange, RuleId, RuleNew, TriggerRule
from admin_api.trigger_rules import TriggerRules

TAGS = ["trigger rules"]


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    def rules() -> TriggerRules:
        return TriggerRules(services.configurator, services.trail, services.new_id)

    @api.get("/v1/trigger-rules", summary="Trigger rules", tags=TAGS)
    def list_rules(cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[TriggerRule]:
        """By id. While none is stored, every event goes to every platform and to AI approval."""
        page = rules().page(api.open_cursor(cursor), limit)
        items = [TriggerRule.model_validate(each) for each in page.items]
        return Listed(items=items, next_cursor=api.seal_cursor(page.next))

    @api.post("/v1/trigger-rules", summary="Create a trigger rule", tags=TAGS, status_code=201)
    def create_rule(body: RuleNew) -> TriggerRule:
        """Workers take it up within 20 seconds. The first one replaces the rule that sends everything."""
        return TriggerRule.model_validate(rules().create(body, api.caller.uid))

    @api.put("/v1/trigger-rules/{id}", summary="Change a trigger rule", tags=TAGS)
    def change_rule(id: RuleId, body: RuleChange) -> TriggerRule:  # noqa: A002
        """Workers take it up within 20 seconds."""
        return TriggerRule.model_validate(rules().change(id, body, api.caller.uid))

    @api.delete("/v1/trigger-rules/{id}", summary="Delete a trigger rule", tags=TAGS, status_code=204)
    def delete_rule(id: RuleId, version: ReadAt = None) -> Response[Any]:  # noqa: A002
        """After the last one, the rule that sends everything is in force again."""
        rules().remove(id, api.caller.uid, version=version)
        return Response(204, body="")
