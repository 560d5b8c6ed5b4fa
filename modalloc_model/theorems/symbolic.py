"""The symbolic table: two roots whose fields are all variables.

Page size and large page size are any powers of two, the large page no smaller; every assumption is open. A theorem on
this table holds for every table.
"""

from __future__ import annotations

from modalloc_model.designs.mail.reach import ANY_REACH
from modalloc_model.params import (
    AllocType,
    Assumptions,
    Dialect,
    Kind,
    Machine,
    ParamSet,
    Protection,
    Range,
    Region,
    Section,
)
from modalloc_model.words import Term, all_of, is_power_of_two, negate, proposition, truth, ule, variable


class AnyAssumptions(Assumptions):
    """Every assumption is open; strict-rwx is claimed, since its rules say nothing otherwise."""

    __slots__ = ()

    @property
    def after_fill(self) -> Term:
        """Open, but not together with by-loader."""
        return truth(all_of(proposition("after-fill"), negate(self.by_loader)))

    @property
    def by_loader(self) -> Term:
        """Open."""
        return proposition("by-loader")

    @property
    def restored(self) -> Term:
        """Open."""
        return proposition("restored")

    @property
    def shared(self) -> Term:
        """Open."""
        return proposition("shared arbiter")

    @property
    def guarded(self) -> Term:
        """Open."""
        return proposition("guard page")

    @property
    def exact_search(self) -> Term:
        """Open."""
        return proposition("exact search")


SECTIONS = tuple(
    Section(f"{'INIT' if init else ''}{kind.name}", kind, init, "R")
    for kind in Kind
    for init in (False, True)
    if not (init and kind is Kind.RODATA_AFTER_INIT)
)
"""Every kind of section the loader knows."""


OTHER_TEXT = (Section("other text", Kind.TEXT, False, "Q"),)
OTHER_DATA = (Section("other data", Kind.DATA, False, "Q"),)


def any_table(
    bits: int, sections: tuple[Section, ...] = SECTIONS[:1], others: tuple[Section, ...] = OTHER_TEXT, taken: int = 0
) -> ParamSet:
    """The symbolic table: `sections` on root R, `others` on root Q, and `taken` regions registered at boot."""
    dialect = Dialect("any", ("R", "Q"), (*sections, *others), inclusive_ends=True)
    machine = Machine(
        "any machine", bits, variable("PAGE_SIZE", bits), variable("PMD_SIZE", bits), inclusive_ends=True,
        image=_any_region("image", bits),
        registered=tuple(_any_region(f"taken{number}", bits) for number in range(taken)),
        reach=ANY_REACH,
    )  # fmt: skip
    types = (_any_type("R", 0, bits), _any_type("Q", 1, bits))
    return ParamSet("any table", "", 0, machine, dialect, AnyAssumptions(claims=("strict-rwx",)), types)


def _any_region(name: str, bits: int) -> Region:
    nonempty = proposition(f"{name}.nonempty")
    return Region(name, variable(f"{name}.first", bits), variable(f"{name}.last", bits), nonempty=nonempty)


def _any_type(name: str, index: int, bits: int) -> AllocType:
    def word(field: str) -> Term:
        return variable(f"{name}.{field}", bits)

    def flag(field: str) -> Term:
        return proposition(f"{name}.{field}")

    return AllocType(
        name, index, index, word("granularity"), word("alignment"),
        ranges=tuple(Range.from_bounds(word(f"start{i}"), word(f"end{i}"), inclusive=True) for i in range(2)),
        second=flag("second"),
        protection=Protection("pgprot", flag("read"), flag("write"), flag("execute")),
        seals=flag("seals"), shared_pmd=flag("shared_pmd"),
        fill=flag("fill"), invalidate=flag("invalidate"), carved=flag("carved"), promised=word("promised"),
    )  # fmt: skip


def machine_is_sane(table: ParamSet) -> Term:
    """The reader checks this of every profile: powers of two, a large page no smaller, regions in order."""
    page, pmd = table.machine.page, table.machine.pmd
    conjuncts = all_of(
        is_power_of_two(page),
        is_power_of_two(pmd),
        ule(page, pmd),
        *(region.ordered for region in table.machine.registered),
    )
    return truth(conjuncts)
