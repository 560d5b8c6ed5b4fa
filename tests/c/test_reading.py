"""One reader of C: literals by the machine's width, and the same tree for a table's text and for a function's.

Without it, a table and a function could give one expression two values.
"""

from __future__ import annotations

import pytest

from modalloc_model.c import syntax as c
from modalloc_model.c.arithmetic import CInteger, binary, literal, unary
from modalloc_model.c.declarators import well_known
from modalloc_model.c.expressions import constant_expression
from modalloc_model.c.statements import Parser
from modalloc_model.c.tokens import CError, SourceLine, tokens

TEXTS = [
    "1 + 2 * 3 - 4 << 5 | 6 & 7 ^ 8", "a ? b : c ? d : e", "a ?: b", "-~!+x", "(u8)1 + (unsigned long)&x",
    "f(a, g(b), (d))", "sizeof(long long) / sizeof(u32 *)", "((a)) == (b) != c <= d && e || f", "0x10UL >> 'a'",
    '"text"',
]  # fmt: skip


def _shape(node: object) -> object:
    """The tree without its places."""
    if isinstance(node, tuple):
        return tuple(map(_shape, node))
    if not isinstance(node, c.ExpressionNode):
        return node
    return type(node).__name__, *(_shape(getattr(node, name)) for name in type(node).__slots__)


@pytest.mark.parametrize("text", TEXTS)
def test_a_table_and_a_function_read_the_same_expression(text: str) -> None:
    own = Parser(list(tokens(text)), well_known).whole_expression()
    assert _shape(constant_expression(text)) == _shape(own)


@pytest.mark.parametrize(
    "text", ["a = 1", "a++", "--a", "*a", "a[1]", "a.b", "a->b", "a, b", "({ 1; })", "(f)(1)", "1.5"]
)
def test_a_constant_expression_has_no_effect_and_no_memory(text: str) -> None:
    Parser(list(tokens(text)), well_known).whole_expression()
    with pytest.raises(CError):
        constant_expression(text)


@pytest.mark.parametrize(
    ("text", "word", "bits", "signed"),
    [
        ("1", 64, 32, True), ("2147483648", 64, 64, True), ("2147483648", 32, 64, True), ("0x80000000", 64, 32, False),
        ("0x80000000L", 32, 32, False), ("0x100000000", 32, 64, True), ("1U", 64, 32, False), ("1UL", 32, 32, False),
        ("1UL", 64, 64, False), ("1LL", 32, 64, True), ("18446744073709551615", 64, 64, False), ("'a'", 64, 32, True),
    ],
)  # fmt: skip
def test_a_literal_has_the_first_type_that_holds_it(text: str, word: int, bits: int, signed: bool) -> None:
    found = literal(text)
    assert found is not None
    assert (found.typed(word).bits, found.typed(word).signed) == (bits, signed)


@pytest.mark.parametrize("text", ["08", "0x", "1UU", "1lul", "1.5", "'ab'", "1e3", "9" * 201])
def test_what_is_no_literal_is_none(text: str) -> None:
    assert literal(text) is None


def test_operators_compute_in_the_common_type() -> None:
    minus, one = CInteger(-1, 32, True), CInteger(1, 32, False)
    assert binary("<", minus, one) == CInteger(0, 32, True)
    assert binary("<<", CInteger(1, 32, True), CInteger(31, 32, True)) == CInteger(-(1 << 31), 32, True)
    assert binary("+", CInteger(200, 8, False), CInteger(100, 8, False)) == CInteger(300, 32, True)
    assert binary("/", CInteger(-7, 32, True), CInteger(2, 32, True)) == CInteger(-3, 32, True)
    assert binary("/", one, CInteger(0, 32, True)) is None
    assert unary("~", CInteger(0, 8, False)) == CInteger(-1, 32, True)


def test_tokens_know_their_offset_and_their_line() -> None:
    text = '# 7 "mm/init.c"\na /* b\n */ c // d\n e'
    assert [(token.text, token.start, token.place) for token in tokens(text)] == [
        ("a", 16, SourceLine("mm/init.c", 7)), ("c", 27, SourceLine("mm/init.c", 8)),
        ("e", 35, SourceLine("mm/init.c", 9)),
    ]  # fmt: skip


DEEP = ["a" + " + a" * 5000, "(" * 5000 + "a" + ")" * 5000, "!" * 5000 + "a"]


@pytest.mark.parametrize("text", DEEP, ids=["a sum", "parentheses", "operators"])
def test_what_is_nested_too_deeply_is_refused(text: str) -> None:
    with pytest.raises(CError, match="nested deeper"):
        Parser(list(tokens(text)), well_known).whole_expression()
    with pytest.raises(CError, match=r"nested deeper|more than \d+ tokens"):
        constant_expression(text)
