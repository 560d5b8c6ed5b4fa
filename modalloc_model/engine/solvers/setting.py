"""Where solvers run and where evidence goes: what bears on no verdict, and so is no argument of whoever asks.

`isolated`: each solver in a process of its own, which may die without harm, with `memory` MiB of address space.
`keep`: the folder for questions that were left open; made when there is one. `write`: the folder for every question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from modalloc_model.smt.smtlib import INTEGERS, Query, document, slug

QUERIES = Path("modalloc-queries")
"""Where evidence goes by default: a folder in the working directory."""


@dataclass(frozen=True, slots=True)
class Setting:
    """See the module's docstring."""

    isolated: bool = False
    memory: int | None = None
    keep: Path | None = None
    write: Path | None = None


_DEFAULT = Setting()
_SETTING: ContextVar[Setting] = ContextVar("solvers' setting", default=_DEFAULT)


def current() -> Setting:
    """What holds now."""
    return _SETTING.get()


@contextmanager
def setting(chosen: Setting) -> Iterator[None]:
    """Within, solvers are asked in this setting."""
    token = _SETTING.set(chosen)
    try:
        yield
    finally:
        _SETTING.reset(token)


def kept(query: Query, remark: str, always: bool = False) -> Path | None:
    """The file in which the question is kept, if questions are; `always`, if it must not be lost."""
    folder = current().keep or (QUERIES if always else None)
    return None if folder is None else write_query(query, folder, remark)


def write_query(query: Query, folder: Path, remark: str) -> Path:
    """The question in a file whose name depends on it alone."""
    text = document(query, (remark,))
    name = f"{slug(query.name)[:100]}-{hashlib.sha256(text.encode()).hexdigest()[:10]}.smt2"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def begin_index(chosen: Setting) -> None:
    """Where every question is written: an index without any, for `record` to add to."""
    if chosen.write:
        chosen.write.mkdir(parents=True, exist_ok=True)
        (chosen.write / INDEX).write_text("\t".join(COLUMNS) + "\n", encoding="utf-8")


def record(query: Query, solver: str, status: str) -> None:
    """Writes the question, and a line in the index about what the solver said to it."""
    folder = current().write
    if folder is None:
        return
    meaning = _INTEGERS if query.logic == INTEGERS else "In bits, exactly."
    file = write_query(query, folder, meaning)
    with (folder / INDEX).open("a", encoding="utf-8") as index:
        index.write("\t".join((file.name, query.name, query.logic, solver, status)) + "\n")


INDEX = "index.tsv"
COLUMNS = ("file", "question", "logic", "solver", "answer")
_INTEGERS = "In integers: unsat is a proof; sat is an answer if its model is one in bits: some terms are any word."
