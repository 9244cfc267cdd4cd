"""The default rules of nodes: what is asked of a form where its approver has no rule of their own."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from pydantic import StrictBool

from admin_api.ai.documents import DocumentId, StaleRule, document_of, show_stale
from admin_api.ai.rules import (
    AutoCode,
    Checks,
    FileKeys,
    Keynote,
    RuleShown,
    RuleWords,
    Version,
    auto_analysis_of,
    facts_of,
    read_checks,
    save_version,
    tell,
)
from admin_api.api import Api, Router
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.problems import not_found
from admin_api.requests import Wanted
from taskbridge.ai.clauses import find_clause, split_clauses
from taskbridge.ai.documents import RuleDocument
from taskbridge.ai.messages import RuleChanged
from taskbridge.ai.rules import AutoAnalysis, Check, DefaultRule, resolve_rule
from taskbridge.ai.settings import AiSettings

ONE = "/v1/ai/nodes/{app_id}/{node_id}"
router = Router("AI administration")


class NodeDefaultWanted(Wanted):
    """What the default rule of a node becomes: what is not named, or null, stays as it is.

    `file_key` names the fields whose attachments take part. `auto_analysis`: tasks are analysed when they arrive; of
    the codes, 1 says so.
    """

    rule: RuleWords | None = None
    keynote: Keynote | None = None
    file_key: FileKeys | None = None
    checks: Checks | None = None
    enabled: StrictBool | None = None
    auto_analysis: StrictBool | AutoCode | None = None
    version: Version = None
    document: DocumentId = None

    def applied_to(self, before: DefaultRule) -> DefaultRule:
        """The rule with what is named here; what was published of the node stays. Raises ConfigurationError."""
        rule = before.rule if self.rule is None else self.rule
        automatic = None if self.auto_analysis is None else auto_analysis_of(self.auto_analysis) is AutoAnalysis.ENABLED
        named = {
            "keynote": self.keynote,
            "file_key": None if self.file_key is None else tuple(self.file_key),
            "enabled": self.enabled,
            "automatic": automatic,
        }
        changed = {name: value for name, value in named.items() if value is not None}
        return msgspec.structs.replace(before, rule=rule, checks=self._checks(before.checks, rule), **changed)

    def _checks(self, before: tuple[Check, ...], rule: str) -> tuple[Check, ...]:
        """Those that are named; else those there were, as long as their clause stands in the rule."""
        if self.checks is not None:
            return read_checks(self.checks, rule)
        clauses = split_clauses(rule)
        return tuple(check for check in before if find_clause(check.clause, clauses))


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDefault(RuleShown):
    """The default rule of a node, at its version. `stale`: the document it was taken from says otherwise by now."""

    enabled: bool
    auto_analysis: bool
    version: int
    document: RuleDocument | None
    stale: StaleRule | None


@router.get("/v1/ai/nodes", summary="The default rules of nodes")
def list_nodes(api: Api, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[NodeDefault]:
    """Every node that was published, or given a rule here."""
    page = api.services.rules.list_defaults(api.open_cursor(cursor), limit)
    return api.listed([show_default(rule) for rule in page.items], page.next)


@router.get(ONE, summary="The default rule of a node")
def get_node(api: Api, app_id: str, node_id: str) -> NodeDefault:
    """404 where the node was neither published nor given a rule here."""
    rule = api.services.rules.default(app_id, node_id)
    if rule is None:
        raise not_found("node")
    return show_default(rule)


@router.put(ONE, summary="Set the default rule of a node")
def put_node(api: Api, app_id: str, node_id: str, body: NodeDefaultWanted) -> NodeDefault:
    """Results that the rule before gave to open tasks are removed, and their people reminded."""
    services = api.services
    before = services.rules.default(app_id, node_id)
    rule = body.applied_to(before or DefaultRule(app_id=app_id, node_id=node_id))
    document = document_of(body.document, rule.document, rule, api.caller.uid, services)
    rule = msgspec.structs.replace(rule, document=document)
    saved = save_version(before, rule, body.version, services.rules.save_default)
    shown = show_default(saved)
    services.trail.record(api.caller.uid, ("node", app_id, node_id), before and show_default(before), shown)
    tell(RuleChanged(app_id, node_id), services)
    return shown


def show_default(rule: DefaultRule) -> NodeDefault:
    """A default as it is shown."""
    return NodeDefault(
        **facts_of(rule, rule.app_id, rule.node_id, (rule.node_key, rule.node_name)),
        enabled=rule.enabled,
        auto_analysis=rule.automatic,
        version=rule.version,
        document=rule.document,
        stale=show_stale(rule),
    )


def show_default_in_force(rule: DefaultRule | None, settings: AiSettings) -> NodeDefault | None:
    """The default that holds for whoever has no rule of their own; None where there is none."""
    if rule is None or resolve_rule(settings, None, rule, rule.app_id) is None:
        return None
    return show_default(rule)
