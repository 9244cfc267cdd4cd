"""Asks a platform about the golden forms, shows how it goes, and prints what it is worth."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from fnmatch import fnmatch

from rich.console import Console

from evaluation.asking import Asking
from evaluation.errors import EvaluationError
from evaluation.golden import GoldenForm, read_golden_forms
from evaluation.guards import build_guard_table, find_false_alarms, try_forms
from evaluation.handbook import write_guard_table
from evaluation.injected import build_honest, build_injected
from evaluation.obeying import CHOICES, LOOKING
from evaluation.platforms import SIMULATOR, open_platform
from evaluation.report import build_progress, build_tables, describe_progress, explain_differences
from evaluation.scores import Outcome

FALSE_APPROVAL, NOT_EVALUATED = 1, 2
OBEYING = "obeying"


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0, 1 where something was approved that must not be, 2 where a form got no answer or nothing was asked."""
    options = parse_arguments(arguments)
    told = Console(stderr=True)
    if options.platform == OBEYING:
        return _try_guards(told)
    try:
        outcomes = _evaluate(options, told)
    except EvaluationError as error:
        told.print(f"not evaluated: {error}", markup=False, highlight=False)
        return NOT_EVALUATED
    _show(outcomes, options, Console())
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
    write_guard_table(table)
    Console(soft_wrap=True).print("\n".join(table), markup=False, highlight=False)
    unearned = {each.injected.golden.name: each.injected.order for each in tried if each.is_unearned}
    for name, order in unearned.items():
        console.print(f"UNEARNED {name}: {order}", markup=False, highlight=False)
    for name in alarms:
        console.print(f"FALSE ALARM {name}", markup=False, highlight=False)
    return FALSE_APPROVAL if unearned else 0


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments of the command line; ends the process with status 2 where they are wrong."""
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    parser.add_argument(
        "platform", help=f"`{SIMULATOR}`, `{OBEYING}`, or a JSON file that describes one: see docs/evaluation.md"
    )
    parser.add_argument("--only", metavar="PATTERN", default="*", help="names of golden forms, such as 'leave-*'")
    parser.add_argument("--masking", action="store_true", help="ask with personal data masked")
    parser.add_argument("--workers", type=_positive, default=4, help="how many questions at a time")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _evaluate(options: argparse.Namespace, console: Console) -> list[Outcome]:
    forms = _choose(read_golden_forms(), options.only)
    heard: list[Outcome] = []
    with open_platform(options.platform, os.environ, options.workers) as link, build_progress(console) as progress:
        bar = progress.add_task(describe_progress(heard), total=len(forms))

        def hear(outcome: Outcome) -> None:
            heard.append(outcome)
            progress.update(bar, advance=1, description=describe_progress(heard))

        return Asking(link, masking=options.masking, workers=options.workers).evaluate(forms, hear)


def _choose(forms: Sequence[GoldenForm], pattern: str) -> list[GoldenForm]:
    chosen = [golden for golden in forms if fnmatch(golden.name, pattern)]
    if not chosen:
        raise EvaluationError(f"no golden form has a name like {pattern}")
    return chosen


def _show(outcomes: Sequence[Outcome], options: argparse.Namespace, console: Console) -> None:
    for line in explain_differences(outcomes):
        console.print(line, markup=False, highlight=False)
    model = next((f" {outcome.review.model}" for outcome in outcomes if outcome.review), "")
    title = f"{options.platform}{model}{', masked' if options.masking else ''}"
    for table in build_tables(outcomes, title):
        console.print(table)
