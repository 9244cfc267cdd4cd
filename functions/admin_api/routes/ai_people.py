"""What an approver is told beside tasks: counts, recommendations, changed rules, agreement."""

from __future__ import annotations

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from admin_api.access import ADMIN, APPROVER
from admin_api.ai import people
from admin_api.api import Api
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.models.ai_people import Agreement, Count, Recommendation, RuleUpdate
from admin_api.problems import Problem, invalid

_TAGS = ["AI overview"]
Id = Annotated[str | None, Query(min_length=1, max_length=200)]
Of = Annotated[
    Literal["me", "everyone"] | None,
    Query(description="`everyone` is for admins. Without it: me for an approver, everyone for an admin who is none"),
]


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    @api.get("/v1/ai/count", summary="How many open tasks AI approval is on for", tags=_TAGS)
    def count_tasks() -> Count:
        """Your open tasks on nodes where a rule is in force, and not switched off."""
        return people.count_open(api.caller.uid, services)

    @api.get("/v1/ai/recommendations", summary="Nodes that one decides on without a rule", tags=_TAGS)
    def list_recommendations(cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[Recommendation]:
        """Those with the most decisions first."""
        page = people.list_recommendations(api.caller.uid, api.open_cursor(cursor), limit, services)
        return Listed(items=page.items, next_cursor=api.seal_cursor(page.next))

    @api.delete(
        "/v1/ai/recommendations/{app_id}/{node_id}", summary="Dismiss a recommendation", tags=_TAGS, status_code=204
    )
    def dismiss_recommendation(app_id: str, node_id: str) -> Response[str]:
        """It does not come back."""
        people.dismiss(api.caller.uid, app_id, node_id, services)
        return Response(204, body="")

    @api.get("/v1/ai/rule-updates", summary="Nodes whose rule changed", tags=_TAGS)
    def list_rule_updates(cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[RuleUpdate]:
        """Since you last said that you had looked: reading does not say so."""
        page = people.list_rule_updates(api.caller.uid, api.open_cursor(cursor), limit, services)
        return Listed(items=page.items, next_cursor=api.seal_cursor(page.next))

    @api.delete("/v1/ai/rule-updates", summary="Say that one has looked", tags=_TAGS, status_code=204)
    def clear_rule_updates() -> Response[str]:
        """What changes from now on is told again."""
        people.clear_rule_updates(api.caller.uid, services)
        return Response(204, body="")

    @api.get("/v1/ai/agreement", summary="How often verdict and decision agreed", tags=_TAGS)
    def get_agreement(app_id: Id = None, node_id: Id = None, of: Of = None) -> Agreement:
        """Of a node, an application, or all. `node_id` needs its `app_id`."""
        if node_id and not app_id:
            raise invalid("node_id", "expected together with app_id", where="query")
        caller = api.caller
        if of == "everyone" and ADMIN not in caller.roles:
            raise Problem(403, "not_allowed", "What is counted of everyone is for the role admin.")
        is_own = of == "me" or (of is None and APPROVER in caller.roles)
        return people.agreement(caller.uid if is_own else None, app_id or "", node_id or "", services)
