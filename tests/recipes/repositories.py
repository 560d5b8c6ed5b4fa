"""A git repository with a right table in it, and changes to it: what the recipes for CI are tried on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.engine.tables import RIGHT

ROOT = Path(__file__).resolve().parents[2]
LOST = RIGHT.replace("PAGE_KERNEL_RO,", "PAGE_KERNEL,")
"""Constant data becomes writable for good."""


def repository(folder: Path) -> Path:
    """One commit with the table in it, on x86-64."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "table.c").write_text("/* modalloc: {arch: x86_64, claims: [strict-rwx]} */\n" + RIGHT)
    (folder / "other.c").write_text("int nothing_to_do_with_it;\n")
    commit(folder, "a table")
    return folder


def lose(folder: Path) -> None:
    """Change the table so that it loses a guarantee."""
    table = folder / "table.c"
    table.write_text(table.read_text().replace("PAGE_KERNEL_RO,", "PAGE_KERNEL,"))


def commit(folder: Path, message: str) -> None:
    """Commit everything."""
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", f"--message={message}")


def git(folder: Path, *words: str) -> str:
    """What git says."""
    return run(["git", *words], folder).stdout


def run(
    words: list[str], folder: Path, environment: Mapping[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Runs a command as a runner would: the tool is on the path, and nothing of this checkout's git is around."""
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_", "PRE_COMMIT"))
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{plain['PATH']}"
    return subprocess.run(
        words,
        cwd=folder,
        env=plain | {"PATH": path} | dict(environment or {}),
        text=True,
        capture_output=True,
        check=check,
    )
