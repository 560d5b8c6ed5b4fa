"""Real git repositories with tables in them, and the real command run in one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECTIONS = ("TEXT", "DATA", "RODATA", "RODATA_AFTER_INIT", "INITTEXT", "INITDATA", "INITRODATA")

LEGACY = """\
/* modalloc: {arch: x86_64} */
struct mod_alloc_type_params legacy = {
    .types = {
        [MOD_ALLOC_TYPE_TEXT ... MOD_ALLOC_TYPE_INITRODATA] = {
            .mapto_type = MOD_ALLOC_TYPE_TEXT,
            .granularity = PAGE_SIZE,
            .alignment = PAGE_SIZE,
            .start[0] = MODULES_VADDR,
            .end[0] = MODULES_END - 1,
            .pgprot = PAGE_KERNEL_EXEC,
        },
    },
};
"""
"""Proved: everything may be read, written and executed."""

SPLIT = """\
/* modalloc: {arch: x86_64} */
struct mod_alloc_type_params split = {
    .types = {
        [MOD_ALLOC_TYPE_TEXT] = {
            .mapto_type = MOD_ALLOC_TYPE_TEXT,
            .granularity = PAGE_SIZE,
            .alignment = PAGE_SIZE,
            .start[0] = MODULES_VADDR,
            .end[0] = MODULES_END - 1,
            .pgprot = PAGE_KERNEL_EXEC,
        },
        [MOD_ALLOC_TYPE_DATA ... MOD_ALLOC_TYPE_RODATA_AFTER_INIT] = {
            .mapto_type = MOD_ALLOC_TYPE_DATA,
            .granularity = PAGE_SIZE,
            .alignment = PAGE_SIZE,
            .start[0] = MODULES_VADDR,
            .end[0] = MODULES_END - 1,
            .pgprot = PAGE_KERNEL,
        },
        [MOD_ALLOC_TYPE_INITTEXT] = { .mapto_type = MOD_ALLOC_TYPE_TEXT },
        [MOD_ALLOC_TYPE_INITDATA ... MOD_ALLOC_TYPE_INITRODATA] = { .mapto_type = MOD_ALLOC_TYPE_DATA },
    },
};
"""
"""Proved: text in one root, data in another."""

BROKEN = LEGACY.replace("PAGE_KERNEL_EXEC", "PAGE_KERNEL_ROX")
"""Refuted by PRT001 and others: nothing can be filled."""

TINY = """\
name: tiny
word_bits: {value: 32, source: test}
page_size: {value: 0x1000, source: test}
pmd_size: {value: 0x200000, source: test}
ends: {value: exclusive, source: test}
symbols:
  MODULES_VADDR: {value: 0x80000000, source: test}
  MODULES_END: {value: 0x80100000, source: test}
protections:
  PAGE_KERNEL: {allows: rw-, source: test}
  PAGE_KERNEL_EXEC: {allows: rwx, source: test}
windows:
  - {name: modules, first: MODULES_VADDR, end: MODULES_END, source: test}
regions: {forbidden: {value: none, source: test}}
image: {name: image, first: 0x82000000, last: 0x820fffff, source: test}
reach:
  - {name: CALL, kind: relative, targets: [kernel, text, data], lowest: -0x4000000, highest: 0x3ffffff, source: test}
"""
"""A machine of the repository's own: a megabyte of modules within reach of the kernel, and no unknowns."""


class Repository:
    """A repository in a folder. Files are written into its working tree; `commit` takes all of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str, check: bool = True) -> str:
        settings = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false")
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ["git", *settings, *words], cwd=self.folder, capture_output=True, text=True, check=check, env=plain
        )
        return done.stdout

    def write(self, path: str, text: str) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def replace(self, path: str, old: str, new: str) -> None:
        text = (self.folder / path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new))

    def remove(self, path: str) -> None:
        (self.folder / path).unlink()

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD").strip()

    def gate(
        self,
        *words: str | Path,
        base: str = "HEAD",
        within: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs `modalloc gate` as a user would, in the repository or a folder of it.

        In a process of its own where the environment matters; otherwise in this one, which has loaded the tool.
        """
        if environment is None:
            return _here(self.folder / within, ["gate", "--base", base, *map(str, words)])
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(
            [sys.executable, "-m", "modalloc_model", "gate", "--base", base, *map(str, words)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            cwd=self.folder / within,
            env={**plain, "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", **environment},
        )

    def report(self, *words: str | Path, base: str = "HEAD") -> Any:
        """The JSON document."""
        finished = self.gate(*words, "--format", "json", base=base)
        document = json.loads(finished.stdout)
        if "status" in document:
            assert document["status"] == finished.returncode
        return document


def _here(folder: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    from modalloc_model.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(words)
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())


def kinds(document: Any) -> set[str]:
    """The kinds of change that happened."""
    return {finding["kind"] for finding in document["findings"]}


def failing(document: Any) -> set[str]:
    """The kinds of change that fail the gate."""
    return {finding["kind"] for finding in document["findings"] if finding["fails"]}


def of_kind(document: Any, kind: str) -> list[Any]:
    """The findings of a kind."""
    return [finding for finding in document["findings"] if finding["kind"] == kind]
