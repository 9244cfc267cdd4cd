"""Cursors: opaque, and good for nothing but the list that gave them."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api.cursors import Cursors
from admin_api.problems import Problem

KEY = secrets.token_bytes(32)


def refused(cursors: Cursors, cursor: str, scope: str) -> bool:
    try:
        cursors.open(cursor, scope)
    except Problem as problem:
        return (problem.status, problem.code) == (400, "invalid_cursor")
    return False


@given(st.text(), st.text())
def test_a_cursor_opens_to_its_position(position: str, scope: str) -> None:
    cursors = Cursors(lambda: KEY)
    assert cursors.open(cursors.seal(position, scope), scope) == position


@given(st.text(), st.text(max_size=20), st.text(max_size=20))
def test_a_cursor_of_another_list_is_refused(position: str, scope: str, other: str) -> None:
    cursors = Cursors(lambda: KEY)
    assert refused(cursors, cursors.seal(position, scope), other) == (scope != other)


@given(st.text(), st.data())
def test_a_changed_cursor_is_refused(position: str, data: st.DataObject) -> None:
    # given
    cursors = Cursors(lambda: KEY)
    cursor = cursors.seal(position, "list")
    place = data.draw(st.integers(0, len(cursor) - 2))  # the last character may carry bits that stand for nothing
    letter = data.draw(st.sampled_from("ABCxyz019-_").filter(lambda each: each != cursor[place]))

    # then
    assert refused(cursors, cursor[:place] + letter + cursor[place + 1 :], "list")


@given(st.text())
def test_whatever_else_is_no_cursor(text: str) -> None:
    assert refused(Cursors(lambda: KEY), text, "list")


def test_a_cursor_of_another_deployment_is_refused() -> None:
    cursor = Cursors(lambda: KEY).seal("7", "list")
    assert refused(Cursors(lambda: secrets.token_bytes(32)), cursor, "list")


def test_the_key_is_only_read_when_it_is_needed_and_then_once() -> None:
    # given
    read: list[bytes] = []

    def key() -> bytes:
        read.append(KEY)
        return KEY

    cursors = Cursors(key)
    assert not read

    # when
    cursors.open(cursors.seal("1", "list"), "list")

    # then
    assert len(read) == 1


def test_a_refusal_does_not_say_what_was_wrong() -> None:
    with pytest.raises(Problem, match="was not given by this list"):
        Cursors(lambda: KEY).open("e30", "list")
