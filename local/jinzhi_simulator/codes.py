"""The codes with which the simulator answers.

`SUCCESS` and `TOKEN_EXPIRED` are those of the real task center. The real table of the others is not public:
these are the simulator's own, so a platform that points here names the ones that it wants to understand.
"""

from __future__ import annotations

SUCCESS = "0"
TOKEN_EXPIRED = "993"  # noqa: S105 (a code, not a token)

UNREADABLE = "40000"
MALFORMED = "40001"
WRONG_SCENE = "40002"
WRONG_INSTANCE = "40003"
WRONG_CREDENTIALS = "40101"
UNKNOWN_PATH = "40400"
TASK_UNKNOWN = "40401"
TASK_GONE = "40402"
INSTANCE_UNKNOWN = "40404"
WRONG_METHOD = "40500"
TASK_EXISTS = "40902"
INSTANCE_HAS_TASKS = "40903"
DELETED = "41001"
WRONG_CONTENT_TYPE = "41500"
THROTTLED = "42900"
BROKEN = "50000"

ALREADY_THERE_CODES = (TASK_EXISTS,)
"""What a platform lists as `already_there_codes` when repeated inserts are refused here."""

ALREADY_GONE_CODES = (TASK_GONE, INSTANCE_UNKNOWN)
"""What a platform lists as `already_gone_codes`."""
