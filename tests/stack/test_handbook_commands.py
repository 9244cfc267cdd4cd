"""The `aws` commands of the operations handbook, run as they stand there against a stack."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from local.people import password_of
from local.settings import ROOT, STACK_NAME
from tests.stack.harness import RunningStack

HANDBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
BEGINNING = "Before you begin"
ON_AWS_ONLY = "on AWS only"
SECTION = re.compile(r"^#{2,3} (.+?)\n(.*?)(?=^#{2,3} |\Z)", flags=re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", flags=re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:aws|logs) [^`]+)`(?!\s*\(on AWS only\))")
OURS = re.compile(r"(?<!taskbridge )\b(aws|logs) ")
# What is no part of AWS is another test's (of the command), or nothing that a test may do.
ELSEWHERE = "taskbridge() { :; }; make() { :; }; git() { :; }; less() { :; }; curl() { :; }; jq() { cat; }\n"
# Version 1 looks for SQS at AWS whatever the environment says.
HERE = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }\n'
# The first section proves that `output` works; to ask the stack in each of the others takes a second of CPU every time.
KNOWN = 'output() { printenv "OUTPUT_$1"; }\n'
PLACEHOLDERS = {
    "<you>": "ops",
    "<platform id>": "handbook",
    "<platform>#<sess_id>": "handbook#P-1",
    "<name>": "$P/3-07bc",
}


def scripts() -> Iterator[tuple[str, str]]:
    """What each section has to run: its blocks, then what stands within its sentences."""
    for title, text in SECTION.findall(HANDBOOK):
        blocks = [block for block in BLOCK.findall(text) if ON_AWS_ONLY not in block.splitlines()[0]]
        sentences = BLOCK.sub("", text)
        commands = [*blocks, *(" ".join(each.split()) for each in INLINE.findall(sentences))]
        if any(OURS.search(each) for each in commands):
            yield title, _on_this_stack("\n".join(commands))


def beginning() -> str:
    """What an operator types before anything else, but for the name of the stack."""
    return _on_this_stack(BLOCK.findall(dict(SECTION.findall(HANDBOOK))[BEGINNING])[0])


def _on_this_stack(script: str) -> str:
    return re.sub(r"export STACK=\S+", f"export STACK={STACK_NAME}", script)


@pytest.fixture(scope="module")
def environment(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """A machine with the AWS CLI, a person who is going to leave, and a platform with a secret."""
    pool = stack.outputs["UserPoolId"]
    stack.aws.people.admin_create_user(UserPoolId=pool, Username="li", MessageAction="SUPPRESS")
    stack.aws.people.admin_add_user_to_group(UserPoolId=pool, Username="li", GroupName="admin")
    secret = f"{stack.outputs['ParameterPrefix']}/platforms/handbook/app_secret"
    for generation in ("4-9f3a", "3-07bc"):
        stack.aws.ssm.put_parameter(Name=f"{secret}/{generation}", Value="old", Type="SecureString", Overwrite=True)
    yield {
        **{f"OUTPUT_{name}": str(value) for name, value in stack.outputs.items()},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path_factory.mktemp("operator")),
        "AWS_ENDPOINT_URL": stack.outputs["endpoint_url"],
        "AWS_REGION": stack.outputs["region"],
        "AWS_DEFAULT_REGION": stack.outputs["region"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_PAGER": "",
    }
    stack.aws.people.admin_delete_user(UserPoolId=pool, Username="li")
    for generation in ("4-9f3a", "3-07bc"):
        stack.aws.ssm.delete_parameters(Names=[f"{secret}/{generation}"])


@pytest.mark.parametrize(("title", "script"), [pytest.param(*each, id=each[0]) for each in scripts()])
def test_the_commands_of_a_section_work_as_they_are_printed(
    title: str, script: str, stack: RunningStack, environment: Mapping[str, str], tmp_path: Path
) -> None:
    for placeholder, value in PLACEHOLDERS.items():
        script = script.replace(placeholder, value)

    known = "" if title == BEGINNING else KNOWN
    before = "".join(line for line in beginning().splitlines(keepends=True) if not known or "$(output" not in line)

    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", f"{ELSEWHERE}{HERE}{before}\n{known}{script}"],
        cwd=tmp_path,
        env=environment,
        input=password_of(stack.outputs["UserPoolClientId"]) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
