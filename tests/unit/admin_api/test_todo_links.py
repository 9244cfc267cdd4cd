"""Where a task is decided, by the settings of the task centers."""

from __future__ import annotations

import pytest

from admin_api.ai.seats import find_todo_link
from taskbridge.ai.seats import SeatState
from taskbridge.tables.configuration import PlatformConfig
from tests.builders import configuration, platform
from tests.functional.ai_suites.builders import seat


def test_an_open_task_is_decided_where_its_todo_leads() -> None:
    found = find_todo_link(seat(sess_id="P 1/2", task_id="T-1"), configuration([platform()]))
    assert found == "https://process.test/todo/P%201%2F2/T-1"


def test_a_link_for_phones_is_better_than_none() -> None:
    assert (
        find_todo_link(seat(task_id="T-1"), configuration([platform(pc_todo_url="")]))
        == "https://m.process.test/todo/T-1"
    )


def test_a_task_that_is_done_is_not_decided_any_more() -> None:
    assert find_todo_link(seat(state=SeatState.DONE), configuration()) is None


@pytest.mark.parametrize(
    "unfit",
    [
        platform(enabled=False),
        platform(host=""),
        platform(pc_todo_url="", h5_todo_url=""),
        PlatformConfig("aigc", "AI", "Aigc", True, 1, {}),
        PlatformConfig("gone", "旧", "Gone", True, 1, {}),
    ],
)
def test_a_platform_without_a_link_leaves_it_to_the_next(unfit: PlatformConfig) -> None:
    another = PlatformConfig("next", "金智", "JinZhiTaskCenter", True, 1, platform().settings)
    assert find_todo_link(seat(), configuration([unfit])) is None
    assert find_todo_link(seat(task_id="T-1"), configuration([unfit, another])) is not None
