"""On a terminal: colours, NO_COLOR, and files that are whole or not there.

Without it, colours could end up in files, or an interrupted call leave half a file.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from modalloc_model.cli.delivery import deliver, track
from modalloc_model.failures import InputError, nearest
from tests.cli.running import ROOT


def on_a_terminal(*words: str, **environment: str) -> str:
    """What the command writes to a terminal."""
    controller, terminal = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    command = [sys.executable, "-m", "modalloc_model", *words]
    subprocess.run(command, stdout=terminal, cwd=ROOT, env={**plain, "TERM": "xterm", **environment}, check=False)
    os.close(terminal)
    written = b""
    while chunk := _read(controller):
        written += chunk
    os.close(controller)
    return written.decode()


def _read(controller: int) -> bytes:
    try:
        return os.read(controller, 65536)
    except OSError:  # Linux says so where the other side is closed
        return b""


def test_a_terminal_has_colours() -> None:
    assert "\x1b[1m" in on_a_terminal("arch", "nios2")


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_has_no_colours_where_they_are_not_wanted(name: str, value: str) -> None:
    assert "\x1b" not in on_a_terminal("arch", "nios2", **{name: value})


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.txt"
    target.write_text("before\n", encoding="utf-8")

    def full(source: str, destination: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("modalloc_model.cli.delivery.os.replace", full)
    with pytest.raises(InputError) as refused:
        deliver("after", str(target), StringIO())
    assert refused.value.problems[0].code == "unwritable-output"
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]
    assert target.read_text(encoding="utf-8") == "before\n"


def test_what_is_written_ends_in_one_newline(tmp_path: Path) -> None:
    out = StringIO()
    deliver("a\n\n", None, out)
    deliver("b", str(tmp_path / "b"), out)
    assert out.getvalue() == "a\n"
    assert (tmp_path / "b").read_text(encoding="utf-8") == "b\n"


def test_without_a_terminal_there_is_no_bar() -> None:
    err = StringIO()
    assert list(track(iter("abc"), 3, "deciding", err)) == ["a", "b", "c"]
    assert err.getvalue() == ""


def test_the_nearest_name_is_found_in_any_case_and_nothing_where_nothing_is_near() -> None:
    assert nearest("prt01", ["PRT001", "MAP001"]) == "did you mean PRT001?"
    assert nearest("qqqq", ["PRT001", "MAP001"]) == ""
