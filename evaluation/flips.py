"""Whether a reader's findings follow a fact that was changed, and stay where nothing of theirs was. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evaluation.scores import Outcome, finding_of
from evaluation.variants import Variant
from taskbridge.ai.flips import FlipScore, count_flips
from taskbridge.ai.results import FindingResult

ALL = "all"


def score_flips(variants: Sequence[Variant], outcomes: Iterable[Outcome]) -> dict[str, FlipScore]:
    """The score of each kind of change, and of all. `outcomes` are those of the variants and of their bases."""
    found = {outcome.golden.name: outcome for outcome in outcomes}
    kinds = list(dict.fromkeys(variant.kind for variant in variants))
    groups = {kind: [variant for variant in variants if variant.kind == kind] for kind in kinds}
    return {name: _score(group, found) for name, group in {**groups, ALL: list(variants)}.items()}


def _score(variants: Sequence[Variant], found: Mapping[str, Outcome]) -> FlipScore:
    turns = [_is_flipped(each, number, found) for each in variants for number in each.turned]
    keeps = [_is_kept(each, number, found) for each in variants for number in each.kept]
    return count_flips(len(variants), turns, keeps)


def _is_flipped(variant: Variant, number: int, found: Mapping[str, Outcome]) -> bool:
    before = _found(found[variant.base.name], number)
    return before is variant.base.expected.findings[number - 1].result and (
        _found(found[variant.golden.name], number) in variant.turned[number]
    )


def _is_kept(variant: Variant, number: int, found: Mapping[str, Outcome]) -> bool:
    before = _found(found[variant.base.name], number)
    return before is not None and before is _found(found[variant.golden.name], number)


def _found(outcome: Outcome, number: int) -> FindingResult | None:
    findings = outcome.review.findings if outcome.review else ()
    return finding_of(outcome.golden.expected.findings[number - 1].clause, findings)
