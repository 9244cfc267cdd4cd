"""The bill of a million events in full batches and in batches of one, line by line: the two ends between which every
load is.
"""

from __future__ import annotations

from bench.cost import LATENCY_MS, our_bill
from bench.prices import total
from bench.surroundings import cloud, task_center
from bench.work import BATCH
from local.template import read_template
from proof import monthly
from proof.record import Data, Options, Say


def run(options: Options, say: Say) -> Data:
    """Both bills, and what a month without an event costs."""
    bills: Data = {"idle": [[line.what, line.usd] for line in monthly.idle(read_template())]}
    for name, size in (("full", BATCH), ("lone", 1)):
        say(f"cost: a thousand events in batches of {size}")
        with task_center() as center, cloud(center.url) as made:
            center.set_faults({"latency_ms": LATENCY_MS})
            lines, log_bytes = our_bill(made, size)
        bills[name] = {
            "size": size,
            "usd": total(lines),
            "log_bytes": log_bytes,
            "lines": [[line.what, line.per_event, line.price, line.usd] for line in lines],
        }
    return bills
