"""Expressions mean what C means by them: against Python's integers, at 32 and 64 bits.

Without it, an expression could wrap, shift or compare otherwise than in C.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modalloc_model.descriptor.environment import Environment, Symbols
from modalloc_model.descriptor.source import Journal, Text
from modalloc_model.params import Location
from modalloc_model.words import constant, evaluate, variable

HERE = Location("x", 1, 1)


def _evaluate(text: str, bits: int, unknowns: dict[str, int] | None = None, **defines: str) -> int | None:
    given_names = {name: Text.with_location(value, HERE) for name, value in defines.items()}
    variables = {name: variable(name, bits) for name in unknowns or {}}
    symbols = {"PAGE_SIZE": Text.with_location("4096", HERE), "PMD_SIZE": Text.with_location("0x200000", HERE)}
    environment = Environment(Symbols(bits, given_names, {}, variables, symbols), Journal())
    value = environment.evaluate(Text.with_location(text, HERE))
    return evaluate(value.term, unknowns or {}) if value else None


BINARY: dict[str, tuple[int, Callable[[int, int], int]]] = {
    "+": (8, operator.add), "-": (8, operator.sub), "*": (9, operator.mul), "/": (9, operator.floordiv),
    "%": (9, operator.mod), "&": (4, operator.and_), "|": (2, operator.or_), "^": (3, operator.xor),
    "<<": (7, operator.lshift), ">>": (7, operator.rshift), "==": (5, operator.eq), "!=": (5, operator.ne),
    "<": (6, operator.lt), "<=": (6, operator.le), ">": (6, operator.gt), ">=": (6, operator.ge),
    "&&": (1, lambda x, y: bool(x and y)), "||": (0, lambda x, y: bool(x or y)),
}  # fmt: skip

UNARY: dict[str, Callable[[int], int]] = {
    "-": operator.neg,
    "~": operator.invert,
    "!": lambda x: int(not x),
    "+": operator.pos,
}

Tree = tuple[str, int, int | None]  # text, how tightly it binds, value (None where C has none)


def _joined(bits: int, op: str, left: Tree, right: Tree) -> Tree:
    """Both under an operator, in parentheses only where C needs them."""
    level, meaning = BINARY[op]
    (x, x_level, a), (y, y_level, b) = left, right
    text = f"{x if x_level >= level else f'({x})'} {op} {y if y_level > level else f'({y})'}"
    if a is None or (b is None and not (op == "&&" and a == 0) and not (op == "||" and a != 0)):
        return text, level, None
    if op in ("/", "%") and b == 0:
        return text, level, None
    if op in ("<<", ">>") and b is not None and b >= bits:
        return text, level, None
    return text, level, int(meaning(a, b or 0)) % (1 << bits)


def _unary(bits: int, op: str, operand: Tree) -> Tree:
    text, level, value = operand
    inner = text if level == 10 and not text.startswith(op) else f"({text})"
    return op + inner, 10, None if value is None else UNARY[op](value) % (1 << bits)


def _chosen(condition: Tree, first: Tree, second: Tree) -> Tree:
    value = None if condition[2] is None else first[2] if condition[2] else second[2]
    return f"({condition[0]}) ? ({first[0]}) : ({second[0]})", -1, value


def _trees(bits: int) -> st.SearchStrategy[Tree]:
    words = st.one_of(st.integers(0, 70), st.integers(0, (1 << bits) - 1))
    styles = st.sampled_from(["{}", "{}UL", "{:#x}", "{:#x}ull", "0{:o}", "{:#b}u", "0o{:o}"])
    leaves = st.builds(lambda value, style: (style.format(value), 10, value), words, styles)
    return st.recursive(
        leaves,
        lambda trees: st.one_of(
            st.builds(lambda op, x, y: _joined(bits, op, x, y), st.sampled_from(sorted(BINARY)), trees, trees),
            st.builds(lambda op, x: _unary(bits, op, x), st.sampled_from("-~!+"), trees),
            st.builds(_chosen, trees, trees, trees),
        ),
        max_leaves=12,
    )


@given(tree=_trees(64))
def test_expressions_of_64_bits(tree: Tree) -> None:
    assert _evaluate(tree[0], 64) == tree[2]


@given(tree=_trees(32))
def test_expressions_of_32_bits(tree: Tree) -> None:
    assert _evaluate(tree[0], 32) == tree[2]


@given(tree=_trees(64), offset=st.integers(0, (1 << 64) - 1))
def test_an_unknown_stays_open(tree: Tree, offset: int) -> None:
    text, _, value = tree
    if value is None:
        return
    assert _evaluate(f"({text}) + kaslr", 64, {"kaslr": offset}) == (value + offset) % (1 << 64)
    assert _evaluate(f"kaslr ? ({text}) : 7", 64, {"kaslr": offset}) == (value if offset else 7)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ALIGN(0x1001, 0x1000)", 0x2000),
        ("ALIGN_DOWN(0x1fff, PAGE_SIZE)", 0x1000),
        ("PAGE_ALIGN(1)", 0x1000),
        ("PAGE_ALIGN_DOWN(0x1fff)", 0x1000),
        ("round_up(5, 4)", 8),
        ("round_down(7, 4)", 4),
        ("roundup(7, 3)", 9),
        ("rounddown(8, 3)", 6),
        ("DIV_ROUND_UP(7, 3)", 3),
        ("PAGE_SHIFT + PMD_SHIFT", 12 + 21),
        ("PAGE_MASK", (1 << 64) - 4096),
        ("SZ_1 + SZ_4K + SZ_32M + SZ_2G + SZ_64T", 1 + (4 << 10) + (32 << 20) + (2 << 30) + (64 << 40)),
        ("BIT(5) | BIT_ULL(40)", 1 << 5 | 1 << 40),
        ("GENMASK(7, 4)", 0xF0),
        ("min(3, 4) + max(3UL, 9UL)", 12),
        ("UL(3) + ULL(4) + _AC(5, UL) + U(6)", 18),
        ("IS_ENABLED(CONFIG_YES) * 10 + IS_ENABLED(CONFIG_NO)", 10),
        ("sizeof(long) * 100 + sizeof(int) * 10 + sizeof(u8)", 841),
        ("sizeof(void *) + sizeof(unsigned long long) + sizeof(unsigned short)", 18),
        ("(u32)0x123456789 + (unsigned char)0x1ff", 0x23456789 + 0xFF),
        ("(s8)0xff", (1 << 64) - 1),
        ("(unsigned long)&SYMBOL", 0x42),
        ("5 ?: 7", 5),
        ("1 ? 2 : 0 ? 3 : 4", 2),
        ("0 && 1 / 0", 0),
        ("1 || 1 << 99", 1),
        ("1 ? 2 : 1 / 0", 2),
        ("2 + 3 * 4 << 1 == 28 && 6 & 3 ^ 1 | 8", 1),
    ],
)
def test_what_the_kernel_writes(text: str, value: int) -> None:
    assert _evaluate(text, 64, CONFIG_YES="y", CONFIG_NO="n", SYMBOL="0x42") == value


def test_words_of_32_bits_have_long_of_32_bits() -> None:
    assert _evaluate("sizeof(long) + sizeof(void *)", 32) == 8
    assert _evaluate("~0UL", 32) == 0xFFFFFFFF


@given(value=st.integers(0, (1 << 64) - 1), offset=st.integers(0, (1 << 64) - 1))
def test_a_cast_of_an_unknown_truncates(value: int, offset: int) -> None:
    low = (value + offset) & 0xFFFFFFFF
    signed = low - (1 << 32) if low >> 31 else low
    assert _evaluate(f"(u32)({value} + k)", 64, {"k": offset}) == low
    assert _evaluate(f"(int)({value} + k)", 64, {"k": offset}) == signed % (1 << 64)


@given(value=st.integers(0, (1 << 64) - 1), shift=st.integers(0, 63))
def test_rounding_an_unknown_is_rounding_its_value(value: int, shift: int) -> None:
    step, top = 1 << shift, 1 << 64
    assert _evaluate(f"ALIGN(k, {step})", 64, {"k": value}) == (value + step - 1) % top // step * step
    assert _evaluate(f"ALIGN_DOWN(k, {step})", 64, {"k": value}) == value // step * step
    assert _evaluate(f"max(k, {step})", 64, {"k": value}) == max(value, step)


def test_symbols_rest_on_each_other() -> None:
    assert _evaluate("A", 64, A="B * 2", B="C + 1", C="PAGE_SIZE") == 8194


def test_a_chain_of_symbols_ends() -> None:
    chain = {f"S{n}": f"S{n + 1} + 1" for n in range(200)}
    assert _evaluate("S0", 64, {}, **chain, S200="0") is None


def test_terms_do_not_grow_without_bound() -> None:
    doubling = {f"S{n}": f"S{n + 1} + S{n + 1} + 1" for n in range(30)}
    found = _evaluate("S0", 64, {"k": 1}, **doubling, S30="k")
    assert found == pow(2, 31) - 1
    long = {f"S{n}": f"S{n + 1}" + " + 1" * 50 for n in range(4)}
    assert _evaluate("S0", 64, {"k": 1}, **long, S4="k") is None
    assert _evaluate("S0", 64, {"k": 1}, **long, S4="1") == 201


def test_a_constant_is_folded() -> None:
    environment = Environment(Symbols(64, {}, {}, {}, {}), Journal())
    value = environment.evaluate(Text.with_location("(1UL << 40) + 0x10 * 3", HERE))
    assert value is not None
    assert value.term == constant((1 << 40) + 48, 64)
