"""Clients that others generate from the served description: made without a warning, compiled, and calling the API."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from taskbridge.push.logs import LogStatus
from tests.api import Answer, ApiClient, build_client, build_services
from tests.builders import START
from tests.functional.aws import Tables
from tests.functional.campus_logs import CampusLogs, configure

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "console" / "node_modules"
TOOLS = Path(sys.executable).parent
TOKEN = "of-an-admin"
EXPECTED = {
    "logs": ["e2", "e1"],
    "more": True,
    "version": 1,
    "actions": ["task_received"],
    "code": "rule_exists",
    "refusal": "Unauthorized",
}


@pytest.fixture
def admin(clients: dict[str, Any], tables: Tables, ministack: str, monkeypatch: pytest.MonkeyPatch) -> ApiClient:
    configure(monkeypatch, tables, ministack)
    CampusLogs(clients["dynamodb"], tables).add(3, LogStatus.FAILED)
    services = build_services(
        clients["dynamodb"], tables, ssm=clients["ssm"], endpoint_url=ministack, clock=lambda: START + 60
    )
    return build_client(services)


@contextmanager
def serving(client: ApiClient) -> Iterator[str]:
    """The address of a gateway before the API, for those who bring the token."""

    class Gateway(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(self._ask() if self._is_known() else self._unauthorized())

        def do_POST(self) -> None:
            self.do_GET()

        def _is_known(self) -> bool:
            return self.headers["Authorization"] == f"Bearer {TOKEN}"

        def _unauthorized(self) -> Answer:
            return Answer(401, {"content-type": "application/json"}, '{"message":"Unauthorized"}')

        def _ask(self) -> Answer:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode() or None
            return client.call(self.command, address.path, query=dict(parse_qsl(address.query)), body=body)

        def _answer(self, answer: Answer) -> None:
            body = answer.text.encode()
            self.send_response(answer.status)
            for name, value in {**answer.headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run(*command: str | Path, cwd: Path) -> str:
    """What a tool says, which is no warning."""
    ran = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env={"PATH": f"{TOOLS}:{os.defpath}"}
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "warn" not in (ran.stdout + ran.stderr).lower(), ran.stdout + ran.stderr
    return ran.stdout


def write_description(client: ApiClient, folder: Path) -> dict[str, Any]:
    served = client.get("/v1/openapi.json")
    (folder / "openapi.json").write_text(served.text)
    return dict(served.json)


def test_types_for_typescript_are_generated_and_a_page_calls_through_them(admin: ApiClient, tmp_path: Path) -> None:
    # given
    assert MODULES.is_dir(), "run `make setup`"
    write_description(admin, tmp_path)
    (tmp_path / "node_modules").symlink_to(MODULES)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(Path(__file__).with_name("generated_client.ts"), tmp_path)
    node = TOOLS / "node"

    # when
    run(node, MODULES / "openapi-typescript/bin/cli.js", "openapi.json", "--output", "api.d.ts", cwd=tmp_path)
    compiler, strict = (
        MODULES / "typescript/bin/tsc",
        ("--strict", "--noUncheckedIndexedAccess", "--skipDefaultLibCheck"),
    )
    target = ("--target", "es2023", "--module", "nodenext", "--lib", "es2023,dom,dom.iterable")
    run(node, compiler, *strict, *target, "generated_client.ts", cwd=tmp_path)
    with serving(admin) as address:
        told = run(node, "generated_client.js", address, TOKEN, cwd=tmp_path)

    # then
    assert json.loads(told) == EXPECTED


def test_a_python_client_is_generated_whole_and_calls_the_api(
    admin: ApiClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    models = set(write_description(admin, tmp_path)["components"]["schemas"])
    (tmp_path / "config.yaml").write_text("post_hooks: []\n")  # it need not be formatted
    options = ("--path", "openapi.json", "--output-path", "generated", "--meta", "none", "--config", "config.yaml")

    # when
    run(TOOLS / "openapi-python-client", "generate", *options, "--fail-on-warning", cwd=tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    names = import_all("generated")
    with serving(admin) as address:
        told = call_in_python(address)
    for name in names:
        del sys.modules[name]

    # then
    assert told == EXPECTED
    made = models_of(tmp_path / "generated")
    assert {name.replace("_", "") for name in models} - made == {"Refusal"}  # it is a union, which needs no class


def import_all(package: str) -> list[str]:
    """Every module of a package, imported; returns their names."""
    found = importlib.import_module(package)
    names = [each.name for each in pkgutil.walk_packages(found.__path__, f"{package}.")]
    for name in names:
        importlib.import_module(name)
    return [package, *names]


def models_of(package: Path) -> set[str]:
    return set(re.findall(r"import (\w+)$", (package / "models" / "__init__.py").read_text(), flags=re.MULTILINE))


def call_in_python(address: str) -> dict[str, Any]:
    """The same calls as those of generated_client.ts."""
    import generated
    from generated.api.push_logs import push_logs_list
    from generated.api.trigger_rules import trigger_rules_create
    from generated.models import Action, GatewayMessage, ListedPushLogRow, Problem, RuleNew, SavedRule

    rule = RuleNew(id="leave", name="Leave alone", enabled=True, actions=[Action.TASK_RECEIVED], targets=["ai"])
    with generated.AuthenticatedClient(base_url=address, token=TOKEN) as client:
        logs = push_logs_list.sync(client=client, status=generated.models.LogStatus.FAILED, limit=2)
        created = trigger_rules_create.sync(client=client, body=rule)
        again = trigger_rules_create.sync(client=client, body=rule)
    with generated.AuthenticatedClient(base_url=address, token="of-a-stranger") as client:
        refused = push_logs_list.sync(client=client)
    assert isinstance(logs, ListedPushLogRow)
    assert isinstance(created, SavedRule)
    assert isinstance(again, Problem)
    assert isinstance(refused, GatewayMessage)
    return {
        "logs": [row.event_id for row in logs.items],
        "more": logs.next_cursor is not None,
        "version": created.version,
        "actions": created.actions,
        "code": again.code,
        "refusal": refused.message,
    }
