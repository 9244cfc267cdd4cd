"""Asks a platform about the golden forms, shows how it goes, and prints what it is worth."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from rich.console import Console

from evaluation.answer_log import AnswerLog
from evaluation.asking import Asking
from evaluation.balance import balance
from evaluation.comparing import Asked, asking_once
from evaluation.comparison import (
    Compared,
    build_comparison,
    build_flip_table,
    build_node_table,
    build_risk_table,
    curves_of_nodes,
)
from evaluation.errors import EvaluationError
from evaluation.golden import read_golden_forms
from evaluation.guards import build_guard_table, find_false_alarms, try_forms
from evaluation.handbook import PICTURE, write_table
from evaluation.injected import build_honest, build_injected
from evaluation.obeying import CHOICES, LOOKING
from evaluation.picture import draw_curves
from evaluation.platforms import SIMULATOR, open_platform
from evaluation.public_sets.reading import build_code_table, read_public_set
from evaluation.readers import DEGENERATE, READERS
from evaluation.report import build_progress, build_tables, describe_progress, explain_differences
from evaluation.scores import Outcome
from evaluation.variants import build_variants
from taskbridge.ai.flips import FlipScore

FALSE_APPROVAL, NOT_EVALUATED = 1, 2
OBEYING, SCRIPTED, CHECKS = "obeying", "readers", "checks"
# What those that ask no platform can use; what they write to the handbook is of all golden forms.
_TAKEN = {OBEYING: (), SCRIPTED: (), CHECKS: ("only", "data")}
_TITLE = "Risk and coverage over the golden forms"


@dataclass(frozen=True, slots=True)
class _Evaluated:
    """What came of a platform; `flips` is empty where none were asked for."""

    compared: Compared
    beside: list[Compared]
    flips: dict[str, FlipScore]


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0, 1 where something was approved that must not be, 2 where a form got no answer or nothing was asked."""
    options = parse_arguments(arguments)
    told = Console(stderr=True)
    try:
        _refuse_what_has_no_effect(options)
        if options.platform == OBEYING:
            return _try_guards(told)
        if options.platform == SCRIPTED:
            return _compare_scripted(_choose(options), told)
        if options.platform == CHECKS:
            return _decide_alone(_choose(options), Console(soft_wrap=True))
        evaluated = _evaluate(options, told)
    except EvaluationError as error:
        told.print(f"not evaluated: {error}", markup=False, highlight=False)
        return NOT_EVALUATED
    _show(evaluated, options, Console())
    outcomes = evaluated.compared.with_checks
    if any(outcome.is_false_approval for outcome in outcomes):
        return FALSE_APPROVAL
    return NOT_EVALUATED if any(outcome.review is None for outcome in outcomes) else 0


def _try_guards(console: Console) -> int:
    """Injected forms and a platform that obeys them; the table goes to the handbook too."""
    forms = read_golden_forms()
    injected, honest = build_injected(forms), build_honest(forms)
    with build_progress(console) as progress:
        bar = progress.add_task(OBEYING, total=len(injected) * len(CHOICES) * len(LOOKING))
        tried = try_forms(injected, lambda _: progress.update(bar, advance=1))
    alarms = find_false_alarms(honest)
    table = build_guard_table(tried, len(honest), len(alarms))
    write_table("make eval PLATFORM=obeying", table)
    Console(soft_wrap=True).print("\n".join(table), markup=False, highlight=False)
    unearned = {each.injected.golden.name: each.injected.order for each in tried if each.is_unearned}
    for name, order in unearned.items():
        console.print(f"UNEARNED {name}: {order}", markup=False, highlight=False)
    for name in alarms:
        console.print(f"FALSE ALARM {name}", markup=False, highlight=False)
    return FALSE_APPROVAL if unearned else 0


def _compare_scripted(asked: Asked, console: Console) -> int:
    """The scripted readers beside each other; tables and picture go to the handbook too."""
    names = (*READERS, *DEGENERATE)
    with build_progress(console) as progress:
        total = len(asked.forms) * len(names) + len(asked.changed) * len(READERS)
        bar = progress.add_task(SCRIPTED, total=total)

        def hear(_: Outcome) -> None:
            progress.update(bar, advance=1)

        compared = asked.compare_scripted(names, hear)
        flips = {str(name): asked.flip(asked.asking_scripted(name), hear) for name in READERS}
    reading = compared[: len(READERS)]
    curves, nodes = {each.name: each.curve() for each in reading}, curves_of_nodes(reading)
    tables = {
        "comparison": build_comparison(compared),
        "flips": build_flip_table(flips),
        "risk": build_risk_table(curves),
        "nodes": build_node_table(nodes),
    }
    for name, lines in tables.items():
        write_table(f"make eval PLATFORM={SCRIPTED}: {name}", lines)
        Console(soft_wrap=True).print("\n".join([*lines, ""]), markup=False, highlight=False)
    PICTURE.write_text(draw_curves(curves, nodes, _TITLE), encoding="utf-8")
    return 0


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments of the command line; ends the process with status 2 where they are wrong."""
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    parser.add_argument(
        "platform",
        help=f"`{SIMULATOR}`, `{SCRIPTED}`, `{CHECKS}`, `{OBEYING}`, or a JSON file that describes one",
    )
    parser.add_argument("--only", metavar="PATTERN", default="", help="names of golden forms, such as 'leave-*'")
    parser.add_argument("--data", metavar="FOLDER", type=Path, help="a public set instead of the golden forms")
    parser.add_argument("--masking", action="store_true", help="ask with personal data masked")
    parser.add_argument("--flips", action="store_true", help="ask about forms with a fact changed too")
    parser.add_argument("--picture", metavar="FILE", type=Path, help="draw risk and coverage into an SVG")
    parser.add_argument("--log", metavar="FILE", type=Path, help="write what it answered, a line for each question")
    parser.add_argument("--workers", type=_positive, default=4, help="how many questions at a time")
    return parser.parse_args(arguments)


def _refuse_what_has_no_effect(options: argparse.Namespace) -> None:
    taken = _TAKEN.get(options.platform)
    given = [name for name in ("only", "data", "masking", "flips", "picture", "log") if getattr(options, name)]
    idle = [name.upper() for name in given if taken is not None and name not in taken]
    if idle:
        raise EvaluationError(f"{', '.join(idle)}: of no effect with {options.platform}, which asks no platform")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _choose(options: argparse.Namespace) -> Asked:
    """All golden forms and what balances them; by a pattern, or of a public set, only those that were written."""
    forms = read_public_set(options.data) if options.data else read_golden_forms()
    chosen = tuple(golden for golden in forms if fnmatch(golden.name, options.only or "*"))
    if not chosen:
        raise EvaluationError(f"no golden form has a name like {options.only}")
    variants = () if options.data else build_variants(chosen)
    return Asked(chosen if options.only or options.data else balance(chosen, variants), variants)


def _decide_alone(asked: Asked, console: Console) -> int:
    """What code decides without any model."""
    console.print("\n".join(build_code_table(asked.forms)), markup=False, highlight=False)
    return 0


def _evaluate(options: argparse.Namespace, console: Console) -> _Evaluated:
    asked = _choose(options)
    heard: list[Outcome] = []
    with open_platform(options.platform, os.environ, options.workers) as link, build_progress(console) as progress:
        total = len(asked.forms) + (len(asked.changed) if options.flips else 0)
        bar = progress.add_task(describe_progress(heard), total=total)

        def hear(outcome: Outcome) -> None:
            heard.append(outcome)
            progress.update(bar, advance=1, description=describe_progress(heard[: len(asked.forms)]))

        once = asking_once(link, Asking(lambda _: link, masking=options.masking, workers=options.workers))
        asking = replace(once, audit=AnswerLog(options.log).add) if options.log else once
        compared = asked.compare(options.platform, asking, hear)
        flips = asked.flip(asking, hear) if options.flips else {}
    return _Evaluated(compared, asked.compare_scripted(DEGENERATE, lambda _: None), flips)


def _show(evaluated: _Evaluated, options: argparse.Namespace, console: Console) -> None:
    compared, outcomes = evaluated.compared, evaluated.compared.with_checks
    for line in explain_differences(outcomes):
        console.print(line, markup=False, highlight=False)
    model = next((f" {outcome.review.model}" for outcome in outcomes if outcome.review), "")
    title = f"{options.platform}{model}{', masked' if options.masking else ''}"
    for table in build_tables(outcomes, title):
        console.print(table)
    curves, nodes = {title: compared.curve()}, curves_of_nodes([replace(compared, name=title)])
    lines = [*build_comparison([compared, *evaluated.beside]), "", *build_risk_table(curves)]
    lines += ["", *build_node_table(nodes)]
    if evaluated.flips:
        lines += ["", *build_flip_table({title: evaluated.flips})]
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
    if options.picture:
        options.picture.write_text(draw_curves(curves, nodes, _TITLE), encoding="utf-8")
