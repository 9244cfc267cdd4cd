"""The process of the AWS emulator: MiniStack, whose sign-in page a link of this machine may skip.

    python -m local.emulator_process

The console hands the name of a person on to the sign-in page as `login_hint`. Cognito fills it in there and asks for
the password; here the form is filled in and sent for the people whose password this machine made up itself.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from local.people import PEOPLE, password_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
_FORM = [(b"content-type", b"application/x-www-form-urlencoded")]


class OneClick:
    """The emulator as an ASGI application. Whoever comes to its sign-in page with a known name is signed in."""

    def __init__(self, emulator: App) -> None:
        self._emulator = emulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        form = filled_in(scope)
        if form is None:
            return await self._emulator(scope, receive, send)
        sent = {**scope, "method": "POST", "path": "/login", "raw_path": b"/login", "query_string": b""}
        sent["headers"] = [*_without_type(scope), *_FORM, (b"content-length", str(len(form)).encode())]

        left = [form]

        async def read() -> Mapping[str, Any]:
            return {"type": "http.request", "body": left.pop(), "more_body": False} if left else await receive()

        return await self._emulator(sent, read, send)


def filled_in(scope: Mapping[str, Any]) -> bytes | None:
    """What the form of the sign-in page sends, where the request for the page names one of the seeded people."""
    if scope["type"] != "http" or (scope["method"], scope["path"]) != ("GET", "/oauth2/authorize"):
        return None
    asked = dict(parse_qsl(scope["query_string"].decode()))
    person = asked.pop("login_hint", "")
    if person not in PEOPLE:
        return None
    return urlencode({**asked, "username": person, "password": password_of(asked.get("client_id", ""))}).encode()


def _without_type(scope: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in scope["headers"] if name not in (b"content-type", b"content-length")]


def main() -> None:
    """Run until it is asked to stop. Reads the environment that local/emulator.py made."""
    # The emulator's environment reaches the functions, which must find nothing but what is packed.
    os.environ.pop("PYTHONPATH", None)
    import ministack.app as ministack  # type: ignore[import-untyped]  # slow

    ministack.app = OneClick(ministack.app)
    ministack.main()


if __name__ == "__main__":
    main()
