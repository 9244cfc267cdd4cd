"""A token, and what the workers of the fleet share: one token for each key, and the right to fetch the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import msgspec

# As JSON, with all that belongs to it: what Parameter Store takes, and more than most servers take in a header.
MAX_STORED_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. `generation` counts up with every fetch; times are epoch seconds.

    `doubted_at`: when a token was last fetched because a refusal might have meant a lost session; `acquitted`: against
    which signals that did not help, and when (see token_doubts). Both go along from token to token.
    """

    value: str = field(repr=False)
    generation: int
    fetched_at: float
    expires_at: float
    doubted_at: float = 0.0
    acquitted: dict[str, float] = field(default_factory=dict)


def encode_token(token: Token) -> str:
    """Give the JSON text under which stores keep a token."""
    return msgspec.json.encode(token).decode()


def decode_token(text: str | bytes) -> Token | None:
    """Read what `encode_token` wrote; anything else counts as no token, since a new one can be fetched."""
    try:
        return msgspec.json.decode(text, type=Token)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


class TokenStore(Protocol):
    """What the fleet shares. Every failure is a StoreError whose text holds no token, StoreThrottled where the store
    was asked too often.

    `read` may return a token that has expired. `acquire` grants `holder` the right to fetch for `ttl_s`
    seconds, to one holder at a time; the same holder may ask again. `release` does nothing to a lease that
    another holds.
    """

    def read(self, key: str) -> Token | None: ...

    def acquire(self, key: str, holder: str, ttl_s: float) -> bool: ...

    def write(self, key: str, token: Token) -> None: ...

    def release(self, key: str, holder: str) -> None: ...
