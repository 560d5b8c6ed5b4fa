"""A profile's path is seen from the file that names it, and, where nothing is there, from the current folder.

Without it, another profile of the same name could be taken.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import LEGACY, ROOT

PROFILE = """\
name: {name}
word_bits: {{value: 32, source: s}}
page_size: {{value: 0x1000, source: s}}
pmd_size: {{value: 0x200000, source: s}}
ends: {{value: inclusive, source: s}}
symbols: {{MODULES_VADDR: {{value: 0x90000000, source: s}}, MODULES_END: {{value: 0x90ffffff, source: s}}}}
protections: {{PAGE_KERNEL_EXEC: {{allows: rwx, source: s}}}}
"""
TYPES = "types: {TEXT: {mapto: TEXT, granularity: PAGE_SIZE, alignment: PAGE_SIZE, pgprot: PAGE_KERNEL_EXEC}}\n"


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _run(here: Path, *words: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "MODALLOC_CACHE": "off"}
    return subprocess.run(
        [sys.executable, "-m", "modalloc_model", *words],
        cwd=here, env=environment, input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _machines(here: Path, *words: str, stdin: str | None = None) -> list[str]:
    done = _run(here, "verify", *words, "--format", "json", "--select", "MAP001", stdin=stdin)
    return [table["arch"] for table in json.loads(done.stdout)["tables"]]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return _write(tmp_path / "elsewhere" / "empty", "").parent


TABLES = [
    ("t.yaml", f"arch: %s\n{TYPES}"),
    ("t.c", f"/* modalloc: {{arch: %s}} */\n{LEGACY}"),
]


@pytest.mark.parametrize(("file", "text"), TABLES)
@pytest.mark.parametrize("named", ["own.yaml", "./own.yaml", "../tables/own.yaml", "missing/../own.yaml"])
def test_beside_the_file_that_names_it(tmp_path: Path, elsewhere: Path, file: str, text: str, named: str) -> None:
    _write(tmp_path / "tables" / "own.yaml", PROFILE.format(name="own"))
    table = _write(tmp_path / "tables" / file, text % named)
    assert _machines(elsewhere, str(table)) == ["own"]
    assert _machines(elsewhere, f"../tables/{file}") == ["own"]


@pytest.mark.parametrize(("file", "text"), TABLES)
def test_else_from_the_current_folder(tmp_path: Path, elsewhere: Path, file: str, text: str) -> None:
    _write(elsewhere / "own.yaml", PROFILE.format(name="far"))
    table = _write(tmp_path / "tables" / file, text % "own.yaml")
    assert _machines(elsewhere, str(table)) == ["far"]
    _write(tmp_path / "tables" / "own.yaml", PROFILE.format(name="near"))
    assert _machines(elsewhere, str(table)) == ["near"]


def test_one_path_means_another_file_in_another_folder(tmp_path: Path, elsewhere: Path) -> None:
    for name in ("one", "two"):
        _write(tmp_path / "tables" / name / "own.yaml", PROFILE.format(name=name))
        _write(tmp_path / "tables" / name / f"{name}.yaml", f"arch: ./own.yaml\n{TYPES}")
    assert _machines(elsewhere, str(tmp_path / "tables")) == ["one", "two"]


def test_a_profile_extends_one_beside_itself(tmp_path: Path, elsewhere: Path) -> None:
    _write(tmp_path / "machines" / "base" / "deep.yaml", PROFILE.format(name="deep"))
    _write(tmp_path / "machines" / "base" / "middle.yaml", "name: middle\nextends: deep.yaml\n")
    _write(tmp_path / "machines" / "top.yaml", "name: top\nextends: base/middle.yaml\n")
    table = _write(tmp_path / "tables" / "t.yaml", f"arch: ../machines/top.yaml\n{TYPES}")
    assert _machines(elsewhere, str(table)) == ["top"]
    assert _machines(elsewhere, str(table), "--arch", str(tmp_path / "machines" / "base" / "middle.yaml")) == ["middle"]
    assert _run(elsewhere, "arch", "../machines/top.yaml").stdout.startswith("top\n")


def test_the_command_line_and_a_pipe_name_it_from_the_current_folder(tmp_path: Path, elsewhere: Path) -> None:
    _write(elsewhere / "own.yaml", PROFILE.format(name="here"))
    _write(tmp_path / "tables" / "own.yaml", PROFILE.format(name="beside"))
    table = _write(tmp_path / "tables" / "t.yaml", TYPES)
    assert _machines(elsewhere, str(table), "--arch", "own.yaml") == ["here"]
    assert _machines(elsewhere, "-", stdin=f"arch: ./own.yaml\n{TYPES}") == ["here"]


def test_one_that_is_nowhere_is_said_with_where_it_was_looked_for(tmp_path: Path, elsewhere: Path) -> None:
    table = _write(tmp_path / "tables" / "t.yaml", f"arch: own.yaml\n{TYPES}")
    done = _run(elsewhere, "verify", str(table))
    assert done.returncode == 2
    assert "profile own.yaml: No such file or directory" in done.stderr
    assert "seen from the file that names it, then from the current folder" in done.stderr


def test_a_profile_that_extends_itself_by_another_path_is_refused(tmp_path: Path, elsewhere: Path) -> None:
    _write(tmp_path / "loop.yaml", "name: loop\nextends: ./sub/../loop.yaml\n")
    done = _run(elsewhere, "arch", "../loop.yaml")
    assert done.returncode == 2
    assert "extends itself" in done.stderr
