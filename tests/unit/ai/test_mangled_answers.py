"""Answers that came to harm on their way: nothing crashes, and no approve comes out that was not in."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ai_analyze.answer import ReadAnswer, read_answer
from ai_analyze.prose import ProseScanner
from taskbridge.ai.results import Verdict
from tests.scripted_models import ScriptedModel
from tests.unit.ai.materials import GOOD, REASON, Desk, a_material, a_rule, told, verdict

REVIEWED = 300
VERDICTS = ("approve", "reject", "needs_human")

_SIGNS = ("{", "}", "[", "]", '"', "'", ":", ",", "\\", "```", "“", "”", "\n", "\0", "\ud83d", "null", "NaN", "approve")
_OTHER_WORDS = {
    "approve": ("通过", "одобрить", "承認", "genehmigen", "APPROVE", "approved", " approve"),
    "verdict": ("结论", "вердикт", "判定", "Verdict", "verdict "),
    "findings": ("发现", "results"),
    "pass": ("合格", "да", "ok"),
}


def whole_answer(chance: random.Random) -> str:
    return told(
        chance.choice(VERDICTS), GOOD[1], prose=chance.choice(["逐条核对。", "", "结论是 {不确定}。", '见 {"a": 1}。'])
    )


# Each takes an answer, and gives what became of it.


def cut(answer: str, chance: random.Random) -> str:
    return answer[: chance.randrange(len(answer) + 1)]


def cut_bytes(answer: str, chance: random.Random) -> str:
    data = answer.encode(errors="replace")
    start, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return (data[:start] + data[end:]).decode(errors="replace")


def lose_letters(answer: str, chance: random.Random) -> str:
    kept = list(answer)
    for _ in range(min(chance.randint(1, 4), len(kept))):
        del kept[chance.randrange(len(kept))]
    return "".join(kept)


def gain_signs(answer: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(answer) + 1)
        answer = answer[:at] + chance.choice(_SIGNS) + answer[at:]
    return answer


def say_twice(answer: str, chance: random.Random) -> str:
    key, value = chance.choice([("verdict", "approve"), ("verdict", "reject"), ("findings", [])])
    again = f'"{key}": {json.dumps(value)}, '
    return answer.replace('{"verdict"', "{" + again + '"verdict"', 1)


def speak_another_language(answer: str, chance: random.Random) -> str:
    word = chance.choice(list(_OTHER_WORDS))
    return answer.replace(word, chance.choice(_OTHER_WORDS[word]))


def change_quotes(answer: str, chance: random.Random) -> str:
    return answer.replace('"', chance.choice(["'", "“", "", '\\"', '""']))


def fence_again(answer: str, chance: random.Random) -> str:
    return chance.choice(["```\n{}\n```", "```json\n```json\n{}\n```\n```", "{}", '{"answer": {}}']).replace(
        "{}", answer
    )


def answer_again(answer: str, chance: random.Random) -> str:
    return answer + chance.choice(["\n更正：\n", ""]) + whole_answer(chance)


def turn_over(answer: str, chance: random.Random) -> str:
    at = chance.randrange(len(answer) + 1)
    return answer[at:] + answer[:at]


MANGLERS: tuple[Callable[[str, random.Random], str], ...] = (
    cut,
    cut_bytes,
    lose_letters,
    gain_signs,
    say_twice,
    speak_another_language,
    change_quotes,
    fence_again,
    answer_again,
    turn_over,
)


def mangled_answers(count: int, seed: int) -> Iterator[str]:
    chance = random.Random(seed)
    for _ in range(count):
        answer = whole_answer(chance)
        for _ in range(chance.randint(1, 3)):
            answer = chance.choice(MANGLERS)(answer or "无", chance)
        yield answer


def read(answer: str, size: int = 7) -> ReadAnswer | None:
    """The answer as it is read when it comes in pieces."""
    scanner = ProseScanner()
    for start in range(0, len(answer), size):
        scanner.feed(answer[start : start + size])
    scanner.finish()
    return read_answer(scanner.blocks)


def verdicts_in(answer: str) -> list[Any]:
    """The verdict of every valid JSON object that stands in the answer, found without any code of ours."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError
        return dict(pairs)

    decoder = json.JSONDecoder(object_pairs_hook=unique)
    found = []
    for at, sign in enumerate(answer):
        if sign == "{":
            try:
                value, _ = decoder.raw_decode(answer, at)
            except ValueError:
                continue
            found += [value["verdict"]] if "verdict" in value else []
    return found


def test_mangled_answers_give_no_approve_that_was_not_there(request: pytest.FixtureRequest) -> None:
    count: int = request.config.getoption("--answers")
    approved = unread = 0
    for answer in mangled_answers(count, seed=20261122):
        result = read(answer)
        unread += result is None
        if result is not None and result.verdict is Verdict.APPROVE:
            approved += 1
            assert set(verdicts_in(answer)) == {"approve"}, answer

    # The mangling is such that all of it happens: some answers are whole, most are not.
    assert count // 50 < approved < count // 3
    assert unread > count // 10


def test_reviews_of_mangled_answers_end_with_advice_and_the_text_that_was_shown() -> None:
    answers = mangled_answers(2 * REVIEWED, seed=7)
    for first, second in zip(answers, answers, strict=True):
        desk = Desk()

        advice = desk.review(a_material(rule=a_rule(REASON)), ScriptedModel([first, second]))

        assert advice.text == desk.shown
        if advice.verdict is Verdict.APPROVE:
            assert "approve" in verdicts_in(first) + verdicts_in(second)
            assert all(any(quote.verified for quote in each.evidence) for each in advice.findings)
        advice.text.encode()
        advice.raw.encode()


@pytest.mark.parametrize("said", VERDICTS)
def test_an_answer_cut_at_any_byte_is_no_approve_until_its_object_is_whole(said: str) -> None:
    data = told(said).encode()
    closed = data.index(b"\n```\n", data.index(b"{"))

    for end in range(closed):
        result = read(data[:end].decode(errors="replace"))
        assert result is None or result.verdict is not Verdict.APPROVE

    whole = read(data[:closed].decode())
    assert whole is not None
    assert whole.verdict == said


def test_how_an_answer_is_cut_into_pieces_does_not_matter() -> None:
    answer = told("approve", prose="先说几句：{集合} 与 ``` 代码。")
    expected = read(answer, len(answer))

    assert expected is not None
    assert all(read(answer, size) == expected for size in range(1, 40))


def test_an_object_within_an_object_is_no_verdict() -> None:
    assert read(json.dumps({"answer": verdict()})) is None
