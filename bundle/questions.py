"""What `make deploy GUIDED=1` asks: what a stage has to decide. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

# In this order; everything else has a default that works, and stands in template.yaml.
ASKED = (
    "AlarmTopicArn",
    "JwtIssuer",
    "JwtAudience",
    "ConsoleOrigin",
    "EmbeddingOrigins",
    "KmsKeyArn",
    "ProtectTables",
    "EnableArchive",
    "LogRetentionDays",
    "EventLogTtlDays",
    "PushConcurrency",
    "AiConcurrency",
)
_ONLY_WITH = {"JwtAudience": "JwtIssuer"}


def accepts(parameter: Mapping[str, Any], value: str) -> bool:
    """What CloudFormation checks of a value before it changes anything."""
    if "AllowedValues" in parameter and value not in [str(allowed) for allowed in parameter["AllowedValues"]]:
        return False
    if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], value):
        return False
    if parameter["Type"] != "Number":
        return True
    if not value.isascii() or not value.isdigit():
        return False
    return bool(parameter.get("MinValue", int(value)) <= int(value) <= parameter.get("MaxValue", int(value)))


def ask_for_parameters(
    declared: Mapping[str, Any], known: Mapping[str, str], ask: Callable[[str], str], say: Callable[[str], None]
) -> dict[str, str]:
    """Answers by parameter; an empty line keeps what stands in brackets. `declared` are those of template.yaml."""
    answers: dict[str, str] = {}
    for name in ASKED:
        if name in _ONLY_WITH and not {**known, **answers}.get(_ONLY_WITH[name]):
            continue
        parameter = declared[name]
        default = known.get(name, str(parameter["Default"]))
        say(" ".join(parameter["Description"].split()))
        value = ask(f"{name} [{default}]: ").strip() or default
        while not accepts(parameter, value):
            say(f"It {parameter['ConstraintDescription']}.")
            value = ask(f"{name} [{default}]: ").strip() or default
        answers[name] = value
    return answers
