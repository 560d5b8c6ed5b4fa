"""A mutant: a mistake with a name, the line that makes it on each side of the semantics, and what caught it.

A mutant is a textual change of one line of a function; importing.py applies it.
"""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""
RECORD = Path(__file__).with_name("recorded.json")


class Disarmed(Exception):
    """The source has moved on, and the change does not apply to it any more. The message says where."""


@dataclass(frozen=True, slots=True)
class Change:
    """In the function `within` of the file `path`, `old` becomes `new`; `old` stands there exactly once."""

    path: str
    within: str  # dotted, as in "Pool.fits"
    old: str
    new: str

    @property
    def module(self) -> str:
        """The name under which the file is imported."""
        return self.path.removesuffix(".py").replace("/", ".")

    def apply(self, source: str) -> str:
        """The source with the change; Disarmed where `old` is not there exactly once, or is more than a line."""
        start, end = _lines_of(source, self.within, self.path)
        lines = source.splitlines(keepends=True)
        body = "".join(lines[start:end])
        if "\n" in self.old + self.new or self.old == self.new or body.count(self.old) != 1:
            found = body.count(self.old)
            raise Disarmed(f"{self.path}, {self.within}: “{self.old}” stands there {found} times, not once")
        return "".join((*lines[:start], body.replace(self.old, self.new), *lines[end:]))


@dataclass(frozen=True, slots=True)
class Absent:
    """The mistake cannot be made on this side, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake, `why` people make it, and its change on each side."""

    name: str
    why: str
    executable: Change | Absent
    symbolic: Change | Absent

    def side(self, name: str) -> Change | Absent:
        """Its change on the side "executable" or "symbolic"."""
        return self.executable if name == "executable" else self.symbolic


SIDES = ("executable", "symbolic")


def source_of(change: Change) -> str:
    """The text of the changed file, as it is in the checkout."""
    return (ROOT / change.path).read_text(encoding="utf-8")


def _lines_of(source: str, within: str, path: str) -> tuple[int, int]:
    """The lines of the function, as a slice."""
    body: list[ast.stmt] = ast.parse(source).body
    node: ast.stmt | None = None
    for name in within.split("."):
        found = [x for x in body if isinstance(x, ast.FunctionDef | ast.ClassDef) and x.name == name]
        if len(found) != 1:
            raise Disarmed(f"{path}: {within} stands there {len(found)} times, not once")
        node, body = found[0], found[0].body
    assert node is not None
    assert node.end_lineno is not None
    return node.lineno - 1, node.end_lineno


def in_allocator(file: str, within: str, old: str, new: str) -> Change:
    """A change of the executable reading: of a file of the mail's, or of what its executable side is made of."""
    return Change(f"modalloc_model/{_BENEATH.get(file, f'designs/mail/{file}')}", within, old, new)


_BENEATH = {
    "arbiter.py": "designs/arbiter/executable.py",
    "address_tree.py": "allocator/address_tree.py",
    "pages.py": "allocator/pages.py",
}


def in_relations(file: str, within: str, old: str, new: str) -> Change:
    """A change of the symbolic reading; `file` is below modalloc_model/."""
    return Change(f"modalloc_model/{file}", within, old, new)


# -- the record ------------------------------------------------------------------------------------------------------


def load_record() -> dict[str, dict[str, Any]]:
    """By mutant: `theorem` (a place), `run` (a document) and `check` (what the run failed), as far as known.

    What caught each mutant the last time is tried first the next time. It decides nothing: a theorem that proves again,
    or a run that passes, is only a wrong guess, and the search begins from nothing then.
    """
    found: dict[str, dict[str, Any]] = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
    return found


def remember(mutant: str, evidence: dict[str, Any]) -> None:
    """Record what caught the mutant, in addition to earlier records."""
    record = load_record()
    record[mutant] = {**record.get(mutant, {}), **evidence}
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
