"""What happened before anything is remembered of its instance goes nowhere, and says so."""

from __future__ import annotations

import msgspec
import pytest

from event_router.route import Envelope, Routed, route
from taskbridge.tables.events import UnroutedEvent
from tests.builders import as_json, configuration, event

RETENTION_S = 730 * 86_400.0


def decide(occurred_at: str, received_at: str, retention_s: float = RETENTION_S) -> Routed | UnroutedEvent:
    detail = msgspec.Raw(as_json(event(occurred_at=occurred_at)))
    return route(Envelope("bus-1", detail), received_at, configuration(), retention_s)


def test_an_event_of_longer_ago_than_instances_are_remembered_is_skipped_with_the_reason() -> None:
    decision = decide("2024-11-21T09:30:00+08:00", "2026-11-22T01:30:05.000+00:00")

    assert isinstance(decision, UnroutedEvent)
    assert (decision.status, decision.event_id) == ("skipped", "S1-e1")
    assert decision.reason == (
        "happened on 2024-11-21: nothing is remembered of an instance for longer than 730 days after its end"
    )


@pytest.mark.parametrize(
    ("occurred_at", "retention_s"),
    [
        ("2024-11-23T09:30:00+08:00", RETENTION_S),  # within
        ("2020-01-01T00:00:00Z", 0.0),  # remembered for good
        ("0001-01-01T00:00:00+08:00", RETENTION_S),  # no date at all
        ("2030-01-01T00:00:00Z", RETENTION_S),  # a clock that is ahead
    ],
)
def test_any_other_goes_where_it_has_to(occurred_at: str, retention_s: float) -> None:
    assert isinstance(decide(occurred_at, "2026-11-22T01:30:05.000+00:00", retention_s), Routed)
