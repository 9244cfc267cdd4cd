"""What people see of an evaluation: progress while it runs, a table at its end, and what was not as expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from evaluation.golden import KINDS
from evaluation.scores import Outcome, Score, build_score, finding_of

_VERDICTS = ("forms", "right", "abstained", "false\napprovals", "false\nrejections", "no\nanswer")
_ANSWERS = ("findings\nright", "evidence\nvalid", "tokens\nin", "tokens\nout", "cost", "s a\nform")


def build_progress(console: Console) -> Progress:
    """A bar of the forms that were read, with the false approvals so far."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def describe_progress(outcomes: Sequence[Outcome]) -> str:
    """The text beside the bar."""
    score = build_score(outcomes)
    return f"right {score.right}, false approvals {score.false_approvals}"


def build_tables(outcomes: Sequence[Outcome], title: str) -> tuple[Table, Table]:
    """What was advised, and how it was shown and what it took; both fit into 80 columns.

    A row for each kind of application, one for the hostile forms, and one for all.
    """
    scores = _scores(outcomes)
    return (
        _build_table(f"{title}: verdicts", _VERDICTS, {name: _verdict_cells(score) for name, score in scores.items()}),
        _build_table(f"{title}: answers", _ANSWERS, {name: _answer_cells(score) for name, score in scores.items()}),
    )


def explain_differences(outcomes: Sequence[Outcome]) -> list[str]:
    """A paragraph for every verdict that is not as expected, the worst first, with the findings that differ."""
    wrong = [outcome for outcome in outcomes if not outcome.is_right]
    return [_explain(outcome) for outcome in sorted(wrong, key=lambda outcome: (_rank(outcome), outcome.golden.name))]


def _scores(outcomes: Sequence[Outcome]) -> dict[str, Score]:
    kinds = dict.fromkeys((*KINDS, *(outcome.golden.kind for outcome in outcomes)))
    groups = {kind: [outcome for outcome in outcomes if outcome.golden.kind == kind] for kind in kinds}
    groups["hostile ones"] = [outcome for outcome in outcomes if outcome.golden.is_hostile]
    groups["all"] = list(outcomes)
    return {name: build_score(group) for name, group in groups.items() if group}


def _build_table(title: str, columns: Sequence[str], rows: Mapping[str, Sequence[str]]) -> Table:
    table = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True
    )
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for name, cells in rows.items():
        table.add_row(name, *cells, style="bold" if name == "all" else None)
    return table


def _verdict_cells(score: Score) -> tuple[str, ...]:
    false_approvals = f"[bold red]{score.false_approvals}[/]" if score.false_approvals else "0"
    return (
        str(score.forms),
        _share(score.right, score.forms),
        str(score.abstentions),
        false_approvals,
        str(score.false_rejections),
        str(score.failed),
    )


def _answer_cells(score: Score) -> tuple[str, ...]:
    usage = score.usage
    return (
        _share(score.findings_right, score.findings),
        _share(score.evidence_valid, score.evidence),
        f"{usage.input_tokens:,}",
        f"{usage.output_tokens:,}",
        f"{usage.cost:.4f}",
        f"{score.seconds / score.forms:.1f}",
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%} of {whole}" if whole else "-"


def _rank(outcome: Outcome) -> int:
    """0 for the worst that can happen, 3 for what was merely left to a person."""
    return (outcome.is_false_approval, outcome.is_false_rejection, outcome.review is None, True).index(True)


def _explain(outcome: Outcome) -> str:
    golden, review = outcome.golden, outcome.review
    if review is None:
        return f"{golden.name}: expected {golden.expected.verdict}, no answer: {outcome.problem}"
    word = "FALSE APPROVAL" if outcome.is_false_approval else review.verdict
    parts = [f"{golden.name}: expected {golden.expected.verdict}, got {word}", *_differing(outcome)]
    return "\n    ".join([*parts, review.downgraded] if review.downgraded else parts)


def _differing(outcome: Outcome) -> Iterator[str]:
    """`「clause」 pass, not fail` for each clause that was found otherwise."""
    findings = outcome.review.findings if outcome.review else ()
    for expected in outcome.golden.expected.findings:
        found = finding_of(expected.clause, findings)
        if found is not expected.result:
            yield f"「{expected.clause}」 {found or 'not found'}, not {expected.result}"
