"""Why something waits, failed or was refused is one of a closed list, which the console says in both languages."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from taskbridge.push.causes import plain
from taskbridge.reasons import REASONS, build_reason

ROOT = Path(__file__).resolve().parents[2]
TEXTS = (ROOT / "console" / "src" / "reasons" / "texts.ts").read_text(encoding="utf-8")
SAID = {
    kind: json.loads(re.sub(r",\s*\]$", "]", pair))
    for kind, pair in re.findall(r"^  (\w+): (\[.*?\]),$", TEXTS, re.M | re.S)
}
ERRORS = frozenset(
    {
        "ContentRefused",
        "IncompleteAnswer",
        "PermanentError",
        "QuotaExhausted",
        "Refusal",
        "ThrottledError",
        "TokenRefused",
        "TransientError",
        "UnreadableDocument",
    }
)
# What no reason quotes (a connection test, a call that nobody makes, a sweep of AI approval, a finding), or what a
# decoder said of a damaged document, which stays in its words.
ELSEWHERE = frozenset(
    {
        "ai/processes.py",
        "ai_analyze/second_look.py",
        "platforms/ai_platform.py",
        "platforms/base.py",
        "platforms/client.py",
        "push/instances.py",
        "push/jobs.py",
        "setup/trial.py",
        "tables/ai_processes.py",
        "tables/push_log_items.py",
    }
)


def test_every_reason_is_known_to_the_console_by_its_own_words_and_it_knows_no_others() -> None:
    assert SAID.keys() == REASONS.keys()
    assert [kind for kind, sentence in REASONS.items() if sentence not in SAID[kind]] == []


@pytest.mark.parametrize("kind", sorted(REASONS))
def test_a_reason_is_built_of_its_values_and_told_by_causes_without_their_numbers_alone(kind: str) -> None:
    names = [name for _, name, _, _ in Formatter().parse(REASONS[kind]) if name]
    told = build_reason(kind, **dict.fromkeys(names, "7"))
    assert "{" not in told
    assert plain(told) == build_reason(kind, **dict.fromkeys(names, "…"))


def test_no_error_that_becomes_a_reason_has_words_of_no_kind() -> None:
    assert sorted({place for place in written() if not place.endswith(tuple(ELSEWHERE))}) == []


def written() -> Iterator[str]:
    """Where an error of a platform or of a document, or a reason, is told in words that are written there."""
    for folder in ("layers/common/taskbridge", "functions"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            calls = filter(is_written, ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
            yield from (file.relative_to(ROOT).as_posix() for _ in calls)


def is_written(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    first = node.args[:1] if getattr(node.func, "id", "") in ERRORS else []
    told = [*first, *(each.value for each in node.keywords if each.arg == "reason")]
    return any(isinstance(each, ast.JoinedStr) or (isinstance(each, ast.Constant) and each.value) for each in told)
