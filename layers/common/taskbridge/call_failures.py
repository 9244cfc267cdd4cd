"""Why a call over a connection has no answer: who makes it turns these into errors of the library it serves. Pure."""

from __future__ import annotations


class CallFailure(Exception):
    """No answer, and why."""


class ConnectFailure(CallFailure):
    """There is no connection."""


class ConnectTimeout(ConnectFailure):
    """There is no connection in the time for it."""


class Untrusted(ConnectFailure):
    """Whoever answers there has no certificate that counts."""


class Silence(CallFailure):
    """The time is over."""


class Broken(CallFailure):
    """The connection broke."""


class CutOff(CallFailure):
    """The connection ended without a whole answer, or what came is no HTTP."""


class Unsendable(CallFailure):
    """The request is none."""
