"""Deploys a stage: what has to be so is looked at first, then it is built, deployed, and examined.

python -m bundle.deploying --env dev --sam .venv-sam/bin/sam [--guided]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import boto3

from bundle.build import ROOT
from bundle.checklist import CHINA, walk
from bundle.commands import BuildError
from bundle.questions import ask_for_parameters
from bundle.rollout import with_rollout
from bundle.stages import CONFIG, Stage, read_stage
from bundle.user_pools import without_pool
from cli.findings import State

BUILT = ROOT / ".aws-sam" / "build"
TEMPLATE = BUILT / "template.yaml"
Say = Callable[[str], None]


def deploy(stage: Stage, region: str, sam: str) -> int:
    """Build and deploy; the exit status of what failed, else that of the doctor."""
    if status := _run([sam, "build", "--config-env", stage.name]):
        return status
    change_built(TEMPLATE, stage, region)
    if status := _run(sam_deploy(sam, stage, asked=sys.stdin.isatty())):
        return status
    return _run([sys.executable, "-m", "cli", "doctor", "--stack", stage.stack])


def sam_deploy(sam: str, stage: Stage, *, asked: bool) -> list[str]:
    """The command that deploys; where nobody can be asked, as in a pipeline, it does not wait for an answer."""
    confirming = [] if asked else ["--no-confirm-changeset"]
    return [sam, "deploy", "--config-env", stage.name, *confirming, "--parameter-overrides", *stage.overrides]


def change_built(file: Path, stage: Stage, region: str) -> None:
    """Write the built template anew, where stage or region ask for it."""
    if not stage.rollout and not region.startswith(CHINA):
        return
    template: dict[str, Any] = read_yaml(file.read_text(encoding="utf-8"))
    if stage.rollout:
        template = with_rollout(template, stage.rollout, release_of(file.parent, stage))
    if region.startswith(CHINA):
        template = without_pool(template)
    file.write_text(json.dumps(template, indent=1, default=str), encoding="utf-8")


def release_of(built: Path, stage: Stage) -> str:
    """A name for what is deployed: the content of the bundles, and the parameters of the stage."""
    digest = hashlib.sha256(json.dumps(stage.parameters, sort_keys=True).encode())
    for file in sorted(each for each in built.rglob("*") if each.is_file()):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(built)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def read_yaml(text: str) -> dict[str, Any]:
    """A template with its short forms written out."""
    from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # slow to import

    return dict(yaml_parse(text))


def is_ready(stage: Stage, session: Any, say: Say) -> bool:
    """Walk the list, and say each point. Whether it may go on."""
    ready = True
    for finding in walk(stage, session.region_name or "", session.client):
        say(f"{finding.state.value:10}{finding.name}: {finding.found}")
        if finding.do:
            say(f"{'':10}{finding.do}")
        ready = ready and finding.state not in {State.WRONG, State.SILENT}
    return ready


def _run(command: list[str]) -> int:
    """What it says goes to the terminal, and what it asks is answered there."""
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603  # every word is ours


def _ask(stage: Stage, say: Say) -> Stage:
    """The stage with what a person answers, and how that is kept."""
    declared = read_yaml((ROOT / "template.yaml").read_text(encoding="utf-8"))["Parameters"]
    answered = stage.having(ask_for_parameters(declared, stage.parameters, input, say))
    say(f"To deploy the same again, write into samconfig.toml, [{stage.name}.deploy.parameters]:")
    say("parameter_overrides = [\n" + "".join(f'  "{each}",\n' for each in answered.overrides) + "]")
    return answered


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: returns the exit status; 1 also where something has to be mended first."""
    parser = argparse.ArgumentParser(prog="python -m bundle.deploying", description=__doc__.splitlines()[0])
    parser.add_argument("--env", required=True, help="stage of samconfig.toml")
    parser.add_argument("--sam", required=True, help="the command sam")
    parser.add_argument("--guided", action="store_true", help="ask for the parameters that a stage decides")
    options = parser.parse_args(arguments)
    # boto3 reads AWS_DEFAULT_REGION alone, and everything else reads this one first.
    session = boto3.session.Session(region_name=os.environ.get("AWS_REGION"))

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    try:
        stage = read_stage(options.env, CONFIG.read_text(encoding="utf-8"))
        stage = _ask(stage, say) if options.guided else stage
        return deploy(stage, session.region_name or "", options.sam) if is_ready(stage, session, say) else 1
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
