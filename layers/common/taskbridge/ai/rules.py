"""Rules of AI approval, and which of them is in force for a person, an application and a node. Pure.

The old system's 0, 1 and 2 of `auto_analysis` are INHERIT, ENABLED and DISABLED here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import msgspec

from taskbridge.ai.documents import NewerDocument, RuleDocument
from taskbridge.ai.settings import AiSettings

# What a rule may have, whoever wrote it: in characters, and in fields whose attachments take part.
RULE_CHARS = 20_000
KEYNOTE_CHARS = 5_000
MOST_KEYS = 100
KEY_CHARS = 200

NodeKey = tuple[str, str]  # (app_id, node_id)
OwnKey = tuple[str, str, str]  # (uid, app_id, node_id)


class AutoAnalysis(IntEnum):
    """Whether a task is analysed when it arrives. INHERIT: as the node's default says."""

    INHERIT = 0
    ENABLED = 1
    DISABLED = 2


@dataclass(frozen=True, slots=True)
class Check:
    """A clause that is exact, as a CEL expression over the form's typed values. Used once a person confirmed it.

    `covers`: this person said that the expression is all that the clause asks for, so that it decides alone. Else the
    model has to find the clause met as well.
    """

    clause: str
    expression: str
    confirmed: bool = False
    covers: bool = False


class RuleText(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a form. `file_key` names the fields whose attachments take part."""

    rule: str = ""
    keynote: str = ""
    file_key: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def confirmed_checks(self) -> tuple[Check, ...]:
        """The checks that are in force."""
        return tuple(check for check in self.checks if check.confirmed)

    def digest(self) -> str:
        """The same for the same question: rule, key points, attachments and confirmed checks."""
        parts = [
            self.rule,
            self.keynote,
            list(self.file_key),
            [[c.clause, c.expression, *([True] if c.covers else [])] for c in self.confirmed_checks],
        ]
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


class KeptRule(RuleText, frozen=True, kw_only=True):
    """A rule as it is kept: with the policy document that it was taken from, if it was.

    `newer` is the newest version of that document that was read since; it stands beside the versions of the rule.
    """

    document: RuleDocument | None = None
    newer: NewerDocument | None = None

    @property
    def stale(self) -> NewerDocument | None:
        """The newer document that no longer says what the rule was taken from; None where the rule is up to date."""
        is_other = self.newer and self.document and self.newer.sha256 != self.document.sha256
        return self.newer if self.newer and is_other and self.newer.gone else None


class DefaultRule(KeptRule, frozen=True, kw_only=True):
    """The default rule of a node: from `node_published`, or set by an admin.

    `published_sequence` is that of the newest `node_published` that was taken in, -1 for none. `cleared_version` is
    the newest version for which the pending results of the node were cleared.
    """

    app_id: str
    node_id: str
    node_key: str = ""
    node_name: str = ""
    enabled: bool = True
    automatic: bool = False
    version: int = 0
    published_sequence: int = -1
    cleared_version: int = 0


class PersonalRule(KeptRule, frozen=True, kw_only=True):
    """What a person set for a node. An empty `rule` asks what the node's default asks.

    `enabled` False: this person wants no AI approval on this node.
    """

    uid: str
    app_id: str
    node_id: str
    enabled: bool = True
    auto_analysis: AutoAnalysis = AutoAnalysis.INHERIT
    version: int = 0
    cleared_version: int = 0


class RuleInForce(RuleText, frozen=True, kw_only=True):
    """The rule in force. `version` names it for people: `custom-3`, `default-7`.

    `enabled` False: the person switched AI approval off here, and nothing is asked.
    """

    source: Literal["custom", "default"]
    version: str
    enabled: bool
    automatic: bool


def resolve_rule(
    settings: AiSettings, own: PersonalRule | None, default: DefaultRule | None, app_id: str
) -> RuleInForce | None:
    """The rule in force for one person on one node; None where there is none.

    Own rule first, else the node's default, where the switches allow it for the application.
    """
    if not settings.examine_enable:
        return None
    allowed = settings.examine_default_all_apps or app_id in settings.default_app_ids
    usable = default if default is not None and allowed and default.enabled and default.rule.strip() else None
    if own is None:
        return _from_default(usable, automatic=usable.automatic) if usable else None
    automatic = {
        AutoAnalysis.INHERIT: bool(usable and usable.automatic),
        AutoAnalysis.ENABLED: True,
        AutoAnalysis.DISABLED: False,
    }[own.auto_analysis]
    if own.rule.strip():
        return RuleInForce(
            rule=own.rule,
            keynote=own.keynote,
            file_key=own.file_key,
            checks=own.checks,
            source="custom",
            version=f"custom-{own.version}",
            enabled=own.enabled,
            automatic=automatic and own.enabled,
        )
    return _from_default(usable, automatic=automatic, enabled=own.enabled) if usable else None


def _from_default(default: DefaultRule, *, automatic: bool, enabled: bool = True) -> RuleInForce:
    return RuleInForce(
        rule=default.rule,
        keynote=default.keynote,
        file_key=default.file_key,
        checks=default.checks,
        source="default",
        version=f"default-{default.version}",
        enabled=enabled,
        automatic=automatic and enabled,
    )
