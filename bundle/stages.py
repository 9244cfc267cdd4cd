"""The stages of samconfig.toml, as `make deploy` reads them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bundle.commands import BuildError
from bundle.rollout import ROLLOUTS

CONFIG = Path(__file__).resolve().parent.parent / "samconfig.toml"


@dataclass(frozen=True, slots=True)
class Stage:
    """`parameters` are those of the template that the stage sets; `bucket` is empty where SAM has one of its own.

    `rollout` is one of ROLLOUTS, or empty: all at once.
    """

    name: str
    stack: str
    parameters: Mapping[str, str]
    bucket: str = ""
    rollout: str = ""

    @property
    def overrides(self) -> list[str]:
        """The parameters as `sam deploy` takes them."""
        return [f"{name}={value}" for name, value in self.parameters.items()]

    def having(self, answers: Mapping[str, str]) -> Stage:
        """The stage with these parameters, too."""
        return replace(self, parameters={**self.parameters, **answers})


def read_stage(name: str, config: str) -> Stage:
    """A stage of the text of samconfig.toml. Raises BuildError where there is none, or its rollout is none."""
    stages = {
        each: found for each, found in tomllib.loads(config).items() if isinstance(found, dict) and "deploy" in found
    }
    if name not in stages:
        raise BuildError(f"samconfig.toml has no stage {name!r}, but {', '.join(sorted(stages))}: ENV names one.")
    stage: Mapping[str, Any] = stages[name]
    deploy = stage["deploy"]["parameters"]
    rollout = str(stage.get("rollout", {}).get("parameters", {}).get("kind", ""))
    if rollout and rollout not in ROLLOUTS:
        raise BuildError(f"The rollout of {name} is none of {', '.join(ROLLOUTS)}.")
    parameters = dict(pair.split("=", 1) for pair in deploy.get("parameter_overrides", []))
    return Stage(name, stage["global"]["parameters"]["stack_name"], parameters, deploy.get("s3_bucket", ""), rollout)
