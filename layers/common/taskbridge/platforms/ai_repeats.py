"""Calls of an AI platform with its token: one refresh, one repeat, and errors that hold no secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from taskbridge.errors import (
    PlatformError,
    TokenRefused,
    TransientError,
)
from taskbridge.platforms.ai_wire import AiWire
from taskbridge.platforms.credentials import MESSAGE_CHARS, Credentials
from taskbridge.platforms.masking import mask_echoes
from taskbridge.reasons import build_reason

T = TypeVar("T")
ERRCODE_CHARS = 64


class TokenRepeats:
    """Makes calls by a token, at most twice. Threads may share it."""

    def __init__(self, wire: AiWire, credentials: Credentials) -> None:
        self._wire = wire
        self._credentials = credentials

    def call(self, call: Callable[[str], T], texts: tuple[str, ...] = ()) -> T:
        """What `call` gives with a token; where it is refused, with another one, once. Errors hold no secret."""
        try:
            token = self._known(self._credentials.token([]))
            try:
                result = call(token)
            except PlatformError as error:
                other = self._other_token(token, error)
                if not other:
                    raise
                token, result = other, self._call_again(call, other, error.doubt)
        except PlatformError as error:
            raise self._clean(error, texts) from None
        self._credentials.accepted(token)
        return result

    def _other_token(self, refused: str, error: PlatformError) -> str:
        """A token to try after an error that may stem from the refused one; empty where there is none."""
        if isinstance(error, TokenRefused):
            return self._known(self._credentials.other_token(refused, []))
        if not error.doubt:
            return ""
        other = self._credentials.doubted(refused, error.doubt, object(), [])
        if other is None:
            raise TransientError(
                build_reason("lost_session", why=error), status=error.status, errcode=error.errcode
            ) from None
        return self._known(other) if other else ""

    def _call_again(self, call: Callable[[str], T], token: str, doubt: str) -> T:
        try:
            return call(token)
        except PlatformError as error:
            if doubt and error.doubt:
                self._credentials.still_refused(token, doubt)
            raise

    def _known(self, token: str) -> str:
        self._wire.remember(token)
        return token

    def _clean(self, error: PlatformError, texts: tuple[str, ...]) -> PlatformError:
        words = "token refused, with nothing left to try: " if isinstance(error, TokenRefused) else ""
        message = mask_echoes(self._wire.mask(str(error))[:MESSAGE_CHARS], texts)
        return type(error)(
            words + message,
            status=error.status,
            errcode=self._wire.mask(error.errcode)[:ERRCODE_CHARS],
            retry_after=error.retry_after,
            usage=error.usage,
            no_answer=error.no_answer,
        )
