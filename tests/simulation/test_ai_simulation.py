"""The AI half under random histories, random delivery, slow, late and lost answers, and random death.

`pytest tests/simulation --histories 100000` runs more; `--seed N` runs one alone and prints its history.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import partial

import pytest

from taskbridge.ai.requests import RequestedBy
from taskbridge.ai.rulebook import current_analysis
from taskbridge.ai.seats import AnalysisStatus, SeatState
from taskbridge.push.logs import LogStatus
from tests.simulation.ai_histories import (
    NODES,
    PEOPLE,
    RULES,
    AiHistory,
    expected_seats,
    publication,
    random_ai_history,
)
from tests.simulation.ai_world import AiTrouble, AiWorld

INSTANCES_A_WORLD = 3


def build_world(seed: int) -> tuple[AiWorld, list[AiHistory]]:
    """The world of a seed: what happens in it, and what goes wrong."""
    rng = random.Random(seed)
    calm = rng.random() < 0.15
    trouble = AiTrouble(
        death=0 if calm else rng.choice((0, 0.005, 0.02)),
        throttle=0 if calm else rng.choice((0, 0.02)),
        meddle=0 if calm else rng.choice((0.2, 0.6)),
        fails=0 if calm else rng.choice((0, 0.2)),
        slow=0 if calm else rng.choice((0, 0.1)),
    )
    world = AiWorld(seed, trouble)
    histories = [random_ai_history(rng, number) for number in range(INSTANCES_A_WORLD)]
    spread = rng.choice((1, 60, 3600))
    for node_id in NODES:
        for sequence in range(1, rng.choice((2, 2, 4))):
            world.put(publication(rng, node_id, sequence), rng.random() * spread)
    for history in histories:
        for event in history.events:
            for _ in range(2 if rng.random() < 0.2 else 1):
                world.put(event, rng.random() * spread)
    _plan_people(world, rng, spread)
    return world, histories


def _plan_people(world: AiWorld, rng: random.Random, spread: float) -> None:
    for _ in range(rng.randint(0, 3)):
        uid, node_id = rng.choice(PEOPLE), rng.choice(NODES)
        rule, enabled = rng.choice(RULES), rng.random() < 0.8
        world.plan(rng.random() * spread, partial(world.save_own, uid, node_id, rule, enabled=enabled))
    for _ in range(rng.randint(0, 3)):
        by = rng.choice((RequestedBy.MANUAL, RequestedBy.FORCED))
        world.plan(rng.random() * spread, partial(world.ask, rng.choice(PEOPLE), by))
    if rng.random() < 0.2:
        world.plan(rng.random() * spread, partial(_change_model, world))


def _change_model(world: AiWorld) -> None:
    world.settings = replace(world.settings, model="qwen3-max")


def live_through(seed: int) -> tuple[AiWorld, list[AiHistory], list[str]]:
    """Run the world of a seed until it rests, and judge."""
    world, histories = build_world(seed)
    world.run()
    return world, histories, [*dict.fromkeys(world.problems), *_judge(world, histories)]


def _judge(world: AiWorld, histories: list[AiHistory]) -> list[str]:
    expected = {key: seat for history in histories for key, seat in expected_seats(history).items()}
    found = {key: seat for key, seat in world.seats.items.items() if seat.state is not SeatState.GONE}
    problems = [
        f"{key}: expected {expected.get(key)}, found {found.get(key)}" for key in expected.keys() ^ found.keys()
    ]
    for key in expected.keys() & found.keys():
        seat, wanted = found[key], expected[key]
        if (seat.state, seat.decision) != (wanted.state, wanted.decision):
            problems.append(f"{key}: expected {wanted}, found {seat}")
        problems += _judge_analysis(world, key)
    problems += [f"{log.event_id} is {log.status}" for log in world.logs.items.values() if log.status not in _ACCOUNTED]
    told = {event["id"] for history in histories for event in history.events}
    unaccounted = told - {event_id for event_id, _ in world.logs.items}
    problems += [f"{event_id} stands in no log" for event_id in unaccounted]
    problems += [f"{answer_id} was answered {n} times, {world.deaths} deaths" for answer_id, n in _asked_twice(world)]
    return problems


_ACCOUNTED = (LogStatus.SUCCEEDED, LogStatus.SUPERSEDED)


def _judge_analysis(world: AiWorld, key: tuple[str, str]) -> list[str]:
    """Nothing is left half done, and what is gone has nothing."""
    seat = world.seats.items[key]
    standing = world.book.standing(seat)
    shown = current_analysis(seat, standing)
    if seat.state is not SeatState.OPEN:
        return []
    if shown is not None and shown.status in (AnalysisStatus.PENDING, AnalysisStatus.RUNNING):
        return [f"{key}: its analysis is {shown.status} for ever"]
    return []


def _asked_twice(world: AiWorld) -> list[tuple[str, int]]:
    """Answers that a platform gave more than once before they were erased, where nobody died, failed or was slow."""
    trouble = world.trouble
    if trouble.death or trouble.throttle or trouble.slow:
        return []
    return [(answer_id, count) for (answer_id, _), count in world.asked.items() if count > 1]


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> range:
    """The seeds to run: one alone, or as many as were asked for."""
    alone = request.config.getoption("--seed")
    number = request.config.getoption("--histories") // INSTANCES_A_WORLD
    return range(alone, alone + 1) if alone is not None else range(number)


def test_no_result_is_shown_that_is_not_todays_and_every_seat_ends_as_its_events_imply(seeds: range) -> None:
    for seed in seeds:
        world, histories, problems = live_through(seed)
        if problems:
            events = "\n".join(json.dumps(event, ensure_ascii=False) for h in histories for event in h.events)
            pytest.fail(
                "\n".join([f"seed {seed}: {len(problems)} problems, {world.deaths} deaths", *problems[:10], events])
                + f"\nalone: pytest tests/simulation/test_ai_simulation.py --seed {seed}"
            )
