"""What is deflated is inflated by zlib as ever, and is no longer for the smaller memory."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.deflating import deflate

DICTIONARY = b'"status":"succeeded","operation":"insert_task"' * 20


@given(
    text=st.binary(max_size=400),
    times=st.integers(0, 60),
    level=st.integers(0, 9),
    dictionary=st.sampled_from([b"", DICTIONARY]),
)
def test_what_was_deflated_is_inflated(text: bytes, times: int, level: int, dictionary: bytes) -> None:
    inflater = zlib.decompressobj(zdict=dictionary) if dictionary else zlib.decompressobj()

    assert inflater.decompress(deflate(text * times, level, dictionary)) == text * times
    assert inflater.eof


@pytest.mark.parametrize("size", [0, 1, 300, 6_000, 6_999, 7_000, 7_001, 40_000, 400_000])
def test_it_is_as_short_as_zlib_makes_it(size: int) -> None:
    text = b"".join(b'{"taskId":"t-%d","status":"RUNNING"},' % number for number in range(size // 30 + 1))[:size]

    assert len(deflate(text, 9)) <= len(zlib.compress(text, 9)) + 2
