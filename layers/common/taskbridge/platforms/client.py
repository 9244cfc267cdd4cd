"""The driver of every platform: token, request, one refresh and one repeat, masking, audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import httpx
import msgspec

from taskbridge.commands import Command, DeleteTask, SaveTask
from taskbridge.errors import (
    ConfigurationError,
    PermanentError,
    PlatformError,
    TaskbridgeError,
    ThrottledError,
    TransientError,
)
from taskbridge.platforms.base import Attempt, Outcome, Platform, Request, Response, Result, Verdict
from taskbridge.platforms.formats import is_header_text
from taskbridge.platforms.masking import MASK, mask_long_runs
from taskbridge.platforms.wire import Wire, show_body

MESSAGE_CHARS = 500
ERRCODE_CHARS = 64


class Tokens(Protocol):
    """One token for the whole fleet, under a key; `fetch` is called by whoever is elected to."""

    def get(self, key: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        """The token that is valid now."""
        ...

    def replace(self, key: str, refused: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        """The token after `refused`: fetched only where `refused` is still the stored one."""
        ...


class PlatformClient:
    """Carries commands out on one platform. Threads may share it.

    `secrets(field)` gives the values of a secret that are valid now, newest first; it is asked whenever a
    token is fetched, and for every command where the secret is itself the token. `clock` gives epoch
    seconds.
    """

    def __init__(
        self,
        platform: Platform,
        http: httpx.Client,
        tokens: Tokens,
        secrets: Callable[[str], tuple[str, ...]],
        clock: Callable[[], float],
    ) -> None:
        self._platform = platform
        self._tokens = tokens
        self._secrets = secrets
        self._clock = clock
        self._wire = Wire(http, platform.settings.host, platform.settings.timeout_s, clock)
        self._accepted = ""

    def execute(self, command: Command) -> Result:
        """What became of `command`, in at most one refresh of the token and one repeat.

        Every failure is an outcome, never an exception of this package. TOKEN_REFUSED never leaves here: a
        token that was refused twice is TRANSIENT, and its message says so. The same holds for whatever
        keeps us from having a token, also a wrong secret: it is wrong for every command, so work has to
        wait (the breaker opens) until a person has set it right, instead of failing for good one by one.
        """
        trail: list[Attempt] = []
        try:
            outcome = self._execute(command, trail)
        except TaskbridgeError as error:
            outcome = _outcome_of(error)
        return Result(self._masked(outcome), tuple(trail))

    def check(self) -> Outcome:
        """Tries the connection for a person: a new token is fetched and kept, nothing is pushed.

        `message` says how long it took, or tells a wrong host, a wrong secret and a slow platform apart. A
        platform whose token is static is only asked for its front page.
        """
        started = self._clock()
        trail: list[Attempt] = []
        try:
            done = self._check_token(trail) if self._platform.uses_token else self._check_host(trail)
        except TaskbridgeError as error:
            return self._masked(_outcome_of(error))
        status = trail[-1].status if trail else None
        return Outcome(Verdict.OK, status, message=f"{done}, {round((self._clock() - started) * 1000)} ms")

    def _execute(self, command: Command, trail: list[Attempt]) -> Outcome:
        if command.operation not in self._platform.capabilities:
            raise PermanentError(f"{self._platform.class_name} cannot do {command.operation.value}")
        token = self._token(trail)
        outcome = self._push(command, token, trail)
        if outcome.verdict is Verdict.TOKEN_REFUSED:
            other = self._other_token(token, trail)
            outcome = self._push(command, other, trail) if other else outcome
        if outcome.verdict is Verdict.TOKEN_REFUSED:
            words = f"token refused, with nothing left to try: {outcome.message}"
            outcome = replace(outcome, verdict=Verdict.TRANSIENT, message=words)
        return outcome

    def _push(self, command: Command, token: str, trail: list[Attempt]) -> Outcome:
        self._wire.remember(token)
        try:
            request = self._platform.build_request(command, token)
            response = self._wire.call((command.operation.value, _task_id(command)), request, trail, show_body)
        except UnicodeEncodeError as error:
            raise PermanentError(f"a text that is not Unicode cannot be sent: {error.reason}") from error
        outcome = self._platform.parse_response(command, response)
        if outcome.verdict is Verdict.OK:
            self._accepted = token
        return outcome

    # Tokens

    def _token(self, trail: list[Attempt]) -> str:
        platform = self._platform
        if platform.uses_token:
            return self._tokens.get(platform.platform_id, self._fetcher(trail), platform.token_lifetime_s)
        if not platform.secret_field:
            return ""
        values = self._valid_secrets()
        return self._accepted if self._accepted in values else values[0]

    def _other_token(self, refused: str, trail: list[Attempt]) -> str:
        """A token to try after `refused`; empty where there is none."""
        platform = self._platform
        if platform.uses_token:
            return self._tokens.replace(platform.platform_id, refused, self._fetcher(trail), platform.token_lifetime_s)
        if not platform.secret_field:
            return ""
        return next((value for value in self._valid_secrets() if value != refused), "")

    def _valid_secrets(self) -> tuple[str, ...]:
        field = self._platform.secret_field
        values = tuple(value for value in self._secrets(field) if value)
        if not values:
            raise ConfigurationError(field, "not set")
        for value in values:
            self._wire.remember(value)
            if not is_header_text(value):
                raise ConfigurationError(field, "holds a character that no header can carry: enter it again")
        return values

    def _fetcher(self, trail: list[Attempt]) -> Callable[[], str]:
        return lambda: self._fetch_token(trail)

    def _fetch_token(self, trail: list[Attempt]) -> str:
        """A new token by the newest secret, or by an older one that is still valid. Raises TransientError."""
        refusals = []
        for value in self._valid_secrets():
            try:
                return self._exchange(value, trail)
            except PermanentError as error:
                refusals.append(error)
        # What is said of the newest secret is what an admin has to read.
        raise self._clean(refusals[0], TransientError)

    def _exchange(self, value: str, trail: list[Attempt]) -> str:
        request = self._platform.build_token_request(value)
        response = self._wire.call(("token", ""), request, trail, self._show_token_answer)
        try:
            token = self._platform.parse_token_response(response)
        except PlatformError as error:
            raise self._clean(error, type(error)) from None
        self._wire.remember(token)
        return token

    def _show_token_answer(self, response: Response) -> str:
        """The answer of a token call: its code and message, as a token may stand anywhere else."""
        platform = self._platform
        answer = platform.read_answer(response)
        if not answer.fields:
            return mask_long_runs(show_body(response))
        known = {platform.code_key: answer.code, platform.message_key: answer.message}
        return msgspec.json.encode({key: known.get(key, MASK) for key in answer.fields}).decode()

    # The connection test

    def _check_token(self, trail: list[Attempt]) -> str:
        platform = self._platform
        token = self._token(trail)
        if not trail:
            # It came from the cache, which proves nothing. The new one becomes that of the fleet, since it
            # may have ended the old one.
            self._other_token(token, trail)
        return "the token was fetched" if trail else f"another worker of {platform.platform_id} just fetched a token"

    def _check_host(self, trail: list[Attempt]) -> str:
        if self._platform.secret_field:
            self._valid_secrets()
        response = self._wire.call(("probe", ""), Request("GET", "/", {}), trail, show_body)
        if response.status >= 500:
            raise TransientError(f"the host answers HTTP {response.status}", status=response.status)
        return f"the host answers (HTTP {response.status}); its token is first tried by a push"

    # Masking

    def _clean(self, error: PlatformError, kind: type[PlatformError]) -> PlatformError:
        message = self._wire.mask(str(error))[:MESSAGE_CHARS]
        return kind(message, status=error.status, errcode=error.errcode, retry_after=error.retry_after)

    def _masked(self, outcome: Outcome) -> Outcome:
        if outcome.verdict is Verdict.OK:
            return outcome
        mask = self._wire.mask
        return replace(
            outcome,
            errcode=mask(outcome.errcode)[:ERRCODE_CHARS],
            message=mask(outcome.message)[:MESSAGE_CHARS],
        )


def _task_id(command: Command) -> str:
    match command:
        case SaveTask():
            return command.task.task_id
        case DeleteTask():
            return command.task_id
        case _:
            return ""


def _outcome_of(error: TaskbridgeError) -> Outcome:
    """An error as an outcome: whatever is not known to be permanent may pass."""
    if not isinstance(error, PlatformError):
        return Outcome(Verdict.TRANSIENT, message=str(error))
    verdict = Verdict.TRANSIENT
    if isinstance(error, PermanentError):
        verdict = Verdict.PERMANENT
    elif isinstance(error, ThrottledError):
        verdict = Verdict.THROTTLED
    return Outcome(verdict, error.status, error.errcode, str(error), error.retry_after)
