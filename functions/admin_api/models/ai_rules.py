"""Rules of AI approval as they are sent and shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictBool, StrictInt, computed_field

from admin_api.ids import encode_id
from admin_api.requests import Wanted
from taskbridge.ai.rules import KEY_CHARS, KEYNOTE_CHARS, MOST_KEYS, RULE_CHARS

CLAUSE_CHARS = 2_000
EXPRESSION_CHARS = 1_000
MOST_CHECKS = 50
MOST_VERSIONS = 2**31

FileKey = Annotated[str, Field(min_length=1, max_length=KEY_CHARS)]
Version = Annotated[
    StrictInt | None,
    Field(
        ge=0,
        lt=MOST_VERSIONS,
        description="The version that was read, 0 where there was none: 409 if there is another one by now. "
        "Without it, whatever stands there is replaced.",
    ),
]


# The codes of the process system: 0 as the node's default says, 1 yes, 2 no.
AutoCode = Literal[0, 1, 2]


class CheckWanted(Wanted):
    """An exact clause, in the words of the rule: a CEL expression over the form's typed values.

    In force once `confirmed`. With `covers` it is all that the clause asks for and decides it alone; without, the
    model has to find the clause met as well.
    """

    clause: Annotated[str, Field(min_length=1, max_length=CLAUSE_CHARS)]
    expression: Annotated[str, Field(min_length=1, max_length=EXPRESSION_CHARS)]
    confirmed: StrictBool = False
    covers: StrictBool = False


class RuleWanted(Wanted):
    """What is asked of a form. `file_key` names the fields whose attachments take part."""

    rule: Annotated[str, Field(max_length=RULE_CHARS)] = ""
    keynote: Annotated[str, Field(max_length=KEYNOTE_CHARS)] = ""
    file_key: Annotated[list[FileKey], Field(default_factory=list, max_length=MOST_KEYS)]
    checks: Annotated[list[CheckWanted], Field(default_factory=list, max_length=MOST_CHECKS)]
    version: Version = None


class NodeDefaultWanted(RuleWanted):
    """The default rule of a node. `auto_analysis`: tasks are analysed when they arrive; of the codes, 1 says so."""

    enabled: StrictBool = True
    auto_analysis: StrictBool | AutoCode = False


class OwnRuleWanted(RuleWanted):
    """One's own rule for a node; an empty `rule` asks what the node's default asks.

    `status` false: no AI approval here. `auto_analysis`: 0 or null as the node's default says, 1 or true yes, 2 or
    false no.
    """

    status: StrictBool = True
    auto_analysis: StrictBool | AutoCode | None = 0


class RestoreWanted(Wanted):
    """Which version of the rule was read; see OwnRuleWanted."""

    version: Version = None


class Check(BaseModel):
    """See CheckWanted."""

    clause: str
    expression: str
    confirmed: bool
    covers: bool = False


class RuleShown(BaseModel):
    """A rule with the node that it is for. `clauses` is how its text is read: each is owed a finding of its own."""

    app_id: str
    node_id: str
    node_key: str
    node_name: str
    rule: str
    clauses: list[str]
    keynote: str
    file_key: list[str]
    checks: list[Check]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def path(self) -> str:
        """Application and node as a path of the API takes them."""
        return f"{encode_id(self.app_id)}/{encode_id(self.node_id)}"


class NodeDefault(RuleShown):
    """The default rule of a node, at its version."""

    enabled: bool
    auto_analysis: bool
    version: int


class OwnRule(RuleShown):
    """One's own rule, at its version."""

    status: bool
    auto_analysis: AutoCode
    version: int


class EffectiveRule(RuleShown):
    """The rule in force for a task. `version` names it for people: custom-3, default-7."""

    status: bool
    auto_analysis: bool
    source: Literal["custom", "default"]
    version: str
