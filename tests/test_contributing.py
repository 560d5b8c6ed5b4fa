"""CONTRIBUTING.md tells how to add a rule, an architecture, a format and a design, and each recipe works.

Without these tests a recipe could name files that have moved, or leave out a place that has to be touched.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from modalloc_model.exit_status import ExitStatus
from tests.cli.running import LEGACY, ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
OWN_NAMES = re.compile(r"NAME|roi007")
"""Of files that the reader is to write."""

MACHINE = """\
# A machine of one's own.

name: toy
word_bits: {value: 32, source: the manual}
page_size: {value: 0x1000, source: the manual}
pmd_size: {value: 0x400000, source: the manual}
ends: {value: inclusive, source: the manual}
strict_module_rwx: {value: false, source: the manual}

symbols:
  MODULES_VADDR: {value: 0xd0000000, source: the manual}
  MODULES_END: {value: 0xd0ffffff, source: the manual}

protections:
  PAGE_KERNEL: {allows: rw-, source: the manual}
  PAGE_KERNEL_EXEC: {allows: rwx, source: the manual}

windows:
  - {name: modules, first: 0xd0000000, last: 0xd0ffffff, source: the manual}

regions:
  forbidden:
    - {name: user space, first: 0, last: 0x7fffffff, source: the manual}
  registered: []

image: {name: kernel image, first: 0xd1000000, last: 0xd1ffefff, source: the manual}

reach:
  - {name: CALL26, kind: relative, targets: [kernel, text], lowest: -0x2000000, highest: 0x1fffffc, checked: true,
     source: the manual}
  - {name: load of an address in two halves, kind: anywhere, targets: [data], source: the manual}
"""


def test_recipes_name_files_that_are_there() -> None:
    named = {word for word in re.findall(r"`([\w./]+)`", TEXT) if "/" in word and not OWN_NAMES.search(word)}
    assert len(named) > 10
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_every_package_has_its_line_in_the_map() -> None:
    table = TEXT[TEXT.index("| package |") : TEXT.index("`proofs/` has")]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]*)\|", table, re.MULTILINE))))
    packages = {path.parent.name for path in (ROOT / "modalloc_model").glob("*/__init__.py")}
    assert packages - named == set()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for part in ("modalloc_model", "spec"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "linux"))
    return tmp_path


def modalloc(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "modalloc_model", *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, encoding="utf-8")


def test_a_machine_is_its_profile(copy: Path) -> None:
    (copy / "spec/arch/toy.yaml").write_text(MACHINE, encoding="utf-8")
    (copy / "table.c").write_text(LEGACY, encoding="utf-8")
    assert "toy" in modalloc(copy, "arch").stdout.split()
    finished = modalloc(copy, "verify", "table.c", "--arch", "toy", "--format", "json")
    results = json.loads(finished.stdout)["tables"][0]["results"]
    verdicts = {result["rule"]: result["verdict"] for result in results}
    assert finished.returncode == ExitStatus.PROVED, finished.stderr
    assert (verdicts["RNG005"], verdicts["RCH001"]) == ("proved", "proved")
