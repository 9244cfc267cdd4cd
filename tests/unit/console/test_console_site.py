"""The function of the console: what each address answers, how long it is kept, and what a page may do."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest

from console import app
from console.config import ConsoleConfig, read_config
from console.site import Site, SiteResponse, choose_encoding, load_site

ENVIRONMENT = {
    "JWT_ISSUER": "https://issuer.example.edu.cn/campus/",
    "SIGN_IN_URL": "",
    "CLIENT_ID": "console,another",
    "CONSOLE_SCOPES": "openid",
    "CONSOLE_TIME_ZONE": "Asia/Shanghai",
    "GROUPS_CLAIM": "roles",
    "EMBEDDING_ORIGINS": "",
}
PAGE = b"<!doctype html>" * 20
PACKED = gzip.compress(PAGE, mtime=0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A packed console; brotli is only carried here, so that any bytes stand for it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "version").write_text("0.1.0+abc\n")
    for name in ("index.html", "review.js", "assets/index-1a2b.js"):
        (tmp_path / f"{name}.gz").write_bytes(PACKED)
        (tmp_path / f"{name}.br").write_bytes(b"br")
    return tmp_path


def site(folder: Path, **changed: str) -> Site:
    return load_site(folder, read_config({**ENVIRONMENT, **changed}))


def body_of(answer: SiteResponse) -> bytes:
    return base64.b64decode(answer.body)


@pytest.mark.parametrize("path", [None, ""])
def test_the_root_leads_to_the_console(folder: Path, path: str | None) -> None:
    answer = site(folder).answer(path, "")
    assert (answer.status, answer.headers["location"]) == (302, "/console/home")


@pytest.mark.parametrize("path", ["overview", "push-logs/jz:ev-1", "index.html"])
def test_every_view_is_the_page_which_is_never_kept(folder: Path, path: str) -> None:
    answer = site(folder).answer(path, "gzip, deflate, br")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"


def test_a_file_whose_name_tells_its_content_is_kept_for_a_year(folder: Path) -> None:
    answer = site(folder).answer("assets/index-1a2b.js", "gzip")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")


def test_the_panel_may_be_loaded_by_pages_of_others_and_is_kept_for_a_while(folder: Path) -> None:
    headers = site(folder).answer("review.js", "gzip").headers
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cache-control"] == "public, max-age=600"
    assert "access-control-allow-origin" not in site(folder).answer("assets/index-1a2b.js", "gzip").headers


def test_a_file_of_an_older_version_is_gone_and_no_page_in_its_place(folder: Path) -> None:
    answer = site(folder).answer("assets/index-0000.js", "gzip")
    assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", b"br"),
        ("gzip;q=1.0, br;q=0", "gzip", PACKED),
        ("*", "br", b"br"),
        ("identity", None, PAGE),
        ("", None, PAGE),
    ],
)
def test_a_file_comes_as_small_as_the_browser_takes_it(
    folder: Path, accepted: str, encoding: str | None, body: bytes
) -> None:
    answer = site(folder).answer("index.html", accepted)
    assert answer.headers.get("content-encoding") == encoding
    assert (body_of(answer), answer.headers["vary"]) == (body, "accept-encoding")


def test_an_encoding_that_is_smaller_is_taken_first() -> None:
    assert choose_encoding({"gzip": b"short", "br": b"longer"}, "br, gzip") == "gzip"


def test_no_path_leads_out_of_the_packed_files(folder: Path) -> None:
    (folder.parent / "secret.gz").write_bytes(gzip.compress(b"secret"))
    assert body_of(site(folder).answer("../secret", "")) == PAGE


def test_the_configuration_names_issuer_client_zone_and_version(folder: Path) -> None:
    answer = site(folder).answer("config.json", "gzip")
    assert json.loads(answer.body) == {
        "issuer": "https://issuer.example.edu.cn/campus",
        "sign_in": "",
        "client_id": "console",
        "scopes": "openid",
        "groups_claim": "roles",
        "time_zone": "Asia/Shanghai",
        "version": "0.1.0+abc",
    }
    assert answer.headers["cache-control"] == "no-store"


def test_a_page_runs_nothing_but_what_is_packed_and_reaches_only_api_and_issuer(folder: Path) -> None:
    policy = policy_of(site(folder).answer("overview", ""))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self' https://issuer.example.edu.cn",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }


def test_with_the_pool_of_the_stack_a_page_reaches_its_sign_in_pages(folder: Path) -> None:
    made = site(folder, JWT_ISSUER="https://cognito-idp.x/pool", SIGN_IN_URL="https://people.auth.x.amazoncognito.com")
    assert policy_of(made.answer("overview", ""))["connect-src"] == "'self' https://people.auth.x.amazoncognito.com"


def test_only_named_origins_may_show_it_in_a_frame(folder: Path) -> None:
    made = site(folder, EMBEDDING_ORIGINS="https://portal.example.edu.cn")
    assert policy_of(made.answer("overview", ""))["frame-ancestors"] == "https://portal.example.edu.cn"


def test_the_function_answers_as_api_gateway_wants_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "FILES", folder)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    app._site.cache_clear()

    page = app.handler({"pathParameters": {"proxy": "overview"}, "headers": {"accept-encoding": "br"}}, None)
    root = app.handler({"rawPath": "/"}, None)

    assert (page["statusCode"], page["isBase64Encoded"], page["body"]) == (200, True, base64.b64encode(b"br").decode())
    assert (root["statusCode"], root["headers"]["location"]) == (302, "/console/home")
    app._site.cache_clear()


def test_a_console_that_was_not_packed_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_site(tmp_path, ConsoleConfig("", "", "", "", "", "", ""))


def policy_of(answer: SiteResponse) -> dict[str, str]:
    rules = (rule.strip().partition(" ") for rule in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in rules}
