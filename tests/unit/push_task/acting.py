"""What the tests of one turn share: the calls of a document, and how they ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from push_task.plan import Plan, Step, plan_calls
from push_task.settle import End, StepResult, mark_attempt, settle
from push_task.turn import Received, Turn, begin_turn
from taskbridge.commands import SaveInstance, SaveTask
from taskbridge.push.event_order import fold
from taskbridge.push.instances import Instance
from taskbridge.push.messages import EventMessage, Message
from taskbridge.tables.instances import StoredInstance
from tests.builders import START

Call = tuple[str, str]


def calls_of(plan: Plan) -> list[list[Call]]:
    """The operations of both stages, with what each is about."""
    return [[(step.command.operation.value, step.key) for step in stage] for stage in (plan.first, plan.second)]


def statuses_of(plan: Plan) -> set[str]:
    """The statuses of the instance that the calls carry."""
    commands = [step.command for step in plan.steps()]
    return {each.instance.status.value for each in commands if isinstance(each, SaveTask | SaveInstance)}


def answer(document: Instance, *ends: End, now: float = START, **more: Any) -> list[StepResult]:
    """Make the calls of a document and settle them; the last end counts for all further calls."""
    plan = plan_calls(document)
    mark_attempt(document, plan.steps(), now)
    results = results_of(plan, *ends, **more)
    settle(document, results, set(document.overtaken), now)
    return results


def results_of(plan: Plan, *ends: End, **more: Any) -> list[StepResult]:
    """Results as the sender gives them: the second stage is only tried when the first left nothing undone."""
    given = list(ends or (End.DONE,))
    results = [StepResult(step, given.pop(0) if len(given) > 1 else given[0], **more) for step in plan.first]
    if all(result.end is End.DONE for result in results):
        results += [StepResult(step, given.pop(0) if len(given) > 1 else given[0], **more) for step in plan.second]
    return results


def shown(*messages: EventMessage) -> Instance:
    """A document whose messages came one after another, each acknowledged before the next."""
    document = Instance(messages[0].platform_id, messages[0].sess_id)
    for each in messages:
        fold(document, each)
        answer(document)
    return document


def received(*messages: Message) -> list[Received]:
    return [Received(each, f"m{number}", f"r{number}") for number, each in enumerate(messages)]


def turn_of(document: Instance, *messages: Message) -> Turn:
    return begin_turn(StoredInstance(document), received(*messages))


@dataclass
class Jitter:
    """A random number that is always the same."""

    value: float = 0.5

    def __call__(self) -> float:
        return self.value


def only_step(plan: Plan) -> Step:
    (step,) = plan.steps()
    return step
