"""What a table may say of its boots and its protections, which import writes and anybody may.

Without it, what import writes could be refused, or read otherwise, when it is read again.
"""

from __future__ import annotations

import json

import pytest

from modalloc_model.descriptor import Settings, read_text
from modalloc_model.engine import Options, verify_table
from modalloc_model.params import ParamSet
from modalloc_model.paths import spec_root

TABLE = """\
dialect: execmem
arch: nios2
{more}
types:
  MODULE_TEXT:
    ranges:
      - {{start: 0xc8000000 + offset, end: 0xd0000000}}
    alignment: 1
    pgprot: PAGE_KERNEL
unknowns:
  offset: {{step: 0x1000, k: [0, 0x8000]}}
"""


def _read(more: str) -> ParamSet:
    reading = read_text(TABLE.format(more=more).encode(), "t.yaml", Settings())
    assert not [problem for problem in reading.problems if problem.severity == "error"]
    return reading.tables[0].params


def _verdict(table: ParamSet, rule: str) -> set[str]:
    report = verify_table(table, Options(select=frozenset({rule})))
    return {str(result.verdict) for result in report.results}


def test_a_constraint_leaves_boots_out() -> None:
    assert _verdict(_read(""), "RNG001") == {"refuted"}
    assert _verdict(_read("constraints: [offset < 0x7000000]"), "RNG001") == {"proved"}


def test_constraints_that_no_boot_meets_are_vacuous() -> None:
    assert _verdict(_read("constraints: ['offset < 0x1000', 'offset > 0x1000']"), "RNG001") == {"vacuous"}


def test_a_protection_of_the_table_goes_before_the_machines() -> None:
    types = {t.name: t for t in _read("protections: {PAGE_KERNEL: {allows: r--, source: x}}").types}
    plain = {t.name: t for t in _read("").types}
    assert types["MODULE_TEXT"].protection != plain["MODULE_TEXT"].protection


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ("constraints: [nobody < 1]", "has no value"),
        ("constraints: [1 <]", "the expression ends"),
        ("protections: {PAGE_KERNEL: {allows: wx}}", "not one of"),
        ("protections: {PAGE_KERNEL: {allowed: rwx}}", "allowed"),
    ],
)
def test_what_is_wrong_with_them_is_said(more: str, part: str) -> None:
    reading = read_text(TABLE.format(more=more).encode(), "t.yaml", Settings())
    assert not reading.tables
    assert any(part in problem.message for problem in reading.problems)


def test_the_schema_has_both() -> None:
    schema = json.loads((spec_root() / "schema" / "table.schema.json").read_text())
    for keys in (schema["properties"], schema["$defs"]["directive"]["properties"]):
        assert {"constraints", "protections"} <= keys.keys()
