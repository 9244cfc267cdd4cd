"""Reads fields strictly: each function returns the value or refuses the request with `MALFORMED`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from local.jinzhi_simulator.codes import MALFORMED
from local.simulating.answers import Refused

Item = Mapping[str, Any]

_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)


def malformed(where: str, problem: str) -> Refused:
    """The refusal of a field that is missing or wrong."""
    return Refused(MALFORMED, f"{where}: {problem}")


def read_text(item: Item, name: str, where: str, *, empty: bool = False) -> str:
    """A string; blank only where `empty`."""
    value = item.get(name)
    if not isinstance(value, str):
        raise malformed(f"{where}.{name}", f"a string is required, got {_kind(value)}")
    if not empty and not value.strip():
        raise malformed(f"{where}.{name}", "must not be blank")
    return value


def read_optional(item: Item, name: str, where: str) -> str:
    """A string that may be blank, or not be there: then it is empty."""
    return read_text(item, name, where, empty=True) if item.get(name) is not None else ""


def read_whole(item: Item, name: str, where: str, allowed: Collection[int] = ()) -> int:
    """A whole number, one of `allowed` where given."""
    value = item.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise malformed(f"{where}.{name}", f"a whole number is required, got {_kind(value)}")
    if allowed and value not in allowed:
        raise malformed(f"{where}.{name}", f"one of {sorted(allowed)} is required, got {value}")
    return value


def read_choice(item: Item, name: str, allowed: Collection[str], where: str) -> str:
    """One of the words `allowed`."""
    value = item.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise malformed(f"{where}.{name}", f"one of {sorted(allowed)} is required, got {value!r}")
    return value


def read_time(item: Item, name: str, where: str) -> str:
    """A time that exists, as YYYY-MM-DD HH:MM:SS."""
    value = read_text(item, name, where)
    problem = f"YYYY-MM-DD HH:MM:SS is required, got {value!r}"
    if not _TIME.fullmatch(value):
        raise malformed(f"{where}.{name}", problem)
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise malformed(f"{where}.{name}", problem) from None
    return value


def read_link(item: Item, name: str, where: str) -> str:
    """An http or https address."""
    value = read_text(item, name, where)
    if not value.startswith(("http://", "https://")):
        raise malformed(f"{where}.{name}", f"an http(s) address is required, got {value!r}")
    return value


def read_object(item: Item, name: str, where: str) -> Item:
    """A JSON object."""
    return as_object(item.get(name), f"{where}.{name}")


def as_object(value: Any, where: str) -> Item:
    """`value`, which must be a JSON object."""
    if not isinstance(value, dict):
        raise malformed(where, f"an object is required, got {_kind(value)}")
    return value


def read_objects(item: Item, name: str, where: str, *, empty: bool = False) -> list[Item]:
    """A list of JSON objects; empty only where `empty`."""
    value = item.get(name)
    if not isinstance(value, list):
        raise malformed(f"{where}.{name}", f"a list is required, got {_kind(value)}")
    if not value and not empty:
        raise malformed(f"{where}.{name}", "must not be empty")
    return [as_object(each, f"{where}.{name}[{at}]") for at, each in enumerate(value)]


def glance_text(item: Any, name: str) -> str:
    """The string at `name`, or empty: for the ledger line of a request that was refused."""
    value = item.get(name) if isinstance(item, dict) else None
    return value if isinstance(value, str) else ""


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
