"""What is sent has the type that is described, and errors say what came."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from admin_api.ai import analyses, dry_runs, own_rules
from admin_api.problems import _describe
from admin_api.push import comparison, replays
from admin_api.requests import Wanted
from admin_api.setup import ai_switches, platform_forms, trigger_rules
from taskbridge.errors import ConfigurationError
from taskbridge.platforms import REGISTRY
from taskbridge.platforms.settings import parse_settings
from tests.builders import JINZHI_SETTINGS

PLATFORM = {"name": "n", "class_name": "Aigc", "settings": {}}


@pytest.mark.parametrize(
    ("model", "body", "field"),
    [
        (platform_forms.PlatformNew, {**PLATFORM, "enabled": 0}, "enabled"),
        (platform_forms.PlatformNew, {**PLATFORM, "enabled": "true"}, "enabled"),
        (platform_forms.PlatformNew, {**PLATFORM, "name": 7}, "name"),
        (platform_forms.PlatformChange, {**PLATFORM, "enabled": True, "version": "1"}, "version"),
        (trigger_rules.RuleNew, {"name": "n", "targets": ["ai"], "enabled": 1}, "enabled"),
        (replays.ReplayWanted, {"dry_run": "yes"}, "dry_run"),
        (replays.ReplayWanted, {"rate_per_s": "5"}, "rate_per_s"),
        (comparison.ReconcileWanted, {"platform_id": 7}, "platform_id"),
        (dry_runs.DryRunWanted, {"rule": "r", "limit": "5"}, "limit"),
        (analyses.AnalysisWanted, {"force": 1}, "force"),
        (ai_switches.AiSettingsChange, {"retention_days": 30.0}, "retention_days"),
        (own_rules.OwnRuleWanted, {"status": "yes"}, "status"),
    ],
)
def test_another_type_is_refused(model: type[Wanted], body: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(body)
    assert {str(error["loc"][0]) for error in caught.value.errors()} == {field}


def test_what_has_the_type_is_taken() -> None:
    rule = trigger_rules.RuleNew.model_validate({"name": "n", "targets": ["ai"], "actions": ["task_received"]})
    assert rule.actions == ["task_received"]
    assert replays.ReplayWanted.model_validate({"rate_per_s": 5, "dry_run": True}).rate_per_s == 5


@pytest.mark.parametrize(
    "class_name", sorted(name for name in REGISTRY if hasattr(REGISTRY[name].Settings, "success_codes"))
)
def test_without_a_code_of_success_nothing_could_succeed(class_name: str) -> None:
    kind = REGISTRY[class_name].Settings
    with pytest.raises(ConfigurationError) as caught:
        parse_settings(
            kind,
            {**JINZHI_SETTINGS, "success_codes": []}
            if class_name == "JinZhiTaskCenter"
            else {**_least(kind), "success_codes": []},
        )
    assert caught.value.field == "success_codes"


def _least(kind: Any) -> dict[str, Any]:
    known = {"host": "https://a.test", "app_id": "a", "model": "m", "pc_todo_url": "https://a.test/{task_id}"}
    return {name: value for name, value in known.items() if name in kind.__struct_fields__}


@pytest.mark.parametrize(
    ("came", "shown"),
    [
        ("5", '"5"'),
        (0, "0"),
        (None, "null"),
        ({"a": 1}, "an object"),
        ([1, 2], "a list of 2"),
        ("x" * 99, "a text of 99 characters"),
    ],
)
def test_an_error_says_what_came(came: Any, shown: str) -> None:
    told = _describe(
        {"loc": ("body", "rate", 0), "msg": "Input should be a valid number", "input": came, "type": "float_type"}
    )
    assert told["problem"] == f"Input should be a valid number, got {shown}"
    assert (told["in"], told["field"], told["kind"]) == ("body", "rate.0", "number")


@pytest.mark.parametrize("kind", ["missing", "extra_forbidden"])
def test_what_stands_under_a_name_that_nobody_knows_is_not_repeated(kind: str) -> None:
    assert "s3cret" not in str(_describe({"loc": ("body", "app_secret"), "msg": "no", "input": "s3cret", "type": kind}))


def test_a_text_that_is_refused_is_not_repeated() -> None:
    told = _describe({"loc": ("body", "name"), "msg": "too short", "input": "s3cret", "type": "string_too_short"})
    assert told["problem"] == "too short, got a text of 6 characters"
