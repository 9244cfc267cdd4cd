"""`/v1/ai/nodes`: the default rules of nodes."""

from __future__ import annotations

from admin_api.ai.rules import list_defaults, save_default
from admin_api.api import Api
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.models.ai_rules import NodeDefault, NodeDefaultWanted


def register(api: Api) -> None:
    """Register the routes."""
    services = api.services

    @api.get("/v1/ai/nodes", summary="The default rules of nodes", tags=["AI administration"])
    def list_nodes(cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[NodeDefault]:
        """Every node that was published, or given a rule here."""
        page = list_defaults(api.open_cursor(cursor), limit, services)
        return Listed(items=page.items, next_cursor=api.seal_cursor(page.next))

    @api.put("/v1/ai/nodes/{app_id}/{node_id}", summary="Set the default rule of a node", tags=["AI administration"])
    def put_node(app_id: str, node_id: str, body: NodeDefaultWanted) -> NodeDefault:
        """Results that the rule before gave to open tasks are removed, and their people reminded."""
        return save_default(api.caller.uid, app_id, node_id, body, services)
