"""A verdict that the material itself holds: whoever only repeats it has read nothing. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from ai_analyze.evidence import fold
from ai_analyze.prose import ProseScanner
from ai_analyze.sources import Source


def repeats_a_source(blocks: Sequence[str], sources: Iterable[Source]) -> bool:
    """Whether an object of an answer stands in the form or an attachment, word for word or as the same JSON."""
    if not blocks:
        return False
    words, objects = {fold(block) for block in blocks}, {_canonical(block) for block in blocks}
    return any(_holds(page, words, objects) for source in sources for page in (source.label, *source.pages))


def _holds(page: str, words: set[str], objects: set[str]) -> bool:
    if "{" not in page:
        return False
    folded = fold(page)
    return any(each in folded for each in words) or not objects.isdisjoint(_objects_in(page))


def _objects_in(page: str) -> Iterator[str]:
    scanner = ProseScanner()
    scanner.feed(page)
    scanner.finish()
    return map(_canonical, scanner.blocks)


def _canonical(block: str) -> str:
    """The object in one spelling; its folded text where it is no JSON."""
    try:
        return json.dumps(json.loads(block), ensure_ascii=False, sort_keys=True)
    except (ValueError, RecursionError):
        return fold(block)
