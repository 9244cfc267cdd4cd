"""The addresses that no real task center has: those of every simulator, and a page for people.

`state` has tasks, instances, what was deleted, counts by operation, tokens issued, and violations. `/` is the page.
"""

from __future__ import annotations

from local.jinzhi_simulator.faults import Faults
from local.jinzhi_simulator.model import TaskCenter
from local.jinzhi_simulator.page import render_page
from local.simulating.answers import Answer, page_answer
from local.simulating.control import PREFIX, Endpoint, common_endpoints

_BROWSER_PATHS = ("/", "/favicon.ico")  # what a browser asks for is no call of the ledger


def is_control(path: str) -> bool:
    """Whether `path` belongs here rather than to the task center."""
    name = path.partition("?")[0]
    return name in _BROWSER_PATHS or name.startswith(PREFIX)


def _show_page(center: TaskCenter, _query: str, _body: bytes) -> Answer:
    policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return page_answer(render_page(center), headers=policy)


ENDPOINTS: dict[tuple[str, str], Endpoint[TaskCenter]] = {**common_endpoints(Faults), ("GET", "/"): _show_page}
