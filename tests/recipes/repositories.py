"""A git repository with a right table in it, and changes to it: what the recipes for CI are tried on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.engine.tables import RIGHT
from tests.gate.repositories import Repository

ROOT = Path(__file__).resolve().parents[2]


def repository(folder: Path) -> Repository:
    """One commit with the table in it, on x86-64."""
    made = Repository(folder)
    made.write("table.c", "/* modalloc: {arch: x86_64, claims: [strict-rwx]} */\n" + RIGHT)
    made.write("other.c", "int nothing_to_do_with_it;\n")
    made.commit()
    return made


def lose(repository: Repository, path: str = "table.c") -> None:
    """Change the table so that constant data is writable for good."""
    repository.replace(path, "PAGE_KERNEL_RO,", "PAGE_KERNEL,")


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
