"""What a command says while it works."""

from __future__ import annotations

import io

from local.steps import Steps


class Terminal(io.StringIO):
    """A terminal, 80 columns wide."""

    def isatty(self) -> bool:
        return True


def test_a_pipe_is_told_when_a_step_begins_and_how_long_it_took() -> None:
    # given
    out = io.StringIO()

    # when
    with Steps(out).step("Packing the functions", 8) as told:
        told(3, "console")

    # then
    assert out.getvalue().splitlines() == ["Packing the functions ...", "Packing the functions: 0 s"]


def test_a_terminal_sees_a_bar_on_one_line_which_goes_when_the_step_has_ended() -> None:
    # given
    out = Terminal()

    # when
    with Steps(out).step("Packing the functions" + " and more" * 10, 8):
        pass

    # then
    first, *_, last = out.getvalue().split("\r\x1b[K")
    drawn = out.getvalue().split("\r\x1b[K")[1]
    assert first == ""
    assert len(drawn) < 80
    assert last.endswith(": 0 s\n")


def test_a_step_that_fails_is_not_told_as_done() -> None:
    # given
    out = Terminal()

    # when
    try:
        with Steps(out).step("Packing the functions"):
            raise OSError
    except OSError:
        pass

    # then
    assert out.getvalue().endswith("\r\x1b[K")
