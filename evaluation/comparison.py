"""Readers beside each other: what each is worth with and without the checks, how it flips, and its risk. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.scores import Outcome, Score, advised_by, build_score
from taskbridge.ai.flips import FlipScore
from taskbridge.ai.results import Verdict
from taskbridge.ai.risk_coverage import Assurance, Curve, Point, build_curve

# By node, which each kind of application stands for, and by reader.
Nodes = Mapping[str, Mapping[str, Curve]]
RESTS_ON = {
    Assurance.COMPUTED: "checks alone",
    Assurance.CHECKED: "checks and quotes",
    Assurance.QUOTED: "quotes",
    Assurance.SAID: "its word",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One reader: what came of the balanced forms with their checks and without."""

    name: str
    with_checks: tuple[Outcome, ...]
    without_checks: tuple[Outcome, ...]

    @property
    def worth(self) -> tuple[float, int]:
        """What readers are put in order by: the mean of the recalls without checks, then the fewest false approvals."""
        score = build_score(self.without_checks)
        return score.balanced, -score.false_approvals

    def curve(self) -> Curve:
        """Risk and coverage, with the checks."""
        return build_curve(advised_by(self.with_checks))

    def curve_of(self, node: str) -> Curve:
        """The same of one node."""
        return build_curve(advised_by(outcome for outcome in self.with_checks if outcome.golden.node == node))


def build_comparison(readers: Sequence[Compared]) -> list[str]:
    """Lines of Markdown, the best reader first, two rows each."""
    ordered = sorted(readers, key=lambda each: each.worth, reverse=True)
    return [
        "| | checks | balanced | approve | reject | needs_human | false approvals | false rejections |",
        "|---|---|---|---|---|---|---|---|",
        *(row for each in ordered for row in _compared_rows(each)),
    ]


def build_flip_table(flips: Mapping[str, Mapping[str, FlipScore]]) -> list[str]:
    """Lines of Markdown: a row for each kind of change, a column for each reader."""
    kinds = list(dict.fromkeys(kind for scores in flips.values() for kind in scores))
    return [
        f"| | forms | clauses | {' | '.join(flips)} |",
        f"|---|---|---|{'---|' * len(flips)}",
        *(_flip_row(kind, [scores[kind] for scores in flips.values()]) for kind in kinds),
    ]


def build_risk_table(curves: Mapping[str, Curve]) -> list[str]:
    """Lines of Markdown: a row for each reader and what its advice rests on, at least."""
    return [
        "| | rests on | decided | wrong | risk (95%) | wrong approves | |",
        "|---|---|---|---|---|---|---|",
        *(_risk_row(name, curve, point) for name, curve in curves.items() for point in curve.points),
    ]


def curves_of_nodes(readers: Sequence[Compared]) -> Nodes:
    """Risk and coverage of each reader on each node, in the order of the forms."""
    nodes = dict.fromkeys(outcome.golden.node for outcome in readers[0].with_checks)
    return {node: {reader.name: reader.curve_of(node) for reader in readers} for node in nodes}


def build_node_table(nodes: Nodes) -> list[str]:
    """Lines of Markdown: a row for each node, a column for each reader: what is decided with no wrong approve."""
    readers = list(next(iter(nodes.values())))
    return [
        f"| | forms | {' | '.join(readers)} |",
        f"|---|---|{'---|' * len(readers)}",
        *(_node_row(node, list(curves.values())) for node, curves in nodes.items()),
    ]


def _compared_rows(reader: Compared) -> list[str]:
    return [
        _compared_row(reader.name, "with", build_score(reader.with_checks)),
        _compared_row("", "without", build_score(reader.without_checks)),
    ]


def _compared_row(name: str, checks: str, score: Score) -> str:
    recalls = [score.recalls.get(verdict, (0, 0)) for verdict in Verdict]
    cells = [f"{right} of {of}" for right, of in recalls]
    return (
        f"| {name} | {checks} | {score.balanced:.0%} | {' | '.join(cells)} | {score.false_approvals} "
        f"| {score.false_rejections} |"
    )


def _flip_row(kind: str, scores: Sequence[FlipScore]) -> str:
    first, kind = scores[0], kind.replace("_", " ")
    if not first.turning:
        cells = [f"{score.kept} of {score.keeping} kept" for score in scores]
        return f"| {kind} | {first.forms} | {first.keeping} | {' | '.join(cells)} |"
    cells = [f"{score.rate:.2f} ({score.low:.2f} to {score.high:.2f})" for score in scores]
    return f"| {kind} | {first.forms} | {first.turning} | {' | '.join(cells)} |"


def _risk_row(name: str, curve: Curve, point: Point) -> str:
    safest = curve.without_wrong_approval
    note = "**the most with no wrong approve**" if safest == point else ""
    risk = f"{point.risk:.1%} ({point.low:.1%} to {point.high:.1%})"
    return (
        f"| {name} | {RESTS_ON[point.assurance]} | {point.coverage:.0%} | {point.wrong} of {point.decided} "
        f"| {risk} | {point.wrong_approvals} of {point.approved} | {note} |"
    )


def _node_row(node: str, curves: Sequence[Curve]) -> str:
    return (
        f"| {node} | {curves[0].forms} | {' | '.join(_node_cell(curve.without_wrong_approval) for curve in curves)} |"
    )


def _node_cell(safest: Point | None) -> str:
    if safest is None:
        return "nothing"
    return (
        f"{safest.coverage:.0%} by {RESTS_ON[safest.assurance]}, "
        f"{safest.wrong} of {safest.decided} wrong (to {safest.high:.0%})"
    )
