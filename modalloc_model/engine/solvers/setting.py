"""The processes of the solvers and the folders for evidence: a context variable, since no verdict depends on them.

`isolated`: each solver has its own process, with `memory` MiB of address space. `keep`: the folder for undecided
queries, created when there is one. `write`: the folder for every query.
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
"""The default folder for evidence, in the working directory."""


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
    """The current setting."""
    return _SETTING.get()


@contextmanager
def setting(chosen: Setting) -> Iterator[None]:
    """Use this setting inside the `with` block."""
    token = _SETTING.set(chosen)
    try:
        yield
    finally:
        _SETTING.reset(token)


def keep_query(query: Query, remark: str, always: bool = False) -> Path | None:
    """Write the query to the folder for undecided queries; None if there is no such folder, unless `always`."""
    folder = current().keep or (QUERIES if always else None)
    return None if folder is None else write_query(query, folder, remark)


def write_query(query: Query, folder: Path, remark: str) -> Path:
    """Write the query to a file whose name depends on its content alone."""
    text = document(query, (remark,))
    name = f"{slug(query.name)[:100]}-{hashlib.sha256(text.encode()).hexdigest()[:10]}.smt2"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def begin_index(chosen: Setting) -> None:
    """Create an empty index in the folder for every query; `record` adds to it."""
    if chosen.write:
        chosen.write.mkdir(parents=True, exist_ok=True)
        (chosen.write / INDEX).write_text("\t".join(COLUMNS) + "\n", encoding="utf-8")


def record(query: Query, solver: str, status: str) -> None:
    """Write the query, and a line in the index with the solver's answer."""
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
