"""How logs are packed: nothing is lost, and a log that was stored once can always be read."""

from __future__ import annotations

import base64
import zlib

from hypothesis import given
from hypothesis import strategies as st

from taskbridge.tables.packing import pack, unpack

# Packed with dictionary 1. Whoever changes that dictionary makes every stored log unreadable.
STORED_ONCE = "AXj5d0QWXatGzm0hhtTMb7W1tQABICAk"


@given(st.binary(max_size=3000))
def test_what_was_packed_comes_back(text: bytes) -> None:
    assert unpack(pack(text)) == text


def test_a_log_of_the_first_dictionary_can_still_be_read() -> None:
    log = b'{"entries":{"T1":{"status":"succeeded","operation":"insert_task","attempts":1,"errcode":"0"}}}'

    assert unpack(base64.b64decode(STORED_ONCE)) == log


def test_the_dictionary_pays() -> None:
    log = b'{"entries":{"T1":{"status":"succeeded","operation":"insert_task","attempts":1,"errcode":"0"}}}'

    assert len(pack(log)) < len(zlib.compress(log, 9)) / 2
