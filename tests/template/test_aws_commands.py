"""The `aws` commands that are for an account, which no test has: the AWS CLI itself takes each, and would send it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.settings import ROOT

BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", flags=re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(aws [^`]+)` \(on AWS only\)")
AN_ID = "arn:aws:any:us-east-1:123456789012:thing/0000-an-id-that-is-as-long-as-the-longest-of-them-has-to-be"
# Every command that would be carried out, a word behind each other, and a line for each.
WRITTEN_DOWN = f"""
aws() {{ printf '%s\\0' "$@" >> "$CALLS"; printf '\\n' >> "$CALLS"; echo {AN_ID}; }}
make() {{ :; }}; taskbridge() {{ :; }}; STACK=taskbridge-prod
"""


def scripts() -> Iterator[Any]:
    handbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    alone = [each for each in BLOCK.findall(handbook) if each.startswith("# on AWS only")]
    yield pytest.param(
        "\n".join([*alone, *(" ".join(each.split()) for each in INLINE.findall(handbook))]), id="handbook"
    )
    deploying = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    yield pytest.param("\n".join(each for each in BLOCK.findall(deploying) if "aws " in each), id="deploying")


@pytest.mark.parametrize("script", [*scripts()])
def test_the_aws_cli_would_send_every_command_that_is_for_an_account(script: str, tmp_path: Path) -> None:
    # given
    written = tmp_path / "calls"
    shell = ["bash", "-c", WRITTEN_DOWN + script]
    subprocess.run(shell, env={"CALLS": str(written)}, input="x\n", text=True, check=True)
    assert written.read_text(encoding="utf-8")
    given = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), str(tmp_path / "none"))
    given |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}

    # when
    command = [sys.executable, "-m", "tests.template.aws_cli", str(written)]
    refused = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=True).stdout

    # then
    assert refused == ""
