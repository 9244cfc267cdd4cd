"""Which public set a folder holds, its forms, and what code decides of them alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from evaluation.errors import EvaluationError
from evaluation.golden import GoldenForm, build_material
from evaluation.public_sets.airline import read_airline
from evaluation.public_sets.prose import read_goldcoin, read_nba
from evaluation.public_sets.tax import read_tax
from taskbridge.ai.checks import evaluate_checks
from taskbridge.ai.results import FindingResult, Verdict

# What stands in a folder that holds a set.
_READERS = {
    "airline/synthesized_problems": read_airline,
    "nba/annotated_problems": read_nba,
    "tax/synthesized_problems": read_tax,
    "cases/train_val_test": read_goldcoin,
}


def read_public_set(folder: Path) -> tuple[GoldenForm, ...]:
    """The forms of all sets in a folder. Raises EvaluationError where there is none, or one cannot be read."""
    readers = [read for place, read in _READERS.items() if (folder / place).is_dir()]
    if not readers:
        raise EvaluationError(f"{folder}: expected a checkout of RuleArena or GoldCoin, with one of {[*_READERS]}")
    try:
        return tuple(chain.from_iterable(read(folder) for read in readers))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(f"{folder}: {type(error).__name__}: {error}") from error


def decide_alone(golden: GoldenForm) -> Verdict | None:
    """What the checks decide without a model; None where a clause is left for one."""
    computed = evaluate_checks(golden.checks, build_material(golden).values, golden.received_on)
    if any(finding.result is FindingResult.FAIL for finding in computed):
        return Verdict.REJECT
    is_whole = len(computed) == len(golden.expected.findings)
    return Verdict.APPROVE if is_whole and all(each.result is FindingResult.PASS for each in computed) else None


def build_code_table(forms: Sequence[GoldenForm]) -> list[str]:
    """Lines of Markdown: of each set, what code decides alone, and which clauses are left for a model."""
    kinds = dict.fromkeys(golden.kind for golden in forms)
    return [
        "| | forms | decided by code | of these wrong | need a model | clauses with a check | clauses for a model |",
        "|---|---|---|---|---|---|---|",
        *(_row(kind, [golden for golden in forms if golden.kind == kind]) for kind in kinds),
    ]


def _row(kind: str, forms: Sequence[GoldenForm]) -> str:
    alone = [(golden, decide_alone(golden)) for golden in forms]
    decided = [(golden, verdict) for golden, verdict in alone if verdict]
    wrong = sum(verdict is not golden.expected.verdict for golden, verdict in decided)
    checks = sum(len(golden.checks) for golden in forms)
    clauses = sum(len(golden.expected.findings) for golden in forms)
    return (
        f"| {kind} | {len(forms)} | {len(decided)} | {wrong} | {len(forms) - len(decided)} "
        f"| {checks} of {clauses} | {clauses - checks} of {clauses} |"
    )
