"""The table of `make bench`, row by row, with the texts that it says on its way."""

from __future__ import annotations

from dataclasses import asdict

from bench import batch, cold_start, cpu, outage
from bench import cost as bill
from bench.errors import BenchError
from proof.record import Data, Options, Say

MEASUREMENTS = {"cpu": cpu, "cold-start": cold_start, "batch": batch, "cost": bill, "outage": outage}


def run(options: Options, say: Say) -> Data:
    """Every measurement of the bench."""
    rows, missing = [], []
    for name, module in MEASUREMENTS.items():
        say(f"bench: {name}")
        try:
            rows += [asdict(row) | {"met": row.met} for row in module.measure(say)]
        except BenchError as error:
            say(f"bench: {name} could not be measured: {error}")
            missing.append(name)
    return {"rows": rows, "missing": missing}
