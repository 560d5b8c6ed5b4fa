"""`modalloc verify` as a script meets it: exit statuses, documents, files.

Without it, a script could take a failure for a success.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from modalloc_model.exit_status import ExitStatus
from tests.cli.running import CHAIN, LEGACY, READ_ONLY, ROOT, document, modalloc

X86 = ("--arch", "x86_64")
FEW = ("--select", "MAP001,MAP002,PRT001")
SCHEMA = ROOT / "spec" / "schema" / "verdict.schema.json"


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    path = tmp_path / "legacy.c"
    path.write_text(LEGACY, encoding="utf-8")
    return path


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    path = tmp_path / "read_only.c"
    path.write_text(READ_ONLY, encoding="utf-8")
    return path


def valid(text: str) -> bool:
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    return not list(validator.iter_errors(json.loads(text)))


def test_a_table_that_is_right_exits_0_and_says_proved(legacy: Path) -> None:
    finished = modalloc("verify", legacy, *X86, *FEW)
    assert finished.returncode == ExitStatus.PROVED
    assert "legacy:legacy  proved" in finished.stdout
    assert finished.stderr == ""


def test_a_claim_that_does_not_hold_exits_1(legacy: Path) -> None:
    finished = modalloc("verify", legacy, *X86, "--claim", "strict-rwx", "--select", "PRT003")
    assert finished.returncode == ExitStatus.REFUTED
    assert "error PRT003" in finished.stdout


def test_a_table_that_cannot_be_filled_is_refuted_with_a_run_and_advice(read_only: Path) -> None:
    finished = modalloc("verify", read_only, *X86, "--select", "PRT001")
    assert finished.returncode == ExitStatus.REFUTED
    for said in ("error PRT001", "the run (replayed", "load ", "fault", "MODULES_VADDR", "modalloc explain PRT001"):
        assert said in finished.stdout


def test_the_place_of_a_finding_is_shown_as_it_was_written(read_only: Path) -> None:
    finished = modalloc("verify", read_only, *X86, "--select", "PRT001")
    assert f"{read_only}:" in finished.stdout
    assert "PAGE_KERNEL_ROX" in finished.stdout


def test_the_document_fits_the_schema_and_agrees_with_the_status(legacy: Path, read_only: Path) -> None:
    finished = modalloc("verify", legacy, read_only, *X86, "--format", "json", *FEW)
    assert finished.returncode == ExitStatus.REFUTED
    assert valid(finished.stdout)
    found = document(finished)
    assert [table["verdict"] for table in found["tables"]] == ["proved", "refuted"]
    assert [table["path"] for table in found["tables"]] == [str(legacy), str(read_only)]


def test_the_same_input_gives_the_same_bytes_however_many_processes(legacy: Path, read_only: Path) -> None:
    words = ("verify", legacy, read_only, *X86, "--format", "json", "--select", "MAP,ALN")
    assert modalloc(*words, "--jobs", "1").stdout == modalloc(*words, "--jobs", "2").stdout


def test_timings_are_told_only_when_asked_for(legacy: Path) -> None:
    words = ("verify", legacy, *X86, "--format", "json", "--select", "MAP")
    assert "seconds" not in document(modalloc(*words))["tables"][0]
    assert document(modalloc(*words, "--timings"))["tables"][0]["seconds"] >= 0


def test_selected_rules_alone_are_decided(legacy: Path) -> None:
    finished = modalloc("verify", legacy, *X86, "--format", "json", "--select", "mapto,RNG00,prt001")
    rules = {result["rule"] for result in document(finished)["tables"][0]["results"]}
    assert {rule[:3] for rule in rules} == {"MAP", "RNG", "PRT"}
    assert {rule for rule in rules if rule.startswith("PRT")} == {"PRT001"}


def test_output_goes_to_the_file_and_nowhere_else(legacy: Path, tmp_path: Path) -> None:
    target = tmp_path / "verdict.json"
    finished = modalloc("verify", legacy, *X86, *FEW, "--format", "json", "--output", target)
    assert (finished.returncode, finished.stdout) == (ExitStatus.PROVED, "")
    assert valid(target.read_text(encoding="utf-8"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["legacy.c", "verdict.json"]


def test_output_that_cannot_be_written_is_a_problem_with_its_path(legacy: Path, tmp_path: Path) -> None:
    target = tmp_path / "no" / "such" / "verdict.json"
    finished = modalloc("verify", legacy, *X86, *FEW, "--format", "json", "--output", target)
    assert finished.returncode == ExitStatus.BAD_INPUT
    (error,) = document(finished)["errors"]
    assert (error["path"], error["code"]) == (str(target), "unwritable-output")


def test_every_problem_is_said_at_once_with_its_place(tmp_path: Path) -> None:
    broken = tmp_path / "broken.c"
    broken.write_text(LEGACY.replace("PAGE_SIZE", "NO_SUCH_SIZE").replace(".pgprot", ".pgport"), encoding="utf-8")
    finished = modalloc("verify", broken, tmp_path / "missing.c", *X86)
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert finished.stdout == ""
    assert "missing.c" in finished.stderr
    assert "NO_SUCH_SIZE" in finished.stderr
    assert "pgport" in finished.stderr
    assert f"{broken}:6:" in finished.stderr
    assert f"{broken}:10:" in finished.stderr


def test_problems_are_one_document_in_json(tmp_path: Path) -> None:
    finished = modalloc("verify", tmp_path / "missing.c", "--format", "json")
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert finished.stderr == ""
    assert valid(finished.stdout)
    assert document(finished)["errors"][0]["path"] == str(tmp_path / "missing.c")


def test_problems_in_json_go_to_the_output_file_where_there_is_one(tmp_path: Path) -> None:
    target = tmp_path / "verdict.json"
    finished = modalloc("verify", tmp_path / "missing.c", "--format=json", f"--output={target}")
    assert (finished.returncode, finished.stdout) == (ExitStatus.BAD_INPUT, "")
    assert json.loads(target.read_text(encoding="utf-8"))["errors"]


def test_an_unknown_machine_is_said_with_the_nearest_known_one(legacy: Path) -> None:
    finished = modalloc("verify", legacy, "--arch", "x86_46")
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert "did you mean x86_64?" in finished.stderr


def test_a_table_on_the_standard_input_is_read() -> None:
    finished = modalloc("verify", "-", *X86, "--select", "MAP", stdin=LEGACY)
    assert finished.returncode == ExitStatus.PROVED


def test_a_mapto_that_names_no_type_is_refuted_without_a_run() -> None:
    finished = modalloc("verify", "-", *X86, "--select", "MAP001", "--format", "json", stdin=CHAIN)
    assert finished.returncode == ExitStatus.REFUTED
    assert document(finished)["tables"][0]["verdict"] == "refuted"


def test_nothing_is_coloured_in_a_pipe(read_only: Path) -> None:
    finished = modalloc("verify", read_only, *X86, *FEW, environment={"TERM": "xterm-256color"})
    assert "\x1b" not in finished.stdout + finished.stderr


def test_a_terminal_without_the_characters_gets_ascii(legacy: Path) -> None:
    finished = modalloc("verify", legacy, *X86, *FEW, environment={"PYTHONIOENCODING": "ascii"})
    assert finished.returncode == ExitStatus.PROVED
    assert finished.stdout.isascii()


# -- expectations ----------------------------------------------------------------------------------------------------


def expecting(text: str, cases: str) -> str:
    return f"/* modalloc:\n * arch: x86_64\n * cases:\n{cases} */\n{text}"


def test_a_table_that_comes_out_as_expected_exits_0(tmp_path: Path) -> None:
    path = tmp_path / "table.c"
    cases = " *   - verdict: proved\n *   - assume: {protect: after-fill}\n *     verdict: proved\n"
    path.write_text(expecting(LEGACY, cases), encoding="utf-8")
    finished = modalloc("verify", path, "--expect")
    assert finished.returncode == ExitStatus.PROVED, finished.stdout
    assert "2 cases: 2 as expected, 0 not" in finished.stdout
    assert "protect=after-fill" in finished.stdout


def test_an_expectation_that_does_not_come_true_exits_1_and_names_the_difference(tmp_path: Path) -> None:
    path = tmp_path / "table.c"
    path.write_text(expecting(LEGACY, " *   - verdict: refuted\n *     rules: [PRT001]\n"), encoding="utf-8")
    finished = modalloc("verify", path, "--expect")
    assert finished.returncode == ExitStatus.REFUTED
    assert "the verdict is proved, not refuted" in finished.stdout
    assert "PRT001 is not refuted, but expected to be" in finished.stdout


def test_a_table_that_is_worse_than_expected_is_refuted_by_name(tmp_path: Path) -> None:
    path = tmp_path / "table.c"
    path.write_text(expecting(CHAIN, " *   - verdict: proved\n"), encoding="utf-8")
    finished = modalloc("verify", path, "--expect", "--format", "json")
    assert finished.returncode == ExitStatus.REFUTED
    assert valid(finished.stdout)
    differences = document(finished)["tables"][0]["expectation"]["differences"]
    assert any("MAP001 is refuted, but not expected to be" in text for text in differences)


def test_a_table_without_expectations_fails(legacy: Path) -> None:
    finished = modalloc("verify", legacy, *X86, "--expect")
    assert finished.returncode == ExitStatus.REFUTED
    assert "no expectation is written beside this table" in finished.stdout


def test_the_tables_of_the_specification_come_out_as_expected() -> None:
    tables = sorted(f"spec/params/{file.name}" for file in (ROOT / "spec" / "params").glob("*.c"))
    assert len(tables) == 6  # Linux's own are decided in tests/linux
    finished = modalloc("verify", *tables, "--expect")
    assert finished.returncode == ExitStatus.PROVED, finished.stdout + finished.stderr


def test_the_mail_is_read_whole(mail: Path) -> None:
    defines = ("-D", "MODULES_VADDR_2ND=0xffffffffe0000000", "-D", "MODULES_END_2ND=MODULES_END")
    finished = modalloc("verify", mail, *X86, *defines, "--format", "json", "--select", "MAP001")
    assert finished.returncode == ExitStatus.PROVED
    assert len(document(finished)["tables"]) == 4
