"""Locates the specification: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def spec_root() -> Path:
    """The folder with semantics.md, arch/, params/, properties/ and schema/. FileNotFoundError if there is none."""
    for candidate in (_PACKAGE / "spec", _PACKAGE.parent / "spec"):
        if (candidate / "semantics.md").is_file():
            return candidate
    raise FileNotFoundError(f"no specification beside {_PACKAGE} or in it: modalloc is not completely installed")
