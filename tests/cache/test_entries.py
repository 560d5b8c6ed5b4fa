"""An entry is whole or not there, whatever happens to the disk, to the process or to the file.

Without it, a disk that is full, or a process that is killed, could leave half a verdict to be read.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modalloc_model import cache as entries
from modalloc_model.cache import Entries, open_entries

KEY = "ab" + "0" * 62
WRITES = """
import sys
from pathlib import Path
from modalloc_model.cache import Entries
kept = Entries(Path(sys.argv[1]))
print("begun", flush=True)
for round in range(int(sys.argv[2])):
    for number in range(8):
        kept.put(f"{number:02}", bytes([65 + round % 26]) * 200_000)
"""


def writer(folder: Path, rounds: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", WRITES, str(folder), str(rounds)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])


def sound(folder: Path) -> int:
    """How many entries there are; each of them is of one piece."""
    found = [Entries(folder).get(f"{number:02}") for number in range(8)]
    assert all(body is None or body == body[:1] * 200_000 for body in found)
    return sum(body is not None for body in found)


def test_what_was_kept_is_found(tmp_path: Path) -> None:
    kept = Entries(tmp_path)
    assert kept.get(KEY) is None
    kept.put(KEY, b"body\nof two lines")
    assert kept.get(KEY) == b"body\nof two lines"
    kept.put(KEY, b"")
    assert kept.get(KEY) == b""


@pytest.mark.parametrize("harm", ["cut", "changed", "emptied", "another's"])
def test_an_entry_that_came_to_harm_is_none_and_can_be_written_again(tmp_path: Path, harm: str) -> None:
    kept = Entries(tmp_path)
    kept.put(KEY, b"a verdict")
    file = tmp_path / KEY[:2] / KEY
    content = file.read_bytes()
    file.write_bytes(
        {
            "cut": content[:-1],
            "changed": content.replace(b"verdict", b"Verdict"),
            "emptied": b"",
            "another's": b"no digest at all",
        }[harm]
    )
    assert kept.get(KEY) is None
    kept.put(KEY, b"a verdict")
    assert kept.get(KEY) == b"a verdict"


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    kept = open_entries(tmp_path / "file", "state")
    kept.put(KEY, b"a verdict")
    assert kept.get(KEY) is None
    (tmp_path / KEY[:2]).mkdir()
    (tmp_path / KEY[:2] / KEY).mkdir()
    there = Entries(tmp_path)
    there.put(KEY, b"a verdict")
    assert there.get(KEY) is None
    assert [file.name for file in (tmp_path / KEY[:2]).iterdir()] == [KEY], "no temporary file is left"


def test_a_kill_in_the_middle_leaves_whole_entries(tmp_path: Path) -> None:
    running = writer(tmp_path, 1_000_000)
    assert running.stdout is not None
    running.stdout.readline()
    time.sleep(0.2)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    running.stdout.close()
    assert sound(tmp_path)


def test_two_at_once_leave_whole_entries(tmp_path: Path) -> None:
    running = [writer(tmp_path, 20), writer(tmp_path, 20)]
    for one in running:
        one.communicate()
    assert sound(tmp_path) == 8


def test_what_another_state_of_the_tool_kept_goes_when_nobody_uses_it(tmp_path: Path) -> None:
    for state in ("old", "recent"):
        open_entries(tmp_path, state).put(KEY, b"a verdict")
    long_ago = time.time() - entries.KEEP - 60
    os.utime(tmp_path / "old", (long_ago, long_ago))
    open_entries(tmp_path, "now")
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["now", "recent"]
