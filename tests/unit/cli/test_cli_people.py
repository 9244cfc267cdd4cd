"""`taskbridge people erase`: called until nothing is left."""

from __future__ import annotations

from typing import Any

from tests.unit.cli.terminal import Terminal, ok


def erased(tasks: int, *, finished: bool = True, dry_run: bool = False, change_id: str = "c") -> dict[str, Any]:
    return {"finished": finished, "dry_run": dry_run, "erased": {"tasks": tasks, "jobs": 1}, "change_id": change_id}


def test_it_is_called_until_nothing_is_left_and_the_counts_are_added_up() -> None:
    answers = [ok(erased(300, finished=False, change_id="c1")), ok(erased(20, change_id="c2"))]
    terminal = Terminal(answers)
    assert terminal.run("people", "erase", "u/2") == 0
    assert [(each.method, each.url.path) for each in terminal.requests] == [("DELETE", "/v1/people/~dS8y")] * 2
    shown = terminal.json
    assert (shown["erased"], shown["change_id"]) == ({"tasks": 320, "jobs": 2}, "c1 c2")


def test_a_dry_run_asks_once_and_says_so() -> None:
    terminal = Terminal([ok(erased(5, finished=False, dry_run=True, change_id=""))])
    assert terminal.run("people", "erase", "u-2", "--dry-run") == 0
    assert [str(each.url.query, "ascii") for each in terminal.requests] == ["dry_run=true"]
