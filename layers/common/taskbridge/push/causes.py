"""Why a push failed, told so that failures of one cause are told the same. Pure."""

from __future__ import annotations

import re

from taskbridge.push.logs import LogStatus, PushLog

# What differs from failure to failure within a reason: ids, numbers, times.
_VARIABLE = re.compile(r"[0-9A-Fa-f]{8}[0-9A-Fa-f-]*|[A-Za-z_-]*[0-9][A-Za-z0-9_-]*")
_UNSETTLED = (LogStatus.FAILED, LogStatus.RETRYING)


def plain(reason: str) -> str:
    """A reason without what differs from failure to failure."""
    return _VARIABLE.sub("…", reason)


def has_cause(log: PushLog, errcode: str, cause: str) -> bool:
    """Whether something of a log failed, or is tried again, with this code and this plain reason; empty: with any."""
    if not errcode and not cause:
        return True
    return any(
        entry.status in _UNSETTLED
        and (not errcode or entry.errcode == errcode)
        and (not cause or plain(entry.reason) == cause)
        for entry in log.entries.values()
    )
