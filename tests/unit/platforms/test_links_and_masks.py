"""Properties: whatever an id holds, a link keeps its shape; whatever a text holds, no secret survives in it."""

from __future__ import annotations

import html
import json
from urllib.parse import parse_qs, quote, quote_plus, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.platforms.formats import UrlTemplate
from taskbridge.platforms.masking import MASK, Mask, mask_echoes, mask_long_runs

IDS = st.text(max_size=40)
# Header-safe, as secrets and tokens are; long enough that a text does not hold one by chance.
SECRETS = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="*"), min_size=6, max_size=60
)


@given(sess_id=IDS, task_id=IDS)
def test_a_filled_link_gives_the_ids_back_and_nothing_else_changes(sess_id: str, task_id: str) -> None:
    # given
    template = UrlTemplate("https://oa.edu.cn/t/{task_id}/view?s={sess_id}&fixed=1#top")
    # when
    link = template.fill({"sess_id": sess_id, "task_id": task_id, "app_id": "", "node_id": ""})
    # then
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "oa.edu.cn", "top")
    assert [unquote(step) for step in parts.path.split("/")] == ["", "t", task_id, "view"]
    assert parse_qs(parts.query, keep_blank_values=True) == {"s": [sess_id], "fixed": ["1"]}


def test_an_empty_template_gives_an_empty_link() -> None:
    assert UrlTemplate("").fill({}) == ""


@given(secret=SECRETS, token=SECRETS, before=st.text(max_size=30), after=st.text(max_size=30))
def test_no_secret_survives_however_it_is_spelled(secret: str, token: str, before: str, after: str) -> None:
    # given
    mask = Mask().including(secret).including(token)
    for value in (secret, token):
        spellings = [
            value,
            json.dumps(value)[1:-1],
            json.dumps(value)[1:-1].replace("/", "\\/"),
            quote(value, safe=""),
            quote_plus(value),
            html.escape(value),
        ]
        for spelling in spellings:
            # when
            masked = mask(f"{before} {spelling} {after}")
            # then
            assert MASK in masked
            assert secret not in masked
            assert token not in masked
            assert spelling not in masked


@given(value=SECRETS, text=st.text(max_size=60))
def test_a_text_without_a_secret_is_left_alone(value: str, text: str) -> None:
    assert value in text or Mask(frozenset({value}))(text) == text


def test_a_secret_that_holds_another_goes_as_a_whole() -> None:
    assert Mask(frozenset({"secret", "my-secret-2"}))("x my-secret-2 y") == f"x {MASK} y"


@pytest.mark.parametrize("name", ["appSecret", "app_secret", "APPSECRET", "accessToken", "access_token"])
def test_a_json_member_that_is_named_like_a_secret_is_masked_whatever_its_value(name: str) -> None:
    assert Mask()(f'{{"{name}" : "unk\\"nown", "x": "y"}}') == f'{{"{name}" : "{MASK}", "x": "y"}}'


def test_an_empty_secret_masks_nothing() -> None:
    assert Mask().including("")("text") == "text"


def test_a_mask_does_not_show_what_it_masks() -> None:
    assert "hunter2" not in repr(Mask(frozenset({"hunter2"})))


def test_whatever_could_be_a_token_is_masked_in_an_unreadable_answer() -> None:
    assert mask_long_runs("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0 ok") == f"token {MASK}.{MASK} ok"


@pytest.mark.parametrize(
    ("text", "sources", "shown"),
    [
        ("input 身份证：11010519491231002X is bad", ["姓名：张三；身份证：11010519491231002X"], f"input {MASK} is bad"),
        ("bad 1234567", ["1234567"], "bad 1234567"),
        ("bad 12345678", ["x12345678"], f"bad {MASK}"),
        ("nothing in common", ["", "短"], "nothing in common"),
        ("", ["12345678"], ""),
    ],
)
def test_what_a_message_repeats_of_a_text_is_masked(text: str, sources: list[str], shown: str) -> None:
    assert mask_echoes(text, sources) == shown
