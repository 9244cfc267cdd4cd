"""Trigger rules: read, created, changed, removed; and what a change would do, before it is made."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import Field

from admin_api.api import JSON_TYPE, Api, Router
from admin_api.lists import DEFAULT_LIMIT, Cursor, Limit, Listed
from admin_api.problems import check_read, conflict, not_found
from admin_api.requests import Wanted
from admin_api.setup.platform_forms import ID_PATTERN, Name, ReadAt
from admin_api.wiring import Services
from taskbridge.errors import ConfigurationError, StoreError
from taskbridge.events import Action
from taskbridge.flaws import flaw
from taskbridge.push.coverage import find_gaps
from taskbridge.push.flows import Flow, find_flows, find_lost
from taskbridge.push.trigger_rules import AI, DEFAULT_RULE, EVERY_PLATFORM, TriggerRule, in_force
from taskbridge.registry import category_of
from taskbridge.tables.configuration import Configuration

UNKNOWN = "the rules could not be read again: see GET /v1/ops/summary for what they leave out"
RuleId = Annotated[str, Path(description="id of the rule", pattern=ID_PATTERN)]
Actions = Annotated[list[Annotated[Action, Field(strict=False)]], Field(max_length=50, description="empty: all")]
AppIds = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=500, description="empty: all")
]
Targets = Annotated[
    list[Annotated[str, Field(pattern=r"^(ai|push:(\*|[a-z0-9-]{1,40}))$")]],
    Field(max_length=100, description="`push:<platform id>`, `push:*` for every platform, `ai` for AI approval"),
]
Gaps = Annotated[
    tuple[str, ...], Field(description="what the rules in force leave out, a sentence each; empty: nothing")
]
NEW = "new"
router = Router("trigger rules")
logger = logging.getLogger("admin_api")


class RuleFields(Wanted):
    """What a rule says."""

    name: Name
    enabled: bool = True
    actions: Annotated[Actions, Field(default_factory=list)]
    app_ids: Annotated[AppIds, Field(default_factory=list)]
    targets: Targets

    def to_rule(self, rule_id: str, version: int) -> TriggerRule:
        """The rule that is to be stored in the place of `version`; each thing that it names, once."""
        actions = tuple(dict.fromkeys(action.value for action in self.actions))
        app_ids, targets = (tuple(dict.fromkeys(each)) for each in (self.app_ids, self.targets))
        return TriggerRule(rule_id, self.name, self.enabled, actions, app_ids, targets, version)


class RuleNew(RuleFields):
    """A rule to create."""

    id: Annotated[str | None, Field(pattern=ID_PATTERN, description="made up where absent")] = None


class RuleChange(RuleFields):
    """What a rule becomes. What was read may be sent back: `id`, `unreadable` and `gaps` are ignored."""

    version: Annotated[
        int | None, Field(ge=1, description="the one that was read; null overwrites whatever stands there")
    ] = None
    id: str | None = None
    unreadable: str | None = None
    gaps: list[str] | None = None


@dataclass(frozen=True, slots=True)
class SavedRule(TriggerRule):
    """A rule as it is stored now."""

    gaps: Gaps = ()


@dataclass(frozen=True, slots=True)
class RuleDeleted:
    """A rule is gone."""

    id: str
    gaps: Gaps


REMOVED: Any = {
    200: {"description": "it is deleted, and what is left out by now", "content": {JSON_TYPE: {"model": RuleDeleted}}},
    204: {"description": "it is deleted"},
}


@router.get("/v1/trigger-rules", summary="Trigger rules")
def list_rules(api: Api, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> Listed[TriggerRule]:
    """By id. While none is enabled, every event goes to every platform and to AI approval."""
    page = api.services.configurator.list_rules(api.open_cursor(cursor), limit)
    return api.listed(page.items, page.next)


@router.post("/v1/trigger-rules", summary="Create a trigger rule", status_code=201)
def create_rule(api: Api, body: RuleNew) -> SavedRule:
    """Workers take it up within 20 seconds. The first enabled one replaces the rule that sends everything."""
    rule_id = body.id or f"rule-{api.services.new_id()}"
    if api.services.configurator.read_rule(rule_id) is not None:
        raise conflict("rule_exists", f"There is a rule {rule_id} already.")
    return _save(api, body.to_rule(rule_id, 0), before=None)


@router.put("/v1/trigger-rules/{id}", summary="Change a trigger rule")
def change_rule(api: Api, id: RuleId, body: RuleChange) -> SavedRule:
    """Workers take it up within 20 seconds. Without an enabled one, the rule that sends everything is in force."""
    before = _read(api.services, id, body.version)
    return _save(api, body.to_rule(id, before.version), before)


@router.delete("/v1/trigger-rules/{id}", summary="Delete a trigger rule", responses=REMOVED)
def delete_rule(api: Api, id: RuleId, version: ReadAt = None) -> Response[Any]:
    """After the last enabled one, the rule that sends everything is in force again."""
    rule = _read(api.services, id, version)
    api.services.configurator.delete_rule(id, rule.version)
    api.services.trail.record(api.caller.uid, ("trigger-rule", id), rule, None)
    gaps = _gaps(api.services)
    return Response(200, JSON_TYPE, asdict(RuleDeleted(id, gaps))) if gaps else Response(204, body="")


def gaps_of(configured: Configuration, rules: Sequence[TriggerRule] | None = None) -> tuple[str, ...]:
    """What the rules in force leave out, or `rules` in their place, a sentence each."""
    counted = configured.rules if rules is None else rules
    return find_gaps(counted, configured.enabled_platforms(), has_ai=configured.ai is not None)


def _read(services: Services, rule_id: str, read_at: int | None) -> TriggerRule:
    """The stored rule. Raises Problem (404), StaleVersion where it is no longer the one that was read."""
    rule = services.configurator.read_rule(rule_id)
    if rule is None:
        raise not_found("rule")
    check_read(rule.version, read_at)
    return rule


def _save(api: Api, rule: TriggerRule, before: TriggerRule | None) -> SavedRule:
    _check_targets(rule, api.services)
    saved = api.services.configurator.save_rule(rule)
    api.services.trail.record(api.caller.uid, ("trigger-rule", rule.id), before, saved)
    return SavedRule(**asdict(saved), gaps=_gaps(api.services))


def _gaps(services: Services) -> tuple[str, ...]:
    """As workers will see the rules. The change is made by now: it does not fail where this cannot be told."""
    try:
        return gaps_of(services.configuration.read_now())
    except StoreError as error:
        logger.warning("the gaps of the rules are not known: %s", error)
        return (UNKNOWN,)


def _check_targets(rule: TriggerRule, services: Services) -> None:
    """Each target is a task center that there is. Raises ConfigurationError."""
    for index, target in enumerate(rule.targets):
        if target in {AI, EVERY_PLATFORM}:
            continue
        platform = services.configurator.read_platform(target.removeprefix("push:"))
        if platform is None or category_of(platform.class_name) == "ai":
            raise ConfigurationError(f"targets[{index}]", flaw("no_task_center", got=repr(target)))


class RulesWanted(Wanted):
    """A change of the rules. With neither part, what is in force now is told."""

    rule: Annotated[RuleNew | None, Field(description="to be saved; in the place of the one with its id")] = None
    without: Annotated[str | None, Field(pattern=ID_PATTERN, description="id of a rule to be deleted")] = None


@dataclass(frozen=True, slots=True)
class RulePreview:
    """What the rules would send where."""

    targets: tuple[str, ...]
    flows: tuple[Flow, ...]
    lost: tuple[Flow, ...]
    gained: tuple[Flow, ...]
    gaps: Gaps


@router.post("/v1/trigger-rules/preview", summary="What a change of the trigger rules would do")
def preview_rules(api: Api, body: RulesWanted) -> RulePreview:
    """Nothing is changed. `lost` is what no longer reaches a target, `gained` what newly does."""
    configured = api.services.configuration.read_now()
    stored = [rule for rule in configured.rules if rule != DEFAULT_RULE]
    after = in_force(_changed(stored, body))
    targets = _targets(configured)
    return RulePreview(
        targets,
        find_flows(after, targets),
        find_lost(configured.rules, after, targets),
        find_lost(after, configured.rules, targets),
        gaps_of(configured, after),
    )


def _changed(stored: list[TriggerRule], wanted: RulesWanted) -> list[TriggerRule]:
    gone = {wanted.without, wanted.rule and wanted.rule.id}
    kept = [rule for rule in stored if rule.id not in gone]
    return [*kept, wanted.rule.to_rule(wanted.rule.id or NEW, 0)] if wanted.rule else kept


def _targets(configured: Configuration) -> tuple[str, ...]:
    """What takes events now: the task centers that are enabled, and AI approval where it is set up."""
    pushed = (f"push:{platform_id}" for platform_id in configured.enabled_platforms())
    return (*pushed, AI) if configured.ai is not None else tuple(pushed)
