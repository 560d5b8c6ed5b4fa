"""What a table claims: what its machine's profile does, unless the table says otherwise, or the caller does.

Without it, a table could be held to a claim that it does not make, or get off one that it makes.
"""

from __future__ import annotations

import pytest

from modalloc_model.descriptor import Settings, Table, read_text

EXECMEM = """\
struct execmem_info info = { .ranges = { [EXECMEM_DEFAULT] = {
  .start = MODULES_VADDR, .end = MODULES_END, .pgprot = PAGE_KERNEL, .alignment = 1 } } };
"""
TYPES = """\
dialect: execmem
arch: x86_64
types: {DEFAULT: {ranges: [{start: MODULES_VADDR, end: MODULES_END}], pgprot: PAGE_KERNEL, alignment: 1}}
"""


def _table(text: str, *claims: str) -> Table:
    reading = read_text(text.encode(), "t.yaml" if text.startswith("dialect") else "t.c", Settings(claims=claims))
    assert not [p for p in reading.problems if p.severity == "error"], reading.problems
    return reading.tables[0]


def _c(directive: str) -> str:
    return f"/* modalloc: {{arch: x86_64{directive}}} */\n{EXECMEM}"


@pytest.mark.parametrize("write", [lambda own: _c(f", {own}" if own else ""), lambda own: f"{TYPES}{own}\n"])
def test_a_table_withdraws_what_its_machine_claims(write: object) -> None:
    assert callable(write)
    assert _table(write("")).params.assumptions.claims == ("strict-rwx",)
    withdrawn = _table(write("claims: []")).params.assumptions
    assert withdrawn.claims == ()
    assert withdrawn.protect == "by-loader"  # the loader does what it did
    assert _table(write("claims: [strict-rwx]")).params.assumptions.claims == ("strict-rwx",)
    assert _table(write("claims: []"), "strict-rwx").params.assumptions.claims == ("strict-rwx",)


def test_the_caller_withdraws_them_too() -> None:
    assert _table(_c(""), "none").params.assumptions.claims == ()
    assert _table(_c(", claims: strict-rwx"), "none").params.assumptions.claims == ()


def test_a_case_withdraws_what_its_table_claims_and_takes_it_over_where_it_says_nothing() -> None:
    table = _table(_c(", claims: strict-rwx, cases: [{claims: []}, {}, {claims: strict-rwx}]"))
    assert [case.assumptions.claims for case in table.cases] == [(), ("strict-rwx",), ("strict-rwx",)]


def test_none_beside_a_claim_is_a_contradiction() -> None:
    reading = read_text(_c("").encode(), "t.c", Settings(claims=("none", "strict-rwx")))
    assert [problem.code for problem in reading.problems] == ["bad-value"]
