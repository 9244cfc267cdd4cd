"""`/v1/ai/rules`: an approver's own rules, in all their versions."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from admin_api.ai import rules
from admin_api.api import Api
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.models.ai_rules import MOST_VERSIONS, OwnRule, OwnRuleWanted, RestoreWanted

_TAGS = ["AI rules"]
_ONE = "/v1/ai/rules/{app_id}/{node_id}"
_READ_AT = "The version that was read: 409 if there is another one by now"
VersionQuery = Annotated[int | None, Query(ge=1, lt=MOST_VERSIONS, description=_READ_AT)]
Number = Annotated[int, Path(ge=1, lt=MOST_VERSIONS)]


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    @api.get("/v1/ai/rules", summary="One's own rules", tags=_TAGS)
    def list_rules(cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[OwnRule]:
        """The rules that you set yourself."""
        page = rules.list_own(api.caller.uid, api.open_cursor(cursor), limit, services)
        return Listed(items=page.items, next_cursor=api.seal_cursor(page.next))

    @api.get(_ONE, summary="One's own rule for a node", tags=_TAGS)
    def get_rule(app_id: str, node_id: str) -> OwnRule:
        """404 where you have set none."""
        return rules.get_own(api.caller.uid, app_id, node_id, services)

    @api.put(_ONE, summary="Set one's own rule for a node", tags=_TAGS)
    def put_rule(app_id: str, node_id: str, body: OwnRuleWanted) -> OwnRule:
        """Results that the rule before gave to your open tasks are removed."""
        return rules.save_own(api.caller.uid, app_id, node_id, body, services)

    @api.delete(_ONE, summary="Take one's own rule away", tags=_TAGS, status_code=204)
    def delete_rule(app_id: str, node_id: str, version: VersionQuery = None) -> Response[str]:
        """The node's default is in force again. The versions stay, and can be restored."""
        rules.delete_own(api.caller.uid, app_id, node_id, version, services)
        return Response(204, body="")

    @api.get(f"{_ONE}/versions", summary="Every version of one's own rule", tags=_TAGS)
    def list_versions(
        app_id: str, node_id: str, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
    ) -> Listed[OwnRule]:
        """The newest first, also of a rule that was taken away."""
        page = rules.list_versions(api.caller.uid, app_id, node_id, api.open_cursor(cursor), limit, services)
        return Listed(items=page.items, next_cursor=api.seal_cursor(page.next))

    @api.post(f"{_ONE}/versions/{{n}}/restore", summary="Restore a version of one's own rule", tags=_TAGS)
    def restore_version(app_id: str, node_id: str, n: Number, body: RestoreWanted | None = None) -> OwnRule:
        """It becomes the newest version."""
        expected = body.version if body else None
        return rules.restore_own(api.caller.uid, app_id, node_id, n, expected, services)
