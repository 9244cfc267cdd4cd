"""What has to be sent again: what we believe, held against what the logs prove."""

from __future__ import annotations

import pytest

from taskbridge.push.differences import STUCK_AFTER_S, build_sync, events_of, find_differences
from taskbridge.push.instances import INSTANCE, Instance, Presence, Work
from taskbridge.push.logs import Entry, LogStatus, PushLog
from tests.builders import PLATFORM, START, instance_after, message

EARLY, LATE = "2026-11-18T13:00:00.000+00:00", "2026-11-18T13:05:00.000+00:00"


def acknowledged(*sequences: int) -> Instance:
    """A document of which everything was acknowledged."""
    document = instance_after(*(message(sequence=each) for each in sequences or (1,)))
    for item in document.items().values():
        item.work, item.presence = Work.NONE, Presence.PRESENT
    return document


def log(sequence: int, status: LogStatus = LogStatus.SUCCEEDED, settled_at: str = EARLY) -> PushLog:
    entry = Entry(status, settled_at=settled_at)
    return PushLog(f"S1-e{sequence}", PLATFORM, "S1", sequence=sequence, entries={"T1": entry})


def reasons(document: Instance, *logs: PushLog, now: float = START) -> dict[str, str]:
    return {each.name: each.reason for each in find_differences(document, logs, now)}


def test_what_its_log_proves_does_not_differ() -> None:
    assert reasons(acknowledged(), log(1)) == {}


def test_what_failed_for_good_differs() -> None:
    document = acknowledged()
    document.tasks["T1"].work, document.tasks["T1"].reason = Work.FAILED, "no such person"

    assert reasons(document, log(1, LogStatus.FAILED)) == {"T1": "failed: no such person"}


@pytest.mark.parametrize("status", [LogStatus.FAILED, LogStatus.RETRYING])
def test_what_we_believe_against_its_log_differs(status: LogStatus) -> None:
    assert reasons(acknowledged(), log(1, status)) == {"T1": f"the log of event S1-e1 says {status}"}


def test_a_log_that_is_gone_proves_nothing() -> None:
    assert reasons(acknowledged()) == {}
    assert reasons(acknowledged(1, 2), log(1)) == {}


def test_an_older_event_that_was_acknowledged_last_differs() -> None:
    assert reasons(acknowledged(1, 2), log(1, settled_at=EARLY), log(2, settled_at=LATE)) == {}
    assert reasons(acknowledged(1, 2), log(1, settled_at=LATE), log(2, settled_at=EARLY)) == {
        "T1": "the older event S1-e1 was acknowledged last"
    }


def test_work_differs_only_when_nobody_is_at_it() -> None:
    document = acknowledged()
    document.tasks["T1"].work = Work.PENDING

    document.attempt_started_at = START - 10
    assert reasons(document, log(1, LogStatus.RETRYING)) == {}
    document.attempt_started_at, document.due_at = 0.0, START + 60
    assert reasons(document, log(1, LogStatus.RETRYING)) == {}
    document.attempt_started_at, document.due_at = START - STUCK_AFTER_S - 1, 0.0
    assert list(reasons(document, log(1, LogStatus.RETRYING))) == ["T1"]


def test_what_is_gone_stays_gone() -> None:
    document = acknowledged()
    document.tasks["T1"].presence = Presence.GONE

    assert reasons(document, log(1, LogStatus.FAILED)) == {}


def test_the_message_sends_what_differs_and_names_the_instance_itself_too() -> None:
    document = acknowledged()
    document.item.work = document.tasks["T1"].work = Work.FAILED

    differences = find_differences(document, [log(1)], START)
    sent = build_sync(document, differences, "comparison", EARLY)

    assert (sent.platform_id, sent.sess_id, sent.replay) == (PLATFORM, "S1", True)
    assert sent.force == ("T1", INSTANCE)
    assert [each.name for each in differences] == ["T1", "instance"]


def test_the_events_of_an_instance_are_those_it_knows_and_those_its_items_stem_from() -> None:
    document = acknowledged(1, 2, 3)
    document.events = ["S1-e3"]
    document.tasks["T1"].event_id = "S1-e1"

    assert events_of(document) == ["S1-e3", "S1-e1"]
