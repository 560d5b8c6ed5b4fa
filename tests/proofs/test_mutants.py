"""Broken allocators are caught on both sides, by checks that hold of the allocator that is right.

Without it, a theorem or a check of the machine that can never fail would pass for one that holds.
"""

from __future__ import annotations

import builtins
import dis
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import CodeType

import pytest

from proofs.mutants import page
from proofs.mutants.families import FAMILIES, MUTANTS
from proofs.mutants.mutant import SIDES, Change, Disarmed, in_allocator, load_record, source_of

AT_LEAST = 40


def _changes(family: str, side: str) -> list[Change]:
    return [change for mutant in FAMILIES[family] if isinstance(change := mutant.side(side), Change)]


LONG = {("places", "symbolic"), ("sizes", "symbolic"), ("sizes", "executable"), ("ranges", "symbolic")}
"""Together they take as long as all others."""
EACH = [
    pytest.param(family, side, marks=[pytest.mark.deep] if (family, side) in LONG else [])
    for family in FAMILIES
    for side in SIDES
]


@pytest.mark.parametrize(("family", "side"), EACH)
def test_every_mutant_of_a_family_is_caught(family: str, side: str, root: Path) -> None:
    changes = _changes(family, side)
    if not changes:
        pytest.skip("no mutant of this family is on this side")
    command = [sys.executable, "-m", "proofs.mutants", "--family", family, "--side", side]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(": caught by ") == len(changes)
    assert done.stdout.endswith(f"{len(changes)} changes, 0 survive\n")


@pytest.mark.parametrize("name", MUTANTS)
def test_each_change_applies_to_one_line_as_it_stands(name: str) -> None:
    for side in SIDES:
        change = MUTANTS[name].side(side)
        if isinstance(change, Change):
            source = source_of(change)
            before, after = source.splitlines(), change.apply(source).splitlines()
            assert len(before) == len(after)
            assert sum(x != y for x, y in zip(before, after, strict=True)) == 1
            compile("\n".join(after), change.path, "exec")


@pytest.mark.parametrize("name", MUTANTS)
def test_each_change_uses_names_that_its_module_has(name: str) -> None:
    """A change that is no program any more is caught by nothing, and shows nothing."""
    for side in SIDES:
        change = MUTANTS[name].side(side)
        if isinstance(change, Change):
            assert not _missing_names(change)


def test_a_name_that_the_module_does_not_have_is_seen() -> None:
    change = in_allocator("pool.py", "Pool.fits", "place = align_up(lo, alignment, bits)", "place = round_up(lo)")
    assert _missing_names(change) == {"round_up"}


def _missing_names(change: Change) -> set[str]:
    """What the changed text takes from its module, and the module has not got."""
    there = {*vars(import_module(change.module)), *vars(builtins)}
    whole = compile(change.apply(source_of(change)), change.path, "exec")
    return {
        str(i.argval) for code in _nested(whole) for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL"
    } - there


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def test_change_of_what_is_no_longer_there_is_refused() -> None:
    gone = in_allocator("pool.py", "Pool.fits", "this line was rewritten", "whatever")
    elsewhere = in_allocator("pool.py", "Pool.carve", "place = align_up(lo, alignment, bits)", "place = lo")
    for change in (gone, elsewhere):
        with pytest.raises(Disarmed):
            change.apply(source_of(change))


def test_enough_mutants_are_on_both_sides() -> None:
    both = [m for m in MUTANTS.values() if isinstance(m.executable, Change) and isinstance(m.symbolic, Change)]
    assert len(both) >= AT_LEAST
    assert len(MUTANTS) == sum(len(family) for family in FAMILIES.values())  # no two of a name


def test_nothing_is_recorded_of_mutants_that_are_gone() -> None:
    assert load_record().keys() <= MUTANTS.keys()


def test_page_is_what_the_record_says() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.text(), "write it again: python -m proofs.mutants --record"


HARMLESS = """
from proofs.mutants.mutant import Mutant, in_allocator, in_relations, load_record
from proofs.mutants import workshop
workshop.preload()
record = load_record()
same = {
    "executable": in_allocator("pool.py", "Pool.fits", "length - 1 <= last - place", "length <= last - place + 1"),
    "symbolic": in_relations("smt/spans.py", "touches", "lower.last + 1, upper.lo", "lower.last, upper.lo - 1"),
}
for side, key in (("executable", "run"), ("symbolic", "theorem")):
    caught = [n for n, known in sorted(record.items())[::8] if key in known
              if workshop.in_child(same[side], lambda: workshop.still_caught(side, known))]
    print(side, caught)
"""


def test_harmless_change_passes_what_catches_the_others(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", HARMLESS], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "executable []\nsymbolic []\n"


@pytest.mark.deep
@pytest.mark.parametrize("family", FAMILIES)
def test_every_theorem_is_asked_of_every_mutant(family: str, root: Path) -> None:
    changes = _changes(family, "symbolic")
    if not changes:
        pytest.skip("no mutant of this family is on this side")
    command = [sys.executable, "-m", "proofs.mutants", "--all", "--family", family]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" bits: ") == 2 * len(changes)
