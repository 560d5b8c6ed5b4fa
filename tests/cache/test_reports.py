"""A report that is found is the one that was decided, and is found for the same question alone.

Without it, a verdict could come back with something missing, or for another question.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import modalloc_model
from modalloc_model import cache as cached
from modalloc_model.cache import Reports, reports
from modalloc_model.engine import Options, verify_table
from modalloc_model.params import ParamSet
from modalloc_model.verdict import TableReport, Verdict
from tests.engine.tables import RIGHT, STRICT, grafted, table

WRONG = grafted("DATA", "start[0]", "MODULES_END")
Z3 = (("z3", "4.0"),)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cached.VARIABLE, str(tmp_path))
    return tmp_path


def open_entries(how: Options | None = None, solvers: tuple[tuple[str, str], ...] = Z3) -> Reports:
    found = reports(how or Options(), solvers)
    assert found is not None
    return found


def decided(params: ParamSet) -> TableReport:
    return verify_table(params, Options())


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("text", [RIGHT, WRONG, RIGHT.replace("PAGE_KERNEL_ROX", "PAGE_KERNEL_EXEC")])
def test_a_report_comes_back_as_it_was_with_its_traces(text: str) -> None:
    params = table(text, "x86_64", STRICT)
    report = decided(params)
    assert open_entries().find(params) is None
    open_entries().keep(report)
    found = open_entries().find(table(text, "x86_64", STRICT))
    assert found is not None
    assert found.results == report.results


@pytest.mark.usefixtures("folder")
def test_another_question_is_another_report() -> None:
    params = table(RIGHT)
    open_entries().keep(decided(params))
    assert open_entries().find(params)
    assert open_entries(Options(method="direct")).find(params) is None
    assert open_entries(Options(select=frozenset({"RNG001"}))).find(params) is None
    assert open_entries(solvers=(("z3", "4.1"),)).find(params) is None
    assert open_entries(solvers=(*Z3, ("cvc5", "1.0"))).find(params) is None
    assert open_entries().find(replace(params, line=params.line + 1)) is None, "the report says lines"


STATE = "import modalloc_model.cache as cache; print(cache.reports(None, ()).entries.folder)"


@pytest.mark.usefixtures("folder")
def test_reports_of_another_state_of_the_tool_are_not_looked_at(tmp_path: Path) -> None:
    package = shutil.copytree(Path(modalloc_model.__file__).parent, tmp_path / "copy" / "modalloc_model")

    def place() -> str:
        command = [sys.executable, "-c", STATE]
        return subprocess.run(command, cwd=package.parent, capture_output=True, text=True, check=True).stdout

    first = place()
    assert place() == first
    rule = package / "properties" / "rng003_no_wrap.py"
    rule.write_text(rule.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    second = place()
    rule.rename(rule.with_name("rng003_other_name.py"))
    assert len({first, second, place()}) == 3


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("verdict", [Verdict.UNDECIDED, Verdict.INCONSISTENT])
def test_what_is_not_decided_is_not_kept(verdict: Verdict) -> None:
    report = decided(table(RIGHT))
    first, *others = report.results
    open_entries().keep(TableReport(report.table, (replace(first, verdict=verdict), *others)))
    assert open_entries().find(report.table) is None


def test_a_sound_entry_with_something_else_in_it_is_none(folder: Path) -> None:
    params, kept = table(RIGHT), open_entries()
    kept.keep(decided(params))
    entry = next(file for file in folder.rglob("*") if file.is_file())
    for body in (b"no JSON", b"[{}]", b"7"):
        kept.entries.put(entry.name, body)
        assert kept.find(params) is None


def test_the_environment_says_where(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cached.cache_folder() == folder
    monkeypatch.setenv(cached.VARIABLE, "off")
    assert cached.cache_folder() is None
    assert reports(Options(), Z3) is None
    monkeypatch.delenv(cached.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cached.cache_folder() == tmp_path / "modalloc"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cached.cache_folder() == tmp_path / ".cache" / "modalloc"
