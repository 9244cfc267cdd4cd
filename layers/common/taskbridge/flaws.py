"""What can be wrong with a field. A flaw is an English sentence that knows its kind and its values: other languages are
made from these. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

OTHER = "other"  # a sentence that has no kind: it is shown as it stands
FLAWS: Mapping[str, str] = {
    "after_1970": "expected a time after 1970",
    "base64": "expected base64",
    "before_end": "expected a time before `to`, and before now",
    "brace": "a brace without its partner",
    "chain_too_long": "the answer_timeout_s of the chain ({parts}) come to {got} s, and an analysis has {most} of "
    "{whole} s (AnalysisTimeoutSeconds)",
    "check": "{why}",
    "class_stays": "stays {expected}: another class is another platform",
    "clause": "expected the words of one whole clause; the rule is read as {count}: {clauses}",
    "document_job": "expected the id of a job that read a document for this node",
    "document_kind": "expected a PDF or a Word file (docx)",
    "document_unread": "the document is still being read",
    "filled_in": "filled in by every question: it cannot be set here",
    "header_text": "expected letters, digits and signs of ASCII, got {got}",
    "host_blank": "expected {expected}, got {got} (empty, or it holds a blank or a character that no address has)",
    "host_nameless": "expected {expected}, got {got} (it names no host)",
    "host_port": "expected {expected}, got {got} (its port is none)",
    "host_scheme": "expected {expected}, got {got} (it starts with neither https:// nor http://)",
    "host_tail": "expected {expected}, got {got} (nothing may follow the name and the port)",
    "host_unreadable": "expected {expected}, got {got} (its port or its brackets cannot be read)",
    "host_user": "expected {expected}, got {got} (no user name or password belongs here)",
    "id_taken": "{got} is taken: rules have it as a target",
    "link": "expected a link such as {expected}, got {got}",
    "list": "expected a list",
    "missing": "required, and missing",
    "moment": "expected a time of RFC 3339, such as 2026-11-22T01:30:00Z",
    "night_too_small": "expected 0, or at least {least}, which one form takes; got {got}",
    "no_ai_platform": "{got} names no AI platform",
    "no_json": "holds a number or a text that JSON cannot carry",
    "no_task_center": "{got} names no task center",
    "not_pushed": "nothing is pushed to AI approval: look at the event, or at the AI audit",
    "number": "expected a number",
    "object": "expected an object",
    "one_of": "expected one of {expected}, got {got}",
    "own_address": "expected the address of a platform, got {got}: it leads back to the function itself "
    "(PlatformHosts)",
    "path": "expected a path such as {expected}, got {got}",
    "pattern": "is written in another way",
    "placeholder": "unknown placeholder {got}: known are {expected}",
    "push_too_long": "expected at most {most}, got {got}: the push function runs for {whole} s (PushTimeoutSeconds), "
    "of which it needs {own} s for itself, and {turn} s to wait for its turn under max_rate_per_s",
    "rate_too_low": "expected 0 or at least {least}, got {got}",
    "required_for_ai": "required while examine_enable is true",
    "secret_anew": "enter it anew: it goes elsewhere now, since {fields} is another",
    "secret_apart": "a secret is stored apart, never among the settings",
    "secret_itself": "expected the secret itself: a new platform has none stored",
    "secret_missing": "required while the platform is enabled, and not stored yet",
    "secret_text": "expected 1 to {most} letters, digits and signs of ASCII, without a blank at the ends",
    "secret_unsendable": "holds a character that no header can carry: enter it again",
    "stands_twice": "{got} stands in {field} as well",
    "target": "expected push:<platform id>, push:* or ai, got {got}",
    "text": "expected a text",
    "time_format": "expected a format such as %Y-%m-%d %H:%M:%S, got {got} ({hint})",
    "time_zone": "expected a time zone such as Asia/Shanghai, got {got}",
    "together": "expected together with {field}",
    "too_few": "expected at least {least} of them",
    "too_large": "expected at most {most}",
    "too_long": "expected at most {most} characters",
    "too_long_answer": "expected at most {most}: an analysis has {whole} s (AnalysisTimeoutSeconds), got {got}",
    "too_many": "expected at most {most} of them",
    "too_short": "expected at least {least} characters",
    "too_small": "expected at least {least}",
    "unknown": "no such field",
    "unknown_model": "{got}: not among the {count} models that the platform lists ({expected}, …)",
    "unknown_setting": "unknown setting: known are {expected}",
    "whole_number": "expected a whole number",
    "yes_or_no": "expected yes or no",
}
_OF_MSGSPEC: Mapping[str, tuple[str, str]] = {
    r"`str` of length <= (.+)": ("too_long", "most"),
    r"`str` of length >= (.+)": ("too_short", "least"),
    r"`\w+` of length <= (.+)": ("too_many", "most"),
    r"`\w+` of length >= (.+)": ("too_few", "least"),
    r"`\w+` <=? (.+)": ("too_large", "most"),
    r"`\w+` >=? (.+)": ("too_small", "least"),
    r"`str` matching ": ("pattern", ""),
    r"`str`": ("text", ""),
    r"`int`": ("whole_number", ""),
    r"`float`": ("number", ""),
    r"`bool`": ("yes_or_no", ""),
    r"`array`": ("list", ""),
    r"`object`": ("object", ""),
}
_PLACE = re.compile(r" - at `.*`$")


class Flaw(str):
    """A sentence about a field, of a kind of `FLAWS` (or `OTHER`), with the values that stand in it."""

    __slots__ = ("kind", "values")
    kind: str
    values: Mapping[str, str]

    def __new__(cls, sentence: str, kind: str = OTHER, values: Mapping[str, str] | None = None) -> Flaw:
        made = super().__new__(cls, sentence)
        made.kind = kind
        made.values = values or {}
        return made


def flaw(kind: str, **values: object) -> Flaw:
    """The flaw of this kind, in its own words."""
    texts = {name: str(value) for name, value in values.items()}
    return Flaw(FLAWS[kind].format(**texts), kind, texts)


def as_flaw(sentence: str) -> Flaw:
    """A sentence that may be one; of another nothing but its words is known."""
    return sentence if isinstance(sentence, Flaw) else Flaw(sentence)


def flaw_of_msgspec(sentence: str) -> Flaw:
    """What msgspec says of a value, in its words: of a setting it names the type or the bound."""
    wanted = _PLACE.sub("", sentence).removeprefix("Expected ")
    for pattern, (kind, name) in _OF_MSGSPEC.items():
        if found := re.match(pattern, wanted):
            return Flaw(sentence, kind, {name: found[1]} if name else {})
    return Flaw(sentence)
