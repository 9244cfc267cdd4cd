"""The resolver: every combination of switches, own rule and node default."""

from __future__ import annotations

from itertools import product

import pytest

from taskbridge.ai.rules import AutoAnalysis, Check, DefaultRule, PersonalRule, RuleText, resolve_rule
from taskbridge.ai.settings import AiSettings

OWN = ("none", "written", "blank", "off", "blank off")
DEFAULT = ("none", "written", "blank", "off")
EVERYTHING = list(
    product((True, False), (True, False), (True, False), OWN, tuple(AutoAnalysis), DEFAULT, (True, False))
)


def settings(*, enable: bool, all_apps: bool, listed: bool) -> AiSettings:
    return AiSettings(
        examine_enable=enable, examine_default_all_apps=all_apps, default_app_ids=("app",) if listed else ("other",)
    )


def own_rule(kind: str, auto: AutoAnalysis) -> PersonalRule | None:
    if kind == "none":
        return None
    text = "" if "blank" in kind else "own rule"
    return PersonalRule(
        uid="u", app_id="app", node_id="n", rule=text, enabled="off" not in kind, auto_analysis=auto, version=3
    )


def node_default(kind: str, *, automatic: bool) -> DefaultRule | None:
    if kind == "none":
        return None
    text = "" if kind == "blank" else "default rule"
    return DefaultRule(app_id="app", node_id="n", rule=text, enabled=kind != "off", automatic=automatic, version=7)


@pytest.mark.parametrize(("enable", "all_apps", "listed", "own", "auto", "default", "default_auto"), EVERYTHING)
def test_the_rule_in_force_for_every_combination(
    enable: bool, all_apps: bool, listed: bool, own: str, auto: AutoAnalysis, default: str, default_auto: bool
) -> None:
    resolved = resolve_rule(
        settings(enable=enable, all_apps=all_apps, listed=listed),
        own_rule(own, auto),
        node_default(default, automatic=default_auto),
        "app",
    )

    # The sentences, one by one, written without looking at the code.
    default_applies = default == "written" and (all_apps or listed)
    if not enable:
        assert resolved is None, "the switch turns everything off"
        return
    if own in ("written", "off"):
        assert resolved is not None
        assert (resolved.rule, resolved.source, resolved.version) == ("own rule", "custom", "custom-3")
    elif default_applies:
        assert resolved is not None
        assert (resolved.rule, resolved.source, resolved.version) == ("default rule", "default", "default-7")
    else:
        assert resolved is None, "neither an own rule nor a default that the switches allow"
        return
    assert resolved.enabled is ("off" not in own), "who switched it off has it off"
    wished = {0: default_applies and default_auto, 1: True, 2: False}[auto]
    automatic = default_auto if own == "none" else wished
    assert resolved.automatic is (automatic and resolved.enabled)


def test_the_cross_product_is_full() -> None:
    assert len(EVERYTHING) == 2 * 2 * 2 * 5 * 3 * 4 * 2


def test_the_digest_tells_another_question_and_nothing_else() -> None:
    one = RuleText(rule="r", keynote="k", file_key=("f",), checks=(Check("c", "amount < 5", confirmed=True),))
    same_question = DefaultRule(
        app_id="a", node_id="n", rule="r", keynote="k", file_key=("f",), checks=one.checks, version=9, automatic=True
    )
    assert one.digest() == same_question.digest()
    others = [
        RuleText(rule="r2", keynote="k", file_key=("f",), checks=one.checks),
        RuleText(rule="r", keynote="k2", file_key=("f",), checks=one.checks),
        RuleText(rule="r", keynote="k", file_key=(), checks=one.checks),
        RuleText(rule="r", keynote="k", file_key=("f",), checks=(Check("c", "amount < 6", confirmed=True),)),
        RuleText(rule="r", keynote="k", file_key=("f",)),
    ]
    assert len({other.digest() for other in others} | {one.digest()}) == len(others) + 1


def test_a_check_that_nobody_confirmed_changes_no_question() -> None:
    unconfirmed = RuleText(rule="r", checks=(Check("c", "amount < 5"),))
    assert unconfirmed.digest() == RuleText(rule="r").digest()
    assert unconfirmed.confirmed_checks == ()
