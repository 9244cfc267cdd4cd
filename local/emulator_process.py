"""The process of the AWS emulator: MiniStack, whose sign-in page a link of this machine may skip.

    python -m local.emulator_process

Each new environment of a function is unpacked from its zip files, four thousand files or a second of this one process,
in which everything else waits. Here a zip file is unpacked once, and its folder is linked from then on. And a page that
asks for twenty things at once gets them from a few environments: each takes seconds of the processor to start.

The console hands the name of a person on to the sign-in page as `login_hint`. Cognito fills it in there and asks for
the password; here the form is filled in and sent for the people whose password this machine made up itself.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
import zipfile
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from local.people import PEOPLE, password_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
_ASKED_BY_PEOPLE = ("-admin-api", "-console")
_FEW = 4
_PATIENCE_S = 20.0  # then what is asked takes really long, and more environments do help
_LOOK_S = 0.02
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


class Unpacked(zipfile.ZipFile):
    """A zip file of which each content is unpacked once, in `folder`, and then linked. What it holds is only read."""

    folder: Path
    _one_at_a_time = threading.Lock()

    def namelist(self) -> list[str]:
        """None: the emulator would look whether each of thousands leads out of its folder, and we packed them."""
        return []

    def extractall(self, path: str | os.PathLike[str] | None = None, *_: Any) -> None:
        """Put a link to what is unpacked into the place of `path`, an empty folder."""
        content = repr([(each.filename, each.file_size, each.CRC) for each in self.infolist()])
        unpacked = self.folder / hashlib.sha256(content.encode()).hexdigest()
        with self._one_at_a_time:
            if not unpacked.exists():
                # Under another name until it is whole: what ended in the middle is begun anew.
                super().extractall(whole := unpacked.with_suffix(".part"), super().namelist())
                whole.rename(unpacked)
        place = Path(path or ".")
        place.rmdir()
        place.symlink_to(unpacked, target_is_directory=True)


def few_at_once(acquire: Callable[..., tuple[Any, str]]) -> Callable[..., tuple[Any, str]]:
    """How the emulator gets an environment of a function; those that people ask wait for one of a few to be free."""

    def acquire_one(function: str, *given: Any, **named: Any) -> tuple[Any, str]:
        until = time.monotonic() + _PATIENCE_S
        while function.endswith(_ASKED_BY_PEOPLE) and time.monotonic() < until:
            worker, why = acquire(function, *given, **named, max_concurrency=_FEW)
            if worker is not None:
                return worker, why
            time.sleep(_LOOK_S)
        return acquire(function, *given, **named)

    return acquire_one


def _without_type(scope: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in scope["headers"] if name not in (b"content-type", b"content-length")]


def main() -> None:
    """Run until it is asked to stop. Reads the environment that local/emulator.py made."""
    # The emulator's environment reaches the functions, which must find nothing but what is packed.
    os.environ.pop("PYTHONPATH", None)
    import ministack.app as ministack  # type: ignore[import-untyped]  # slow
    from ministack.core import lambda_runtime  # type: ignore[import-untyped]
    from ministack.services import lambda_svc  # type: ignore[import-untyped]

    ministack.app = OneClick(ministack.app)
    with tempfile.TemporaryDirectory(prefix="taskbridge-unpacked-", ignore_cleanup_errors=True) as folder:
        Unpacked.folder = Path(folder)
        # Only here: elsewhere the emulator reads what is in a zip file.
        lambda_runtime.zipfile = SimpleNamespace(
            ZipFile=Unpacked, BadZipFile=zipfile.BadZipFile, LargeFileError=zipfile.LargeZipFile
        )
        lambda_svc.acquire_worker = few_at_once(lambda_svc.acquire_worker)
        ministack.main()


if __name__ == "__main__":
    main()
