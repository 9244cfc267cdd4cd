"""`taskbridge login`: by the browser, kept on this machine, renewed by itself."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from cli.errors import NO_ANSWER, REFUSED, WRONG_USE
from tests.unit.cli.terminal import Terminal, listed, ok

URL = "https://api.example.edu.cn"
CONFIG = {"issuer": "https://idp.example.edu.cn", "sign_in": "", "client_id": "console", "scopes": "openid"}
KNOWN = {
    "authorization_endpoint": "https://idp.example.edu.cn/authorize",
    "token_endpoint": "https://idp.example.edu.cn/token",
}
NOW = 1_800_000_000.0


class Issuer:
    """An issuer with its API: gives tokens for codes and refresh tokens, and remembers what it was asked."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.bearers: list[str] = []
        self.config = CONFIG
        self.refuses = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/console/config.json":
            return ok(self.config)
        if path == "/.well-known/openid-configuration":
            return ok(KNOWN)
        if path.endswith("token"):
            self.forms.append({name: values[0] for name, values in parse_qs(request.content.decode()).items()})
            if self.refuses:
                return httpx.Response(400, json={"error": "invalid_grant"})
            number = len(self.forms)
            return ok({"access_token": "a", "id_token": f"id-{number}", "refresh_token": "r-1", "expires_in": 3600})
        self.bearers.append(request.headers["Authorization"])
        return listed([])


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def terminal(
    issuer: Issuer, folder: Path, browse: Callable[[str], object] = lambda _: None, **environment: str
) -> Terminal:
    return Terminal(handler=issuer.answer, browse=browse, environment={"XDG_CONFIG_HOME": str(folder), **environment})


def browser(seen: list[str], **answer: str) -> Callable[[str], object]:
    """A browser in which somebody signs in at once; `answer` is what the issuer sends it back with."""

    def browse(page: str) -> None:
        seen.append(page)
        asked = parse_qs(urlsplit(page).query)
        state, coming_back = asked["state"][0], asked["redirect_uri"][0]
        query = {"code": "the-code", "state": state, **answer}
        Thread(target=lambda: httpx.get(coming_back, params=query, trust_env=False), daemon=True).start()

    return browse


def signed_in(issuer: Issuer, folder: Path) -> None:
    assert terminal(issuer, folder, browser([])).run("login", "--url", URL) == 0


def kept(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "taskbridge" / "login.json").read_text()))


def test_a_login_goes_by_code_and_verifier_and_is_kept_for_its_person_alone(issuer: Issuer, tmp_path: Path) -> None:
    # given
    seen: list[str] = []
    run = terminal(issuer, tmp_path, browser(seen))

    # when
    assert run.run("login", "--url", f"{URL}/v1", "--name", "li") == 0

    # then
    asked = parse_qs(urlsplit(seen[0]).query)
    assert seen[0].startswith("https://idp.example.edu.cn/authorize?")
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["login_hint"] == ["li"]
    assert issuer.forms[0]["code"] == "the-code"
    assert issuer.forms[0]["code_verifier"]
    assert stat.S_IMODE((tmp_path / "taskbridge" / "login.json").stat().st_mode) == 0o600
    assert "id-1" not in run.out + run.told


def test_after_a_login_nothing_has_to_be_named(issuer: Issuer, tmp_path: Path) -> None:
    signed_in(issuer, tmp_path)
    assert terminal(issuer, tmp_path).run("logs") == 0
    assert issuer.bearers == ["Bearer id-1"]


def test_a_token_that_ends_is_renewed_and_kept(issuer: Issuer, tmp_path: Path) -> None:
    # given
    signed_in(issuer, tmp_path)
    path = tmp_path / "taskbridge" / "login.json"
    path.write_text(json.dumps({**kept(tmp_path), "ends_at": NOW + 60}))

    # when
    assert terminal(issuer, tmp_path).run("logs") == 0

    # then
    assert issuer.forms[-1]["grant_type"] == "refresh_token"
    assert issuer.bearers == ["Bearer id-2"]
    assert kept(tmp_path)["id_token"] == "id-2"


def test_a_login_that_cannot_be_renewed_says_what_to_do(issuer: Issuer, tmp_path: Path) -> None:
    signed_in(issuer, tmp_path)
    (tmp_path / "taskbridge" / "login.json").write_text(json.dumps({**kept(tmp_path), "ends_at": 0}))
    issuer.refuses = True
    run = terminal(issuer, tmp_path)
    assert run.run("logs") == WRONG_USE
    assert "taskbridge login" in run.told


def test_a_token_of_the_environment_comes_first_and_another_api_gets_none(issuer: Issuer, tmp_path: Path) -> None:
    signed_in(issuer, tmp_path)
    assert terminal(issuer, tmp_path, TASKBRIDGE_URL=URL, TASKBRIDGE_TOKEN="mine").run("logs") == 0
    assert terminal(issuer, tmp_path, TASKBRIDGE_URL="https://other.example.edu.cn").run("logs") == WRONG_USE
    assert issuer.bearers == ["Bearer mine"]


def test_the_pages_of_the_own_pool_are_found_by_its_domain(issuer: Issuer, tmp_path: Path) -> None:
    issuer.config = {**CONFIG, "sign_in": "https://taskbridge.auth.example.com"}
    seen: list[str] = []
    assert terminal(issuer, tmp_path, browser(seen)).run("login", "--url", URL) == 0
    assert seen[0].startswith("https://taskbridge.auth.example.com/oauth2/authorize?")


def test_what_comes_back_for_somebody_else_is_refused(issuer: Issuer, tmp_path: Path) -> None:
    run = terminal(issuer, tmp_path, browser([], state="of another"))
    assert run.run("login", "--url", URL) == REFUSED
    assert not issuer.forms
    assert not (tmp_path / "taskbridge").exists()


def test_an_address_that_is_none_of_taskbridge_is_told(tmp_path: Path) -> None:
    run = Terminal([httpx.Response(404)], environment={"XDG_CONFIG_HOME": str(tmp_path)})
    assert run.run("login", "--url", URL) == NO_ANSWER
    assert "config.json" in run.told


def test_after_signing_out_nothing_is_kept(issuer: Issuer, tmp_path: Path) -> None:
    signed_in(issuer, tmp_path)
    assert terminal(issuer, tmp_path).run("logout") == 0
    assert terminal(issuer, tmp_path, TASKBRIDGE_URL=URL).run("logs") == WRONG_USE
    assert not issuer.bearers


def test_a_login_that_is_damaged_is_told_with_what_to_do(issuer: Issuer, tmp_path: Path) -> None:
    signed_in(issuer, tmp_path)
    (tmp_path / "taskbridge" / "login.json").write_text("{")
    run = terminal(issuer, tmp_path)
    assert run.run("logs") == WRONG_USE
    assert "taskbridge login" in run.told


def test_an_id_opens_the_page_of_what_it_names() -> None:
    # given
    seen: list[object] = []
    hit = {"kind": "push_log", "id": "jinzhi:ev-1", "name": "ev-1", "within": "P-1"}
    run = Terminal([ok({"hits": [hit], "looked_for": []})], browse=seen.append)

    # when
    assert run.run("open", "ev-1") == 0

    # then
    assert seen == [f"{URL}/console/push-logs?open=jinzhi%3Aev-1"]


def test_the_console_of_a_stack_on_this_machine_opens_at_its_own_address(tmp_path: Path) -> None:
    outputs = {"ApiUrl": f"{URL}/stage", "ConsoleUrl": "http://here.localhost:4566/", "tokens": {"admin": "a.b.c"}}
    (tmp_path / "outputs.json").write_text(json.dumps(outputs))
    seen: list[object] = []
    run = Terminal(browse=seen.append)

    assert run.run("open", "--outputs", str(tmp_path / "outputs.json"), "--as", "admin") == 0
    assert seen == ["http://here.localhost:4566/console/overview"]


def test_an_id_that_nothing_bears_opens_nothing() -> None:
    seen: list[object] = []
    run = Terminal([ok({"hits": [], "looked_for": ["push_log"]})], browse=seen.append)
    assert run.run("open", "ev-1") == REFUSED
    assert not seen
