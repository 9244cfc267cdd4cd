"""One HTTP call to a platform, as it is made and as the push log keeps it. Pure."""

from __future__ import annotations

import msgspec


class Attempt(msgspec.Struct, omit_defaults=True, frozen=True):
    """One HTTP call: masked, request cut at 4,000 and response at 2,000 characters.

    `at` is epoch seconds; `operation` is that of the command, or "token", or "probe"; `key` is the id of the task,
    empty where the call is about the instance. `status` is None, and `error` says why, where no answer came.
    """

    at: float
    operation: str
    key: str
    method: str
    path: str
    request: str = ""
    status: int | None = None
    response: str = ""
    duration_ms: int = 0
    error: str = ""
