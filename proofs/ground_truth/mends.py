"""Mistakes that were made once, put back into the tool: the enumeration must find each of them again.

Of the tool's source a few words are exchanged, and the functions that come of it take the place of the tool's own, also
where these have been imported. Each mistake names a table that shows it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import CodeType, FunctionType, ModuleType
from typing import Any

from modalloc_model.properties.rule import Rule
from proofs.ground_truth.compare import DISAGREE, Finding, compare
from proofs.ground_truth.edges import table
from proofs.ground_truth.promises import compare_promises


@dataclass(frozen=True, slots=True)
class Mend:
    """A mistake and its mend: each of `exchanged` is (module, as it is, as it was). `number` is a table's.

    `searched`: the mistake shows only where the tool searches for runs.
    """

    name: str
    exchanged: tuple[tuple[str, str, str], ...]
    number: int
    searched: bool = False


PROPERTIES, SMT = "modalloc_model.properties", "modalloc_model.smt"
BLOCKS, REACH, PARAMS = f"{PROPERTIES}.blocks", f"{PROPERTIES}.reach", "modalloc_model.params.reach"

MENDS = (
    Mend(
        "all branches have the places of the first",
        ((REACH, "instructions(table, root, reach.instruction)",
          "instructions(table, root, rules[0][0].instruction)"),), 129,
    ),
    Mend(
        "a region may wrap in some boot",
        ((PARAMS, "return truth(implies(self.nonempty, ule(self.first, self.last)))", "return TRUE"),), 4,
    ),
    Mend(
        "RNG005 rounds down to the granularity",
        ((BLOCKS, "held = down(room - table.guard + 1, block_alignment(root))",
          "held = down(room - table.guard + 1, root.granularity)"),), 118,
    ),
    Mend(
        "RNG005 counts what no block can reach inside a registered region",
        ((BLOCKS, "    taken = table.machine.registered\n", "    taken = ()\n"),
         (BLOCKS, "                *(taken.apart(lo, last) for taken in machine.registered),\n", "")), 31,
    ),
    Mend(
        "RNG002 looks at the first range alone",
        ((f"{PROPERTIES}.rng002_end_convention", "any_of(first, all_of(root.usable(1), second))", "first"),), 3,
    ),
    Mend(
        "RNG005 takes every alignment for a power of two",
        ((BLOCKS, "yield truth(all_of(in_powers(root), fits)), region", "yield fits, region"),
         (BLOCKS, "yield truth(all_of(negate(in_powers(root)), possible)), one", "yield truth(False), one")), 57,
    ),
    Mend(
        "a region that is empty is a wall",
        ((PARAMS, "any_of(negate(self.nonempty), disjoint(lo, last, self.first, self.last))",
          "disjoint(lo, last, self.first, self.last)"),), 48,
    ),
    Mend(
        "RNG001 looks at two registered regions",
        ((f"{PROPERTIES}.rng001_has_room", "*(region.apart(place, last) for region in table.machine.registered)",
          "*(region.apart(place, last) for region in table.machine.registered[:2])"),), 31,
    ),
    Mend(
        "an ideal search is taken for granted",
        ((BLOCKS, "        table.assumptions.exact_search,\n", "        TRUE,\n"),), 46,
    ),
    Mend(
        "pages are judged where a block meets another root's",
        (("modalloc_model.designs.mail.violations", "met = () if behaviour_of(rule).by_collision else run.apart",
          "met = ()"),),
        140, searched=True,
    ),
    Mend(
        "a branch that goes round the word reaches no more than another",
        ((PARAMS, "return eq(lift(width, bits) + 1, 0)", "return negate(TRUE)"),), 631,
    ),
    Mend(
        "a branch that does not reach itself is said to",
        ((f"{PROPERTIES}.rch004_own_veneer", "if highest < 0 or lowest > 0:", "if lowest > highest:"),), 1326,
    ),
    Mend(
        "nothing is asked of blocks whose alignment is no power of two in some boot",
        ((BLOCKS, "yield truth(all_of(negate(in_powers(root)), possible)), one", "yield truth(False), one"),), 3271,
    ),
    Mend(
        "pages may lie less than a page apart",
        ((PARAMS, 'last = (1 << min(self.page_bits, bits)) - 1 if self.kind == "page" else 0', "last = 0"),), 32,
    ),
)  # fmt: skip
"""In the order in which they were found."""


@contextmanager
def taken_back(mend: Mend) -> Iterator[None]:
    """The tool with the mistake. ValueError if the source is not the one that was corrected."""
    names = dict.fromkeys(module for module, _, _ in mend.exchanged)
    kept = [(function, function.__code__) for name in names for function in _functions(import_module(name))]
    try:
        for name in names:
            _put_back(import_module(name), mend)
        yield
    finally:
        for function, code in kept:
            function.__code__ = code


def _put_back(module: ModuleType, mend: Mend) -> None:
    own = {function.__qualname__: function for function in _functions(module)}
    for function in _functions(_changed(module, mend)):
        own[function.__qualname__].__code__ = function.__code__


def _changed(module: ModuleType, mend: Mend) -> ModuleType:
    source = inspect.getsource(module)
    for name, mended, was in mend.exchanged:
        if name == module.__name__:
            if source.count(mended) != 1:
                raise ValueError(f"{name} has {mended!r} {source.count(mended)} times, not once: {mend.name}")
            source = source.replace(mended, was)
    changed = ModuleType(module.__name__)
    exec(compile(source, module.__name__, "exec"), changed.__dict__)
    return changed


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """The module's own functions, those of its classes and of its rule."""
    for value in list(vars(module).values()):
        yield from _of_value(value, module.__name__)


def _of_value(value: Any, module: str) -> Iterator[FunctionType]:
    value = value.condition if isinstance(value, Rule) else value
    if isinstance(value, type) and value.__module__ == module:
        for member in vars(value).values():
            yield from _of_value(getattr(member, "fget", None) or getattr(member, "func", None) or member, module)
    if isinstance(value, FunctionType) and value.__module__ == module and isinstance(value.__code__, CodeType):
        yield value


def contradictions(mend: Mend, number: int) -> list[Finding]:
    """The disagreements on the table with the tool that has the mistake."""
    with taken_back(mend):
        return disagreements_over(mend, number)


def disagreements_over(mend: Mend, number: int) -> list[Finding]:
    """The same with the tool as it is, of as much of the tool as the mistake is seen in."""
    worlds = table(number)
    findings = compare(number, worlds, 1500) if mend.searched else compare_promises(number, worlds, 1000)
    return [finding for finding in findings if finding.outcome == DISAGREE]


def first_to_show(mend: Mend, numbers: Sequence[int]) -> int | None:
    """The first of the tables that shows the mistake."""
    with taken_back(mend):
        return next((number for number in numbers if disagreements_over(mend, number)), None)
