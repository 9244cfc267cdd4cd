"""Bundles: they hold what the functions import and nothing that Lambda brings, for the machine they are made for."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from bundle import runtime_check
from bundle.aws_models import CALLED
from bundle.build import LAMBDA, RUNTIME_PROVIDES, Target, build_function, build_layer, main
from bundle.commands import BuildError
from bundle.runtime_check import RUNTIME_MODULES, runtime_in
from bundle.sbom import write_sboms
from bundle.sizes import MB, OF_OTHERS_MB, check_size
from tests.template.reader import ROOT, Template


@pytest.fixture(scope="session")
def lambda_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_layer(tmp_path_factory.mktemp("lambda"), LAMBDA)


@pytest.fixture(scope="session")
def host_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_layer(tmp_path_factory.mktemp("host"), Target.host())


@pytest.fixture(scope="session")
def host_bundle(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Packs a function for this machine, once."""

    @cache
    def pack(name: str) -> Path:
        return build_function(name, tmp_path_factory.mktemp(name), Target.host()).parent

    return pack


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with boto3 and what it needs, as the runtime has them."""
    return runtime_in(tmp_path_factory.mktemp("runtime"))


def test_every_handler_imports_with_nothing_but_its_bundle_the_layer_and_the_runtime(
    template: Template, host_layer: Path, host_bundle: Callable[[str], Path], runtime: Path
) -> None:
    for function in template.of_type("AWS::Serverless::Function").values():
        # given
        name, module, handler = function["Handler"].split(".")
        bundle = host_bundle(name)

        # when
        code = f"from {name}.{module} import {handler} as f; assert callable(f), f"
        answer = run_isolated(code, bundle, host_layer, runtime)

        # then: an empty environment is enough, since nothing happens at import
        assert answer.returncode == 0, answer.stderr


def test_the_layer_imports_without_the_packages_that_were_left_out(host_layer: Path) -> None:
    answer = run_isolated("import httpx, msgspec, redis, taskbridge.errors, wrapt", host_layer)
    assert answer.returncode == 0, answer.stderr


def test_the_layer_for_lambda_is_for_its_machine_and_its_python(lambda_layer: Path) -> None:
    names = [file.name for file in lambda_layer.rglob("*.so")]
    assert names
    assert all("cpython-313-aarch64" in name for name in names)
    assert all(".cpython-313." in file.name for file in lambda_layer.rglob("*.pyc"))


def test_the_layer_has_no_package_that_the_runtime_brings(lambda_layer: Path) -> None:
    for name in provided_packages():
        distribution = name.replace("-", "_")
        assert not list(lambda_layer.glob(f"{distribution}-*.dist-info")), name
    for module in RUNTIME_MODULES:
        assert not list(lambda_layer.glob(f"{module}*")), module


def test_clients_are_made_of_the_models_that_the_layer_carries(host_layer: Path, runtime: Path) -> None:
    code = (
        "import os; os.environ['AWS_DEFAULT_REGION'] = 'us-east-1'; from taskbridge.lambdas import Clients; "
        "print(*Clients().client('sqs').meta.service_model.operation_names)"
    )
    answer = run_isolated(code, host_layer, runtime)
    assert answer.stdout.split() == list(CALLED["sqs"]), answer.stderr


def test_a_bundle_has_no_tests_no_scripts_and_no_hidden_files(lambda_layer: Path) -> None:
    for path in lambda_layer.rglob("*"):
        assert path.name not in {"tests", "bin"}, path
        assert not path.name.startswith("."), path


def test_bytecode_is_shipped_and_never_checked_against_its_source(host_layer: Path) -> None:
    sources = list((host_layer / "taskbridge").rglob("*.py"))
    assert sources
    for source in sources:
        compiled = Path(importlib.util.cache_from_source(str(source)))
        flags = compiled.read_bytes()[4:8]
        assert flags == b"\x01\x00\x00\x00", source  # PEP 552: by hash, and not checked


def test_what_only_one_function_needs_ships_with_that_function(
    host_layer: Path, host_bundle: Callable[[str], Path], runtime: Path
) -> None:
    # given
    bundle = host_bundle("ai_analyze")

    # when its own packages are imported, and a file is read in the process that it starts for that
    code = (
        "import celpy, json_repair, pypdf; from ai_analyze.attachments.sandbox import read_apart; "
        "from ai_analyze.extraction.limits import Limits; print(*read_apart(b'5200', Limits())[1].pages)"
    )
    answer = run_isolated(code, bundle, host_layer, runtime)

    # then
    assert answer.stdout == "5200\n", answer.stderr
    assert run_isolated("import pypdf", host_layer, runtime).returncode != 0


def test_the_api_finds_all_that_it_imports_in_its_bundle(
    host_layer: Path, host_bundle: Callable[[str], Path], runtime: Path
) -> None:
    answer = run_isolated("import admin_api.app; print('imported')", host_bundle("admin_api"), host_layer, runtime)
    assert answer.stdout == "imported\n", answer.stderr


def test_a_function_ships_nothing_that_the_layer_or_the_runtime_has(lambda_layer: Path, tmp_path: Path) -> None:
    # when
    bundle = build_function("ai_analyze", tmp_path, LAMBDA).parent

    # then
    in_layer = {path.name for path in (lambda_layer.glob("*"))}
    assert {path.name for path in bundle.iterdir()} & in_layer == set()
    for module in RUNTIME_MODULES:
        assert not list(bundle.glob(f"{module}*")), module
    assert not list(bundle.rglob("tests"))
    names = [file.name for file in bundle.rglob("*.cpython-*.so")]
    assert names
    assert all("cpython-313-aarch64" in name for name in names)


def test_a_bundle_that_grew_too_large_is_refused_with_its_size(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"0" * (int(OF_OTHERS_MB * MB) + MB))
    with pytest.raises(BuildError, match=r"router unpacks to 1\.5 MB"):
        check_size("router", tmp_path)


def test_every_package_of_what_was_built_stands_in_a_document_of_its_own(host_layer: Path, tmp_path: Path) -> None:
    # given what was built: a function without packages, and the layer
    built = tmp_path / "built"
    (built / "PushTaskFunction").mkdir(parents=True)
    (built / "CommonLayer").mkdir()
    (built / "CommonLayer" / "python").symlink_to(host_layer)

    # when
    layer, console = write_sboms(built, tmp_path / "out")

    # then
    described = json.loads(layer.read_text())
    assert described["bomFormat"] == "CycloneDX"
    shipped = {each["name"]: each["purl"] for each in described["components"]}
    locked = locked_versions("layer")
    assert shipped["httpx"] == f"pkg:pypi/httpx@{locked['httpx']}"
    assert not {"botocore", "taskbridge"} & set(shipped)
    scopes = {each["name"]: each["scope"] for each in json.loads(console.read_text())["components"]}
    assert (scopes["vue"], scopes["vite"]) == ("required", "optional")


def test_nothing_is_described_that_was_not_built(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="make build"):
        write_sboms(tmp_path, tmp_path / "out")


def test_without_the_python_of_the_runtime_nothing_is_checked_and_that_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime_check, "find_python", lambda _: None)
    assert runtime_check.main() == runtime_check.NOT_CHECKED
    assert "Not checked: there is no Python 3.13" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["ai_analyze", "admin_api"])
def test_a_function_is_locked_against_the_versions_that_the_layer_has(name: str) -> None:
    layer, own = locked_versions("layer"), locked_versions(name)
    assert own
    for package in layer.keys() & own.keys():
        assert own[package] == layer[package], package


def test_packages_of_a_function_are_compiled_and_replaced_as_a_whole(tmp_path: Path) -> None:
    # given what an older version left
    stale = tmp_path / "pypdf" / "stale.py"
    stale.parent.mkdir()
    stale.touch()

    # when
    build_function("ai_analyze", tmp_path, Target.host())

    # then
    assert not stale.exists()
    source = tmp_path / "pypdf" / "__init__.py"
    compiled = Path(importlib.util.cache_from_source(str(source))).read_bytes()
    assert compiled[4:8] == b"\x01\x00\x00\x00"
    assert b"pypdf/__init__.py" in compiled
    assert str(tmp_path).encode() not in compiled


def test_building_again_leaves_nothing_of_the_last_time(tmp_path: Path) -> None:
    # given
    stale = build_function("push_task", tmp_path, Target.host()) / "stale.py"
    stale.touch()

    # when
    build_function("push_task", tmp_path, Target.host())

    # then
    assert not stale.exists()


def test_without_the_target_python_a_notice_says_that_bytecode_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = build_function("push_task", tmp_path, Target("3.99", platform=None))
    assert "no Python 3.99" in capsys.readouterr().out
    assert not list(folder.rglob("*.pyc"))


def test_a_function_that_is_not_there_is_refused_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BuildError, match="functions/nowhere"):
        build_function("nowhere", tmp_path)
    assert main(["function", "nowhere", "--out", str(tmp_path)]) == 1
    assert "functions/nowhere" in capsys.readouterr().err


def test_sam_finds_a_target_for_the_layer_and_for_every_function(template: Template) -> None:
    targets = dict(make_targets())
    assert targets.pop("CommonLayer") == "layer"
    folders = {id_: each["CodeUri"] for id_, each in template.of_type("AWS::Serverless::Function").items()}
    folders |= {id_: each["Code"] for id_, each in template.of_type("AWS::Lambda::Function").items()}
    assert targets == {logical_id: f"function {Path(folder).name}" for logical_id, folder in folders.items()}
    for function in template.of_type("AWS::Serverless::Function").values():
        assert function["Handler"].startswith(f"{Path(function['CodeUri']).name}.app.")


def make_targets() -> Iterator[tuple[str, str]]:
    """What bundle/Makefile packs, by logical id."""
    recipe = re.compile(r"^build-(\w+):.* -m bundle\.build (layer|function \w+) --out", re.MULTILINE)
    for match in recipe.finditer((ROOT / "bundle" / "Makefile").read_text()):
        yield match[1], match[2]


def provided_packages() -> list[str]:
    lines = RUNTIME_PROVIDES.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def locked_versions(name: str) -> dict[str, str]:
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", lock, flags=re.MULTILINE))


def run_isolated(code: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    """Run code with the standard library, these folders, and no environment."""
    start = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}; {code}"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", start], env={}, capture_output=True, text=True, check=False
    )
