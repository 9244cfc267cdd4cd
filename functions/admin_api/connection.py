"""What the answer to a connection test means to the person who asked for it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from taskbridge.errors import ConfigurationError, NoAnswer
from taskbridge.platforms.base import Outcome, Verdict


class Cause(StrEnum):
    """Where to look first."""

    OK = "ok"
    WRONG_HOST = "wrong_host"  # nobody there, or somebody else: address, paths, a firewall
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a word; the platform refused the app id and the secret
    TOO_SLOW = "too_slow"
    CONNECTION_BROKEN = "connection_broken"
    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"
    NOT_CONFIGURED = "not_configured"  # no call was made: a secret is missing, or a setting cannot be used
    TRY_LATER = "try_later"  # no call was made: another worker is fetching the token, or its store does not answer


class SecretUsed(StrEnum):
    """Which of the two valid secrets opened."""

    NEWEST = "newest"  # what was entered last
    PREVIOUS = "previous"  # the one before: what was entered last is refused


@dataclass(frozen=True, slots=True)
class Report:
    """What a connection test found. `status` None where no answer came; `message` holds no secret.

    `opened_by` is None where no secret opened, or none was tried.
    """

    cause: Cause
    message: str
    status: int | None
    errcode: str
    duration_ms: int
    opened_by: SecretUsed | None = None

    @property
    def ok(self) -> bool:
        """Whether the platform can be worked with."""
        return self.cause is Cause.OK


# The first row that holds decides. A platform's own code proves that it is the platform that speaks, except where
# the path itself is unknown there.
_TABLE: tuple[tuple[Cause, Callable[[Outcome], bool]], ...] = (
    (Cause.OK, lambda o: o.verdict is Verdict.OK),
    (Cause.WRONG_HOST, lambda o: o.no_answer is NoAnswer.UNREACHABLE),
    (Cause.TOO_SLOW, lambda o: o.no_answer is NoAnswer.TOO_SLOW),
    (Cause.CONNECTION_BROKEN, lambda o: o.no_answer is NoAnswer.BROKEN),
    (Cause.TRY_LATER, lambda o: o.status is None),
    (Cause.THROTTLED, lambda o: o.status == 429),
    (Cause.SERVER_ERROR, lambda o: (o.status or 0) >= 500),
    (Cause.WRONG_SECRET, lambda o: o.status in {401, 403}),
    (Cause.WRONG_HOST, lambda o: o.status in {404, 405} or o.status in range(300, 400)),
    (Cause.WRONG_SECRET, lambda o: bool(o.errcode)),
    (Cause.WRONG_HOST, lambda _: True),
)


def build_report(outcome: Outcome, duration_ms: int) -> Report:
    """The outcome of `PlatformClient.check` or `AiPlatformClient.check` for people."""
    cause = next(cause for cause, holds in _TABLE if holds(outcome))
    return Report(cause, outcome.message, outcome.status, outcome.errcode, duration_ms)


def build_not_seen(field: str) -> Report:
    """The report where a secret that was stored a moment ago cannot be read yet."""
    return Report(Cause.TRY_LATER, f"{field}: what was entered a moment ago cannot be read yet", None, "", 0)


def build_refusal(error: ConfigurationError) -> Report:
    """The report where nothing could be tried."""
    return Report(Cause.NOT_CONFIGURED, str(error), None, "", 0)
