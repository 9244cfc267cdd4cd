"""When a refusal that does not speak of the token is worth a new one. Pure; times in epoch seconds.

A lost session may show as a redirect to a login page, as the page itself, as HTTP 403, or as a code that nobody knows.
So may a firewall that dislikes one subject, or a code that is about one item. One new token tells them apart, for the
whole fleet: what is still refused with it is not the token's fault, and that is remembered beside the token.
"""

from __future__ import annotations

from collections.abc import Mapping

COOL_DOWN_S = 60.0  # from one token that was fetched on a doubt to the next
ACQUITTED_S = 86_400.0
# Where every call is refused by what was acquitted: that it was not the token then says little of now.
SECOND_THOUGHT_S = 300.0
MOST_SIGNALS = 16
SIGNAL_CHARS = 48

REDIRECT, PAGE, FORBIDDEN = "redirect", "page", "HTTP 403"


def code_signal(code: str) -> str:
    """The signal of a result code that stands in no list."""
    return f"code {code}"[:SIGNAL_CHARS]


def is_cooling(doubted_at: float, now: float) -> bool:
    """Whether a token was fetched on a doubt so lately that the next has to wait."""
    return now < doubted_at + COOL_DOWN_S


def is_acquitted(acquitted: Mapping[str, float], signal: str, now: float, *, widespread: bool) -> bool:
    """Whether a new token was seen not to help against this signal. `widespread`: it refuses whatever is sent."""
    at = acquitted.get(signal)
    if at is None:
        return False
    return now < at + (SECOND_THOUGHT_S if widespread else ACQUITTED_S)


def with_acquittal(acquitted: Mapping[str, float], signal: str, now: float) -> dict[str, float]:
    """The acquittals with one more, the oldest forgotten."""
    newest = sorted(({**acquitted, signal: now}).items(), key=lambda entry: entry[1])
    return dict(newest[-MOST_SIGNALS:])
