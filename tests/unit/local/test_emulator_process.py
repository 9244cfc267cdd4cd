"""Who is signed in by a link, and who has to fill in the sign-in page of the emulator."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import pytest

from local.emulator_process import OneClick
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
