"""The status of a log is the worst of what it tells."""

from __future__ import annotations

import pytest

from taskbridge.attempts import Attempt
from taskbridge.push.instances import INSTANCE
from taskbridge.push.logs import ATTEMPTS_KEPT, Entry, LogStatus, PushLog, entry_name


def log_with(*statuses: str) -> PushLog:
    entries = {f"T{number}": Entry(LogStatus(status)) for number, status in enumerate(statuses)}
    return PushLog("e1", "jz", "S1", entries=entries)


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        ((), "skipped"),
        (("skipped",), "skipped"),
        (("superseded", "skipped"), "superseded"),
        (("superseded", "succeeded"), "succeeded"),
        (("succeeded", "retrying", "superseded"), "retrying"),
        (("retrying", "failed", "succeeded"), "failed"),
    ],
)
def test_a_log_is_as_bad_as_its_worst_entry(statuses: tuple[str, ...], worst: str) -> None:
    assert log_with(*statuses).status == worst


def test_only_the_newest_attempts_are_kept() -> None:
    log = log_with("retrying")

    for number in range(ATTEMPTS_KEPT + 3):
        log.add_attempts([Attempt(float(number), "insert_task", "T0", "POST", "/x")])

    assert [attempt.at for attempt in log.attempts] == [float(number) for number in range(3, ATTEMPTS_KEPT + 3)]


def test_people_call_an_entry_by_its_task_or_the_instance() -> None:
    assert entry_name("T1") == "T1"
    assert entry_name(INSTANCE) == "instance"
