"""Bits that are the same in every boot, and what they allow on each architecture.

Without it, a protection could be read as writable or executable where it is not.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modalloc_model.kernel.architectures import ARCHITECTURES
from modalloc_model.kernel.interpreter import Interpreter
from modalloc_model.kernel.paths import FunctionPath, Meaning
from modalloc_model.kernel.program import Program
from modalloc_model.kernel.protections import bits_of, truth_of
from modalloc_model.kernel.sets import decoding_of
from modalloc_model.kernel.state import State
from modalloc_model.kernel.values import Quantity
from modalloc_model.words import Term, choose, constant, eq, evaluate, ne, truth, variable

_DECODINGS = {a.name: a.decodings for a in ARCHITECTURES}


def _letters(architecture: str, value: int, macros: Mapping[str, int], width: int = 64) -> str:
    """What a value allows by a text that defines these bits."""
    program = Program("".join(f"#define {name} {bits:#x}\n" for name, bits in macros.items()))
    decoding, meaning = decoding_of(program, _DECODINGS[architecture], width), Meaning(width)
    assert decoding is not None
    walk = Interpreter(State(program, meaning, FunctionPath(meaning), set()))
    found = ""
    for letter, question in zip("rwx", (decoding.read, decoding.write, decoding.execute), strict=True):
        answer = walk.ask(question, {"prot": Quantity(value, 64, False, value)}, decoding.bits)
        assert answer is not None
        found += letter if answer.known else "-"
    return found


@pytest.mark.parametrize(
    ("architecture", "value", "letters"),
    [  # the values are those that Linux 6.12 has for PAGE_KERNEL and its kin
        ("x86", 0x8000000000000163, "rw-"),
        ("x86", 0x163, "rwx"),
        ("x86", 0x8000000000000161, "r--"),
        ("arm64", 0x68000000000703, "rw-"),
        ("arm64", 0x48000000000703, "rwx"),
        ("arm64", 0x60000000000783, "r--"),
        ("arm64", 0x40000000000783, "r-x"),
        ("riscv", 0xE7, "rw-"),
        ("riscv", 0xEB, "r-x"),
        ("s390", 0x13D, "rw-"),
        ("s390", 0x3D, "rwx"),
        ("s390", 0x31D, "r--"),
        ("powerpc", 0x800000000000018E, "rw-"),
        ("powerpc", 0x800000000000010D, "r-x"),
        ("nios2", 0x3F00000, "rwx"),
        ("loongarch", 0x1D3, "rwx"),
    ],
)
def test_bits_say_what_a_page_allows(architecture: str, value: int, letters: str) -> None:
    assert _letters(architecture, value, {}) == letters


_8XX = {"_PAGE_PRESENT": 1, "_PAGE_EXEC": 0x40, "_PAGE_NA": 0x200, "_PAGE_RO": 0x600, "_PAGE_RW": 0}
_OLD = {"_PAGE_PRESENT": 1, "_PAGE_RW": 0x400, "_PAGE_EXEC": 0x200}
_NEW = {"_PAGE_READ": 8, "_PAGE_WRITE": 2, "_PAGE_EXEC": 4, "_PAGE_NA": 0, "_PAGE_RO": 8, "_PAGE_PRESENT": 1}
_ALPHA = {
    "_PAGE_VALID": 1, "_PAGE_FOR": 2, "_PAGE_FOW": 4, "_PAGE_FOE": 8, "_PAGE_KRE": 0x100, "_PAGE_KWE": 0x1000,
}  # fmt: skip
_MOTOROLA = {"_PAGE_PRESENT": 1, "_PAGE_RONLY": 4}
_MICROBLAZE = {"_PAGE_PRESENT": 2, "_PAGE_RW": 0x40, "_PAGE_HWEXEC": 0x200, "_PAGE_EXEC": 0}


@pytest.mark.parametrize(
    ("architecture", "macros", "width", "value", "letters"),
    [
        ("powerpc", _8XX, 32, 0x121, "rw-"),
        ("powerpc", _8XX, 32, 0x161, "rwx"),
        ("powerpc", _8XX, 32, 0x621, "r--"),
        ("powerpc", _8XX, 32, 0x661, "r-x"),
        ("powerpc", _8XX, 32, 0x221, "---"),
        ("powerpc", _8XX, 32, 0x120, "---"),
        ("powerpc", _OLD, 32, 0x401, "rw-"),
        ("powerpc", _OLD, 32, 0x201, "r-x"),
        ("powerpc", _NEW, 32, 0x00B, "rw-"),
        ("powerpc", _NEW, 32, 0x00D, "r-x"),
        ("powerpc", {}, 64, 0x106, "rw-"),
        ("alpha", _ALPHA, 64, 0x1101, "rwx"),
        ("alpha", _ALPHA, 64, 0x1105, "r-x"),
        ("alpha", _ALPHA, 64, 0x1109, "rw-"),
        ("alpha", _ALPHA, 64, 0x1103, "-wx"),
        ("m68k", _MOTOROLA, 32, 0x001, "rwx"),
        ("m68k", _MOTOROLA, 32, 0x005, "r-x"),
        ("microblaze", _MICROBLAZE, 32, 0x7C2, "rwx"),
        ("microblaze", _MICROBLAZE, 32, 0x5C2, "rw-"),
        ("um", {"_PAGE_PRESENT": 1, "_PAGE_RW": 0x20}, 64, 0x21, "rwx"),
        ("xtensa", {"_PAGE_PRESENT": 4, "_PAGE_HW_WRITE": 2, "_PAGE_HW_EXEC": 1}, 32, 6, "rw-"),
        ("openrisc", {"_PAGE_SRE": 0x40, "_PAGE_SWE": 0x80, "_PAGE_EXEC": 0x10}, 32, 0x50, "r-x"),
    ],
)
def test_a_bit_that_takes_a_permission_away_is_read_as_the_tree_has_it(
    architecture: str, macros: Mapping[str, int], width: int, value: int, letters: str
) -> None:
    assert _letters(architecture, value, macros, width) == letters


@pytest.mark.parametrize("width", [32, 64])
def test_bits_of_another_kind_of_machine_are_not_taken(width: int) -> None:
    """Without macros, the values are those of the 64-bit kind; with other macros, they are nobody's."""
    found = [decoding_of(Program(text), _DECODINGS["powerpc"], width) for text in ("", "#define _PAGE_OTHER 1\n")]
    assert [one is None for one in found] == [width == 32, True]


def _terms() -> st.SearchStrategy[Term]:
    leaves = st.one_of(
        st.integers(0, 255).map(lambda n: constant(n, 8)), st.sampled_from("ab").map(lambda n: variable(n, 8))
    )

    def larger(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
        pairs = st.tuples(inner, inner)
        return st.one_of(
            pairs.map(lambda p: p[0] & p[1]),
            pairs.map(lambda p: p[0] | p[1]),
            pairs.map(lambda p: p[0] ^ p[1]),
            inner.map(lambda x: ~x),
            st.tuples(inner, st.integers(0, 9)).map(lambda p: p[0] << p[1]),
            st.tuples(inner, st.integers(0, 9)).map(lambda p: p[0] >> p[1]),
            st.tuples(inner, inner, inner).map(lambda p: choose(ne(p[0], 0), p[1], p[2])),
        )

    return st.recursive(leaves, larger, max_leaves=8)


@given(_terms(), st.integers(0, 255), st.integers(0, 255))
def test_a_bit_that_is_said_to_be_known_is_so_in_every_boot(term: Term, a: int, b: int) -> None:
    found, value = bits_of(term), evaluate(term, {"a": a, "b": b})
    assert value & found.known == found.value


@given(_terms(), _terms(), st.integers(0, 255), st.integers(0, 255))
def test_a_condition_that_is_said_to_hold_holds_in_every_boot(x: Term, y: Term, a: int, b: int) -> None:
    for condition in (truth(eq(x, y)), truth(ne(x, 0))):
        said = truth_of(condition)
        assert said is None or said is bool(evaluate(condition, {"a": a, "b": b}))


def test_a_bit_that_the_boot_decides_is_not_said() -> None:
    assert truth_of(variable("a", 8) & 1) is None
    assert truth_of((variable("a", 8) & 1) | 2) is True
    assert truth_of(variable("a", 8) & 0) is False
    either = choose(truth(ne(variable("a", 8), 0)), constant(6, 8), constant(3, 8))
    assert isinstance(either, Term)
    assert [truth_of(either & bit) for bit in (1, 2, 4, 8)] == [None, True, None, False]
