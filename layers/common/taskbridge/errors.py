"""The one tree of errors.

TaskbridgeError
├── InvalidEvent          an event, or a message made from it, does not have the form that was agreed
├── ConfigurationError    a platform, rule or setting is missing or malformed
├── StoreError            a table or a parameter did not answer
│   ├── StaleVersion      somebody else wrote the item since it was read
│   └── StoreThrottled    it was asked too often
├── UnreadableDocument    what a table holds is damaged, or of another release
└── PlatformError         a platform did not do what was asked
    ├── TransientError    it may do it later
    │   ├── ThrottledError      it said when
    │   ├── TokenRefused        a fresh token was refused as well
    │   └── IncompleteAnswer    a model began to answer, and did not come to its end
    └── PermanentError    it will not, until a person changes something
        ├── QuotaExhausted      an operator has to pay, or to raise a quota
        └── ContentRefused      a content filter, or the model itself, does not want this input
"""

from __future__ import annotations

from enum import StrEnum

from taskbridge.usage import Usage


class TaskbridgeError(Exception):
    """Root of everything that taskbridge raises on purpose."""


class InvalidEvent(TaskbridgeError):
    """An event that cannot be read: `field` names where, `problem` what was expected and what came."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class ConfigurationError(TaskbridgeError):
    """A platform, rule or setting that cannot be used: `field` names which."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class StoreError(TaskbridgeError):
    """A table, queue or parameter store did not answer, or answered with an error that may pass."""


class StaleVersion(StoreError):
    """A conditional write lost: the item has another version than the one that was read."""


class StoreThrottled(StoreError):
    """The store was asked too often: it answers again in a moment."""


class UnreadableDocument(TaskbridgeError):
    """What a table holds under a key cannot be read by this release: set it aside, and go on with the others."""


class NoAnswer(StrEnum):
    """Why no HTTP answer came."""

    UNREACHABLE = "unreachable"  # no connection: a wrong host, or a firewall
    TOO_SLOW = "too_slow"
    BROKEN = "broken"  # the connection ended without a whole answer


class PlatformError(TaskbridgeError):
    """A platform did not do what was asked.

    `status` is the HTTP status or None where no answer came, `no_answer` why, `errcode` the platform's own code as
    text, `retry_after` seconds where the platform said so, `usage` what a model was paid for all the same. `doubt`: the
    signal by which it may be a lost session instead. The message never holds a secret or a token.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        errcode: str = "",
        retry_after: float | None = None,
        usage: Usage | None = None,
        no_answer: NoAnswer | None = None,
        doubt: str = "",
    ) -> None:
        super().__init__(message)
        self.doubt = doubt
        self.status = status
        self.errcode = errcode
        self.retry_after = retry_after
        self.usage = usage
        self.no_answer = no_answer


class TransientError(PlatformError):
    """No answer, HTTP 5xx or 408, an unreadable body, a code in `retry_codes`: it may work later."""


class ThrottledError(TransientError):
    """HTTP 429: it works again after `retry_after` seconds, where given."""


class TokenRefused(TransientError):
    """HTTP 401 or 403, or a token-expired code, also with a token that was just fetched."""


class IncompleteAnswer(TransientError):
    """An answer that was cut: no terminal event, a broken stream, the limit of output. None of it is an answer."""


class PermanentError(PlatformError):
    """Any other refusal: repeating the same request would be refused again."""


class QuotaExhausted(PermanentError):
    """Quota used up, a debt, or no permission: nothing works there until an operator acts."""


class ContentRefused(PermanentError):
    """Content filter or refusal: no answer to this input, from this platform. A person decides."""
