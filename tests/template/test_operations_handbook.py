"""The handbook says what to do about every alarm of the template, and about no other."""

from __future__ import annotations

import re
import shlex
from fnmatch import fnmatchcase

import pytest

from cli.command_line import main
from cli.verbs import Verb
from local.settings import ROOT
from tests.template.reader import Template

HANDBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Every `taskbridge` command of the page, with words for what stands in <>."""
    joined = HANDBOOK.replace("\\\n", " ")
    found = re.findall(r"(?:^|`|\| |do )\s*(taskbridge [^`|#;\n]+)", joined, flags=re.MULTILINE)
    return [re.sub(r"<[^>]*>", "word", each) for each in found]


def test_every_alarm_has_a_section_that_says_what_to_do(template: Template) -> None:
    sections = dict(re.findall(r"^### (\*?\w+Alarm)\n(.*?)(?=^##)", HANDBOOK, flags=re.MULTILINE | re.DOTALL))
    alarms = template.of_type("AWS::CloudWatch::Alarm") | template.of_type("AWS::CloudWatch::CompositeAlarm")
    said = {alarm: [name for name in sections if fnmatchcase(alarm, name)] for alarm in alarms}
    assert {alarm for alarm, names in said.items() if not names} == set()
    assert set(sections) == {name for names in said.values() for name in names}
    assert all(text.strip() for text in sections.values())


@pytest.mark.parametrize("command", commands())
def test_every_command_of_the_handbook_is_one_that_exists(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    meant: list[Verb] = []
    monkeypatch.setattr(Verb, "invoke", lambda verb, _context: meant.append(verb))
    assert main(shlex.split(command)[1:]) == 0
    assert len(meant) == 1


def test_every_verb_stands_in_the_handbook_or_on_its_page() -> None:
    text = HANDBOOK + (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    for verb in (
        "events send",
        "logs",
        "tail",
        "replay",
        "reconcile",
        "summary",
        "dlq",
        "platforms test",
        "ai analyse",
    ):
        assert f"taskbridge {verb}" in text, verb
