"""Secrets taken out of text, however an answer spells them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from itertools import groupby
from urllib.parse import quote, quote_plus

MASK = "********"

_NAMED = re.compile(r'("(?:app_?secret|access_?token)"\s*:\s*)"(?:[^"\\]|\\.)*"', re.IGNORECASE)
_LONG_RUN = re.compile(r"[A-Za-z0-9_+=-]{16,}")


class Mask:
    """Masks a set of values: as they are, and as JSON, HTML and a URL write them. Immutable, so it can be
    shared.

    A JSON member that is named like a secret (appSecret, access_token, ...) is masked whatever its value.
    """

    __slots__ = ("_needles", "values")

    def __init__(self, values: frozenset[str] = frozenset()) -> None:
        self.values = values - {""}
        spellings = {spelling for value in self.values for spelling in _spellings(value)}
        # The longest first: a value that holds another goes as a whole.
        self._needles = tuple(sorted(spellings, key=lambda text: (-len(text), text)))

    def __repr__(self) -> str:
        return f"Mask({len(self.values)} values)"

    def including(self, value: str) -> Mask:
        """This mask and one value more."""
        return self if value in self.values else Mask(self.values | {value})

    def __call__(self, text: str) -> str:
        for needle in self._needles:
            if needle in text:
                text = text.replace(needle, MASK)
        return _NAMED.sub(rf'\1"{MASK}"', text) if '"' in text else text


def _spellings(value: str) -> set[str]:
    escaped = json.dumps(value)[1:-1]
    quoted = {quote(value, safe=""), quote(value), quote_plus(value)}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), text) for text in quoted}
    return {value, escaped, escaped.replace("/", "\\/"), html.escape(value), *quoted, *lower}


def mask_long_runs(text: str) -> str:
    """Whatever could be a token, for text of which only that is known that it should have held one."""
    return _LONG_RUN.sub(MASK, text)


def mask_echoes(text: str, of: Iterable[str], run: int = 8) -> str:
    """`text` without what it repeats of other texts: every run of `run` or more characters that stands in one."""
    sources = [source for source in of if source]
    echoed = [False] * len(text)
    for start in range(len(text) - run + 1):
        if any(text[start : start + run] in source for source in sources):
            echoed[start : start + run] = [True] * run
    pieces = groupby(zip(echoed, text, strict=True), key=lambda pair: pair[0])
    return "".join(MASK if masked else "".join(char for _, char in pairs) for masked, pairs in pieces)
