"""What the README says of the gate's configuration, expectations and kinds is what they are.

Without it, the README could name a kind or a key that the gate does not know.
"""

from __future__ import annotations

from pathlib import Path

from modalloc_model.gate.config import Config, read_config
from modalloc_model.gate.expectations import read_expectations
from modalloc_model.gate.policy import KINDS
from modalloc_model.properties import RULES

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README[README.index("## A change of a table") :].partition("\n## ")[0]


def block(beginning: str) -> str:
    """The indented lines from the one that begins so."""
    lines = SECTION[SECTION.index(f"    {beginning}") :].splitlines()
    end = next((n for n, line in enumerate(lines) if line and not line.startswith("    ")), len(lines))
    return "\n".join(line.removeprefix("    ") for line in lines[:end]).strip() + "\n"


def test_the_configuration_and_the_expectations_are_ones() -> None:
    config = read_config(block("forbid:").encode(), "README.md")
    assert config != Config() and config.forbid and config.profiles and config.expect and config.shape.pages
    (known,) = read_expectations(block("- table:").encode(), "README.md", RULES)
    assert known.reason and known.until


def test_every_kind_of_change_is_named() -> None:
    assert [kind for kind in KINDS if f"`{kind}`" not in SECTION] == []
