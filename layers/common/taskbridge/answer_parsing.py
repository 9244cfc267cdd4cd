"""One answer after the other on a connection, as llhttp reads them. Pure."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from taskbridge.call_failures import CutOff
from taskbridge.reasons import build_reason

MOST_WITHOUT_BODY = 100_000  # bytes of head, trailer or framing without a byte of the body between them

Headers = list[tuple[bytes, bytes]]


class WireAnswer:
    """What llhttp reads on one connection: one answer after the other, each begun by `begin`."""

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        # What h11 forgave as well: lines that end without a carriage return, and a length beside chunks.
        self._parser.set_dangerous_leniencies(
            lenient_chunked_length=True, lenient_data_after_close=True, lenient_optional_cr_before_lf=True
        )
        self.keeps = True
        self.begin()

    def begin(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.pieces: list[bytes] = []
        self.has_begun = self.is_whole = False
        self._without_body = 0

    def feed(self, data: bytes) -> None:
        """Read on; no bytes are the end of the connection. Raises CutOff."""
        if not data:
            self._end()
            return
        self.has_begun = True
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self.keeps = False
            if not self.is_whole:
                raise CutOff(build_reason("no_http", why=error)) from None
        self._without_body = 0 if self.pieces else self._without_body + len(data)
        if self._without_body > MOST_WITHOUT_BODY and not self.is_whole:
            raise CutOff(build_reason("head_too_large"))

    def _end(self) -> None:
        told = {name.lower(): value.lower() for name, value in self.headers}
        has_end = b"content-length" in told or b"chunked" in told.get(b"transfer-encoding", b"")
        self.keeps = False
        if not self.status:
            raise CutOff(build_reason("hung_up"))
        if has_end and not self.is_whole:
            raise CutOff(build_reason("hung_up_early"))
        self.is_whole = True

    # What llhttp calls

    def on_message_begin(self) -> None:
        self.keeps = self.keeps and not self.is_whole  # what nobody asked for follows

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.status:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            self.headers = []  # an interim answer: the real one follows
        elif not self.status:
            self.status = status

    def on_body(self, piece: bytes) -> None:
        if not self.is_whole:
            self.pieces.append(piece)

    def on_message_complete(self) -> None:
        if self.status:
            self.is_whole = True
            self.keeps = self.keeps and self._parser.should_keep_alive()
