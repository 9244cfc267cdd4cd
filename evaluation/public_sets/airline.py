"""RuleArena's airline problems as claims for bag fees: most is arithmetic, the fee of the region stands in a table.

Each problem is asked twice: with the fees as the rules have them, and with one of them wrong, of each kind in turn. The
fees are those of its own `compute_answer` (R. Zhou et al., RuleArena, 2024, MIT licence), bag by bag.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.golden import GoldenForm
from evaluation.public_sets.forms import Clause, build_form

KIND = "rulearena airline"
_FAR = ("India", "China", "Japan", "South Korea", "Hong Kong")
_CHEAPER = ("Panama", "South America", "Peru", "Colombia", "Ecuador", "Europe", "Israel", "Qatar")
_OCEANIA = ("Australia", "New Zealand")

_TOTAL = "The total claimed is the ticket and the fees of all bags together"
_FEE = "The fee of each bag is its base fee and the larger of its two surcharges"
_SIZE = (
    "The surcharge for size is $0 up to 62 inches in all, $30 up to 65, and above that $200, or $150 for Panama, South "
    "America, Peru, Colombia, Ecuador, Europe, Israel and Qatar"
)
_LIGHT = (
    "Up to 70 lbs the surcharge for weight is $0 up to 50, $30 up to 53, and else $100, or $200 for Cuba, but $0 where "
    "a bag has no base fee for Business and First, and from and to Australia and New Zealand"
)
_HEAVY = "Above 70 lbs the surcharge for weight is $200, or $450 for India, China, Japan, South Korea and Hong Kong"
_BASE = "The base fee of each bag is that of the airline's table for its place, region, direction and class"

_SIZE_CHECK = (
    "bags.all(b, b.size_surcharge == (b.inches <= 62 ? 0 : (b.inches <= 65 ? 30 : "
    f"(region in {json.dumps(_CHEAPER)} ? 150 : 200))))"
)
_LIGHT_CHECK = (
    "bags.all(b, b.pounds > 70 || b.weight_surcharge == (b.pounds <= 50 || (b.base == 0 && "
    f'(cabin in ["Business", "First"] || region in {json.dumps(_OCEANIA)})) ? 0 : '
    '(b.pounds <= 53 ? 30 : (region == "Cuba" ? 200 : 100))))'
)
_HEAVY_CHECK = f"bags.all(b, b.pounds <= 70 || b.weight_surcharge == (region in {json.dumps(_FAR)} ? 450 : 200))"
_FEE_CHECK = (
    "bags.all(b, b.fee == b.base + (b.size_surcharge > b.weight_surcharge ? b.size_surcharge : b.weight_surcharge))"
)
_TOTAL_CHECK = 'sum(bags, "fee") + ticket == claimed'
_WRONG = ("total", "fee", "size", "weight", "base")


@dataclass(frozen=True, slots=True)
class Problem:
    """One passenger: class, region, 0 for from the U.S. and 1 for to it, ticket price, and the bags to check."""

    cabin: str
    region: str
    direction: int
    ticket: int
    bags: tuple[tuple[int, int], ...]  # inches in all, pounds


Tables = Sequence[Sequence[Mapping[str, Mapping[str, int]]]]  # by place of the bag, direction, region, class


def read_airline(folder: Path) -> Iterator[GoldenForm]:
    """Two forms for each problem in `airline/synthesized_problems`. Raises OSError and ValueError."""
    tables = _read_tables(folder / "airline" / "fee_tables")
    for path in sorted((folder / "airline" / "synthesized_problems").glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            problem = _read_problem(json.loads(line)["info"])
            name = f"airline-{path.stem}-{number:03}"
            yield _build(f"{name}-right", problem, tables, "")
            yield _build(f"{name}-wrong", problem, tables, _WRONG[number % len(_WRONG)])


def _read_problem(info: Mapping[str, Any]) -> Problem:
    bags = tuple((sum(bag["size"]), bag["weight"]) for bag in info["bag_list"][1:])  # the first goes into the cabin
    return Problem(info["customer_class"], info["routine"], info["direction"], info["base_price"], bags)


def _read_tables(folder: Path) -> Tables:
    return [[_read_table(folder / f"bag_{bag}" / f"{direction}.csv") for direction in (0, 1)] for bag in range(1, 5)]


def _read_table(path: Path) -> dict[str, dict[str, int]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        first = (rows.fieldnames or [""])[0]
        return {row[first]: {name: int(fee) for name, fee in row.items() if name != first} for row in rows}


def _build(name: str, problem: Problem, tables: Tables, wrong: str) -> GoldenForm:
    rows = [_row(problem, tables, place, bag) for place, bag in enumerate(_in_order(problem))]
    first = rows[0]
    if wrong in {"size", "weight"}:
        first[f"{wrong}_surcharge"] += 50
        first["fee"] = first["base"] + max(first["size_surcharge"], first["weight_surcharge"])
    if wrong == "base":
        first["base"] += 5
        # A base fee changes what the bag may weigh: only the table is to be wrong.
        first["weight_surcharge"] = _overweight(problem, first["pounds"], free=first["base"] == 0)
        first["fee"] = first["base"] + max(first["size_surcharge"], first["weight_surcharge"])
    if wrong == "fee":
        first["fee"] += 10
    claimed = problem.ticket + sum(row["fee"] for row in rows) - (25 if wrong == "total" else 0)
    direction = ("from the U.S.", "to the U.S.")[problem.direction]
    fields = {
        "cabin": problem.cabin,
        "region": problem.region,
        "direction": direction,
        "ticket": problem.ticket,
        "bags": rows,
        "claimed": claimed,
    }
    clauses = (
        Clause(_TOTAL, wrong != "total", "claimed", _TOTAL_CHECK),
        Clause(_FEE, wrong != "fee", "bags", _FEE_CHECK),
        Clause(_SIZE, wrong != "size", "bags", _SIZE_CHECK),
        Clause(_LIGHT, wrong != "weight" or first["pounds"] > 70, "bags", _LIGHT_CHECK),
        Clause(_HEAVY, wrong != "weight" or first["pounds"] <= 70, "bags", _HEAVY_CHECK),
        Clause(_BASE, wrong != "base", "bags"),
    )
    return build_form(name, KIND, f"Bag fees, {wrong or 'nothing'} wrong.", fields, clauses, _show(tables))


def _in_order(problem: Problem) -> list[tuple[int, int]]:
    """The bags that gain most by being free go first."""

    def gain(bag: tuple[int, int]) -> int:
        inches, pounds = bag
        paid, free = (
            max(_oversize(problem, inches), _overweight(problem, pounds, free=free)) for free in (False, True)
        )
        return free - paid

    return sorted(problem.bags, key=gain)


def _row(problem: Problem, tables: Tables, place: int, bag: tuple[int, int]) -> dict[str, Any]:
    inches, pounds = bag
    base = tables[min(3, place)][problem.direction][problem.region][problem.cabin]
    size, weight = _oversize(problem, inches), _overweight(problem, pounds, free=base == 0)
    return {
        "bag": f"bag {place + 1}",
        "inches": inches,
        "pounds": pounds,
        "base": base,
        "size_surcharge": size,
        "weight_surcharge": weight,
        "fee": base + max(size, weight),
    }


def _oversize(problem: Problem, inches: int) -> int:
    if inches <= 65:
        return 0 if inches <= 62 else 30
    return 150 if problem.region in _CHEAPER else 200


def _overweight(problem: Problem, pounds: int, *, free: bool) -> int:
    above = 450 if problem.region in _FAR else 200
    if free and (problem.cabin in {"Business", "First"} or problem.region in _OCEANIA):
        return 0 if pounds <= 70 else above
    if pounds <= 53:
        return 0 if pounds <= 50 else 30
    if pounds <= 70:
        return 200 if problem.region == "Cuba" else 100
    return above


def _show(tables: Tables) -> str:
    """The tables as a page of text."""
    lines = ["Base fees in dollars, by the place of the bag among those that are checked."]
    for bag, directions in enumerate(tables, start=1):
        for direction, table in zip(("from the U.S.", "to the U.S."), directions, strict=True):
            lines.append(f"Bag {bag}{' and more' if bag == len(tables) else ''}, {direction}")
            lines += [
                f"{region}: {', '.join(f'{cabin} {fee}' for cabin, fee in fees.items())}"
                for region, fees in table.items()
            ]
    return "\n".join(lines)
