"""Who is signed in by a link and who is not; how functions are unpacked, and how many environments people get."""

from __future__ import annotations

import asyncio
import threading
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from local.emulator_process import OneClick, Unpacked, few_at_once
from local.people import password_of

QUERY = "client_id=c-1&redirect_uri=http%3A%2F%2Fconsole&state=s&code_challenge=x&response_type=code"


class Emulator:
    """Keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: Mapping[str, Any] = {}
        self.read: list[Mapping[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, _send: Any) -> None:
        self.asked = scope
        self.read = [await receive(), await receive()]


def ask(query: str, method: str = "GET", path: str = "/oauth2/authorize") -> Emulator:
    emulator = Emulator()

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(_message: Mapping[str, Any]) -> None:
        raise AssertionError("only the emulator answers")

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"h")],
    }
    asyncio.run(OneClick(emulator)(scope, receive, send))
    return emulator


def test_a_link_with_the_name_of_a_seeded_person_sends_the_form_of_the_sign_in_page() -> None:
    emulator = ask(f"{QUERY}&login_hint=approver-1")

    form, then = emulator.read
    assert (emulator.asked["method"], emulator.asked["path"]) == ("POST", "/login")
    assert dict(emulator.asked["headers"])[b"content-length"] == str(len(form["body"])).encode()
    assert dict(parse_qsl(form["body"].decode())) == {
        **dict(parse_qsl(QUERY)),
        "username": "approver-1",
        "password": password_of("c-1"),
    }
    assert then["type"] == "http.disconnect"


@pytest.mark.parametrize("query", [QUERY, f"{QUERY}&login_hint=", f"{QUERY}&login_hint=somebody-else"])
def test_everybody_else_is_shown_the_page(query: str) -> None:
    emulator = ask(query)

    assert (emulator.asked["method"], emulator.asked["path"]) == ("GET", "/oauth2/authorize")
    assert emulator.asked["query_string"] == query.encode()


@pytest.mark.parametrize(("method", "path"), [("GET", "/login"), ("POST", "/oauth2/authorize"), ("GET", "/logout")])
def test_only_the_sign_in_page_itself_looks_at_the_name(method: str, path: str) -> None:
    assert ask(f"{QUERY}&login_hint=admin", method, path).asked["path"] == path


def unpack(content: Path, place: Path) -> Path:
    place.mkdir()
    with Unpacked(content) as opened:
        opened.extractall(str(place))
    return place


def zipped(file: Path, text: str) -> Path:
    with zipfile.ZipFile(file, "w") as content:
        content.writestr("package/module.py", text)
    return file


def test_what_holds_the_same_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setattr(Unpacked, "folder", tmp_path / "unpacked", raising=False)
    first = unpack(zipped(tmp_path / "first.zip", "A = 1"), tmp_path / "a")

    # when
    second = unpack(zipped(tmp_path / "second.zip", "A = 1"), tmp_path / "b")
    other = unpack(zipped(tmp_path / "other.zip", "A = 2"), tmp_path / "c")

    # then
    files = [folder / "package" / "module.py" for folder in (first, second, other)]
    assert [file.read_text() for file in files] == ["A = 1", "A = 1", "A = 2"]
    assert files[0].samefile(files[1])
    assert len(list((tmp_path / "unpacked").iterdir())) == 2


class Environments:
    """Of a function, as the emulator keeps them: none is given where as many as may be are busy."""

    def __init__(self) -> None:
        self.busy = 0
        self.asked = threading.Semaphore(0)

    def acquire(self, _function: str, max_concurrency: int | None = None) -> tuple[str | None, str]:
        try:
            if max_concurrency and self.busy >= max_concurrency:
                return None, "func_cap"
            self.busy += 1
            return f"environment {self.busy}", "spawn"
        finally:
            self.asked.release()


def test_a_page_that_asks_many_things_waits_for_one_of_four_environments() -> None:
    # given
    environments, got = Environments(), list[str | None]()
    acquire = few_at_once(environments.acquire)
    for _ in range(4):
        acquire("taskbridge-admin-api")
        environments.asked.acquire()

    # when
    fifth = threading.Thread(target=lambda: got.append(acquire("taskbridge-admin-api")[0]))
    fifth.start()
    environments.asked.acquire()
    waited = not got
    environments.busy -= 1
    fifth.join()

    # then
    assert waited
    assert got == ["environment 4"]


def test_what_comes_from_a_queue_waits_for_no_environment() -> None:
    acquire = few_at_once(Environments().acquire)
    assert [acquire("taskbridge-ai-analyze")[0] for _ in range(9)][-1] == "environment 9"
