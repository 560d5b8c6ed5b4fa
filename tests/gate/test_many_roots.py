"""Tables in which every section has a root of its own: nothing is compared part by part as often as it is used.

Without it, a table with a root for each section could take the gate minutes.
"""

from __future__ import annotations

from itertools import chain

from modalloc_model.gate.directions import reach
from modalloc_model.words import upwards
from tests.descriptor.writing import one
from tests.gate.repositories import SECTIONS, Repository, failing, of_kind

_PROTECTIONS = {"TEXT": "PAGE_KERNEL_ROX", "INITTEXT": "PAGE_KERNEL_ROX", "RODATA": "PAGE_KERNEL_RO"}

_ROOT = """\
        [MOD_ALLOC_TYPE_{name}] = {{
            .mapto_type = MOD_ALLOC_TYPE_{name},
            .granularity = PAGE_SIZE,
            .alignment = PAGE_SIZE,
            .start[0] = MODULES_VADDR + {first:#x},
            .end[0] = MODULES_END - 1,
            .pgprot = {protection},
            .fill = poke,
            .invalidate = unpoke,
        }},
"""

ROOTS = "".join(
    _ROOT.format(name=name, first=number << 21, protection=_PROTECTIONS.get(name, "PAGE_KERNEL"))
    for number, name in enumerate(SECTIONS)
)
SEVEN = (
    f"/* modalloc: {{arch: x86_64}} */\nstruct mod_alloc_type_params seven = {{\n    .types = {{\n{ROOTS}    }},\n}};\n"
)
START = SEVEN.index("[MOD_ALLOC_TYPE_RODATA]")
BROKEN = SEVEN[:START] + SEVEN[START:].replace("            .fill = poke,\n", "", 1)


def test_a_lost_guarantee_of_one_of_seven_roots_is_found(repository: Repository) -> None:
    repository.write("seven.c", SEVEN)
    repository.commit()
    repository.write("seven.c", BROKEN)
    document = repository.report()
    assert (document["status"], failing(document)) == (1, {"lost-guarantee"})
    assert {(f["rule"], f["subject"]) for f in of_kind(document, "lost-guarantee")} == {("PRT001", "RODATA")}


def test_the_margin_of_seven_roots_is_the_same_term_at_both_ends_and_small() -> None:
    base, head = one(SEVEN), one(BROKEN)
    pairs = [(r, what) for r in base.machine.reach if r.kind == "relative" and not r.veneer for what in r.targets]
    old, new = ([reach.margin(table, *pair) for pair in pairs] for table in (base, head))
    assert all(x is y for x, y in zip(old, new, strict=True))
    assert len(set(chain.from_iterable(map(upwards, old)))) < 2000
