"""The codes with which the simulator answers.

`SUCCESS` is that of the real platform. Its table of the others is not public: these are the simulator's own, and
`TOKEN_EXPIRED` is one of the codes that taskbridge takes for an expired token by default.
"""

from __future__ import annotations

SUCCESS = "0"
TOKEN_EXPIRED = "40001"  # noqa: S105 (a code, not a token)

UNREADABLE = "40000"
WRONG_CREDENTIALS = "40101"
MALFORMED = "40002"
QUOTA_EXHAUSTED = "40300"
FILE_UNKNOWN = "40401"
MODEL_UNKNOWN = "40402"
QUESTION_UNKNOWN = "40403"
UNKNOWN_PATH = "40400"
WRONG_METHOD = "40500"
TOO_LONG = "41300"
WRONG_CONTENT_TYPE = "41500"
THROTTLED = "42900"
CONTENT_REFUSED = "45100"
BROKEN = "50000"
