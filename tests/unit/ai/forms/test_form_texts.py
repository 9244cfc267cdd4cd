"""What is taken out of texts from outside, sign by sign."""

from __future__ import annotations

import sys

from taskbridge.ai.forms.texts import clean_text

LINE_BREAKS = {"\r", "\v", "\f", "\x85", "\u2028", "\u2029"}
UNSEEN = {0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2060, 0x206A), *range(0xE0000, 0xE0080)}
CONTROLS = {*range(9), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0)}


def test_every_sign_stays_alone_and_in_a_text_but_for_those_that_nobody_sees() -> None:
    for number in range(sys.maxunicode + 1):
        sign = chr(number)
        shown = sign
        if sign in LINE_BREAKS:
            shown = "\n"
        elif number in UNSEEN or number in CONTROLS:
            shown = ""
        elif 0xD800 <= number <= 0xDFFF:
            shown = "\ufffd"
        if shown != sign or clean_text(sign) != sign:
            assert (clean_text(sign), clean_text(f"长{sign}a")) == (shown, f"长{shown}a"), hex(number)


def test_a_line_break_of_two_signs_is_one() -> None:
    assert clean_text("长\r\na") == "长\na"
