"""The push half under random histories, random delivery, random faults and random death.

`pytest tests/simulation --histories 100000` runs more; `--seed N` runs one alone and prints its history.
"""

from __future__ import annotations

import json
import random

import pytest

from local.jinzhi_simulator.faults import Faults
from tests.simulation.checks import check_world
from tests.simulation.histories import History, random_history
from tests.simulation.world import Trouble, World

INSTANCES_A_WORLD = 4


def build_world(seed: int) -> tuple[World, list[History]]:
    """The world of a seed: what happens in it, and what goes wrong."""
    rng = random.Random(seed)
    calm = rng.random() < 0.1
    trouble = Trouble(
        death=0 if calm else rng.choice((0, 0.005, 0.02)),
        throttle=0 if calm else rng.choice((0, 0.02)),
        meddle=0 if calm else rng.choice((0, 0.02)),
    )
    world = World(
        seed,
        trouble,
        repeated_insert=rng.choice(("update", "refuse")),
        gone_delete_succeeds=rng.random() < 0.5,
        new_token_ends_old=rng.random() < 0.3,
        token_lifetime_s=rng.choice((600.0, 7200.0)),
    )
    if not calm:
        rate = rng.choice((0, 0.1, 0.2, 0.5))
        world.center.faults = Faults(failure_rate=rate, latency_ms=rng.choice((0, 200, 2000)))
    histories = [random_history(rng, number) for number in range(INSTANCES_A_WORLD)]
    spread = rng.choice((1, 60, 3600))
    for history in histories:
        for event in history.events:
            for _ in range(2 if rng.random() < 0.2 else 1):
                world.put(event, rng.random() * spread)
    return world, histories


def live_through(seed: int) -> tuple[World, list[History], list[str]]:
    """Run the world of a seed until it rests, heal it, let it rest again, and judge."""
    world, histories = build_world(seed)
    if world.rng.random() < 0.15:
        world.center.faults = Faults(down=True)
    world.run_for(world.rng.choice((60, 600, 7200)))
    world.center.faults = Faults()
    world.trouble = Trouble()
    world.run()
    world.redrive()
    world.run()
    return world, histories, check_world(world, histories)


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> range:
    """The seeds to run: one alone, or as many as were asked for."""
    alone = request.config.getoption("--seed")
    return range(alone, alone + 1) if alone is not None else range(request.config.getoption("--histories") // 4)


def test_the_task_center_ends_as_the_highest_sequences_imply(seeds: range) -> None:
    for seed in seeds:
        world, histories, problems = live_through(seed)
        if problems:
            events = "\n".join(json.dumps(event, ensure_ascii=False) for h in histories for event in h.events)
            pytest.fail(
                "\n".join([f"seed {seed}: {len(problems)} problems, {world.deaths} deaths", *problems[:10], events])
                + f"\nalone: pytest tests/simulation --seed {seed}"
            )
