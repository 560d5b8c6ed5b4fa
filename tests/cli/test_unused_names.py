"""A symbol given with -D that nothing refers to is an error, with the name that may have been meant.

Without it, a misspelt -D would decide nothing, and say nothing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from modalloc_model.descriptor.uses import likeliest
from tests.cli.running import LEGACY, modalloc


@pytest.fixture
def table(tmp_path: Path) -> Path:
    text = LEGACY.replace("MODULES_END,", "my_end,\n#ifdef CONFIG_LARGE\n\t\t.fill = poke,\n#else\n#endif")
    path = tmp_path / "legacy.c"
    path.write_text("/* modalloc: {arch: x86_64, define: {my_end: MODULES_END - my_gap}} */\n" + text, encoding="utf-8")
    return path


USED = ("-D", "my_gap=0x100000", "-D", "CONFIG_LARGE=1")


@pytest.mark.parametrize(
    "given",
    [
        "my_end=MODULES_END - 1",  # the table's own
        "CONFIG_LARGE=0",  # of a conditional
        "KERNEL_IMAGE_SIZE=0x20000000",  # the profile's
        "PAGE_SIZE=0x1000",
        "kaslr_offset=0x1000",
    ],
)
def test_what_the_table_or_the_profile_refers_to_is_used(table: Path, given: str) -> None:
    assert modalloc("verify", table, *USED, "-D", given, "--select", "ALN001").returncode == 0


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("MODULE_VADDR=1", "did you mean MODULES_VADDR?"),
        ("my_ends=1", "did you mean my_end?"),
        ("modules_vaddr=1", "did you mean MODULES_VADDR?"),
        ("start=1", ""),
        ("mapto_type=1", ""),
        ("granularity=1", ""),
        ("CONFIG_LARGER=1", "did you mean CONFIG_LARGE?"),
        ("MOD_ALLOC=1", ""),
    ],
)
def test_what_nothing_uses_is_refused_with_the_nearest_name(table: Path, given: str, hint: str) -> None:
    for command in ("verify", "show"):
        done = modalloc(command, table, *USED, "-D", given)
        assert done.returncode == 2
        name = given.partition("=")[0]
        assert f"unknown symbol '{name}' given with -D: nothing uses it" in done.stderr
        assert ("did you mean" in done.stderr) is bool(hint)
        assert hint in done.stderr


def test_a_name_that_another_definition_needs_is_used(table: Path) -> None:
    assert (
        modalloc(
            "verify",
            table,
            "-D",
            "my_gap=gap_pages * 4096",
            "-D",
            "gap_pages=4",
            "-D",
            "CONFIG_LARGE=1",
            "--select",
            "ALN001",
        ).returncode
        == 0
    )


def test_it_is_said_beside_a_symbol_without_value(table: Path) -> None:
    done = modalloc("verify", table, "-D", "my_gapp=1", "-D", "CONFIG_LARGE=1")
    assert done.returncode == 2
    assert "'my_gap' has no value" in done.stderr
    assert "unknown symbol 'my_gapp' given with -D" in done.stderr


def test_one_of_several_files_is_enough(table: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.c"
    other.write_text("/* modalloc: {arch: x86_64} */\n" + LEGACY, encoding="utf-8")
    assert modalloc("verify", other, table, *USED, "--select", "ALN001").returncode == 0
    assert modalloc("verify", other, *USED, "--select", "ALN001").returncode == 2


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("start", {"VMALLOC_START", "_etext", "START_KERNEL"}, ""),
        ("end", {"VMALLOC_END", "_etext"}, ""),
        ("VMALLOC_STRAT", {"VMALLOC_START", "vmalloc_strat_x"}, "VMALLOC_START"),
        ("CONFIG_MODULES_SIZ", {"MODULES_SIZE", "CONFIG_MODULES_SIZE"}, "CONFIG_MODULES_SIZE"),
        ("image_sise", {"image_size", "IMAGE_SIZE"}, "image_size"),
    ],
)
def test_no_name_of_another_kind_is_proposed(name: str, known: set[str], meant: str) -> None:
    assert likeliest(name, known) == (f"did you mean {meant}?" if meant else "")
