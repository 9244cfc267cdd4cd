"""Bodies of answers, unpacked in bounded steps: what is small on the wire may be a thousand times its size.

No compression is ever asked for (`accept-encoding: identity`), but some gateways compress all the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

MAX_BODY_BYTES = 1024 * 1024
STEP_BYTES = 64 * 1024  # of unpacked bytes that are in memory beside what the reader keeps

_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def unknown_encoding(headers: Mapping[str, str]) -> str:
    """The encoding of a body that cannot be read here, empty where it can. Header names are lower-case."""
    encoding = _encoding_of(headers)
    return "" if encoding in _WINDOW_BITS or not encoding else encoding


def read_pieces(response: httpx.Response) -> Iterator[bytes]:
    """The unpacked body, as it comes; of a packed one at most `STEP_BYTES` are unpacked when they are asked for.

    Nothing where its encoding is unknown, or where it was read before. Raises httpx.HTTPError, DecodingError for what
    is not what it says.
    """
    import httpx

    try:
        yield response.content  # of an answer that was made as a whole
        return
    except httpx.ResponseNotRead:
        pass
    if unknown_encoding(response.headers) or response.is_stream_consumed:
        return
    encoding = _encoding_of(response.headers)
    yield from _unpack(response.iter_raw(), _WINDOW_BITS[encoding]) if encoding else response.iter_raw()


def read_body(response: httpx.Response, limit: int = MAX_BODY_BYTES) -> bytes:
    """The unpacked body, cut at `limit` bytes: what comes after is neither read nor unpacked.

    Empty where its encoding is unknown. Raises httpx.HTTPError.
    """
    body = bytearray()
    for piece in read_pieces(response):
        body += piece[: limit - len(body)]
        if len(body) >= limit:
            break
    return bytes(body)


def _encoding_of(headers: Mapping[str, str]) -> str:
    encoding = headers.get("content-encoding", "").strip().lower()
    return "" if encoding == "identity" else encoding


def _unpack(packed: Iterator[bytes], window_bits: int) -> Iterator[bytes]:
    import httpx

    unpacker = zlib.decompressobj(window_bits)
    try:
        for chunk in packed:
            rest = chunk
            while rest and not unpacker.eof:
                piece = unpacker.decompress(rest, STEP_BYTES)
                rest = unpacker.unconsumed_tail
                if piece:
                    yield piece
        last = unpacker.flush(STEP_BYTES)
    except zlib.error as error:
        raise httpx.DecodingError(f"the body is not what its content-encoding says: {error}") from None
    if last:
        yield last
