"""An analysis watched through the gateway of a running stack, over connections that break."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence

import httpx
import pytest

from tests.event_sources import EventSource, Fetch, Message, Response
from tests.stack.harness import PATIENCE_S, RunningStack
from tests.stack.test_analyses import Claim

LONGEST_WAIT_MS = 2_000
WATCHER, ANOTHER = "approver-1", "approver-2"


class Network:
    """Requests with a person's token; of the first ones only so many bytes arrive."""

    def __init__(self, stack: RunningStack) -> None:
        self.tokens: Mapping[str, str] = stack.outputs["tokens"]
        self.http = httpx.Client(base_url=stack.outputs["ApiUrl"], trust_env=False, timeout=60)

    def get(self, path: str, person: str = WATCHER, **headers: str) -> httpx.Response:
        return self.http.get(path, headers={**headers, "authorization": f"Bearer {self.tokens[person]}"})

    def breaking(self, path: str, cuts: Sequence[int] = ()) -> Fetch:
        left = list(cuts)

        def fetch(headers: Mapping[str, str]) -> Response:
            sent = {**headers, "authorization": f"Bearer {self.tokens[WATCHER]}"}
            with self.http.stream("GET", path, headers=sent) as response:
                arrived = next(response.iter_raw(left[0]), b"") if left else response.read()
                is_cut = bool(left and left.pop(0))
                return Response(response.status_code, response.headers.get("content-type", ""), (arrived,), is_cut)

        return fetch


@pytest.fixture
def network(stack: RunningStack) -> Iterator[Network]:
    made = Network(stack)
    yield made
    made.http.close()


@pytest.fixture
def claim(stack: RunningStack) -> Claim:
    stack.ai.set_faults({})
    return Claim(stack)


def analysis_of(claim: Claim, network: Network) -> str:
    """The id of the analysis that the task has, once it has one."""
    claim.wait(WATCHER, lambda row: row.status != "")
    (result,) = network.get(f"/v1/ai/tasks/{claim.task_id}").json()["results"]
    return str(result["id"])


def watch(viewer: EventSource) -> None:
    """Look until it is closed, and wait between as the answers say; after its last event, which says a minute, less."""
    until = time.monotonic() + PATIENCE_S
    viewer.step()
    while not viewer.is_closed and time.monotonic() < until:
        time.sleep(min(viewer.retry_ms, LONGEST_WAIT_MS) / 1000)
        viewer.step()


def text_of(messages: Sequence[Message]) -> str:
    return "".join(json.loads(each.data)["text"] for each in messages if each.event == "delta")


def test_an_analysis_is_watched_through_three_dropped_connections(claim: Claim, network: Network) -> None:
    claim.receive(WATCHER)
    analysis_id = analysis_of(claim, network)
    path = f"/v1/ai/analyses/{analysis_id}/stream"
    viewer = EventSource(network.breaking(path, [200, 90, 333]))

    watch(viewer)

    assert viewer.is_closed
    assert viewer.messages[-1].event == "done"
    stored = network.get(f"/v1/ai/analyses/{analysis_id}").json()
    assert text_of(viewer.messages) == stored["text"] != ""
    found = [json.loads(each.data)["clause"] for each in viewer.messages if each.event == "finding"]
    assert found == [each["clause"] for each in stored["findings"]]

    middle = len(viewer.messages) // 2
    second = EventSource(network.breaking(path), last_event_id=viewer.messages[middle - 1].id)
    watch(second)
    assert second.messages == viewer.messages[middle:]


def test_nobody_else_watches_it(claim: Claim, network: Network) -> None:
    claim.receive(WATCHER)
    path = f"/v1/ai/analyses/{analysis_of(claim, network)}/stream"

    assert network.get(path, ANOTHER).status_code == 404
    assert network.get(path, ANOTHER, **{"last-event-id": "end"}).status_code == 404
    assert network.get(path, "admin").status_code == 403
    assert network.http.get(path).status_code == 401
