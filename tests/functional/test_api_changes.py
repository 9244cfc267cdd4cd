"""The trail of changes, and the key of cursors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api.changes import MASK, Trail, mask_secrets
from admin_api.cursors import read_cursor_key
from taskbridge.errors import StoreError
from taskbridge.tables.changes import ChangeRecord, ChangeTable
from tests.functional.aws import Tables, new_client, unreachable

WHAT = ("platform", "jinzhi")


def change(number: int, **values: Any) -> ChangeRecord:
    return ChangeRecord(f"c{number}", f"2026-11-22T09:00:{number:02}.000+00:00", "admin", WHAT, **values)


@pytest.fixture
def changes(moto: Any, moto_tables: Tables) -> ChangeTable:
    return ChangeTable(moto, moto_tables.ChangeTable)


def test_changes_of_a_subject_are_listed_newest_first_page_by_page(changes: ChangeTable) -> None:
    # given
    for number in range(5):
        assert changes.record(change(number, before={"version": number}, after={"version": number + 1}))

    # when
    first = changes.of(WHAT, limit=3)
    second = changes.of(WHAT, first.next, limit=3)

    # then
    assert [each.id for each in first.items + second.items] == ["c4", "c3", "c2", "c1", "c0"]
    assert second.items[-1].before == {"version": 0}
    assert changes.of(("platform", "other")).items == []


def test_a_change_is_never_written_over(changes: ChangeTable) -> None:
    assert changes.record(change(1, after={"name": "a"}))
    assert not changes.record(change(1, after={"name": "b"}))
    assert changes.of(WHAT).items[0].after == {"name": "a"}


def test_a_change_that_is_too_large_is_kept_without_its_values(changes: ChangeTable) -> None:
    noise = "".join(chr(0x4E00 + (each * 7919) % 20000) for each in range(600_000))
    assert changes.record(change(1, before=None, after={"rule": noise}))
    (kept,) = changes.of(WHAT).items
    assert (kept.who, kept.before) == ("admin", None)
    assert kept.after is not None
    assert "cut" in kept.after


def test_a_table_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(StoreError):
        ChangeTable(unreachable("dynamodb"), "changes").record(change(1))


def test_the_trail_says_who_changed_what_and_when_without_secrets(changes: ChangeTable) -> None:
    # given
    trail = Trail(changes, lambda: "2026-11-22T09:00:00.000+00:00", lambda: "c1")
    before = {"settings": {"host": "a", "app_secret": "s-1"}, "version": 1}
    after = {"settings": {"host": "b", "app_secret": "s-2"}, "version": 2}

    # when
    trail.record("admin-7", WHAT, before, after, secrets=["app_secret"])

    # then
    (kept,) = changes.of(WHAT).items
    assert (kept.who, kept.at, kept.what) == ("admin-7", "2026-11-22T09:00:00.000+00:00", WHAT)
    assert kept.before == {"settings": {"host": "a", "app_secret": MASK}, "version": 1}
    assert kept.after == {"settings": {"host": "b", "app_secret": MASK}, "version": 2}


values = st.recursive(
    st.sampled_from(["visible", 1, None, ""]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["host", "secret", "token"]), inner),
)


@given(values)
def test_nothing_stays_under_the_name_of_a_secret_at_any_depth(value: Any) -> None:
    def kept(part: Any) -> list[Any]:
        if isinstance(part, dict):
            found = [each for name, each in part.items() if name in {"secret", "token"} and each]
            return found + [each for inner in part.values() for each in kept(inner)]
        return [each for inner in part for each in kept(inner)] if isinstance(part, list) else []

    assert set(map(str, kept(mask_secrets(value, {"secret", "token"})))) <= {MASK}


def test_the_key_of_cursors_is_made_once_for_all_processes(moto: Any) -> None:
    # given
    ssm = new_client("ssm")

    # when
    keys = {read_cursor_key(ssm, "/taskbridge/test-keys") for _ in range(3)}

    # then
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    stored = ssm.get_parameter(Name="/taskbridge/test-keys/cursor-key")["Parameter"]
    assert stored["Type"] == "SecureString"
    ssm.close()


def test_who_is_second_to_make_the_key_takes_that_of_the_first(moto: Any) -> None:
    # given: both saw that there was none
    ssm = new_client("ssm")
    first = read_cursor_key(ssm, "/taskbridge/test-race")
    real = ssm.get_parameters
    seen: list[int] = []

    def not_yet(**request: Any) -> Any:
        seen.append(1)
        return {"Parameters": []} if len(seen) == 1 else real(**request)

    ssm.get_parameters = not_yet

    # then
    assert read_cursor_key(ssm, "/taskbridge/test-race") == first
    ssm.close()
