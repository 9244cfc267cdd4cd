"""What a platform is shown to let us in: one token for the whole fleet, or a secret that is itself the token."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Protocol

import msgspec

from taskbridge.access.token_doubts import FORBIDDEN
from taskbridge.attempts import Attempt
from taskbridge.errors import ConfigurationError, PermanentError, PlatformError, TransientError
from taskbridge.platforms.base import PlatformAdapter
from taskbridge.platforms.formats import is_header_text
from taskbridge.platforms.http_answers import Response
from taskbridge.platforms.masking import MASK, mask_long_runs
from taskbridge.platforms.settings import secret_places
from taskbridge.platforms.wire import Wire, show_body
from taskbridge.reasons import build_reason

MESSAGE_CHARS = 500
SECRETS = 2  # valid at a time: each may have to be tried
FETCH_MARGIN_S = 5.0
WIDESPREAD = 5  # so many different things refused in a row, and none taken: no one of them is to blame


class Tokens(Protocol):
    """One token for the whole fleet, under a key; `fetch` is called by whoever is elected to."""

    def get(self, key: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        """The token that is valid now."""
        ...

    def replace(self, key: str, refused: str, fetch: Callable[[], str], lifetime_s: float) -> str:
        """The token after `refused`: fetched only where `refused` is still the stored one."""
        ...

    def doubt(
        self, key: str, refused: str, signal: str, fetch: Callable[[], str], lifetime_s: float, *, widespread: bool
    ) -> str | None:
        """A token to try where `refused` may have lost its session; see TokenCache."""
        ...

    def acquit(self, key: str, tried: str, signal: str) -> None:
        """`tried` was refused by `signal` as well; see TokenCache."""
        ...


class _Fetch(msgspec.Struct, frozen=True):
    """Fetches a token. `longest_s`: as long as it may take, nobody else fetches one."""

    fetch: Callable[[], str]
    longest_s: float

    def __call__(self) -> str:
        return self.fetch()


class Credentials:
    """Gives tokens for one platform, and has the wire mask each of them. Threads may share it.

    `secrets(field)` gives the values of a secret that are valid now, newest first; it is asked whenever a
    token is fetched, and for every call where the secret is itself the token.
    """

    def __init__(
        self, platform: PlatformAdapter, wire: Wire, tokens: Tokens, secrets: Callable[[str], tuple[str, ...]]
    ) -> None:
        self._platform = platform
        self._key = _token_key(platform) if platform.uses_token else ""
        self._wire = wire
        self._tokens = tokens
        self._secrets = secrets
        self._accepted = ""
        self._refused: dict[str, set[object]] = {}  # what was refused since the last success, by signal

    def token(self, trail: list[Attempt]) -> str:
        """A token to try first; empty where the platform needs none. Calls made for it are added to `trail`.

        A wrong secret is a TransientError: it is wrong for every call, so work has to wait until a person has set
        it right. Raises ConfigurationError where there is no secret, StoreError where the store does not answer.
        """
        platform = self._platform
        if platform.uses_token:
            return self._tokens.get(self._key, self._fetcher(trail), platform.token_lifetime_s)
        if not platform.secret_field:
            return ""
        values = self.valid_secrets()
        return self._accepted if self._accepted in values else values[0]

    def other_token(self, refused: str, trail: list[Attempt]) -> str:
        """A token to try after `refused`; empty where there is none. Raises as `token` does."""
        platform = self._platform
        if platform.uses_token:
            return self._tokens.replace(self._key, refused, self._fetcher(trail), platform.token_lifetime_s)
        if not platform.secret_field:
            return ""
        return next((value for value in self.valid_secrets() if value != refused), "")

    def doubted(self, refused: str, signal: str, item: object, trail: list[Attempt]) -> str | None:
        """A token to try after a refusal of `item` by `signal`, by which the session of `refused` may have been lost.

        Empty where the refusal means what it says, None where nobody can tell yet. Raises as `token` does.
        """
        platform = self._platform
        if not platform.uses_token:
            # What is static cannot be renewed; the other of two secrets may be the one that is let in.
            return self.other_token(refused, trail) if signal == FORBIDDEN else ""
        items = self._refused.setdefault(signal, set())
        if len(items) < WIDESPREAD:
            items.add(item)
        return self._tokens.doubt(
            self._key,
            refused,
            signal,
            self._fetcher(trail),
            platform.token_lifetime_s,
            widespread=len(items) >= WIDESPREAD,
        )

    def still_refused(self, tried: str, signal: str) -> None:
        """The token that `doubted` gave was refused too: it was not the token."""
        if self._platform.uses_token:
            self._tokens.acquit(self._key, tried, signal)

    def accepted(self, token: str) -> None:
        """`token` was taken: where there are two secrets, this one comes first from now on."""
        self._accepted = token
        if self._refused:
            self._refused = {}

    def valid_secrets(self) -> tuple[str, ...]:
        """The values of the secret, newest first, at least one. Raises ConfigurationError."""
        field = self._platform.secret_field
        values = tuple(value for value in self._secrets(field) if value)
        if not values:
            raise ConfigurationError(field, build_reason("secret_unset"))
        for value in values:
            self._wire.remember(value)
            if not is_header_text(value):
                raise ConfigurationError(field, build_reason("secret_unsendable"))
        return values

    def renew(self, trail: list[Attempt]) -> str:
        """For a connection test: fetches a new token and keeps it. What was done, in words. Raises as `token`."""
        token = self.token(trail)
        if not trail:
            # It came from the cache, which proves nothing. The new one becomes that of the fleet, since it
            # may have ended the old one.
            self.other_token(token, trail)
        elsewhere = f"another worker of {self._platform.platform_id} just fetched a token"
        return "the token was fetched" if trail else elsewhere

    def _fetcher(self, trail: list[Attempt]) -> Callable[[], str]:
        return _Fetch(lambda: self._fetch_token(trail), SECRETS * self._wire.timeout_s + FETCH_MARGIN_S)

    def _fetch_token(self, trail: list[Attempt]) -> str:
        """A new token by the newest secret, or by an older one that is still valid. Raises TransientError."""
        refusals = []
        for value in self.valid_secrets():
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

    def _clean(self, error: PlatformError, kind: type[PlatformError]) -> PlatformError:
        message = self._wire.mask(str(error))[:MESSAGE_CHARS]
        return kind(message, status=error.status, errcode=error.errcode, retry_after=error.retry_after)


def _token_key(platform: PlatformAdapter) -> str:
    """The platform, and who gave its token to whom: after a change of its address, no token of the old one is sent to
    the new one, nor shown with another account.
    """
    settings = platform.settings
    places = secret_places(type(settings), msgspec.structs.asdict(settings))
    told = msgspec.json.encode((platform.class_name, places, getattr(settings, "app_id", "")), order="sorted")
    return f"{platform.platform_id}-{hashlib.sha256(told).hexdigest()[:12]}"
