"""What a fresh machine is told before anything is fetched."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from local import environment
from local.environment import NEEDED_BYTES, check_machine
from local.errors import StackError

ROOMY = NEEDED_BYTES


def test_a_disk_without_room_is_told_with_what_is_needed() -> None:
    with pytest.raises(StackError, match=r"has 0\.1 GB left, and 2\.5 GB are needed: make room"):
        check_machine(0, free_bytes=100_000_000)


def test_a_port_that_is_taken_is_told_with_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        # then
        with pytest.raises(StackError, match=rf"Port {port} is taken by another program.*AWS_PORT={port + 1}"):
            check_machine(port, free_bytes=ROOMY)


def test_the_port_of_a_stack_of_ones_own_is_no_other_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    (tmp_path / "aws.pid").write_text("1")
    with socket.create_server(("127.0.0.1", 0)) as own:
        # then
        check_machine(own.getsockname()[1], free_bytes=ROOMY)


def test_ctrl_c_while_packages_come_ends_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(environment, "check_machine", lambda _port: None)
    monkeypatch.setattr(environment, "make_environment", interrupted)

    assert environment.main(["python"]) == 130
    assert capsys.readouterr().err == "\nInterrupted: the same command goes on.\n"
