"""Golden forms with as many to approve as to reject and to leave to a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from evaluation.golden import GoldenForm
from evaluation.real_files import as_documents, as_scans
from evaluation.variants import Variant
from taskbridge.ai.results import Verdict


def balance(forms: Sequence[GoldenForm], variants: Sequence[Variant]) -> tuple[GoldenForm, ...]:
    """All the forms, and as many made of them as the rarer verdicts lack. The same of the same forms.

    Real files and scans first, then changed ones, in turns, so that no form stands there in many variants. None of
    them is hostile: those are many enough.
    """
    honest = [golden for golden in forms if not golden.is_hostile]
    changed = [variant.golden for variant in _in_turns(variants) if not variant.base.is_hostile]
    wanted = max(_count(forms, verdict) for verdict in Verdict)
    added = (islice(_made(honest, changed, verdict), wanted - _count(forms, verdict)) for verdict in Verdict)
    return (*forms, *chain.from_iterable(added))


def _made(honest: Sequence[GoldenForm], changed: Sequence[GoldenForm], verdict: Verdict) -> Iterator[GoldenForm]:
    """Made one by one: each document is written and read again."""
    alike = (golden for golden in honest if golden.expected.verdict is verdict)
    made = (form for form in chain(map(as_documents, alike), map(as_scans, honest)) if form is not None)
    return (form for form in chain(made, changed) if form.expected.verdict is verdict)


def _count(forms: Iterable[GoldenForm], verdict: Verdict) -> int:
    return sum(golden.expected.verdict is verdict for golden in forms)


def _in_turns(variants: Iterable[Variant]) -> list[Variant]:
    """The first variant of each form, then the second of each, and so on."""
    seen: dict[str, int] = {}
    rounds: list[tuple[int, Variant]] = []
    for variant in variants:
        seen[variant.base.name] = seen.get(variant.base.name, 0) + 1
        rounds.append((seen[variant.base.name], variant))
    return [variant for _, variant in sorted(rounds, key=lambda each: each[0])]
