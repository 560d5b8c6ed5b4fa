"""Files, folders and standard input.

Without it, a file of a folder could be passed over, and count as fine.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from modalloc_model.descriptor import Settings, read_path
from modalloc_model.paths import spec_root
from tests.descriptor.writing import FIXTURES, HEAD, fixture

X86 = Settings("x86_64")


def test_a_folder_is_read_in_order() -> None:
    reading = read_path(str(FIXTURES), X86)
    assert [Path(t.params.path).name for t in reading.tables] == [
        "discussion.txt", "discussion.txt", "three-roots.c", "three-roots.yaml",
    ]  # fmt: skip
    assert [t.params.id for t in reading.tables][2:] == ["three-roots:three_roots", "three-roots:three_roots-2"]
    assert [p.code for p in reading.problems] == ["duplicate-id"]


def test_what_holds_no_table_is_passed_over_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    for name, text in (
        (".git/x.c", "struct mod_alloc_type_params {"), ("a.c", "int x;"), ("b.yaml", "types: [a, b]\nother: 3\n"),
        ("c.h", "struct mod_alloc_type_params;\n"), ("d.o", fixture("three-roots.c")), ("e.txt", "\0\1"),
        ("profile.yaml", "word_bits: {value: 64}\ntypes: 3\n"), ("sub/f.patch", fixture("three-roots.c")),
    ):  # fmt: skip
        (tmp_path / name).write_text(text, encoding="utf-8")
    reading = read_path(str(tmp_path), X86)
    assert [t.params.id for t in reading.tables] == ["f:three_roots"]
    assert reading.problems == ()


def test_a_folder_without_tables_is_said_to_have_none(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("int x;\n", encoding="utf-8")
    assert [(p.where.path, p.code) for p in read_path(str(tmp_path), X86).problems] == [(str(tmp_path), "no-table")]


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(fixture("three-roots.c").encode())))
    (table,) = read_path("-", Settings()).tables
    assert (table.params.id, table.params.path) == ("stdin:three_roots", "-")


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert [p.code for p in read_path(str(tmp_path / "nothing.c"), X86).problems] == ["not-found"]
    assert [p.code for p in read_path("\0", X86).problems] == ["unreadable"]


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    for name, content in (("c.yaml", "three-roots.c"), ("yaml.c", "three-roots.yaml")):
        path = tmp_path / name
        path.write_text(fixture(content), encoding="utf-8")
        assert [t.params.dialect.name for t in read_path(str(path), Settings()).tables] == ["mod_alloc"]


def test_latin_1_is_tolerated(tmp_path: Path) -> None:
    path = tmp_path / "mail.txt"
    path.write_bytes(b"Gr\xfc\xdfe!\n\n/* \xe4 */\n" + HEAD.encode() + b"[0] = { .alignment = 1 },\n};\n")
    assert len(read_path(str(path), X86).tables) == 1


def test_a_table_shows_the_lines_it_was_written_on() -> None:
    table = read_path(str(FIXTURES / "three-roots.c"), Settings()).tables[0]
    assert table.line(table.params.type("TEXT").where["granularity"].line).strip() == ".granularity = PMD_SIZE,"
    assert (table.line(0), table.line(10_000)) == ("", "")


def test_the_specified_parameter_sets_read_without_a_doubt() -> None:
    reading = read_path(str(spec_root() / "params"), Settings())
    doubts = [p for p in reading.problems if p.code != "length"]  # x86_32 and um: MODULES_LEN the wrong way round
    assert doubts == []
    assert {t.params.id.split(":")[0] for t in reading.tables} >= {
        "mail-legacy-default", "mail-legacy-shared", "mail-strict-separation", "mail-strict-separation-rodata-pmd",
        "nios2-16m", "nios2-32m",
    }  # fmt: skip
    assert all(t.cases for t in reading.tables)
    assert all(case.verdict and case.why for t in reading.tables for case in t.cases)


def test_reading_twice_gives_the_same() -> None:
    first, second = (read_path(str(FIXTURES), X86) for _ in range(2))
    assert (first.tables, first.problems) == (second.tables, second.problems)


def test_the_readers_are_not_loaded_before_they_are_needed() -> None:
    import subprocess

    code = "import sys, modalloc_model.descriptor; print(sorted({'yaml', 'z3', 'tree_sitter'} & sys.modules.keys()))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=spec_root().parent
    )
    assert found.stdout.strip() == "[]"
