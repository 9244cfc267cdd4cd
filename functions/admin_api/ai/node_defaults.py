"""The default rules of nodes: what is asked of a form where its approver has no rule of their own."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from pydantic import StrictBool

from admin_api.ai.rules import (
    AutoCode,
    RuleShown,
    RuleWanted,
    auto_analysis_of,
    facts_of,
    read_checks,
    save_version,
    tell,
)
from admin_api.api import Api, Router
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from taskbridge.ai import rules as stored
from taskbridge.ai.messages import RuleChanged
from taskbridge.ai.rules import AutoAnalysis

router = Router("AI administration")


class NodeDefaultWanted(RuleWanted):
    """The default rule of a node. `auto_analysis`: tasks are analysed when they arrive; of the codes, 1 says so."""

    enabled: StrictBool = True
    auto_analysis: StrictBool | AutoCode = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDefault(RuleShown):
    """The default rule of a node, at its version."""

    enabled: bool
    auto_analysis: bool
    version: int


@router.get("/v1/ai/nodes", summary="The default rules of nodes")
def list_nodes(api: Api, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[NodeDefault]:
    """Every node that was published, or given a rule here."""
    page = api.services.rules.list_defaults(api.open_cursor(cursor), limit)
    return api.listed([_show_default(rule) for rule in page.items], page.next)


@router.put("/v1/ai/nodes/{app_id}/{node_id}", summary="Set the default rule of a node")
def put_node(api: Api, app_id: str, node_id: str, body: NodeDefaultWanted) -> NodeDefault:
    """Results that the rule before gave to open tasks are removed, and their people reminded."""
    services = api.services
    checks = read_checks(body.checks, body.rule)
    before = services.rules.default(app_id, node_id)
    # Its names, and what was published of it, stay.
    rule = msgspec.structs.replace(
        before or stored.NodeDefault(app_id=app_id, node_id=node_id),
        rule=body.rule,
        keynote=body.keynote,
        file_key=tuple(body.file_key),
        checks=checks,
        enabled=body.enabled,
        automatic=auto_analysis_of(body.auto_analysis) is AutoAnalysis.ENABLED,
    )
    saved = save_version(before, rule, body.version, services.rules.save_default)
    shown = _show_default(saved)
    services.trail.record(api.caller.uid, ("node", app_id, node_id), before and _show_default(before), shown)
    tell(RuleChanged(app_id, node_id), services)
    return shown


def _show_default(rule: stored.NodeDefault) -> NodeDefault:
    return NodeDefault(
        **facts_of(rule, rule.app_id, rule.node_id, (rule.node_key, rule.node_name)),
        enabled=rule.enabled,
        auto_analysis=rule.automatic,
        version=rule.version,
    )
