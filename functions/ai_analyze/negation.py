"""A quote that leaves out the no in front of it: 同意 of 不同意, approved of not approved. Pure.

The words are there, and say the opposite of what stands there. A no that a blank parts from the quote (其他 无 合计 5)
belongs to something else, but in a language that parts all its words so.
"""

from __future__ import annotations

import re

from ai_analyze.fence import is_hidden

_NO = re.compile(
    r"(?:(?<![是能会要行好有可])不|未|(?<![有若])无|(?<!有)没|勿|(?<![是除莫无若南北东西中亚])非)"
    r"(?:予以?|能够?|会|再|得|可以?|应当?|该|宜|曾|被|经|有|法|须|需要?|必|准|愿意?|肯|够|敢|是|获得?|见|出现)?$"
)
_NO_EN = re.compile(r"(?:(?:not|never|without)\s*|n['’]t\s*|(?:un|non|dis|in|im|ir|il|mis)-?)$", re.IGNORECASE)
_WHOLE_EN = re.compile(
    r"(?:(?:\b|can)(?:not|never|without)\s+|n['’]t\s+|\b(?:un|non|dis|in|im|ir|il|mis)-?)$", re.IGNORECASE
)
_MOST_BEFORE = 12


def may_leave_out_a_no(folded: str, at: int) -> bool:
    """Whether it is worth asking `leaves_out_a_no`: the same of a text without its blanks, where more is true."""
    no = _NO_EN if folded[at : at + 1].isascii() else _NO
    return folded[at : at + 1].isalpha() and no.search(folded[max(0, at - _MOST_BEFORE) : at]) is not None


def leaves_out_a_no(text: str, at: int) -> bool:
    """Whether what begins at `at` of `text`, or behind the blanks there, is denied by what stands in front of it."""
    start = at
    while text[start : start + 1].isspace() or (start < len(text) and is_hidden(text[start])):
        start += 1
    if text[start : start + 1].isascii():
        return _WHOLE_EN.search(text[max(0, start - _MOST_BEFORE) : start]) is not None
    is_parted = any(map(str.isspace, text[at:start]))
    return not is_parted and _NO.search(text[max(0, at - _MOST_BEFORE) : at]) is not None
