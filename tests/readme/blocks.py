"""The README's indented blocks, and what each of them is: the output of a command, or something that a reader writes.

An output is bound to the words before it that name its command. `...` stands in it where lines are left out, and is
put there by whoever makes the output, so that the block is compared line by line.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cli.running import ROOT, modalloc
from tests.conftest import find_mail

README = ROOT / "README.md"
MAIL = find_mail()
KERNELS = Path(os.environ.get("MODALLOC_KERNELS", "none"))
CUT = ("MODULES_END=0xffffffffe0000000", "MODULES_VADDR_2ND=0xffffffffe0000000", "MODULES_END_2ND=0xffffffffff000000")
INDENT = "    "


@dataclass(frozen=True)
class Block:
    """Lines without their indent, the first of them at line `number` of the file, and the paragraph before them."""

    number: int
    lines: tuple[str, ...]
    before: str


def blocks(text: str) -> Iterator[Block]:
    """Every indented block of the text, in its order; blank lines within one belong to it."""
    lines, number = text.splitlines(), 0
    while number < len(lines):
        end = number
        while end < len(lines) and (lines[end].startswith(INDENT) or (end > number and not lines[end].strip())):
            end += 1
        while end > number and not lines[end - 1].strip():
            end -= 1
        if end > number:
            shown = tuple(line.removeprefix(INDENT).rstrip() for line in lines[number:end])
            yield Block(number + 1, shown, _paragraph(lines, number))
        number = max(end, number + 1)


def _paragraph(lines: Sequence[str], number: int) -> str:
    last = number
    while last and not lines[last - 1].strip():
        last -= 1
    first = last
    while first and lines[first - 1].strip():
        first -= 1
    return " ".join(lines[first:last])


@dataclass(frozen=True)
class Output:
    """What a command writes; the words before a block that name the command, and what it needs beside the checkout."""

    names: str
    lines: Callable[[Path], list[str]]
    missing: str = ""


def _verify(folder: Path) -> list[str]:
    tables = [f"spec/params/{file.name}" for file in sorted((ROOT / "spec" / "params").glob("*.c"))]
    return _lines(modalloc("verify", *tables, "--expect").stdout)


def _mail(folder: Path) -> list[str]:
    """The third table up to its second finding, and the last two lines."""
    assert MAIL is not None, "a block that lacks something is skipped"
    shutil.copy(MAIL, folder / "mail.txt")
    defines = [word for define in CUT for word in ("-D", define)]
    lines = _lines(modalloc("verify", "mail.txt", "--arch", "x86_64", *defines, cwd=folder).stdout)
    start = next(n for n, line in enumerate(lines) if line.startswith("mail:large-page-size-strict-separation "))
    findings = [n for n, line in enumerate(lines) if n > start and re.match(r"\S+:\d+:\d+: error ", line)]
    return [*_lines("\n".join(lines[start : findings[2]])), "...", *lines[-2:]]


def _gate(folder: Path) -> list[str]:
    """Of a table whose end is moved, in a repository whose commit is the same on any machine and day."""
    text = (ROOT / "spec" / "params" / "mail-legacy-default.c").read_text(encoding="utf-8")
    file = folder / "legacy.c"
    file.write_text(text, encoding="utf-8")
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", "change")
    file.write_text(text.replace("= MODULES_END,", "= MODULES_END - SZ_16M,"), encoding="utf-8")
    command = [sys.executable, "-m", "modalloc_model", "gate", "--base", "HEAD", "--forbid", "lost-capacity"]
    environment = {**_plain(), "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"}
    said = subprocess.run(command, cwd=folder, capture_output=True, check=False, encoding="utf-8", env=environment)
    return _lines(said.stdout)


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def _git(folder: Path, *words: str) -> None:
    whose = [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
    dates = {f"GIT_{who}_DATE": "2022-12-01T12:00:00Z" for who in ("AUTHOR", "COMMITTER")}
    own = {**_plain(), **dict.fromkeys(whose, "nobody"), **dates, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "-C", str(folder), "-c", "commit.gpgsign=false", *words], check=True, env=own)


def _kernel(folder: Path) -> list[str]:
    """Of a copy of Linux with one line changed: the hunk, the table, and what is lost, without the run."""
    base, path = KERNELS / "linux-source-6.12", "arch/arm64/mm/init.c"
    copy = folder / "linux"
    for part in ("Makefile", "Kconfig", "include", "mm", "kernel/module", "arch/arm64"):  # what is read of it
        (copy / part).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-rl", str(base / part), str(copy / part)], check=True)
    text = (copy / path).read_text(encoding="utf-8")
    (copy / path).unlink()
    old = "fallback_end = module_plt_base + SZ_2G;"
    (copy / path).write_text(text.replace(old, old.replace(";", " + SZ_128M;")), encoding="utf-8")
    words = ("gate", "--base", base, "--head", copy, "--arch", "arm64")
    said = modalloc(*words, "--kernel-config", KERNELS / "config" / "arm64")
    lines = _lines(said.stdout)
    hunk = _first(lines, 0, rf"  {path}:")
    table = _first(lines, hunk, r"\S+  changed  ")
    decided = _first(lines, table, r"  decided at the base")
    lost = _first(lines, decided, r".*lost-guarantee")
    source = _first(lines, lost, r"\s+\d+ \| ")
    return [*lines[hunk : table + 1], "  ...", *lines[decided : decided + 3], *lines[lost:source], "  ..."]


def _first(lines: Sequence[str], start: int, pattern: str) -> int:
    """The number of the first line from there on that begins so."""
    return next(n for n, line in enumerate(lines) if n >= start and re.match(pattern, line))


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return lines


OUTPUTS = (
    Output("`make verify` decides", _verify),
    Output("`modalloc gate` [compares]", _kernel, "" if KERNELS.is_dir() else "Debian's kernel sources"),
    Output("`modalloc verify mail.txt --arch x86_64`", _mail, "" if MAIL else "the mail beside the checkout"),
    Output("The gate compares the tables and profiles", _gate),
)


def output_of(block: Block) -> Output | None:
    """The output that the block shows; None where it shows none."""
    return next((output for output in OUTPUTS if output.names in block.before), None)


_COMMAND = re.compile(r"(modalloc|make|jq) ")
_SETTING = re.compile(r"(- )?[\w-]+:( |$)|\s*#")
_FILE = re.compile(r"[\w-]+(/|\.\w+)")


def is_written_by_a_reader(block: Block) -> bool:
    """Commands, a configuration's lines, or names of files with what they are: what no command writes."""
    if _lists_files(block):
        return True
    rest = (not line or line.startswith("  ") or _starts(line) for line in block.lines)
    return _starts(block.lines[0]) and all(rest)


def _lists_files(block: Block) -> bool:
    """Names of files and folders of the checkout, those in a folder below it and two blanks further in."""
    folder = ROOT
    for line in block.lines:
        inner = line.startswith("  ")
        names = [word for word in line.split() if _FILE.fullmatch(word)] or [""]
        folder = folder if inner else ROOT / names[0]
        if not names[0] or not line.strip().startswith(names[0]) or not (inner or folder.exists()):
            return False
        if inner and not (folder / names[0]).exists():
            return False
    return True


def _starts(line: str) -> bool:
    return bool(_COMMAND.match(line) or _SETTING.match(line))


def rewritten(text: str, folder: Path) -> str:
    """The text with every output that can be made here as it is made here."""
    lines = text.splitlines()
    for number, block in reversed(list(enumerate(blocks(text)))):
        output = output_of(block)
        if output and not output.missing:
            place = folder / str(number)
            place.mkdir()
            made = [f"{INDENT}{line}".rstrip() for line in output.lines(place)]
            lines[block.number - 1 : block.number - 1 + len(block.lines)] = made
    return "\n".join(lines) + "\n"
