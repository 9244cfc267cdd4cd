"""Trigger rules."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path
from pydantic import BaseModel, Field

from admin_api.models.platforms import ID_PATTERN, Name
from admin_api.models.shared import Wanted
from taskbridge.events import Action

RuleId = Annotated[str, Path(description="id of the rule", pattern=ID_PATTERN)]
Actions = Annotated[list[Annotated[Action, Field(strict=False)]], Field(max_length=50, description="empty: all")]
AppIds = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=500, description="empty: all")
]
Targets = Annotated[
    list[Annotated[str, Field(pattern=r"^(ai|push:(\*|[a-z0-9-]{1,40}))$")]],
    Field(max_length=100, description="`push:<platform id>`, `push:*` for every platform, `ai` for AI approval"),
]


Gaps = Annotated[list[str], Field(description="what the rules in force leave out, a sentence each; empty: nothing")]


class RuleFields(Wanted):
    """What a rule says."""

    name: Name
    enabled: bool = True
    actions: Annotated[Actions, Field(default_factory=list)]
    app_ids: Annotated[AppIds, Field(default_factory=list)]
    targets: Targets


class RuleNew(RuleFields):
    """A rule to create."""

    id: Annotated[str | None, Field(pattern=ID_PATTERN, description="made up where absent")] = None


class RuleChange(RuleFields):
    """What a rule becomes. What was read may be sent back: `id`, `unreadable` and `gaps` are ignored."""

    version: Annotated[
        int | None, Field(ge=1, description="the one that was read; null overwrites whatever stands there")
    ] = None
    id: str | None = None
    unreadable: str | None = None
    gaps: list[str] | None = None


class TriggerRule(BaseModel):
    """A rule. While none is enabled, every event goes to every platform and to AI approval."""

    id: str
    name: str
    enabled: bool
    actions: list[str]
    app_ids: list[str]
    targets: list[str]
    version: int
    unreadable: str = Field(description="why the stored rule cannot be read, empty where it can: enter it anew")


class SavedRule(TriggerRule):
    """A rule as it is stored now."""

    gaps: Gaps


class RuleDeleted(BaseModel):
    """A rule is gone."""

    id: str
    gaps: Gaps
