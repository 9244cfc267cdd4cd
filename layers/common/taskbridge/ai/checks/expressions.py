"""CEL expressions as checks may hold them, parsed by cel-python's grammar. Pure.

An expression is a stranger's text. It is bounded before it is parsed (cel-python's tokens backtrack without end over
backslashes), and it may use only what is named here and in `arithmetic`.
Import it only where checks are computed: cel-python takes 0.15 s.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import cast

from celpy.celparser import CELParseError, CELParser
from lark import Token, Tree
from lark.exceptions import LarkError

from taskbridge.ai.checks.arithmetic import FUNCTIONS, MACROS, METHODS

MAX_LENGTH = 1_000
MAX_DEPTH = 80  # levels of the parse tree: some six brackets, or thirty terms of a sum
TODAY = "today"
FORM = "form"
IDENTIFIER = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")

Node = Tree[Token]

_FORBIDDEN_CHARACTERS = re.compile(r"[\\\x00-\x09\x0b-\x1f\x7f]")
# What people type for the signs of CEL.
_SIGNS = {
    "[≤⩽≦]|＜＝|=<": "<=",
    "[≥⩾≧]|＞＝|=>": ">=",
    "[≠]|！＝|<>": "!=",
    "[“”„＂「」]": '"',
    "[‘’＇]": "'",
    "（": "(",
    "）": ")",
    "，": ",",
    "＜": "<",
    "＞": ">",
    "×": "*",
    "÷": "/",
    "(?<![=<>!])[=＝](?![=＝])": "==",
    "＝＝": "==",
}
_WORDS = {"且": "&&", "并且": "&&", "或": "||", "或者": "||", "今天": TODAY}
_QUOTED = re.compile(r"""("[^"]*"|'[^']*')""")
_BARE_NAME = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff0-9A-Za-z_]*")
_FORBIDDEN_NODES = {
    "dot_ident": "以点开头的名称",
    "dot_ident_arg": "以点开头的名称",
    "member_object": "对象 {…}",
    "map_lit": "对象 {…}",
}
_FORBIDDEN_TOKENS = {"BYTES_LIT": "字节串", "NULL_LIT": "null", "UINT_LIT": "无符号数"}


class NotAnExpression(ValueError):
    """A text that is no expression, or none that may be used; says why in Chinese, for people."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression, and the keys of the fields that it names, in order."""

    source: str
    tree: Node
    fields: tuple[str, ...]


def parse_expression(source: str) -> Expression:
    """The expression; raises `NotAnExpression`. What its values are is not looked at."""
    text = source.replace("\r\n", "\n").replace("\t", " ")
    if not text.strip():
        raise NotAnExpression("表达式为空")
    if len(text) > MAX_LENGTH:
        raise NotAnExpression(f"表达式最多 {MAX_LENGTH} 个字符，现有 {len(text)} 个")
    if _FORBIDDEN_CHARACTERS.search(text):
        raise NotAnExpression("表达式中不能有反斜杠和控制字符")
    try:
        tree = _parser().parse(text)
    except (CELParseError, LarkError) as error:
        raise NotAnExpression(f"不是有效的 CEL 表达式{_place(error)}{_hint(text)}") from error
    nodes = list(_walk(tree))
    if max(depth for _, depth in nodes) > MAX_DEPTH:
        raise NotAnExpression("表达式嵌套过深，请拆成几条检查")
    bound = {_check_node(node) for node, _ in nodes}
    fields = tuple(dict.fromkeys(name for node, _ in nodes for name in _named(node, bound)))
    if not fields:
        raise NotAnExpression("表达式没有用到表单的任何字段")
    return Expression(text, tree, fields)


def bound_name(tree: Tree[Token] | Token) -> str:
    """The name that an expression consists of, empty where it is anything else."""
    node: Tree[Token] | Token = tree
    while isinstance(node, Tree) and len(node.children) == 1 and node.data != "paren_expr":
        if node.data == "ident":
            return str(node.children[0])
        node = node.children[0]
    return ""


@cache
def _parser() -> CELParser:
    # At DEBUG it would log what people wrote into their forms.
    logging.getLogger("celpy").setLevel(logging.WARNING)
    return CELParser()


def _place(error: Exception) -> str:
    line, column = getattr(error, "line", None), getattr(error, "column", None)
    return f"（第 {line} 行第 {column} 个字符处）" if isinstance(column, int) and column > 0 else ""


def _hint(text: str) -> str:
    """What was probably meant, where signs of another keyboard and bare Chinese names were all that was wrong."""
    meant = suggest(text)
    try:
        if meant == text or not _parser().parse(meant):
            return ""
    except (CELParseError, LarkError):
        return ""
    return f"。是不是想写：{meant}"


def suggest(text: str) -> str:
    """The expression with the signs of CEL, and with Chinese names as `form["…"]`; texts in quotes stay."""
    pieces = _QUOTED.split(_in_plain_signs(text))
    return "".join(piece if place % 2 else _BARE_NAME.sub(_as_key, piece) for place, piece in enumerate(pieces))


def _in_plain_signs(text: str) -> str:
    for signs, plain in _SIGNS.items():
        text = re.sub(signs, plain, text)
    return text


def _as_key(found: re.Match[str]) -> str:
    return _WORDS.get(found[0], f'form["{found[0]}"]')


def _walk(tree: Node) -> Iterator[tuple[Node, int]]:
    """Every node with its depth, as it is written from left to right. No recursion: the tree may be deep."""
    waiting = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting += [(child, depth + 1) for child in reversed(node.children) if isinstance(child, Tree)]


def _check_node(node: Node) -> str:
    """Refuses what must not be used; gives the name that a macro binds, empty for anything else."""
    kind = str(node.data)
    if kind in _FORBIDDEN_NODES:
        raise NotAnExpression(f"不支持{_FORBIDDEN_NODES[kind]}")
    if kind == "literal":
        _check_literal(cast(Token, node.children[0]))
    if kind == "ident_arg" and node.children[0] not in FUNCTIONS:
        raise NotAnExpression(f"没有函数 {node.children[0]}，可用的有 {'、'.join(FUNCTIONS)}")
    if kind == "member_index" and _is_form(node.children[0]) and not _form_key(node):
        raise NotAnExpression('form[…] 的方括号里要写字段名，如 form["金额"]')
    return _check_method(node) if kind == "member_dot_arg" else ""


def _check_literal(token: Token) -> None:
    if token.type in _FORBIDDEN_TOKENS:
        raise NotAnExpression(f"不支持{_FORBIDDEN_TOKENS[token.type]}")
    if "0x" in token.lower() and token.type == "INT_LIT":
        raise NotAnExpression("数字请用十进制书写")
    if token.type.endswith("STRING_LIT") and (token[0] in "rR" or token[:3] in {'"""', "'''"}):
        raise NotAnExpression("文字请写在一对引号里")


def _check_method(node: Node) -> str:
    name = str(node.children[1])
    if name not in MACROS:
        if name not in METHODS:
            raise NotAnExpression(f"没有方法 {name}，可用的有 {'、'.join([*METHODS, *MACROS])}")
        return ""
    arguments = cast(Node, node.children[2]).children if len(node.children) == 3 else []
    variable = bound_name(arguments[0]) if len(arguments) == 2 else ""
    if variable in {"", FORM, TODAY}:
        raise NotAnExpression(f"{name} 要写成 表格.{name}(行, 条件)，行是自取的名称")
    return variable


def _named(node: Node, bound: set[str]) -> Iterator[str]:
    if node.data == "ident" and node.children[0] not in bound | {FORM, TODAY}:
        yield str(node.children[0])
    if node.data in {"member_dot", "member_index"} and _is_form(node.children[0]):
        yield _form_key(node)


def _is_form(node: Tree[Token] | Token) -> bool:
    return bound_name(node) == FORM


def _form_key(node: Node) -> str:
    """The key of `form.key` or `form["key"]`, empty where the brackets hold anything but a text."""
    inner: Tree[Token] | Token = node.children[1]
    while isinstance(inner, Tree) and len(inner.children) == 1:
        inner = inner.children[0]
    if not isinstance(inner, Token):
        return ""
    if inner.type == "IDENT":
        return str(inner) if node.data == "member_dot" else ""
    return inner[1:-1] if inner.type == "STRING_LIT" else ""
