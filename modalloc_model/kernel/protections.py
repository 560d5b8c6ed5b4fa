"""The accesses of a page from its page-table bits: each architecture's questions, and bitwise knowledge of the answers.

A bit is known if it is the same in every boot. A value that the boot decides leaves most bits alone, so each bit is
tracked separately. If a relevant bit is unknown, there is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from modalloc_model.words import Term, folded, is_constant

_BIT = re.compile(r"\b[A-Z_][A-Z0-9_]+\b")


@dataclass(frozen=True)
class Decoding:
    """The conditions for reading, writing and executing a page: C over `prot`, in the tree's names of bits.

    `bits` gives the names values if the text has no macros, as compiler output, for machines of that `width`.
    """

    read: str
    write: str
    execute: str
    bits: Mapping[str, str] = field(default_factory=dict)
    width: int = 0  # 0: any

    @property
    def names(self) -> frozenset[str]:
        """The bits that the conditions mention."""
        return frozenset(_BIT.findall(f"{self.read} {self.write} {self.execute}"))


X86 = Decoding(
    read="prot & _PAGE_PRESENT",
    write="prot & _PAGE_RW",
    execute="!(prot & _PAGE_NX)",
    bits={"_PAGE_PRESENT": "1", "_PAGE_RW": "2", "_PAGE_NX": "1ULL << 63"},
)
ARM64 = Decoding(
    read="prot & PTE_VALID",
    write="(prot & PTE_WRITE) || !(prot & PTE_RDONLY)",
    execute="!(prot & PTE_PXN)",
    bits={"PTE_VALID": "1", "PTE_WRITE": "1UL << 51", "PTE_RDONLY": "1UL << 7", "PTE_PXN": "1UL << 53"},
)
ARM = Decoding(
    read="prot & L_PTE_PRESENT",
    write="!(prot & L_PTE_RDONLY)",
    execute="!(prot & L_PTE_XN)",
    bits={"L_PTE_PRESENT": "1", "L_PTE_RDONLY": "1 << 7", "L_PTE_XN": "1 << 9"},
)
RISCV = Decoding(
    read="prot & _PAGE_READ",
    write="prot & _PAGE_WRITE",
    execute="prot & _PAGE_EXEC",
    bits={"_PAGE_READ": "1 << 1", "_PAGE_WRITE": "1 << 2", "_PAGE_EXEC": "1 << 3"},
)
S390 = Decoding(
    read="!(prot & _PAGE_INVALID)",
    write="!(prot & _PAGE_PROTECT)",
    execute="!(prot & _PAGE_NOEXEC)",
    bits={"_PAGE_INVALID": "0x400", "_PAGE_PROTECT": "0x200", "_PAGE_NOEXEC": "0x100"},
)
POWERPC = Decoding(
    read="prot & _PAGE_READ",
    write="prot & _PAGE_WRITE",
    execute="prot & _PAGE_EXEC",
    bits={"_PAGE_READ": "4", "_PAGE_WRITE": "2", "_PAGE_EXEC": "1"},
    width=64,
)
# Linux 6.1 has no bit for reading: pte_read() is 1 (arch/powerpc/include/asm/{nohash,book3s/32}/pgtable.h).
POWERPC_OLD = Decoding(read="prot & _PAGE_PRESENT", write="prot & _PAGE_RW", execute="prot & _PAGE_EXEC")
# pte_read() and pte_write() of arch/powerpc/include/asm/nohash/32/pte-8xx.h: the bits deny access.
POWERPC_8XX = Decoding(
    read="(prot & _PAGE_PRESENT) && (prot & _PAGE_RO) != _PAGE_NA",
    write="(prot & _PAGE_PRESENT) && !(prot & _PAGE_RO)",
    execute="prot & _PAGE_EXEC",
)
NIOS2 = Decoding(
    read="prot & _PAGE_READ",
    write="prot & _PAGE_WRITE",
    execute="prot & _PAGE_EXEC",
    bits={"_PAGE_READ": "1 << 20", "_PAGE_WRITE": "1 << 21", "_PAGE_EXEC": "1 << 22"},
)
LOONGARCH = Decoding(
    read="!(prot & _PAGE_NO_READ)",
    write="prot & _PAGE_WRITE",
    execute="!(prot & _PAGE_NO_EXEC)",
    bits={"_PAGE_NO_READ": "1UL << 61", "_PAGE_WRITE": "1UL << 8", "_PAGE_NO_EXEC": "1UL << 62"},
)
READ_WRITE_EXEC = Decoding(read="prot & _PAGE_READ", write="prot & _PAGE_WRITE", execute="prot & _PAGE_EXEC")
READ_WRITE_EXECUTE = replace(READ_WRITE_EXEC, execute="prot & _PAGE_EXECUTE")
# Bits that make an access fault, and bits that let the kernel have it (arch/alpha/include/asm/pgtable.h).
ALPHA = Decoding(
    read="(prot & _PAGE_VALID) && (prot & _PAGE_KRE) && !(prot & _PAGE_FOR)",
    write="(prot & _PAGE_VALID) && (prot & _PAGE_KWE) && !(prot & _PAGE_FOW)",
    execute="(prot & _PAGE_VALID) && (prot & _PAGE_KRE) && !(prot & _PAGE_FOE)",
)
# No bit for execution: readable pages are executable.
CSKY = replace(READ_WRITE_EXEC, execute="prot & _PAGE_READ")
M68K = Decoding("prot & _PAGE_PRESENT", "(prot & _PAGE_PRESENT) && !(prot & _PAGE_RONLY)", "prot & _PAGE_PRESENT")
COLDFIRE = Decoding("prot & CF_PAGE_READABLE", "prot & CF_PAGE_WRITABLE", "prot & CF_PAGE_EXEC")
SUN3 = Decoding("prot & SUN3_PAGE_VALID", "prot & SUN3_PAGE_WRITEABLE", "prot & SUN3_PAGE_VALID")
UM = Decoding("prot & _PAGE_PRESENT", "prot & _PAGE_RW", "prot & _PAGE_PRESENT")
# _PAGE_EXEC is 0: the TLB has a bit of its own (arch/microblaze/include/asm/pgtable.h:154).
MICROBLAZE = Decoding("prot & _PAGE_PRESENT", "prot & _PAGE_RW", "prot & _PAGE_HWEXEC")
OPENRISC = Decoding("prot & _PAGE_SRE", "prot & _PAGE_SWE", "prot & _PAGE_EXEC")
XTENSA = Decoding("prot & _PAGE_PRESENT", "prot & _PAGE_HW_WRITE", "prot & _PAGE_HW_EXEC")


@dataclass(frozen=True)
class Bits:
    """The known bits of a word, and their values."""

    known: int
    value: int


def bits_of(term: Term) -> Bits:
    """The bits that are the same for all values of the term's variables."""
    return folded(term, _knowledge).bits


def truth_of(term: Term) -> bool | None:
    """Whether a word is nonzero, or a condition holds, from its known bits."""
    return folded(term, _knowledge).truth


@dataclass(frozen=True)
class _Knowledge:
    """Knowledge of a term: the bits of a word, and the truth of a word or condition."""

    bits: Bits
    truth: bool | None


def _knowledge(term: Term, parts: tuple[_Knowledge, ...]) -> _Knowledge:
    bits = _bits(term, parts)
    return _Knowledge(bits, _truth(term, parts, bits))


def _bits(term: Term, parts: tuple[_Knowledge, ...]) -> Bits:
    full = (1 << (term.bits or 1)) - 1
    if is_constant(term):
        return Bits(full, term.value)
    if term.op == "bvnot":
        inner = parts[0].bits
        return Bits(inner.known, ~inner.value & inner.known)
    if term.op in _WISE:
        return _WISE[term.op](parts[0].bits, parts[1].bits, full)
    if term.op == "ite":
        x, y = parts[1].bits, parts[2].bits
        known = x.known & y.known & ~(x.value ^ y.value)
        return Bits(known, x.value & known)
    if term.op in ("bvshl", "bvlshr") and is_constant(term.args[1]):
        return _shift(term, parts[0].bits, full)
    return Bits(0, 0)


def _and(x: Bits, y: Bits, full: int) -> Bits:
    known = (x.known & y.known) | (x.known & ~x.value) | (y.known & ~y.value)
    return Bits(known & full, x.value & y.value & known)


def _or(x: Bits, y: Bits, full: int) -> Bits:
    known = (x.known & y.known) | (x.known & x.value) | (y.known & y.value)
    return Bits(known & full, (x.value | y.value) & known)


def _xor(x: Bits, y: Bits, full: int) -> Bits:
    return Bits(x.known & y.known & full, (x.value ^ y.value) & x.known & y.known)


_WISE = {"bvand": _and, "bvor": _or, "bvxor": _xor}


def _shift(term: Term, inner: Bits, full: int) -> Bits:
    by = term.args[1].value
    if by >= term.bits:
        return Bits(full, 0)
    if term.op == "bvshl":
        return Bits((inner.known << by | ((1 << by) - 1)) & full, inner.value << by & full)
    return Bits(inner.known >> by | (full & ~(full >> by)), inner.value >> by)


def _truth(term: Term, parts: tuple[_Knowledge, ...], bits: Bits) -> bool | None:
    if is_constant(term):
        return bool(term.value)
    if term.op == "not":
        return None if parts[0].truth is None else not parts[0].truth
    if term.op in ("and", "or"):
        return _connective([part.truth for part in parts], settles=term.op == "or")
    if term.op == "=":
        return _equal(parts[0].bits, parts[1].bits, (1 << term.args[0].bits) - 1)
    if term.op == "ite":
        chosen, x, y = (part.truth for part in parts)
        return (x if chosen else y) if chosen is not None else x if x == y else None
    if not term.bits:
        return None
    return True if bits.value else False if bits.known == (1 << term.bits) - 1 else None


def _connective(parts: list[bool | None], settles: bool) -> bool | None:
    if settles in parts:
        return settles
    return None if None in parts else not settles


def _equal(x: Bits, y: Bits, full: int) -> bool | None:
    common = x.known & y.known
    if (x.value ^ y.value) & common:
        return False
    return True if common == full else None
