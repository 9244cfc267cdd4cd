"""The rules that one person has in force: the same as those that workers go by, with what is switched off beside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.rulebook import RuleBook, Switches
from taskbridge.ai.rules import AutoAnalysis, DefaultRule, PersonalRule
from taskbridge.ai.settings import AiSettings, ModelChoice
from tests.fakes_ai import MemoryRules
from tests.functional.ai_suites.builders import APP, NODE, UID, node_default, own_rule, seat

ON = AiSettings(examine_enable=True, examine_default_all_apps=True)


def book(rules: MemoryRules, settings: AiSettings = ON) -> RuleBook:
    return RuleBook(rules, lambda: Switches(settings, ModelChoice("aigc", "qwen")))


@given(
    settings=st.builds(AiSettings, examine_enable=st.booleans(), examine_default_all_apps=st.booleans()),
    default=st.none() | st.builds(node_default, enabled=st.booleans(), rule=st.sampled_from(["", "默认"])),
    own=st.none()
    | st.builds(
        own_rule,
        rule=st.sampled_from(["", "自己的"]),
        enabled=st.booleans(),
        auto_analysis=st.sampled_from(list(AutoAnalysis)),
    ),
)
def test_a_person_is_shown_the_standing_that_workers_go_by(
    settings: AiSettings, default: DefaultRule | None, own: PersonalRule | None
) -> None:
    rules = MemoryRules()
    rules.stored_defaults = {(APP, NODE): default} if default else {}
    rules.stored_owns = {(UID, APP, NODE): own} if own else {}
    asked = book(rules, settings)

    in_force = asked.in_force(UID, [(APP, NODE)])

    assert in_force.standing(seat()) == asked.standing(seat())
    rule = in_force.rules.get((APP, NODE))
    assert (in_force.standing(seat()) is None) == (rule is None or not rule.enabled)


@pytest.mark.parametrize(("rule", "enabled"), [("规则", True), ("规则", False), ("", False)])
def test_an_own_rule_is_one_also_where_it_asks_nothing(rule: str, enabled: bool) -> None:
    rules = MemoryRules()
    rules.save_own(own_rule(rule=rule, enabled=enabled), 0)

    in_force = book(rules).in_force(UID, [(APP, NODE), (APP, "other")])

    assert in_force.has_rule(APP, NODE) is True
    assert in_force.has_rule(APP, "other") is False


def test_the_rules_of_another_are_not_in_force() -> None:
    rules = MemoryRules()
    rules.save_own(own_rule(uid="u-3"), 0)

    assert book(rules).in_force(UID, [(APP, NODE)]).has_rule(APP, NODE) is False
