"""A profile whose region wraps in some boot is an input problem: its place, and the boot, are said.

Without it, a region that wraps could be judged as if it did not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import modalloc

PROFILE = """\
name: brink
extends: nios2
unknowns: {extra: {step: SZ_1M, k: [0, %d], source: s}}
regions:
  forbidden:
    - {name: device, first: 0xffe00000, end: 0xffe00000 + extra, source: s}
"""


@pytest.mark.parametrize("command", ["verify", "show"])
def test_a_region_that_wraps_is_refused_in_its_line_with_the_boot(tmp_path: Path, command: str) -> None:
    profile = tmp_path / "brink.yaml"
    profile.write_text(PROFILE % 3, encoding="utf-8")
    finished = modalloc(command, "spec/params/nios2-16m.c", "--arch", str(profile))
    assert finished.returncode == 2
    assert f"{profile}:6:7: error: region 'device' ends at 0xfffff" in finished.stdout + finished.stderr
    assert "where extra = 0x300000" in finished.stdout + finished.stderr


def test_a_region_that_may_be_empty_or_end_the_address_space_is_read(tmp_path: Path) -> None:
    profile = tmp_path / "brink.yaml"
    profile.write_text(PROFILE % 2, encoding="utf-8")
    assert modalloc("show", "spec/params/nios2-16m.c", "--arch", str(profile)).returncode == 0
