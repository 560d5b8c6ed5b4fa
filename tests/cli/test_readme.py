"""What the README shows is what the tool says today."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import ROOT, modalloc

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAIL = ROOT.parent / "shared" / "seed" / "mail.txt"
CUT = ("MODULES_END=0xffffffffe0000000", "MODULES_VADDR_2ND=0xffffffffe0000000", "MODULES_END_2ND=0xffffffffff000000")


def shown(line: str) -> str:
    return f"    {line}".rstrip()


def test_the_verdicts_of_make_verify_are_current() -> None:
    tables = (f"spec/params/{file.name}" for file in sorted((ROOT / "spec" / "params").glob("*.c")))
    said = modalloc("verify", *tables, "--expect")
    assert said.returncode == 0
    missing = [line for line in said.stdout.splitlines() if shown(line) not in README.splitlines()]
    assert not missing


@pytest.mark.skipif(not Path(MAIL).exists(), reason="the mail is not beside this checkout")
def test_the_mail_s_third_table_is_told_as_shown() -> None:
    defines = [word for define in CUT for word in ("-D", define)]
    said = modalloc("verify", "../shared/seed/mail.txt", "--arch", "x86_64", *defines)
    assert said.returncode == 1
    lines = said.stdout.splitlines()
    start = lines.index("mail:large-page-size-strict-separation  refuted")
    end = next(n for n, line in enumerate(lines) if n > start and "error PRT002" in line)
    missing = [line for line in (*lines[start:end], *lines[-2:]) if shown(line) not in README.splitlines()]
    assert not missing
