"""The driver of every task center: token, request, one refresh and one repeat, masking, audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx

from taskbridge.attempts import Attempt
from taskbridge.commands import Command, DeleteTask, Operation, SaveInstance, SaveTask
from taskbridge.errors import PermanentError, TaskbridgeError, TransientError
from taskbridge.platforms.base import CommandResult, Request, TaskCenter
from taskbridge.platforms.credentials import MESSAGE_CHARS, Credentials, Tokens
from taskbridge.platforms.http_answers import Outcome, OutcomeKind, outcome_of
from taskbridge.platforms.wire import Calls, Leave, Wire, show_body
from taskbridge.reasons import build_reason

ERRCODE_CHARS = 64


class PlatformClient:
    """Carries commands out on one platform. Threads may share it.

    `tokens` and `secrets` are as for `Credentials`; `clock` gives epoch seconds; `timeout_s` is that of the platform's
    settings, unless given.
    """

    def __init__(
        self,
        platform: TaskCenter,
        http: httpx.Client,
        tokens: Tokens,
        secrets: Callable[[str], tuple[str, ...]],
        clock: Callable[[], float],
        timeout_s: float | None = None,
    ) -> None:
        self._platform = platform
        self._clock = clock
        self._wire = Wire(http, platform.settings.host, timeout_s or platform.settings.timeout_s, clock)
        self._credentials = Credentials(platform, self._wire, tokens, secrets)

    def execute(self, command: Command, leave: Leave | None = None) -> CommandResult:
        """What became of `command`, in at most one refresh of the token and one repeat.

        Where the refusal may be that of a lost session, a new token is tried once for the whole fleet: see
        token_doubts. `leave` is asked before each HTTP call; without, each may take the platform's own time.

        Every failure is an outcome, never an exception of this package. TOKEN_REFUSED never leaves here: a
        token that was refused twice is TRANSIENT, and its message says so. The same holds for whatever
        keeps us from having a token, also a wrong secret: it is wrong for every command, so work has to
        wait (the breaker opens) until a person has set it right, instead of failing for good one by one.
        """
        trail: list[Attempt] = Calls(leave) if leave else []
        try:
            outcome = self._execute(command, trail)
        except TaskbridgeError as error:
            outcome = outcome_of(error)
        return CommandResult(self._masked(outcome), tuple(trail))

    def check(self) -> Outcome:
        """Tries the connection for a person: a new token is fetched and kept, nothing is pushed.

        `message` says how long it took, or tells a wrong host, a wrong secret and a slow platform apart. A
        platform whose token is static is only asked for its front page.
        """
        started = self._clock()
        trail: list[Attempt] = []
        try:
            done = self._credentials.renew(trail) if self._platform.uses_token else self._check_host(trail)
        except TaskbridgeError as error:
            return self._masked(outcome_of(error))
        status = trail[-1].status if trail else None
        return Outcome(OutcomeKind.OK, status, message=f"{done}, {round((self._clock() - started) * 1000)} ms")

    def _execute(self, command: Command, trail: list[Attempt]) -> Outcome:
        if command.operation not in self._platform.capabilities:
            if command.operation is Operation.DELETE_INSTANCE:
                return Outcome(OutcomeKind.OK)  # who knows no instances has none left, once its todos are deleted
            raise PermanentError(
                build_reason("no_operation", platform=self._platform.class_name, operation=command.operation.value)
            )
        token = self._credentials.token(trail)
        outcome = self._push(command, token, trail)
        if outcome.doubt:
            outcome = self._push_again(command, outcome, token, trail)
        elif outcome.verdict is OutcomeKind.TOKEN_REFUSED:
            other = self._credentials.other_token(token, trail)
            outcome = self._push(command, other, trail) if other else outcome
        if outcome.verdict is OutcomeKind.TOKEN_REFUSED:
            words = build_reason("token_refused", why=outcome.message)
            outcome = replace(outcome, verdict=OutcomeKind.TRANSIENT, message=words)
        return outcome

    def _push_again(self, command: Command, outcome: Outcome, token: str, trail: list[Attempt]) -> Outcome:
        """What becomes of a command that was refused as by a lost session: one new token tells, at most."""
        other = self._credentials.doubted(token, outcome.doubt, _item_of(command), trail)
        if other is None:
            return replace(
                outcome, verdict=OutcomeKind.TRANSIENT, message=build_reason("lost_session", why=outcome.message)
            )
        if not other:
            return outcome
        repeated = self._push(command, other, trail)
        if repeated.doubt:
            self._credentials.still_refused(other, outcome.doubt)
        if repeated.verdict is OutcomeKind.PERMANENT and outcome.verdict is OutcomeKind.TRANSIENT:
            # Nobody could read what became of the first try: the refusal may be that it was carried out.
            return replace(repeated, verdict=OutcomeKind.TRANSIENT)
        return repeated

    def _push(self, command: Command, token: str, trail: list[Attempt]) -> Outcome:
        self._wire.remember(token)
        try:
            request = self._platform.build_request(command, token)
            response = self._wire.call((command.operation.value, _task_id(command)), request, trail, show_body)
        except UnicodeEncodeError as error:
            raise PermanentError(build_reason("text_unsendable", why=error.reason)) from error
        outcome = self._platform.parse_response(command, response)
        if outcome.verdict is OutcomeKind.OK:
            self._credentials.accepted(token)
        return outcome

    # The connection test

    def _check_host(self, trail: list[Attempt]) -> str:
        if self._platform.secret_field:
            self._credentials.valid_secrets()
        response = self._wire.call(("probe", ""), Request("GET", "/", {}), trail, show_body)
        if response.status >= 500:
            raise TransientError(f"the host answers HTTP {response.status}", status=response.status)
        return f"the host answers (HTTP {response.status}); its token is first tried by a push"

    # Masking

    def _masked(self, outcome: Outcome) -> Outcome:
        if outcome.verdict is OutcomeKind.OK:
            return outcome
        mask = self._wire.mask
        return replace(
            outcome,
            errcode=mask(outcome.errcode)[:ERRCODE_CHARS],
            message=mask(outcome.message)[:MESSAGE_CHARS],
        )


def _item_of(command: Command) -> tuple[str, str]:
    """What a command is about: one todo, or an instance."""
    match command:
        case SaveTask() | SaveInstance():
            return command.instance.sess_id, _task_id(command)
        case _:
            return command.sess_id, _task_id(command)


def _task_id(command: Command) -> str:
    match command:
        case SaveTask():
            return command.task.task_id
        case DeleteTask():
            return command.task_id
        case _:
            return ""
