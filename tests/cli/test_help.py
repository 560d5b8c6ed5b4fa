"""Help, start-up and wrong calls, in the real command.

Without it, help could take a second to appear, or a wrong call end in a traceback.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from modalloc_model.cli.registry import COMMANDS
from modalloc_model.exit_status import PRECEDENCE, ExitStatus
from tests.cli.running import ROOT, document, modalloc

HEAVY = ("z3", "rich", "tree_sitter", "yaml", "networkx", "hypothesis", "cvc5", "bitwuzla", "multiprocessing")


def test_help_names_every_command_with_its_summary() -> None:
    finished = modalloc("--help")
    assert finished.returncode == 0
    for name, summary in COMMANDS.items():
        assert f"  {name}" in finished.stdout
        assert summary in finished.stdout


def test_help_and_readme_show_the_exit_statuses_in_the_words_of_the_enumeration() -> None:
    shown = " ".join(modalloc("--help").stdout.split())
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    for status in ExitStatus:
        assert f"{status.value} {status.sentence}" in shown
        assert f"| {status.value} | {status.sentence} |" in readme
    order = " over ".join(str(status.value) for status in PRECEDENCE)
    assert order in shown
    assert order in readme


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_ends_in_an_example_of_itself(name: str) -> None:
    finished = modalloc(name, "--help")
    assert finished.returncode == 0
    assert finished.stderr == ""
    example = finished.stdout.partition("\nexample:\n")[2]
    assert f"modalloc {name}" in example


@pytest.mark.parametrize("words", [["--help"], ["verify", "--help"], ["prove", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys; from modalloc_model.cli import main; main(sys.argv[1:]); "
        f"sys.exit(' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert finished.stderr.strip() == ""


def test_version_is_the_package_version() -> None:
    import modalloc_model

    assert modalloc("--version").stdout == f"modalloc {modalloc_model.__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "COMMAND"),
        (("verfy",), "did you mean verify?"),
        (("verify",), "PATH"),
        (("verify", "x", "--claim", "strict"), "did you mean strict-rwx?"),
        (("verify", "x", "--timeout", "-1"), "number of seconds above 0"),
        (("verify", "x", "--jobs", "0"), "number of 1 or more"),
        (("verify", "x", "--assume", "protect=at-fill"), "did you mean after-fill?"),
        (("verify", "x", "--assume", "protcet=at-map"), "did you mean protect?"),
        (("verify", "x", "--assume", "protect"), "KEY=VALUE"),
        (("verify", "x", "--format", "xml"), "choose from"),
        (("explain", "PTR001"), "did you mean PRT001?"),
        (("verify", "x", "--select", "PRT001,rnage"), "did you mean range?"),
        (("verify", "x", "--expect", "--strict"), "--expect"),
        (("trace", "x"), "--rule"),
        (("trace", "x", "--rule", "XYZ001"), "no such rule"),
    ],
)
def test_a_wrong_call_is_refused_in_one_line(words: tuple[str, ...], said: str) -> None:
    finished = modalloc(*words)
    assert finished.returncode == ExitStatus.BAD_INPUT
    assert finished.stdout == ""
    assert finished.stderr.count("\n") == 1
    assert said in finished.stderr


def test_a_wrong_call_says_so_in_the_document_too() -> None:
    finished = modalloc("verify", "x", "--format", "json", "--assume", "guard=two")
    assert finished.returncode == ExitStatus.BAD_INPUT
    (error,) = document(finished)["errors"]
    assert error["code"] == "usage"
    assert "guard" in error["message"]


def test_a_defect_of_the_tool_ends_in_one_line_and_status_5(tmp_path: Path) -> None:
    program = (
        "import sys, modalloc_model.cli.tables as tables\n"
        "def broken(*_): raise RuntimeError('two\\nlines')\n"
        "tables.read = broken\n"
        "from modalloc_model.cli import main\n"
        "sys.exit(main(['show', 'x']))\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert finished.returncode == ExitStatus.INCONSISTENT
    assert finished.stderr.count("\n") == 1
    assert "RuntimeError: two lines" in finished.stderr
    assert "report" in finished.stderr


def test_an_interrupt_ends_with_130() -> None:
    program = (
        "import sys, modalloc_model.cli.tables as tables\n"
        "def interrupted(*_): raise KeyboardInterrupt\n"
        "tables.read = interrupted\n"
        "from modalloc_model.cli import main\n"
        "sys.exit(main(['show', 'x']))\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (finished.returncode, finished.stderr) == (130, "")


def test_a_reader_that_goes_away_is_no_reason_to_complain() -> None:
    command = f"{sys.executable} -m modalloc_model arch x86_64 | head -c 1"
    finished = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT, check=False)
    assert finished.stderr == ""
