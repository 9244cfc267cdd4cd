"""Looks at the stack through its HTTP API, as its users do, until nothing more happens to what was sent."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.ai import read_stream
from cli.api import Api, encode_id, path_of
from local.story import statuses_of

POLL_S = 1.0  # the summary may be asked for sixty times a minute
_TASKS_SHOWN = 200
_WORKING = "retrying"
_UNDER_WAY = frozenset({"pending", "running"})

Shown = Mapping[str, Any]  # an object of the API


@dataclass(frozen=True, slots=True)
class Picture:
    """The stack at one moment, in the shapes of the API.

    `events` are those that were sent by id, None where nothing is known of one yet; `queues` those of the summary;
    `tasks` those of the approvers, each with its `uid` and its latest result; `words` what was said in analyses that
    are under way, by id; `todos` what the task center holds, None where it cannot be asked.
    """

    events: Mapping[str, Shown | None]
    queues: Sequence[Shown]
    tasks: Sequence[Shown] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    todos: Sequence[Shown] | None = None

    @property
    def counts(self) -> Counter[str]:
        """How many events have which status, once for each target; `on its way`: nothing is known of it yet."""
        known = (statuses_of(event) if event else ["on its way"] for event in self.events.values())
        return Counter(status for statuses in known for status in statuses)

    @property
    def waiting(self) -> dict[str, int]:
        """Messages that wait or are worked on, by queue."""
        return {queue["name"]: _depth(queue) for queue in self.queues if not queue["is_dead_letters"]}

    @property
    def given_up(self) -> dict[str, int]:
        """Messages by dead-letter queue, where there are any."""
        return {queue["name"]: _depth(queue) for queue in self.queues if queue["is_dead_letters"] and _depth(queue)}

    @property
    def under_way(self) -> list[Shown]:
        """The tasks whose analysis is still to come."""
        return [task for task in self.tasks if _is_under_way(task)]

    @property
    def analysed(self) -> list[Shown]:
        """The tasks whose analysis has ended."""
        return [task for task in self.tasks if task["result"] and not _is_under_way(task)]

    @property
    def settled_events(self) -> int:
        """How many events nothing more happens to, at any target."""
        return sum(map(_is_settled, self.events.values()))

    @property
    def is_drained(self) -> bool:
        """Whether nothing waits or is worked on."""
        return not any(self.waiting.values())

    @property
    def is_settled(self) -> bool:
        """Whether the queues are empty, every event is accounted for, and nothing more happens by itself."""
        return self.is_drained and self.settled_events == len(self.events) and not self.under_way


class Watch:
    """Asks the API in the name of an operator and of the approvers, whose uids name their connections."""

    def __init__(
        self, operator: Api, approvers: Mapping[str, Api], todos: Callable[[], Sequence[Shown] | None]
    ) -> None:
        self._operator = operator
        self._approvers = approvers
        self._todos = todos
        self._settled: dict[str, Shown] = {}
        self._heard: dict[str, tuple[str, str]] = {}

    def look(self, event_ids: Iterable[str]) -> Picture:
        """The stack as it is now. Raises CommandError."""
        # Queues first: what leaves a queue after this is in the answers that are asked for next.
        queues = self._operator.get("/v1/ops/summary")["queues"]
        events = {event_id: self._outcome(event_id) for event_id in event_ids}
        tasks = [
            {**task, "uid": uid}
            for uid, api in self._approvers.items()
            for task in api.items("/v1/ai/tasks", {"status": "all"}, _TASKS_SHOWN)
        ]
        words = {task["result"]["id"]: self._listen(task) for task in tasks if _is_under_way(task)}
        picture = Picture(events, queues, tasks, words, self._todos())
        if picture.is_drained:
            # Before that, another target of the event may still come to know of it.
            self._settled |= {name: event for name, event in events.items() if event and _is_settled(event)}
        return picture

    def _outcome(self, event_id: str) -> Shown | None:
        return self._settled.get(event_id) or self._operator.find(path_of("events", encode_id(event_id)))

    def _listen(self, task: Shown) -> str:
        """What was said so far; only what is new is asked for."""
        analysis_id = task["result"]["id"]
        seen, words = self._heard.get(analysis_id, ("", ""))
        path = path_of("ai", "analyses", analysis_id, "stream")
        for event in read_stream(self._approvers[task["uid"]].stream(path, seen)):
            seen = event.id or seen
            if event.event == "delta":
                delta = json.loads(event.data)
                words = delta["text"] if delta["number"] == 1 else words + delta["text"]
        self._heard[analysis_id] = (seen, words)
        return words


def watch_until_settled(look: Callable[[], Picture], seen: Callable[[Picture], None], timeout_s: float) -> Picture:
    """Look again and again; the first picture in which everything is settled, or the last one in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        current = look()
        seen(current)
        if current.is_settled or time.monotonic() > deadline:
            return current
        time.sleep(POLL_S)


def explain_unsettled(picture: Picture, timeout_s: float) -> str:
    """What still happens, or does not, for people."""
    unsettled = [(name, event) for name, event in picture.events.items() if not _is_settled(event)][:5]
    parts = [
        *(f"{count} messages in queue {name}" for name, count in picture.waiting.items() if count),
        *(f"{count} messages given up in {name}" for name, count in picture.given_up.items()),
        *(f"{name} is {_describe(event)}" if event else f"{name} is not known" for name, event in unsettled),
        *(
            f"the analysis of {task['task_id']} for {task['uid']} is {task['result']['status']} "
            f"({task['result']['reason'] or 'no reason yet'})"
            for task in picture.under_way[:5]
        ),
    ]
    return f"Not everything was settled within {timeout_s:.0f} s: {'; '.join(parts)}."


def _is_under_way(task: Shown) -> bool:
    return bool(task["result"]) and task["result"]["status"] in _UNDER_WAY


def _is_settled(event: Shown | None) -> bool:
    return event is not None and _WORKING not in statuses_of(event)


def _describe(event: Shown) -> str:
    working = next(target for target in event["targets"] if target["status"] == _WORKING)
    return f"{_WORKING} at {working['target']} ({working['reason'] or 'no reason yet'})"


def _depth(queue: Shown) -> int:
    return int(queue["waiting"] + queue["in_flight"] + queue["delayed"])
