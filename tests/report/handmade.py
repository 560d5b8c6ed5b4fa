"""Hand-made verdicts: a small table on a small machine, and everything that may be said of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from modalloc_model.allocator.events import Event, EventKind
from modalloc_model.concrete import in_boot
from modalloc_model.params import (
    AllocType,
    Assumptions,
    Dialect,
    Kind,
    Location,
    Machine,
    ParamSet,
    Protection,
    Range,
    Region,
    Section,
    Unknown,
)
from modalloc_model.report.presentation import Decided, Presentation
from modalloc_model.trace import Placement, Step, Trace
from modalloc_model.verdict import Fact, Result, Severity, TableReport, Verdict
from modalloc_model.words import FALSE, constant, variable

BASE = 0xFFFFFFFFC0000000
BOOT = {"kaslr_offset": 0x1000}
SOURCE = "struct mod_alloc_type_params toy = {\n\t.types = {\n\t\t[TEXT] = {\n\t\t\t.pgprot\t= PAGE_KERNEL_RO,\n"


def word(value: int) -> Any:
    return constant(value, 64)


def machine() -> Machine:
    start = word(BASE) + variable("kaslr_offset", 64)
    return Machine(
        name="toy64",
        bits=64,
        page=word(0x1000),
        pmd=word(0x200000),
        inclusive_ends=False,
        windows=(Region("modules", word(BASE), word(BASE + 0xFFFFFF)),),
        image=Region("kernel image", word(BASE - 0x1000000), word(BASE - 1)),
        symbols={"MODULES_VADDR": start, "MODULES_END": word(BASE + 0x1000000)},
        unknowns=(Unknown("kaslr_offset", 0x1000, 1, 16, "PAGE_SIZE * k, 1 <= k <= 16"),),
    )


def table(assumptions: Assumptions | None = None) -> ParamSet:
    start = word(BASE) + variable("kaslr_offset", 64)
    where = {"": Location("toy.c", 3, 3), "pgprot": Location("toy.c", 4, 4)}
    text = AllocType(
        name="TEXT",
        index=0,
        mapto=0,
        granularity=word(0x1000),
        alignment=word(0x1000),
        ranges=(Range.from_bounds(start, word(BASE + 0xFFFFFF), inclusive=True),),
        second=FALSE,
        protection=Protection.of("PAGE_KERNEL_RO", "r--"),
        seals=FALSE,
        shared_pmd=FALSE,
        fill=FALSE,
        invalidate=FALSE,
        where=where,
    )
    init = replace(text, name="INITTEXT", index=1, where={"": Location("toy.c", 9, 3)})
    sections = (Section("TEXT", Kind.TEXT, False, "TEXT"), Section("INITTEXT", Kind.TEXT, True, "INITTEXT"))
    dialect = Dialect("mod_alloc", ("TEXT", "INITTEXT"), sections, inclusive_ends=True)
    return ParamSet("toy:toy", "toy.c", 1, machine(), dialect, assumptions or Assumptions(), (text, init))


def result(rule: str, verdict: Verdict, **others: Any) -> Result:
    plain: dict[str, Any] = {
        "group": "mapto",
        "severity": Severity.ERROR,
        "subject": "TEXT",
        "types": ("TEXT", "INITTEXT"),
        "message": f"{rule} says so.",
        "location": Location("toy.c", 4, 4),
    }
    return Result(rule=rule, verdict=verdict, **plain | others)


def trace() -> Trace:
    load = Step("load", "a", (Placement("TEXT", 1, BASE + 0x1000),))
    return Trace(
        "toy:toy", "PRT001", "TEXT", BOOT, in_boot(table(), BOOT), (load,), "fill() writes to a page that is r--"
    )


def replayed(reproduced: bool = True) -> Any:
    """What the allocator says of `trace`."""
    lo = BASE + 0x1000
    events = (
        Event(EventKind.MAP, lo, lo + 0xFFF, root="TEXT", before="---", after="r--"),
        Event(EventKind.ALLOC, lo, lo + 0xFFF, root="TEXT", section="TEXT", module="a", size=1),
        Event(EventKind.FAULT, lo, lo + 0xFFF, section="TEXT", module="a", before="r--"),
    )
    record = SimpleNamespace(step=trace().steps[0], events=events, violations=())
    return SimpleNamespace(reproduced=reproduced, problem="" if reproduced else "no fault", steps=(record,))


@dataclass(frozen=True)
class Page:
    """A rule's page."""

    title: str
    page: str


PAGES = {
    "PRT001": Page(
        "fill can write", "# PRT001\n\n## Why\n\nBecause.\n\n## How to mend it\n\nGive `fill`.\n\nOr not.\n"
    ),
    "ALN003": Page("granularity is not below alignment", "# ALN003\n"),
}


def proved_report() -> TableReport:
    results = (
        result("MAP001", Verdict.PROVED),
        result("MAP001", Verdict.PROVED, subject="INITTEXT"),
        result("MAP002", Verdict.PROVED, method="direct"),
        result("PRT003", Verdict.NOT_CLAIMED, group="protection"),
        result("RCH001", Verdict.NOT_APPLICABLE, group="reach"),
    )
    return TableReport(table(), results)


def refuted_report() -> TableReport:
    facts = (Fact("size", "0x1"), Fact("alignment", "0x1000 (4 KiB)"))
    prt001: dict[str, Any] = {"group": "protection", "method": "search", "trace": trace(), "replayed": True}
    results = (
        result("ALN003", Verdict.REFUTED, group="alignment", severity=Severity.WARNING),
        result("MAP001", Verdict.PROVED),
        result("MAP002", Verdict.REFUTED, boot=(("kaslr_offset", 0x2000),)),
        result("PRT001", Verdict.REFUTED, facts=facts, **prt001),
        result("PRT001", Verdict.REFUTED, subject="INITTEXT", types=("INITTEXT",), **prt001),
        result("PRT002", Verdict.UNDECIDED, group="protection", message="the budget ran out"),
        result("RNG001", Verdict.VACUOUS, group="range"),
    )
    return TableReport(table(), results)


def presentation(*reports: TableReport, **others: Any) -> Presentation:
    return Presentation(tuple(Decided(report, SOURCE) for report in reports), rules=PAGES, **others)
