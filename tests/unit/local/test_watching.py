"""What is asked of the API while events are on their way, and when nothing more happens."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from cli.api import Api
from cli.errors import CommandError
from local.watching import Picture, Watch, explain_unsettled
from tests.unit.local.seen import event, pushed, queue, task


class Served:
    """The API, with what it answers by path; a path that it does not know is not found."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.waiting = 0
        self.tasks: list[dict[str, Any]] = []
        self.words: list[str] = []
        self.refusal: dict[str, Any] = {}
        self.asked: list[str] = []

    def connect(self) -> Api:
        transport = httpx.MockTransport(self._answer)
        return Api(httpx.Client(transport=transport, base_url="http://127.0.0.1"), lambda _: None)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path)
        if self.refusal:
            return httpx.Response(self.refusal["status"], json=self.refusal)
        if path.endswith("/stream"):
            return self._stream(int(request.headers.get("Last-Event-ID", "a-0").partition("-")[2]))
        if path == "/v1/ops/summary":
            return httpx.Response(200, json={"queues": [queue("push", self.waiting), queue("push-dead-letters")]})
        if path == "/v1/ai/tasks":
            return httpx.Response(200, json={"items": self.tasks, "next_cursor": None})
        found = self.events.get(path.rpartition("/")[2])
        missing = {"status": 404, "code": "not_found", "detail": "There is no such event."}
        return httpx.Response(200, json=found) if found else httpx.Response(404, json=missing)

    def _stream(self, after: int) -> httpx.Response:
        deltas = [
            f"event: delta\ndata: {json.dumps({'number': number, 'text': text})}\nid: a-{number}\n\n"
            for number, text in enumerate(self.words, 1)
            if number > after
        ]
        content = "".join(deltas) or "retry: 400\n: nothing yet\n"
        return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=content.encode())


@pytest.fixture
def served() -> Served:
    return Served()


@pytest.fixture
def watch(served: Served) -> Watch:
    return Watch(served.connect(), {"u-1": served.connect()}, tuple)


def picture(seen: dict[str, Any] | None, waiting: int = 0, *tasks: dict[str, Any]) -> Picture:
    return Picture({"e-1": seen}, [queue("push", waiting)], tasks)


def test_an_event_that_nobody_knows_yet_is_on_its_way(served: Served, watch: Watch) -> None:
    seen = watch.look(["e-1"])

    assert seen.counts == {"on its way": 1}
    assert not seen.is_settled


def test_an_event_is_asked_for_until_it_is_settled_with_the_queues_empty(served: Served, watch: Watch) -> None:
    # given: settled at one target, while another may still come to know of it
    served.events["e-1"], served.waiting = pushed("succeeded"), 1
    watch.look(["e-1"])

    # when
    served.events["e-1"], served.waiting = event(("push:jinzhi", "succeeded"), ("ai", "failed")), 0
    seen = watch.look(["e-1"])
    watch.look(["e-1"])

    # then
    assert seen.is_settled
    assert seen.counts == {"succeeded": 1, "failed": 1}
    assert served.asked.count("/v1/events/e-1") == 2


def test_words_are_gathered_as_they_come_and_each_is_asked_for_once(served: Served, watch: Watch) -> None:
    # given
    served.tasks, served.words = [task("running")], ["请假", "两天，"]
    first = watch.look([])

    # when
    served.words.append("符合。")
    then = watch.look([])

    # then
    assert (first.words, then.words) == ({"A-T-1": "请假两天，"}, {"A-T-1": "请假两天，符合。"})
    assert [task["task_id"] for task in then.under_way] == ["T-1"]


def test_any_other_refusal_of_the_api_ends_the_watching(served: Served, watch: Watch) -> None:
    served.refusal = {"status": 403, "code": "forbidden", "detail": "Not for you."}

    with pytest.raises(CommandError, match="Not for you"):
        watch.look([])


@pytest.mark.parametrize(
    ("seen", "is_settled"),
    [
        (picture(pushed("succeeded")), True),
        (picture(pushed("succeeded"), 1), False),
        (picture(pushed("retrying")), False),
        (picture(event(("push:jinzhi", "succeeded"), ("ai", "retrying"))), False),
        (picture(None), False),
        (picture(event(status="skipped"), 0, task("done"), task("failed"), task()), True),
        (picture(pushed("succeeded"), 0, task("running")), False),
        (picture(pushed("succeeded"), 0, task("pending")), False),
    ],
)
def test_a_picture_is_settled_when_nothing_more_happens(seen: Picture, is_settled: bool) -> None:
    assert seen.is_settled is is_settled


def test_what_is_not_settled_is_explained() -> None:
    events = {"e-1": None, "e-2": pushed("retrying", "the breaker is open")}
    queues = [queue("push", 3), queue("push-dead-letters", 1)]

    text = explain_unsettled(Picture(events, queues, [task("pending")]), 180)

    assert "the analysis of T-1 for u-1 is pending" in text
    assert "3 messages in queue push" in text
    assert "1 messages given up in push-dead-letters" in text
    assert "e-1 is not known" in text
    assert "e-2 is retrying at push:jinzhi (the breaker is open)" in text
