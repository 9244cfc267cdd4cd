"""Whom the desk asks: breakers open and close by what platforms do, and a file goes to a platform once."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ai_analyze.desk import Desk
from ai_analyze.material import ReadFile
from ai_analyze.review import Asked
from taskbridge.access.breaker import Breakers
from taskbridge.errors import ConfigurationError, PermanentError, PlatformError, QuotaExhausted
from taskbridge.platforms.ai import Upload
from tests.builders import START
from tests.fakes import MemoryCoordination
from tests.fakes_ai import MemoryUploads

FILE = ReadFile("附件1.pdf", "f", "发票", "sha", "application/pdf", 3, ("发票",), content=b"pdf")


class Platform:
    """Takes files; `error` is raised instead."""

    platform_id = "aigc"
    answer_timeout_s = 300.0

    def __init__(self) -> None:
        self.uploads = 0
        self.error: PlatformError | None = None

    def upload(self, name: str, content: bytes, *, ocr: bool, within_s: float = math.inf) -> Upload:
        if self.error:
            raise self.error
        self.uploads += 1
        return Upload(f"file-{self.uploads}")


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def coordination() -> MemoryCoordination:
    return MemoryCoordination()


@pytest.fixture
def desk(platform: Any, coordination: MemoryCoordination) -> Desk:
    ids = iter(range(100))
    return Desk(
        clients=lambda _: platform,
        breakers=Breakers(coordination, lambda: START),
        probes=coordination,
        uploads=MemoryUploads(),
        environment="dev",
        trusted_hosts=(),
        clock=lambda: START,
        sleep=lambda _: None,
        new_id=lambda: f"id{next(ids)}",
    )


def test_a_file_that_was_forgotten_is_uploaded_anew_and_another_ones_id_is_left(desk: Desk, platform: Any) -> None:
    desk._upload(platform, FILE)
    desk._forget(platform, FILE, "file-of-another-time")
    assert desk._upload(platform, FILE) == "file-1"

    desk._forget(platform, FILE, "file-1")
    assert desk._upload(platform, FILE) == "file-2"


def asked(failure: PlatformError | ConfigurationError | None) -> Asked:
    return Asked("aigc", "m", "review", "", "", (), "", "failed" if failure else "answered", failure=failure)


def test_a_file_goes_to_a_platform_once(desk: Desk, platform: Any) -> None:
    assert [desk._upload(platform, FILE) for _ in range(3)] == ["file-1"] * 3
    assert platform.uploads == 1


def test_an_upload_that_failed_may_be_tried_again(desk: Desk, platform: Any) -> None:
    platform.error = PermanentError("no")
    with pytest.raises(PermanentError):
        desk._upload(platform, FILE)
    platform.error = None
    assert desk._upload(platform, FILE) == "file-1"


def test_a_used_up_quota_stops_the_questions_at_once(desk: Desk, coordination: MemoryCoordination) -> None:
    desk._note(asked(QuotaExhausted("Arrearage")))
    state = coordination.read_breaker("aigc")
    assert (state.is_open, state.wants_money) == (True, True)


@pytest.mark.parametrize(("failure", "answered_at"), [(None, START), (PermanentError("400"), 0.0)])
def test_an_answer_is_noted_and_a_refusal_is_not(
    desk: Desk, coordination: MemoryCoordination, failure: PlatformError | None, answered_at: float
) -> None:
    desk._note(asked(failure))
    assert coordination.read_breaker("aigc").answered_at == answered_at


@pytest.mark.parametrize(
    ("failure", "closes"), [(None, True), (PermanentError("400"), True), (ConfigurationError("app_secret", "x"), False)]
)
def test_only_what_the_platform_itself_answered_closes_its_breaker(
    desk: Desk, coordination: MemoryCoordination, failure: PlatformError | ConfigurationError | None, closes: bool
) -> None:
    coordination.open_breaker("aigc", START, "down")
    desk._note(asked(failure))
    assert coordination.read_breaker("aigc").is_open is not closes
