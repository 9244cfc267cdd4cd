"""What is wrong with a field is said by its kind: in English by the API, in both languages by the console."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Annotated

import msgspec
import pytest

from admin_api.problem_codes import FLAW_OF_PYDANTIC
from taskbridge.flaws import FLAWS, OTHER, Flaw, as_flaw, flaw, flaw_of_msgspec

ROOT = Path(__file__).resolve().parents[3]
WORDS = (ROOT / "console" / "src" / "flaws" / "texts.ts").read_text(encoding="utf-8")
SAID = dict(re.findall(r"^  (\w+): (\[.*?\]),$", WORDS, re.MULTILINE | re.DOTALL))
REFUSING = ("ConfigurationError", "invalid")
# What is told elsewhere than at a field of a form: by the tests of connections, in logs, as the reason of a failure.
ELSEWHERE = frozenset(
    {
        "access/secrets.py",
        "access/tokens.py",
        "ai/jobs.py",
        "lambdas.py",
        "platforms/__init__.py",
        "platforms/configured.py",
        "platforms/credentials.py",
        "setup/connection.py",
        "admin_api/api.py",
        "admin_api/changes.py",
        "admin_api/erasure.py",
        "admin_api/requests.py",
        "admin_api/resolver.py",
    }
)


def values_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_every_kind_has_words_in_both_languages_and_none_that_the_api_does_not_have() -> None:
    assert SAID.keys() == FLAWS.keys()


@pytest.mark.parametrize("kind", sorted(FLAWS))
def test_the_words_of_a_kind_name_no_value_that_it_lacks(kind: str) -> None:
    lacking = set(re.findall(r"\{(\w+)\}", SAID[kind])) - values_of(FLAWS[kind])
    assert lacking == set()


def test_pydantic_is_read_as_kinds_that_there_are_with_the_values_that_they_have() -> None:
    for kind, _, name in FLAW_OF_PYDANTIC.values():
        assert {name} - {""} <= values_of(FLAWS[kind])


@pytest.mark.parametrize(
    ("given", "wanted", "kind", "values"),
    [
        ("abc", msgspec.Meta(max_length=2), "too_long", {"most": "2"}),
        ("", msgspec.Meta(min_length=1), "too_short", {"least": "1"}),
        (31.5, msgspec.Meta(le=30), "too_large", {"most": "30"}),
        (0, msgspec.Meta(ge=1), "too_small", {"least": "1"}),
        (["a", "b"], msgspec.Meta(max_length=1), "too_many", {"most": "1"}),
        ("b", msgspec.Meta(pattern="^a$"), "pattern", {}),
    ],
)
def test_a_bound_that_a_setting_breaks_is_named(
    given: object, wanted: msgspec.Meta, kind: str, values: dict[str, str]
) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(given, Annotated[type(given), wanted])
    told = flaw_of_msgspec(str(refused.value))
    assert (told.kind, {name: text.removesuffix(".0") for name, text in told.values.items()}) == (kind, values)
    assert told == str(refused.value), "in its own words"


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [(int, "whole_number"), (float, "number"), (bool, "yes_or_no"), (list, "list"), (dict, "object")],
)
def test_another_type_is_named(wanted: type, kind: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert("x", wanted)
    assert flaw_of_msgspec(str(refused.value)).kind == kind


def test_a_flaw_is_its_sentence_and_a_sentence_of_no_kind_is_shown_as_it_is() -> None:
    told = flaw("one_of", expected="a, b", got="'c'")
    assert told == "expected one of a, b, got 'c'"
    assert as_flaw(told) is told
    assert (as_flaw("anything").kind, flaw_of_msgspec("Invalid enum value 'c'").kind) == (OTHER, OTHER)
    assert isinstance(as_flaw("anything"), Flaw)


def test_what_is_refused_at_a_field_has_a_kind() -> None:
    assert [place for place in refusals() if not place.endswith(tuple(ELSEWHERE))] == []


def refusals() -> Iterator[str]:
    """Where a field is refused in words that are written there."""
    for folder in (ROOT / "layers" / "common" / "taskbridge", ROOT / "functions" / "admin_api"):
        for file in sorted(folder.rglob("*.py")):
            calls = filter(is_refusal, ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
            yield from (file.relative_to(ROOT).as_posix() for _ in calls)


def is_refusal(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in REFUSING
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant | ast.JoinedStr)
    )
