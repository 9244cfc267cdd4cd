"""Halves of surrogate pairs, as platforms that cut text by UTF-16 units send them. Pure."""

from __future__ import annotations


def mend(text: str) -> str:
    """`text` with its halves put together; a half without its other becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class Mending:
    """Mends a text that comes in pieces: a first half is kept until its other half comes."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, piece: str) -> str:
        """What can be shown now that `piece` came."""
        text, self._half = self._half + piece, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return mend(text)

    def end(self) -> str:
        """What is left when nothing more comes."""
        return mend(self._half)
