"""What a change of the trigger rules would do, before it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from admin_api.api import Api, Router
from admin_api.requests import Wanted
from admin_api.setup.platform_forms import ID_PATTERN
from admin_api.setup.trigger_rules import Gaps, RuleNew, gaps_of
from taskbridge.push.flows import Flow, find_flows, find_lost
from taskbridge.push.trigger_rules import AI, DEFAULT_RULE, TriggerRule, in_force
from taskbridge.tables.configuration import Configuration

NEW = "new"
router = Router("trigger rules")


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
