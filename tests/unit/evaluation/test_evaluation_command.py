"""`make eval` from its arguments to its exit status; nothing outside this process is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ai_analyze.review import Link, Model
from evaluation import command_line
from evaluation.command_line import main
from evaluation.errors import EvaluationError
from evaluation.golden import read_golden_forms
from evaluation.platforms import OneToken, PlatformFile, open_platform, read_platform_file
from taskbridge.errors import TransientError
from tests.scripted_models import ScriptedModel
from tests.unit.evaluation.readers import CarefulReader, EagerReader

FORMS = read_golden_forms()
DESCRIBED: dict[str, Any] = {
    "class_name": "OpenAICompatible",
    "settings": {"base_url": "https://models.example.edu.cn/v1", "model": "qwen-plus"},
    "secret_variable": "QWEN_KEY",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "qwen.json"
    path.write_text(json.dumps(DESCRIBED))
    return path


def ask(monkeypatch: pytest.MonkeyPatch, client: Model, *arguments: str) -> int:
    """The exit status of an evaluation of a scripted model."""

    @contextmanager
    def opened(name: str, environment: object, workers: int) -> Iterator[Link]:
        yield Link(client, "m")

    monkeypatch.setattr(command_line, "open_platform", opened)
    return main(["scripted", *arguments])


# -- the command


@pytest.mark.parametrize(
    ("arguments", "idle"),
    [
        (["readers", "--only", "leave-*"], "ONLY"),
        (["readers", "--picture", "curve.svg"], "PICTURE"),
        (["obeying", "--masking", "--log", "said.jsonl"], "MASKING, LOG"),
        (["checks", "--flips"], "FLIPS"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(
    arguments: list[str], idle: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert f"{idle}: of no effect with {arguments[0]}" in capsys.readouterr().err


def test_right_answers_end_with_success_and_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status = ask(monkeypatch, CarefulReader(FORMS), "--only", "leave-*")

    shown = capsys.readouterr()
    assert status == 0
    assert "scripted careful-1: verdicts" in shown.out
    assert "100% of 9" in shown.out
    assert "false approvals 0" in shown.err


def test_a_false_approval_ends_with_failure_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status = ask(monkeypatch, EagerReader(FORMS), "--only", "seal-05-*")

    assert status == 1
    assert "seal-05-a-guarantee-in-the-text: expected reject, got FALSE APPROVAL" in capsys.readouterr().out


def test_a_form_without_an_answer_ends_with_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a platform that does not answer, and no time to wait
    monkeypatch.setattr("evaluation.asking.TRANSIENT_WAIT_S", 0.0)

    # when
    status = ask(monkeypatch, ScriptedModel([TransientError("HTTP 502")]), "--only", "leave-01-*")

    # then
    assert status == 2
    assert "no answer: HTTP 502" in capsys.readouterr().out


def test_a_pattern_that_names_no_form_ends_with_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch, CarefulReader(FORMS), "--only", "holiday-*") == 2
    assert "holiday-*" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["simulator", "--workers", "0"], ["simulator", "--workers", "many"]])
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)


# -- the platform


def test_a_platform_file_gives_its_platform_and_model(file: Path) -> None:
    with open_platform(str(file), {"QWEN_KEY": "sk-1"}, workers=1) as link:
        assert (link.client.platform_id, link.model) == ("qwen", "qwen-plus")


def test_the_model_of_a_platform_file_goes_before_that_of_its_settings(file: Path) -> None:
    file.write_text(json.dumps({**DESCRIBED, "model": "qwen-max"}))

    with open_platform(str(file), {"QWEN_KEY": "sk-1"}, workers=1) as link:
        assert link.model == "qwen-max"


def test_a_secret_that_is_not_set_is_named(file: Path) -> None:
    with pytest.raises(EvaluationError, match="QWEN_KEY is not set"), open_platform(str(file), {}, workers=1):
        pass


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"class_name": "Oracle"}, "class_name"),
        ({"settings": {"model": "qwen-plus"}}, "base_url"),
        ({"api_key": "sk-1"}, "api_key"),
    ],
)
def test_what_is_wrong_with_a_platform_file_is_named(file: Path, changes: dict[str, Any], named: str) -> None:
    file.write_text(json.dumps({**DESCRIBED, **changes}))

    with pytest.raises(EvaluationError, match=named), open_platform(str(file), {"QWEN_KEY": "sk-1"}, workers=1):
        pass


def test_a_platform_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no such file"):
        read_platform_file(tmp_path / "gpt")


def test_a_platform_file_reads_as_it_was_written(file: Path) -> None:
    assert read_platform_file(file) == PlatformFile(**DESCRIBED)


def test_a_token_is_fetched_once_and_again_only_by_the_first_who_was_refused() -> None:
    # given
    tokens, fetched = OneToken(), iter(["one", "two"])

    def fetch() -> str:
        return next(fetched)

    # when
    first = [tokens.get("aigc", fetch, 7000.0) for _ in range(3)]
    second = [tokens.replace("aigc", "one", fetch, 7000.0) for _ in range(3)]

    # then
    assert first == ["one"] * 3
    assert second == ["two"] * 3


def test_the_bundled_simulator_can_be_asked() -> None:
    assert main(["simulator", "--only", "leave-0[12]-*", "--workers", "2"]) == 0
