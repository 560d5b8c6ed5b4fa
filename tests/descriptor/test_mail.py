"""The mail with which it began, read as it stands.

Without it, the very table that all this is about could be read otherwise than it was sent.
"""

from __future__ import annotations

from pathlib import Path

from modalloc_model.descriptor import Settings, read_path
from modalloc_model.paths import spec_root
from tests.descriptor.writing import meaning

SECOND = ("MODULES_VADDR_2ND=0xffffffffe0000000", "MODULES_END_2ND=0xffffffffff000000")
TABLES = [
    ("mail:legacy-default-all-rwx", 253),
    ("mail:so-this-is-the-waste-space-version-but-we-can-also-do", 274),
    ("mail:large-page-size-strict-separation", 290),
    ("mail:large-page-size-strict-separation-and-rodata-uses-pmd", 343),
]
TWINS = (
    "mail-legacy-default.c",
    "mail-legacy-shared.c",
    "mail-strict-separation.c",
    "mail-strict-separation-rodata-pmd.c",
)


def test_the_mail_holds_four_tables(mail: Path) -> None:
    reading = read_path(str(mail), Settings("x86_64", SECOND))
    assert [(t.params.id, t.params.line) for t in reading.tables] == TABLES
    assert reading.problems == ()


def test_symbols_that_no_kernel_has_are_asked_for(mail: Path) -> None:
    reading = read_path(str(mail), Settings("x86_64"))
    assert [t.params.id for t in reading.tables] == [name for name, line in TABLES if line != 290]
    assert [(p.where.line, p.where.column, p.code) for p in reading.problems] == [
        (298, 29, "unknown-symbol"),
        (299, 28, "unknown-symbol"),
    ]


def test_the_parameter_sets_are_those_of_the_mail(mail: Path) -> None:
    cut = Settings("x86_64", ("MODULES_END=0xffffffffe0000000", *SECOND))
    for number, name in enumerate(TWINS):
        twin = read_path(str(spec_root() / "params" / name), Settings()).tables[0].params
        settings = cut if name == "mail-strict-separation.c" else Settings("x86_64", SECOND)
        assert meaning(read_path(str(mail), settings).tables[number].params) == meaning(twin)
