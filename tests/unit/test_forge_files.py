"""What a forge and a hook read of this repository is what they take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from local.settings import ROOT

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
OF_A_PART = {"label", "description", "value", "placeholder", "options", "multiple", "render"}


def read(path: Path) -> Any:
    return yaml_parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_of_an_issue_asks_with_nothing_but_what_a_form_knows(path: Path) -> None:
    form = read(path)
    assert set(form) == {"name", "description", "body"}
    for part in form["body"]:
        assert set(part["attributes"]) <= OF_A_PART
        assert all(isinstance(value, str) for value in part["attributes"].values())


def test_every_hook_before_a_commit_calls_a_program_that_is_there() -> None:
    hooks = [hook for repo in read(ROOT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    programs = {hook["entry"].split()[0] for hook in hooks}
    assert {program for program in programs if not (ROOT / program).exists()} == {"make"}
