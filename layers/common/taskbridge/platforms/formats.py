"""Checked text: addresses, paths, header values, link templates, times. A mistyped one is named, with its
fix.

Every `check_` function takes the name of the setting and its value, gives the value back in its normal form,
and raises `ConfigurationError` with that name where the value cannot be used.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from urllib.parse import quote

from taskbridge.errors import ConfigurationError
from taskbridge.flaws import flaw
from taskbridge.platforms.addresses import check_host

LINK_EXAMPLE = "https://h5.school.edu.cn/todo/{task_id}"
PATH_EXAMPLE = "/casp-tdc/task/saveOrUpdate"
PLACEHOLDERS = ("sess_id", "task_id", "app_id", "node_id")

_HEADER_TEXT = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_PATH = re.compile(r"/(?!/)[\x21\x22\x24-\x7e]*")
_TEMPLATE = re.compile(r"https?://[^/?#{}\s]+([/?#].*)?")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*")
_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f]")
_CHINA = re.compile(r" CST\s*\Z", re.IGNORECASE)
_DIRECTIVES = frozenset("aAbBdfGHIjmMpSuUVwWyYzZ%")

# China keeps one zone and has had no daylight saving since 1991. Known here, because not every minimal system
# image brings a time zone database.
_FIXED_ZONES = {"Asia/Shanghai": timezone(timedelta(hours=8), "CST")}


def check_base_url(field: str, value: str) -> str:
    """An address with the path that all calls share: `https://name[:port]/compatible-mode/v1`."""
    text = value.strip().rstrip("/")
    scheme, _, rest = text.partition("://")
    name, slash, path = rest.partition("/")
    origin = check_host(field, f"{scheme}://{name}")
    return origin + (check_path(field, slash + path) if slash else "")


def check_path(field: str, value: str) -> str:
    """A path below the host, `/token/gateway/accessToken` say; a query may follow it."""
    text = value.strip()
    if not _PATH.fullmatch(text):
        raise ConfigurationError(field, flaw("path", expected=PATH_EXAMPLE, got=repr(text)))
    return text


def is_header_text(value: str) -> bool:
    """Whether an HTTP header can carry the value: printable ASCII, no blank at its ends, not empty."""
    return _HEADER_TEXT.fullmatch(value) is not None


def check_header_text(field: str, value: str) -> str:
    """A value that travels in an HTTP header; blanks around it are forgiven."""
    text = value.strip()
    if not is_header_text(text):
        raise ConfigurationError(field, flaw("header_text", got=repr(text)))
    return text


def check_url_template(field: str, value: str) -> str:
    """A link with `{sess_id}`, `{task_id}`, `{app_id}`, `{node_id}` after its host; empty for none."""
    text = value.strip()
    if not text:
        return ""
    pieces = _PLACEHOLDER.split(text)
    for name in pieces[1::2]:
        if name not in PLACEHOLDERS:
            raise ConfigurationError(field, flaw("placeholder", got=f"{{{name}}}", expected=_known(PLACEHOLDERS)))
    if any("{" in literal or "}" in literal for literal in pieces[::2]):
        raise ConfigurationError(field, flaw("brace"))
    if _UNPRINTABLE.search(text) or not _TEMPLATE.fullmatch(text):
        raise ConfigurationError(field, flaw("link", expected=LINK_EXAMPLE, got=repr(text)))
    return text


def _known(names: Sequence[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


class UrlTemplate:
    """A checked link template, taken apart once. An empty template gives empty links."""

    __slots__ = ("_pairs", "_rest")

    def __init__(self, text: str) -> None:
        *pieces, self._rest = _PLACEHOLDER.split(text)
        self._pairs = tuple(zip(pieces[::2], pieces[1::2], strict=True))

    def fill(self, values: Mapping[str, str]) -> str:
        """The link with every value percent-encoded, also `/`, `?`, `&` and `#`."""
        return "".join([f"{literal}{percent_encoded(values[name])}" for literal, name in self._pairs]) + self._rest


def percent_encoded(value: str) -> str:
    """A text as one segment of a path: also `/`, `?`, `&` and `#` are encoded."""
    # Nearly every id needs no encoding, and `quote` costs ten times the look.
    return value if _UNRESERVED.fullmatch(value) else quote(value, safe="")


def check_time_format(field: str, value: str) -> str:
    """A strftime format of portable directives, `%Y-%m-%d %H:%M:%S` say."""
    named = re.findall(r"%(.?)", value.replace("%%", ""))
    if not named or _bad_directive(named) or not value.isprintable():
        hint = f"no directive %{_bad_directive(named)}" if _bad_directive(named) else "it names no part of a time"
        raise ConfigurationError(field, flaw("time_format", got=repr(value), hint=hint))
    return value


def _bad_directive(named: Sequence[str]) -> str:
    return next((letter or " at its end" for letter in named if letter not in _DIRECTIVES or not letter), "")


def zone(name: str) -> tzinfo:
    """The time zone of that IANA name; raises KeyError, ValueError or OSError where there is none."""
    if name in _FIXED_ZONES:
        return _FIXED_ZONES[name]
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def check_time_zone(field: str, value: str) -> str:
    """An IANA time zone, `Asia/Shanghai` say."""
    text = value.strip()
    try:
        zone(text)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigurationError(field, flaw("time_zone", got=repr(text))) from error
    return text


def format_time(moment: datetime, where: tzinfo, pattern: str) -> str:
    """`moment` (timezone-aware) as the clock on the wall of `where` shows it.

    The first and the last day of the calendar, which some systems write for "no date", stay as they were written
    where the other clock shows none.
    """
    with contextlib.suppress(OverflowError):
        moment = moment.astimezone(where)
    return moment.strftime(pattern)


def parse_http_date(text: str) -> float | None:
    """An HTTP date as epoch seconds, None where it is none.

    Read as well: ISO 8601, and a time of China by its own name, which mail has for that of Chicago.
    """
    from email.utils import parsedate_to_datetime

    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(_CHINA.sub(" +0800", text))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return None


# What a question itself says, and what would turn it into another one.
_OWN_FIELDS = frozenset(
    {"model", "messages", "stream", "stream_options", "response_format", "max_tokens", "n", "tools"}
)
_LONGEST_EXTRA = 4_000


def check_extra_body(setting: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """`fields` as more of a request's body. Raises ConfigurationError for those that a question fills in itself."""
    taken = sorted(_OWN_FIELDS & fields.keys())
    if taken:
        raise ConfigurationError(f"{setting}.{taken[0]}", flaw("filled_in"))
    if len(repr(fields)) > _LONGEST_EXTRA:
        raise ConfigurationError(setting, flaw("too_long", most=_LONGEST_EXTRA))
    return fields


CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "origin": check_host,
    "base-url": check_base_url,
    "path": check_path,
    "header-text": check_header_text,
    "url-template": check_url_template,
    "strftime": check_time_format,
    "time-zone": check_time_zone,
    "extra-body": check_extra_body,
}
