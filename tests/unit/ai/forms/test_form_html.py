"""Rich text reads as people see it, whatever the HTML is like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbridge.ai.forms.html_text import html_text
from tests.builders import calm


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("没有标签", "没有标签"),
        ("两行\n都在 &lt;", "两行\n都在 <"),
        ("<p>一</p>\n\n<p>二</p>", "一\n二"),
        ("一<br>二<br/>三", "一\n二\n三"),
        ("<div>一<div>二</div>三</div>", "一\n二\n三"),
        ("<ul><li>甲</li><li>乙</li></ul>", "甲\n乙"),
        ("<p>行\n内 空  白</p>", "行 内 空 白"),
        ("<pre>一\n二</pre><p>三\n四</p>", "一\n二\n三 四"),
        ("<b>粗</b><i>斜</i>", "粗斜"),
        ('<a href="https://f/token">链接</a>', "链接"),
        ('<img src="https://f/1" alt="签章 图"><img src=x>', "[图片：签章 图][图片]"),
        ("a &lt;b&gt; &amp;amp; &#20803; &nbsp;。 <br>", "a <b> &amp; 元 。"),
        ("1 < 2 且 3 > 2", "1 < 2 且 3 > 2"),
        ("<p>a<b 而已", "a<b 而已"),
        ('<p>未闭合的属性 <a title="x>正文', '未闭合的属性 <a title="x>正文'),
        ("甲<!-- 注释 <p> -->乙<!---->丙", "甲乙丙"),
        ("甲<!-- 没有结尾", "甲"),
        ("<!DOCTYPE html><?xml version='1'?><![CDATA[x]]>甲", "甲"),
        ("<style>p{}</style><script>if (a<b) x('</p>')</script>甲", "甲"),
        ("甲<script>没有结尾 <p>乙", "甲"),
        ("<p title='a>b' class=\"<i>\">甲</p>", "甲"),
        ("<P>甲</P><BR>乙", "甲\n乙"),
        ("&#99999999999999999999999; &#xD800;<br>甲", "\ufffd \ufffd\n甲"),
        ("", ""),
        ("<p></p>", ""),
    ],
)
def test_html_reads_as_its_text(source: str, text: str) -> None:
    assert html_text(source) == text


def test_a_row_of_a_table_is_a_line() -> None:
    source = """<p>清单</p><table><thead><tr><th>品名</th><th>数量</th></tr></thead>
      <tr><td><p>笔</p><p>红 | 黑</p></td><td>2</td></tr><tr><td></td><td> </td></tr><tr><td>纸<td>3</table>完"""

    assert html_text(source).split("\n") == ["清单", "| 品名 | 数量 |", "| 笔 红 ｜ 黑 | 2 |", "| 纸 | 3 |", "完"]


def test_a_table_within_a_cell_keeps_all_its_cells() -> None:
    text = html_text("<table><tr><td>外<table><tr><td>内1<td>内2</table>后<td>旁</table>")

    assert [cell for cell in ("外", "内1", "内2", "后", "旁") if text.count(cell) != 1] == []


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a",
        "<!",
        "<!--",
        "<![a",
        "</",
        "<a b='",
        "<a b=\"'",
        "<a \"'",
        "&",
        "&#",
        "&#9",
        "<script>",
        "<td>",
        "<?",
        "<p>",
    ],
)
def test_hostile_html_is_read_in_one_pass(piece: str) -> None:
    source = piece * (200_000 // len(piece))

    text = html_text(f"前{source}<p>后")

    assert text.startswith("前")


def test_a_text_that_only_looks_like_html_is_soon_taken_as_it_is() -> None:
    assert html_text("甲<a " * 50 + "<p>后") == "甲<a " * 49 + "甲<a\n后"
    assert html_text("甲<a " * 150 + "<p>后").endswith("甲<a <p>后")


words = st.lists(st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=1, max_size=5), min_size=1, max_size=8)
tags = st.sampled_from(
    ["<p>", "</p>", "<br>", "<b>", "</b>", "<td>", "<tr>", "<li>", "</table>", " < ", " > ", "&amp;"]
)


@calm
@given(words=words, marks=st.lists(tags, min_size=8, max_size=8))
def test_every_word_between_tags_is_kept_in_order(words: list[str], marks: list[str]) -> None:
    text = html_text("".join(mark + word for mark, word in zip(marks, words, strict=False)))

    folded = "".join(each for each in text if each.isalpha())
    assert folded == "".join(words)


@calm
@given(st.text(st.sampled_from("<>/!-ab tdr\"'=&#;x9|\n一"), max_size=80))
def test_no_text_makes_it_raise(source: str) -> None:
    assert "\x1f" not in html_text(source)
