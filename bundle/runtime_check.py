"""The bundles under the Python that Lambda runs them with: each function imported, and invoked once.

    python -m bundle.runtime_check

The bundles are packed for that Python and for this machine, with a C library as old as the runtime's. AWS is a server
that knows nothing: functions are invoked with what they answer without doing anything, as `taskbridge doctor` does it.
Where there is no such Python, that is said, and the exit status is 3: nothing was checked.
"""

from __future__ import annotations

import importlib.util
import json
import platform
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bundle.build import LAMBDA, Target, build_function, build_layer, find_python
from bundle.commands import BuildError, execute
from cli.deployed import answers_well, question_for
from local.template import read_template

NOT_CHECKED = 3
# What the runtime has on its path, by the names under which it is imported.
RUNTIME_MODULES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
_DRIVER = """
import importlib, json, sys, time
from types import SimpleNamespace
paths, module, name, question = json.loads(sys.stdin.read())
sys.path[:0] = paths
started = time.perf_counter()
handler = getattr(importlib.import_module(module), name)
imported = time.perf_counter() - started
context = SimpleNamespace(
    aws_request_id="check", function_name=module, memory_limit_in_mb=512, invoked_function_arn="arn:aws:lambda:::check",
    get_remaining_time_in_millis=lambda: 30000,
)
answer = handler(question, context)
sys.stderr.flush()
print("\\n" + json.dumps({"python": sys.version.split()[0], "import_ms": round(imported * 1000), "answer": answer}))
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """One function. `trouble` is empty where it was imported and answered."""

    name: str
    python: str = ""
    import_ms: int = 0
    trouble: str = ""


def check_functions(python: str) -> Iterator[Checked]:
    """Each function of template.yaml, packed, imported and invoked. Raises BuildError."""
    target = Target(LAMBDA.python_version, f"{platform.machine()}-manylinux_2_28")
    template = read_template()
    with tempfile.TemporaryDirectory() as made, _aws_that_knows_nothing() as endpoint:
        runtime = runtime_in(Path(made) / "runtime")
        layer = build_layer(Path(made) / "layer", target)
        for logical_id, function in _functions(template).items():
            folder, module, name = function["Handler"].split(".")
            bundle = build_function(folder, Path(made) / folder, target).parent
            question = question_for(logical_id.removesuffix("Function"))
            told = json.dumps([[str(bundle), str(layer), str(runtime)], f"{folder}.{module}", name, question])
            yield _invoke(python, folder, told, _environment(template, function, endpoint))


def _functions(template: Mapping[str, Any]) -> dict[str, Any]:
    kinds = ("AWS::Serverless::Function", "AWS::Lambda::Function")
    return {id_: each["Properties"] for id_, each in template["Resources"].items() if each["Type"] in kinds}


def _environment(template: Mapping[str, Any], function: Mapping[str, Any], endpoint: str) -> dict[str, str]:
    """The variables of the function, with the defaults of parameters; what only a deployed stack knows is made up."""
    of_all = template["Globals"]["Function"]["Environment"]["Variables"]
    defaults = {name: str(each.get("Default", "")) for name, each in template["Parameters"].items()}

    def text(value: Any) -> str:
        if isinstance(value, dict):
            return defaults.get(value.get("Ref", ""), "https://made-up.test/1/queue")
        return str(value)

    variables = {name: text(value) for name, value in {**of_all, **function["Environment"]["Variables"]}.items()}
    aws = {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "NO_PROXY": "127.0.0.1"}
    return {**variables, **aws, **keys, "TABLE_PREFIX": "made-up", "VALKEY_URL": ""}


def _invoke(python: str, folder: str, told: str, environment: Mapping[str, str]) -> Checked:
    done = execute([python, "-I", "-S", "-c", _DRIVER], environment=environment, said=told)
    if done.returncode != 0:
        return Checked(folder, trouble=done.stderr.strip().rpartition("\n")[2])
    found = json.loads(done.stdout.rpartition("\n{")[2].join(("{", "")))
    trouble = "" if answers_well(found["answer"]) else f"it answers {found['answer']}"
    return Checked(folder, found["python"], found["import_ms"], trouble)


def runtime_in(folder: Path) -> Path:
    """boto3 and what it needs, which the runtime brings: pure Python, so those of this environment will do."""
    folder.mkdir(exist_ok=True)
    for name in RUNTIME_MODULES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise BuildError(f"{name} is missing here: `make setup` installs it.")
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


class _Nothing(BaseHTTPRequestHandler):
    """Answers every call as if there were nothing."""

    def do_POST(self) -> None:
        """An answer that DynamoDB, SQS, SSM and CloudWatch can all give."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b'{"Items": [], "Count": 0, "Attributes": {}, "Table": {}, "Parameters": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def _aws_that_knows_nothing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Nothing) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def main() -> int:
    """Command line: returns the exit status, NOT_CHECKED where there is no such Python."""
    python = find_python(LAMBDA.python_version)
    if python is None:
        version = LAMBDA.python_version
        sys.stdout.write(
            f"Not checked: there is no Python {version} at hand. Name one in TARGET_PYTHON, or install one: "
            f"`uv python install {version}`, pyenv, or your distribution's package.\n"
        )
        return NOT_CHECKED
    well = True
    for checked in check_functions(python):
        well = well and not checked.trouble
        how = checked.trouble or f"answers under {checked.python}, imported in {checked.import_ms} ms"
        sys.stdout.write(f"{checked.name:14} {how}\n")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
