"""The real command in a process of its own, and tables small enough to stand in a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

SECTIONS = ("TEXT", "DATA", "RODATA", "RODATA_AFTER_INIT", "INITTEXT", "INITDATA", "INITRODATA")

LEGACY = """
struct mod_alloc_type_params legacy = {
    .types = {
        [MOD_ALLOC_TYPE_TEXT ... MOD_ALLOC_TYPE_INITRODATA] = {
            .mapto_type = MOD_ALLOC_TYPE_TEXT,
            .granularity = PAGE_SIZE,
            .alignment = PAGE_SIZE,
            .start[0] = MODULES_VADDR,
            .end[0] = MODULES_END,
            .pgprot = PAGE_KERNEL_EXEC,
        },
    },
};
"""
"""Everything readable, writable and executable: right, unless strict RWX is claimed."""

READ_ONLY = LEGACY.replace("legacy", "read_only").replace("PAGE_KERNEL_EXEC", "PAGE_KERNEL_ROX")
"""Nothing can be filled: refuted by PRT001."""

CHAIN = LEGACY.replace("legacy", "chain").replace(".mapto_type = MOD_ALLOC_TYPE_TEXT", ".mapto_type = 99")
"""Every type is mapped to one that is none."""


def modalloc(
    *words: str | Path, environment: Mapping[str, str] | None = None, stdin: str | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Runs `python -m modalloc_model` as a user would, with the standard streams piped."""
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return subprocess.run(
        [sys.executable, "-m", "modalloc_model", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        input=stdin,
        encoding="utf-8",
        env={**plain, "PYTHONIOENCODING": "utf-8", **(environment or {})},
    )


def document(finished: subprocess.CompletedProcess[str]) -> Any:
    """The one JSON document on the standard output; fails if there is anything else."""
    return json.loads(finished.stdout)
