"""`trace --format pytest` and `--format kunit`: tests that are red as long as a table is wrong.

Without it, a test handed to kernel developers could be green on a wrong table.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from runpy import run_path

import pytest

from modalloc_model.engine import Options, verify_table
from modalloc_model.properties import RULES
from modalloc_model.regression import Regression
from modalloc_model.report.kept_runs import Origin
from modalloc_model.report.kunit.calls import Script
from modalloc_model.report.kunit.writing import NotShown, kunit_file
from modalloc_model.trace import Trace
from modalloc_model.verdict import ExitStatus
from tests.cli.kernel_headers import SOURCE, compiled_against, headers
from tests.cli.running import LEGACY, READ_ONLY, ROOT, modalloc
from tests.engine.tables import GRAFTS, table
from tests.engine.tables import STRICT as ASSUMED
from tests.report.handmade import trace

STRICT = ROOT / "spec" / "params" / "mail-strict-separation.c"
COMPILER = shutil.which("gcc") or shutil.which("cc")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler")


def written(source: Path, rule: str, form: str, *words: str) -> Path:
    """The test that `trace` writes beside the table."""
    target = source.with_name("test_table.py" if form == "pytest" else "table_test.c")
    finished = modalloc("trace", source, "--rule", rule, "--format", form, "--output", target, *words)
    assert finished.returncode == ExitStatus.REFUTED, finished.stderr
    return target


def run(test: Path) -> tuple[int, str]:
    """pytest on the file, as its user calls it."""
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(test.parent))
    words = [sys.executable, "-m", "pytest", *options, str(test)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=test.parent, encoding="utf-8")
    return done.returncode, done.stdout


def case(test: Path) -> Regression:
    """What the file's tests call."""
    found = run_path(str(test))["CASE"]
    assert isinstance(found, Regression)
    return found


@pytest.fixture
def strict(tmp_path: Path) -> Path:
    """The mail's strict separation, to be changed."""
    return Path(shutil.copy(STRICT, tmp_path / "strict.c"))


# -- pytest ----------------------------------------------------------------------------------------------------------


def test_the_test_is_red_as_long_as_the_table_is_wrong_and_tells_the_story(strict: Path) -> None:
    status, said = run(written(strict, "ROI004", "pytest"))
    assert status == 1
    assert "2 failed" in said
    assert "ROI004 for RODATA_AFTER_INIT in strict:strict_separation: the run still goes wrong" in said
    assert "step 3    unload of A" in said
    assert "the rule does not hold" in said


def test_the_test_is_green_once_the_table_is_mended(strict: Path) -> None:
    test = written(strict, "ROI004", "pytest")
    head, entry = strict.read_text(encoding="utf-8").split("[MOD_ALLOC_TYPE_RODATA_AFTER_INIT] = {")
    mended = f"{head}[MOD_ALLOC_TYPE_RODATA_AFTER_INIT] = {{\n.invalidate = text_poke_invalidate,{entry}"
    strict.write_text(mended, encoding="utf-8")
    case(test).check_run()
    case(test).check_rule()


def test_a_table_in_which_only_this_run_is_impossible_is_still_red(strict: Path) -> None:
    test = written(strict, "ROI004", "pytest")
    text = strict.read_text(encoding="utf-8")
    strict.write_text(text.replace("start[0] = MODULES_VADDR", "start[0] = MODULES_VADDR + SZ_1M"), encoding="utf-8")
    case(test).check_run()
    with pytest.raises(AssertionError, match=r"the file has changed since the run was found.*\n.*is refuted"):
        case(test).check_rule()


def test_a_table_that_is_gone_is_red(strict: Path) -> None:
    test = written(strict, "ROI004", "pytest")
    strict.write_text(
        strict.read_text(encoding="utf-8").replace("strict_separation = {", "other = {"), encoding="utf-8"
    )
    with pytest.raises(AssertionError, match="no table strict:strict_separation"):
        case(test).check_run()


def test_the_test_names_table_rule_tool_and_the_hash_of_the_file(strict: Path) -> None:
    from hashlib import sha256

    import modalloc_model

    text = written(strict, "ROI004", "pytest").read_text(encoding="utf-8")
    for told in ("strict:strict_separation", "ROI004: Sealed memory", f"modalloc {modalloc_model.__version__}"):
        assert told in text
    assert text.count(sha256(strict.read_bytes()).hexdigest()) == 2
    assert str(strict.parent) not in text


def test_a_rule_about_the_table_alone_is_a_test_without_a_run(strict: Path) -> None:
    test = written(strict, "RNG002", "pytest")
    assert "check_run" not in test.read_text(encoding="utf-8")
    with pytest.raises(AssertionError, match="one byte too many"):
        case(test).check_rule()


def test_how_the_table_was_read_is_part_of_the_test(tmp_path: Path) -> None:
    legacy = tmp_path / "legacy.c"
    legacy.write_text(LEGACY, encoding="utf-8")
    test = written(legacy, "PRT003", "pytest", "--arch", "x86_64", "--claim", "strict-rwx")
    for check in (case(test).check_run, case(test).check_rule):
        with pytest.raises(AssertionError):
            check()
    legacy.write_text(READ_ONLY.replace("read_only", "legacy"), encoding="utf-8")
    case(test).check_run()
    case(test).check_rule()


def test_a_table_from_a_pipe_cannot_be_read_again() -> None:
    finished = modalloc("trace", "-", "--arch", "x86_64", "--rule", "PRT001", "--format", "pytest", stdin=READ_ONLY)
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert "name a file" in finished.stderr


# -- KUnit -----------------------------------------------------------------------------------------------------------


def compiled(test: Path) -> Path:
    """The test as a program of its own."""
    assert COMPILER is not None
    program = test.with_suffix("")
    words = [COMPILER, "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(test)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return program


def executed(program: Path) -> tuple[int, str]:
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


UNSEEN = {"OVL003", "ROI001", "ROI005", "CMP002"}
"""Rules of which a caller sees nothing in these runs: what else is on a page, what is writable for a moment while
another section is filled, what is left, whether a range was full."""
SEEN = {
    *("MAP006", "MAP007", "ALN004", "RNG001", "OVL002", "CMP001", "ROI002", "ROI003", "ROI004"),
    *("PRT001", "PRT002", "PRT003", "PRT004", "PRT005", "RCH001", "RCH002", "RCH003"),
}
"""All others that are refuted by a run."""


def runs() -> Iterator[tuple[str, Origin]]:
    """For each rule with a behaviour, a table that a run refutes, and the result."""
    for rule, text, assumed in GRAFTS:
        assumptions = replace(ASSUMED, **assumed)  # type: ignore[arg-type]
        report = verify_table(table(text, "x86_64", assumptions), Options(select=frozenset({rule})))
        found = next((result for result in report.results if result.trace), None)
        if found:
            yield rule, Origin(report.table, found, RULES[rule].title, "table.c", True, "0" * 64)


@needs_compiler
def test_every_run_that_a_caller_can_see_fails_as_a_program_that_compiles_without_a_warning(tmp_path: Path) -> None:
    seen, unseen = set(), set()
    for rule, origin in runs():
        test = tmp_path / f"{rule}.c"
        try:
            test.write_text(kunit_file(origin), encoding="utf-8")
        except NotShown:
            unseen.add(rule)
            continue
        status, said = executed(compiled(test))
        assert (status, f"not ok 1 modalloc-{rule}" in said, "EXPECTATION FAILED" in said) == (1, True, True), rule
        seen.add(rule)
    assert unseen == UNSEEN
    assert seen == SEEN


@needs_compiler
def test_a_branch_out_of_reach_is_an_expectation_too(tmp_path: Path) -> None:
    nios2 = Path(shutil.copy(ROOT / "spec" / "params" / "nios2-16m.c", tmp_path / "nios2.c"))
    status, said = executed(compiled(written(nios2, "RCH001", "kunit")))
    assert status == 1
    assert ">> 28" in said


@needs_compiler
def test_the_program_passes_where_the_allocator_answers_as_is_expected(strict: Path) -> None:
    test = written(strict, "ROI004", "kunit")
    text = test.read_text(encoding="utf-8")
    start, end = text.index("modalloc_answers[] = {"), text.index("static unsigned int modalloc_asked")
    assert "}, false, {" in text[start:end]
    test.write_text(text[:start] + text[start:end].replace("}, false, {", "}, true, {") + text[end:], encoding="utf-8")
    status, said = executed(compiled(test))
    assert (status, said.splitlines()[-1]) == (0, "ok 1 modalloc-ROI004")


def test_the_kernel_s_test_tells_the_run_step_by_step_and_where_it_comes_from(strict: Path) -> None:
    text = written(strict, "ROI004", "kunit").read_text(encoding="utf-8")
    steps = ["step 1: load A: RODATA_AFTER_INIT 1 byte", "step 2: finish_init of A", "step 3: unload of A"]
    assert [step for step in steps if f"/* {step} */" in text] == steps
    assert "kunit_test_suite(modalloc_suite);" in text
    assert " * table   strict:strict_separation, in strict.c" in text


def test_a_run_in_which_a_caller_sees_nothing_is_refused(strict: Path) -> None:
    assert not Script(Trace("toy", "OVL004", "TEXT", {}, trace().params, ())).shows
    finished = modalloc("trace", strict, "--rule", "RNG002", "--format", "kunit")
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert "without a run" in finished.stderr
    assert finished.stdout == ""


@pytest.mark.deep
@pytest.mark.skipif(not SOURCE.is_file(), reason="Debian's linux-source-6.12 is not installed")
@needs_compiler
def test_the_test_compiles_against_the_headers_of_debian_s_linux(strict: Path, tmp_path: Path) -> None:
    tree = headers(tmp_path)
    test = written(strict, "ROI004", "kunit")
    assert compiled_against(tree, test) == ""
    wrong = test.with_name("wrong.c")
    wrong.write_text(
        test.read_text(encoding="utf-8").replace("modalloc_free(p0)", "modalloc_fre(p0)"), encoding="utf-8"
    )
    assert "modalloc_fre" in compiled_against(tree, wrong)


# -- hostile input ---------------------------------------------------------------------------------------------------


@needs_compiler
def test_a_hostile_name_stays_in_comments_and_literals(tmp_path: Path) -> None:
    hostile = tmp_path / "x */ int y; /* '''\u202e" / 'quote" \u2066.c'
    hostile.parent.mkdir(parents=True)
    hostile.write_text(READ_ONLY, encoding="utf-8")
    target = tmp_path / "test_it.py"
    modalloc("trace", hostile, "--arch", "x86_64", "--rule", "PRT001", "--format", "pytest", "--output", target)
    text = target.read_text(encoding="utf-8")
    assert text.isascii()
    assert len(ast.parse(text).body) == 6
    with pytest.raises(AssertionError, match="the run still goes wrong"):
        case(target).check_run()
    source = tmp_path / "it.c"
    modalloc("trace", hostile, "--arch", "x86_64", "--rule", "PRT001", "--format", "kunit", "--output", source)
    assert "\u202e" not in source.read_text(encoding="utf-8")
    assert executed(compiled(source))[0] == 1
