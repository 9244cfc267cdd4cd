"""One list of several: in order, whole, nothing twice, whatever the pages and the pieces."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from admin_api.lists import Piece, Place, merge, read_merged
from tests.builders import calm

lists = st.dictionaries(
    st.sampled_from("abcd"), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99)), unique=True), min_size=1
)


@given(lists, st.integers(1, 7), st.integers(1, 7))
@calm
def test_all_pages_together_are_the_whole_list_in_order(
    drawn: dict[str, list[tuple[int, int]]], limit: int, piece: int
) -> None:
    stored = {
        name: sorted(((str(at), f"{name}{number:02}") for at, number in found), reverse=True)
        for name, found in drawn.items()
    }

    def read(name: str, after: Place) -> Piece[Place]:
        left = [place for place in stored[name] if not after or place < after]
        taken = left[: min(limit, piece)]  # a store may give less than it is asked for
        return Piece([(place, place) for place in taken], len(left) > len(taken))

    seen: list[Place] = []
    positions: dict[str, Place] | None = {}
    while positions is not None:
        page, positions = read_merged(read, sorted(stored), positions, limit)
        assert len(page) <= limit
        assert page or positions is None
        seen += page

    assert Counter(seen) == Counter(place for found in stored.values() for place in found)
    assert [at for at, _ in seen] == sorted((at for at, _ in seen), reverse=True)


def test_a_page_ends_where_the_next_entry_of_a_list_is_not_known() -> None:
    pieces = {
        "a": Piece([(("9",), 1)], has_more=True),
        "b": Piece([(("8",), 2), (("1",), 3)], has_more=False),
    }

    assert merge(pieces, 10) == ([("a", ("9",), 1)], True)


def test_an_empty_list_is_at_its_end() -> None:
    assert merge({"a": Piece([], has_more=False)}, 10) == ([], False)
