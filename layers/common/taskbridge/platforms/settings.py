"""From one declaration of a platform's settings: the admin form, the check of what was entered, the defaults.

A setting is a field of a msgspec Struct, annotated by `setting(...)`. Its JSON Schema carries, beside the
usual keywords, `label` and `help` (each `{"zh", "en"}`), `group`, `secret` and, where no public source tells
the value, `ask`: whom to ask, in both languages, as the platform names its vendor. A secret is declared like
any other field, so that the form shows it, but its value never enters the Struct: it is stored apart and
handed to the client by `secrets`.

Modules with such Structs leave annotations as they are (no `from __future__ import annotations`): evaluating
them from text costs a cold start 10 ms.
"""

from collections.abc import Mapping
from functools import cache
from itertools import combinations
from typing import Annotated, Any, TypeAlias, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct, UnsetType

from taskbridge.errors import ConfigurationError
from taskbridge.flaws import flaw, flaw_of_msgspec
from taskbridge.platforms.formats import CHECKS

ANY_VENDOR: Mapping[str, str] = {"zh": "平台厂商", "en": "the vendor"}
Code: TypeAlias = int | str
Secret: TypeAlias = str | UnsetType
S = TypeVar("S", bound=Struct)

_CODE_LISTS = (
    "success_codes",
    "token_expired_codes",
    "retry_codes",
    "already_there_codes",
    "already_gone_codes",
    "quota_codes",
    "refused_codes",
)
# One code may well answer both a second insert and a second delete.
_MAY_SHARE = {("already_there_codes", "already_gone_codes")}

_CONSTRAINTS = frozenset({"gt", "ge", "lt", "le", "min_length", "max_length", "pattern", "examples"})


def setting(label: tuple[str, str], hint: tuple[str, str] = ("", ""), *, ask: bool = False, **more: Any) -> Meta:
    """Annotation of one setting: `label` and `hint` in Chinese and English, in this order.

    `ask`: the vendor must be asked. `more` holds constraints of msgspec (ge, min_length, examples,
    ...) and any further keyword of the schema: `format` (a key of `formats.CHECKS`), `group`, `widget`,
    `secret`, `receives_secret` (where the secrets go depends on it).
    """
    extra = {key: value for key, value in more.items() if key not in _CONSTRAINTS}
    constraints = {key: value for key, value in more.items() if key in _CONSTRAINTS}
    extra["label"] = {"zh": label[0], "en": label[1]}
    if any(hint):
        extra["help"] = {"zh": hint[0], "en": hint[1]}
    if ask:
        extra["ask"] = True
    return Meta(title=label[1], description=hint[1] or None, extra_json_schema=extra, **constraints)


def secret(label: tuple[str, str], hint: tuple[str, str] = ("", "")) -> Meta:
    """Annotation of a secret that the platform needs: write-only in the form, never in the Struct."""
    return setting(label, hint, secret=True, writeOnly=True, widget="password", group="connection")


def codes(label: tuple[str, str], hint: tuple[str, str] = ("", ""), *, ask: bool = True, least: int = 0) -> Meta:
    """Annotation of a list of `least` result codes or more; numbers are taken as their text."""
    bounds = {"min_length": least} if least else {}
    return setting(label, hint, ask=ask, format="codes", widget="tags", group="codes", **bounds)


def seconds(label: tuple[str, str], hint: tuple[str, str], *, most: int) -> Meta:
    """Annotation of a time limit: more than 0 and at most `most` seconds."""
    return setting(label, hint, group="limits", gt=0, le=most)


SuccessCodes = Annotated[
    tuple[str, ...],
    codes(("成功码", "Success codes"), ("HTTP 200 且返回码在此列表中。", "With HTTP 200."), ask=False, least=1),
]
TokenExpiredCodes = Annotated[
    tuple[str, ...],
    codes(
        ("令牌失效码", "Token-expired codes"),
        ("重新取一次令牌并重发一次。", "The token is fetched once and the call repeated once."),
    ),
]


class PlatformSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the settings of every platform are: a Struct with a rule between its lists of result codes."""

    def check(self) -> None:
        """Rules between settings: a code has one meaning. Raises ConfigurationError."""
        for first, second in combinations(_CODE_LISTS, 2):
            shared = set(getattr(self, first, ())) & set(getattr(self, second, ()))
            if shared and (first, second) not in _MAY_SHARE:
                raise ConfigurationError(second, flaw("stands_twice", got=repr(min(shared)), field=first))


@cache
def _fields(kind: type[Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def parse_settings(kind: type[S], given: Mapping[str, Any]) -> S:
    """`given` (as JSON gives it) as a `kind`. Raises ConfigurationError that names the setting."""
    values = _parse_fields(kind, given, "")
    if isinstance(values, PlatformSettings):
        values.check()
    return values


def _parse_fields(kind: type[S], given: object, prefix: str) -> S:
    """One level of settings; `prefix` is the path to it, with its dot."""
    if not isinstance(given, Mapping):
        raise ConfigurationError(prefix.removesuffix(".") or "settings", flaw("object"))
    fields = _fields(kind)
    entered = {str(name): value for name, value in given.items()}
    for name in entered:
        if name not in fields:
            raise ConfigurationError(f"{prefix}{name}", flaw("unknown_setting", expected=", ".join(fields)))
    values = {}
    for name, field in fields.items():
        if _extra(field).get("secret"):
            _refuse_secret(f"{prefix}{name}", entered, name)
        elif name in entered:
            values[field.name] = _convert(f"{prefix}{name}", field, entered[name])
        elif field.required:
            raise ConfigurationError(f"{prefix}{name}", flaw("missing"))
    return kind(**values)


def _refuse_secret(path: str, entered: Mapping[str, Any], name: str) -> None:
    if name in entered:
        raise ConfigurationError(path, flaw("secret_apart"))


def _convert(path: str, field: msgspec.structs.FieldInfo, value: object) -> Any:
    bare = _bare(field.type)
    if isinstance(bare, type) and issubclass(bare, Struct):
        return _parse_fields(bare, value, f"{path}.")
    form = _extra(field).get("format", "")
    if form == "codes" and isinstance(value, list | tuple):
        value = [str(code) if type(code) is int else code for code in value]
    try:
        converted = msgspec.convert(value, field.type)
    except msgspec.ValidationError as error:
        raise ConfigurationError(path, flaw_of_msgspec(str(error))) from error
    return CHECKS[form](path, converted) if form in CHECKS else converted


def _meta(annotation: Any) -> Meta | None:
    return next((part for part in get_args(annotation) if isinstance(part, Meta)), None)


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if _meta(annotation) else annotation


def _extra(field: msgspec.structs.FieldInfo) -> Mapping[str, Any]:
    meta = _meta(field.type)
    return (meta.extra_json_schema if meta else None) or {}


def secret_fields(kind: type[Struct]) -> tuple[str, ...]:
    """The names of the settings that are secrets."""
    return tuple(name for name, field in _fields(kind).items() if _extra(field).get("secret"))


def secret_places(kind: type[Struct], given: Mapping[str, Any]) -> dict[str, object]:
    """Where `given` has the secrets sent: the settings that say so, each in its normal form."""
    fields = {name: field for name, field in _fields(kind).items() if _extra(field).get("receives_secret")}
    return {name: _normal(name, field, given.get(name, field.default)) for name, field in fields.items()}


def _normal(name: str, field: msgspec.structs.FieldInfo, value: object) -> object:
    try:
        return _convert(name, field, value)
    except ConfigurationError:
        return value  # stored by another release: it is another place


def split_secrets(kind: type[Struct], given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a form sent, as (settings, secrets): the two are stored in different places."""
    names = secret_fields(kind)
    settings = {name: value for name, value in given.items() if name not in names}
    return settings, {name: value for name, value in given.items() if name in names}


def settings_schema(kind: type[Struct], vendor: Mapping[str, str] = ANY_VENDOR) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a settings form: one object without references, required ones first.

    `vendor` (`zh`, `en`) is who is asked for what no public source tells.
    """
    whole = msgspec.json.schema(kind)
    defs = whole.get("$defs", {})
    schema: dict[str, Any] = _inline(whole, defs)
    secrets = secret_fields(kind)
    schema["required"] = [*schema["required"], *secrets]
    properties = schema["properties"]
    ordered = sorted(properties, key=lambda name: name not in schema["required"])
    schema["properties"] = {name: _asked(properties[name], vendor) for name in ordered}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _asked(part: dict[str, Any], vendor: Mapping[str, str]) -> dict[str, Any]:
    """A setting with whom to ask for its value, where that is needed."""
    if not part.get("ask"):
        return part
    told = f"{part.get('description', '')} No public source tells: ask {vendor['en']}.".lstrip()
    return {**part, "description": told, "ask": {"zh": f"请向{vendor['zh']}确认", "en": f"ask {vendor['en']}"}}


def _inline(node: Any, defs: Mapping[str, Any]) -> Any:
    if isinstance(node, list | tuple):
        return [_inline(item, defs) for item in node]
    if not isinstance(node, dict):
        return node
    flat = {key: _inline(value, defs) for key, value in node.items() if key not in ("$ref", "$defs")}
    if "$ref" in node:
        return {**_inline(defs[node["$ref"].rpartition("/")[2]], defs), **flat}
    choices = flat.get("anyOf", [])
    if choices and all(set(choice) == {"type"} for choice in choices):
        return {
            "type": [choice["type"] for choice in choices],
            **{k: v for k, v in flat.items() if k != "anyOf"},
        }
    return flat
