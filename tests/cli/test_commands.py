"""show, explain, trace, replay, arch: the real command.

Without it, a command could fail for whoever calls it, while its parts pass their tests.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modalloc_model.exit_status import ExitStatus
from tests.cli.running import LEGACY, READ_ONLY, modalloc

X86 = ("--arch", "x86_64")


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    path = tmp_path / "read_only.c"
    path.write_text(READ_ONLY, encoding="utf-8")
    return path


# -- show ------------------------------------------------------------------------------------------------------------


def test_show_says_which_type_is_merged_into_which_root(read_only: Path) -> None:
    finished = modalloc("show", read_only, *X86)
    assert finished.returncode == ExitStatus.PROVED
    assert "INITRODATA         rodata         from TEXT" in finished.stdout
    assert "<- INITRODATA" in finished.stdout
    assert "PAGE_KERNEL_ROX r-x" in finished.stdout


def test_show_draws_the_address_map_with_symbols_and_sizes(read_only: Path) -> None:
    finished = modalloc("show", read_only, *X86)
    drawn = finished.stdout.partition("address map\n")[2]
    assert "MODULES_VADDR" in drawn
    assert "kernel image" in drawn
    assert "1008 MiB" in drawn
    assert "█" in drawn


def test_show_says_where_a_type_is_mapped_to_nothing() -> None:
    astray = LEGACY.replace(".mapto_type = MOD_ALLOC_TYPE_TEXT", ".mapto_type = 99")
    finished = modalloc("show", "-", *X86, stdin=astray)
    assert finished.returncode == ExitStatus.PROVED
    assert "TEXT -> 99 no such type" in finished.stdout


def test_show_writes_to_a_file(read_only: Path, tmp_path: Path) -> None:
    target = tmp_path / "shown.txt"
    finished = modalloc("show", read_only, *X86, "--output", target)
    assert finished.stdout == ""
    assert "address map" in target.read_text(encoding="utf-8")


# -- explain ---------------------------------------------------------------------------------------------------------


def test_explain_lists_every_rule() -> None:
    from modalloc_model.properties import RULES

    finished = modalloc("explain")
    assert finished.returncode == ExitStatus.PROVED
    for rule in RULES.values():
        assert f"{rule.id}  " in finished.stdout
        assert rule.title in finished.stdout


def test_explain_prints_the_page_in_any_case_of_letters() -> None:
    from modalloc_model.properties import RULES

    page, facts = modalloc("explain", "prt001").stdout.split("\n\n## Facts")
    assert page == f"PRT001  protection, error\n\n{RULES['PRT001'].page}"
    assert "\n  F08  memcpy into read-only pages\n" in facts


# -- trace and replay ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trace_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A counterexample of PRT001, as the command wrote it."""
    target = tmp_path_factory.mktemp("trace") / "trace.json"
    words = ("--rule", "prt001", "--type", "TEXT", "--format", "json", "--output", target)
    assert modalloc("trace", "-", *X86, *words, stdin=READ_ONLY).returncode == ExitStatus.REFUTED
    return target


def test_a_counterexample_that_was_written_is_replayed(trace_file: Path) -> None:
    assert json.loads(trace_file.read_text(encoding="utf-8"))["schema"] == "modalloc.trace/1"
    replayed = modalloc("replay", trace_file)
    assert replayed.returncode == ExitStatus.PROVED
    assert "it reproduces" in replayed.stdout
    assert "fault" in replayed.stdout


def test_a_trace_that_does_not_reproduce_exits_5(trace_file: Path) -> None:
    found = json.loads(trace_file.read_text(encoding="utf-8"))
    for root in found["params"]["roots"]:
        root["protection"] = "rwx"
    finished = modalloc("replay", "-", stdin=json.dumps(found))
    assert finished.returncode == ExitStatus.INCONSISTENT
    assert "does not reproduce" in finished.stdout


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "{}", '{"schema": "modalloc.trace/2"}', '{"schema": "modalloc.trace/1"}']
)
def test_what_is_no_trace_exits_2_and_says_why(text: str) -> None:
    finished = modalloc("replay", "-", stdin=text)
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert finished.stdout == ""
    assert "[not-a-trace]" in finished.stderr


def test_a_trace_file_that_is_missing_exits_2(tmp_path: Path) -> None:
    finished = modalloc("replay", tmp_path / "none.json")
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert "none.json" in finished.stderr


def test_a_rule_that_is_proved_has_no_counterexample() -> None:
    finished = modalloc("trace", "-", *X86, "--rule", "PRT001", stdin=LEGACY)
    assert finished.returncode == ExitStatus.PROVED
    assert "there is no counterexample" in finished.stdout


def test_the_counterexample_is_a_story_with_the_type_that_was_asked_for(read_only: Path) -> None:
    finished = modalloc("trace", read_only, *X86, "--rule", "prt001", "--type", "TEXT")
    assert finished.returncode == ExitStatus.REFUTED
    assert "step 1    load" in finished.stdout
    assert "violated" in finished.stdout


def test_a_type_that_the_rule_does_not_speak_of_is_a_wrong_call(read_only: Path) -> None:
    finished = modalloc("trace", read_only, *X86, "--rule", "PRT001", "--type", "TXET")
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert "did you mean TEXT?" in finished.stderr


def test_a_table_that_is_not_there_is_a_problem_with_the_nearest_id(read_only: Path) -> None:
    finished = modalloc("trace", read_only, *X86, "--rule", "PRT001", "--table", "read_onyl")
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert "did you mean read_only:read_only?" in finished.stderr


# -- prove -----------------------------------------------------------------------------------------------------------


def test_prove_says_what_it_proved_from_what_and_writes_the_obligations(tmp_path: Path) -> None:
    folder = tmp_path / "obligations"
    finished = modalloc("prove", "--select", "ROI005", "--width", "32", "--smt2", folder)
    assert finished.returncode == ExitStatus.PROVED
    assert "ROI005  32 bits  z3        proved; " in finished.stdout
    assert "hypotheses can hold; uses ROI005" in finished.stdout
    assert "1 proved, 0 refuted, 0 undecided, 0 vacuous, 0 inconsistent" in finished.stdout
    assert all("(check-sat)" in path.read_text(encoding="utf-8") for path in folder.glob("*.smt2"))
    assert list(folder.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--width", "16"), "'16' is not one of 32, 64"),
        (("--solver", "z3,minisat"), "'minisat' is not one of z3, cvc5, bitwuzla"),
        (("--select", "MAP001"), "none of these rules has a theorem"),
    ],
)
def test_what_cannot_be_proved_is_a_wrong_call(words: tuple[str, ...], said: str) -> None:
    finished = modalloc("prove", *words)
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert said in finished.stderr


# -- arch ------------------------------------------------------------------------------------------------------------


def test_arch_describes_a_machine_with_its_sources() -> None:
    shown = modalloc("arch", "x86_64").stdout
    for said in ("PAGE_KERNEL_EXEC", "rwx", "kaslr_offset", "MODULES_VADDR", "2 MiB", "6.12:arch/x86/"):
        assert said in shown


def test_an_unknown_machine_is_a_problem_with_the_nearest_name() -> None:
    finished = modalloc("arch", "nios3")
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert "did you mean nios2?" in finished.stderr
