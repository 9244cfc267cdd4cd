"""An approver's own rules, in all their versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import Field, StrictBool

from admin_api.ai.documents import DocumentId, StaleRule, document_of, show_stale
from admin_api.ai.node_defaults import NodeDefault, show_default_in_force
from admin_api.ai.people import nodes_of
from admin_api.ai.rules import (
    MOST_VERSIONS,
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
from admin_api.wiring import Services
from taskbridge.ai.documents import RuleDocument
from taskbridge.ai.messages import RuleChanged
from taskbridge.ai.people import PersonNode
from taskbridge.ai.rules import AutoAnalysis, DefaultRule, PersonalRule
from taskbridge.ai.settings import AiSettings

Names = tuple[str, str]  # (key, name) of a node
NO_NAMES: Names = ("", "")

ONE = "/v1/ai/rules/{app_id}/{node_id}"
_READ_AT = "The version that was read: 409 if there is another one by now"
VersionQuery = Annotated[int | None, Query(ge=1, lt=MOST_VERSIONS, description=_READ_AT)]
Number = Annotated[int, Path(ge=1, lt=MOST_VERSIONS)]
router = Router("AI rules")


class OwnRuleWanted(Wanted):
    """One's own rule for a node; an empty `rule` asks what the node's default asks.

    `file_key` names the fields whose attachments take part.
    `status` false: no AI approval here. `auto_analysis`: 0 or null as the node's default says, 1 or true yes, 2 or
    false no.
    """

    rule: RuleWords = ""
    keynote: Keynote = ""
    file_key: Annotated[FileKeys, Field(default_factory=list)]
    checks: Annotated[Checks, Field(default_factory=list)]
    version: Version = None
    status: StrictBool = True
    auto_analysis: StrictBool | AutoCode | None = 0
    document: DocumentId = None


class RestoreWanted(Wanted):
    """Which version of the rule was read; see OwnRuleWanted."""

    version: Version = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRule(RuleShown):
    """One's own rule, at its version. `stale`: the document that it was taken from says otherwise by now."""

    status: bool
    auto_analysis: AutoAnalysis
    version: int
    document: RuleDocument | None
    stale: StaleRule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRule(OwnRule):
    """One's own rule with what it stands in the place of: `default` is null where the node has none in force."""

    app_name: str
    default: NodeDefault | None


@router.get("/v1/ai/rules", summary="One's own rules")
def list_rules(api: Api, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[ListedRule]:
    """The rules that you set yourself."""
    services, uid = api.services, api.caller.uid
    page = services.rules.own_page(uid, api.open_cursor(cursor), limit)
    defaults = services.rules.defaults([(rule.app_id, rule.node_id) for rule in page.items])
    nodes = {(node.app_id, node.node_id): node for node in nodes_of(uid, services)} if page.items else {}
    settings = services.switches().settings
    shown = [
        _list_own(rule, defaults.get((rule.app_id, rule.node_id)), nodes.get((rule.app_id, rule.node_id)), settings)
        for rule in page.items
    ]
    return api.listed(shown, page.next)


@router.get(ONE, summary="One's own rule for a node")
def get_rule(api: Api, app_id: str, node_id: str) -> OwnRule:
    """404 where you have set none."""
    return _show_own(_own(api, app_id, node_id), _names(app_id, node_id, api.services))


@router.put(ONE, summary="Set one's own rule for a node")
def put_rule(api: Api, app_id: str, node_id: str, body: OwnRuleWanted) -> OwnRule:
    """Results that the rule before gave to your open tasks are removed."""
    uid, services = api.caller.uid, api.services
    checks = read_checks(body.checks, _asked_text(body.rule, app_id, node_id, services)) if body.checks else ()
    before = services.rules.own(uid, app_id, node_id)
    rule = msgspec.structs.replace(
        before or PersonalRule(uid=uid, app_id=app_id, node_id=node_id),
        rule=body.rule,
        keynote=body.keynote,
        file_key=tuple(body.file_key),
        checks=checks,
        enabled=body.status,
        auto_analysis=auto_analysis_of(body.auto_analysis),
    )
    document = document_of(body.document, before.document if before else None, rule, uid, services)
    return _save_own(before, msgspec.structs.replace(rule, document=document), body.version, services)


@router.delete(ONE, summary="Take one's own rule away", status_code=204)
def delete_rule(api: Api, app_id: str, node_id: str, version: VersionQuery = None) -> Response[str]:
    """The node's default is in force again. The versions stay, and can be restored."""
    uid, services = api.caller.uid, api.services
    rule = _own(api, app_id, node_id)
    services.rules.delete_own(uid, app_id, node_id, rule.version if version is None else version)
    services.trail.record(uid, ("own-rule", uid, app_id, node_id), _show_own(rule), None)
    tell(RuleChanged(app_id, node_id, uid), services)
    return Response(204, body="")


@router.get(f"{ONE}/versions", summary="Every version of one's own rule")
def list_versions(
    api: Api, app_id: str, node_id: str, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Listed[OwnRule]:
    """The newest first, also of a rule that was taken away."""
    page = api.services.rules.own_versions(api.caller.uid, app_id, node_id, api.open_cursor(cursor), limit)
    names = _names(app_id, node_id, api.services)
    return api.listed([_show_own(rule, names) for rule in page.items], page.next)


@router.post(f"{ONE}/versions/{{n}}/restore", summary="Restore a version of one's own rule")
def restore_version(api: Api, app_id: str, node_id: str, n: Number, body: RestoreWanted | None = None) -> OwnRule:
    """It becomes the newest version."""
    uid, rules = api.caller.uid, api.services.rules
    earlier = rules.own_version(uid, app_id, node_id, n)
    if earlier is None:
        raise not_found("version")
    before = rules.own(uid, app_id, node_id)
    beside = before or PersonalRule(uid=uid, app_id=app_id, node_id=node_id)
    rule = msgspec.structs.replace(
        earlier, version=beside.version, cleared_version=beside.cleared_version, newer=beside.newer
    )
    return _save_own(before, rule, body.version if body else None, api.services)


def _show_own(rule: PersonalRule, names: Names = NO_NAMES) -> OwnRule:
    return OwnRule(**_own_facts(rule, names))


def _own_facts(rule: PersonalRule, names: Names) -> dict[str, Any]:
    return {
        **facts_of(rule, rule.app_id, rule.node_id, names),
        "status": rule.enabled,
        "auto_analysis": rule.auto_analysis,
        "version": rule.version,
        "document": rule.document,
        "stale": show_stale(rule),
    }


def _list_own(
    rule: PersonalRule, default: DefaultRule | None, node: PersonNode | None, settings: AiSettings
) -> ListedRule:
    named = default or node
    return ListedRule(
        **_own_facts(rule, (named.node_key, named.node_name) if named else NO_NAMES),
        app_name=node.app_name if node else "",
        default=show_default_in_force(default, settings),
    )


def _asked_text(rule: str, app_id: str, node_id: str, services: Services) -> str:
    """The text that an own rule asks: its own, else that of the node's default."""
    default = None if rule.strip() else services.rules.default(app_id, node_id)
    return default.rule if default else rule


def _own(api: Api, app_id: str, node_id: str) -> PersonalRule:
    """The caller's own rule. Raises Problem (404)."""
    rule = api.services.rules.own(api.caller.uid, app_id, node_id)
    if rule is None:
        raise not_found("rule")
    return rule


def _names(app_id: str, node_id: str, services: Services) -> Names:
    default = services.rules.default(app_id, node_id)
    return (default.node_key, default.node_name) if default else NO_NAMES


def _save_own(before: PersonalRule | None, rule: PersonalRule, expected: int | None, services: Services) -> OwnRule:
    """Raises StaleVersion where `expected` is no longer the version that stands there."""
    saved = save_version(before, rule, expected, services.rules.save_own)
    what = ("own-rule", rule.uid, rule.app_id, rule.node_id)
    services.trail.record(rule.uid, what, before and _show_own(before), _show_own(saved))
    tell(RuleChanged(rule.app_id, rule.node_id, rule.uid), services)
    return _show_own(saved, _names(rule.app_id, rule.node_id, services))
