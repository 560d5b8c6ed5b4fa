"""The gate's own YAML files: one document each, read with positions; every problem is said, all at once.

Leaves out: what the documents mean.
"""

from __future__ import annotations

import re

from modalloc_model.descriptor.source import Journal, ReadError, Source
from modalloc_model.descriptor.yamltext import Lines, YamlNode, documents
from modalloc_model.failures import InputError

_CONFLICT = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)


def root_of(content: bytes, path: str, journal: Journal) -> YamlNode | None:
    """The document's root; None for an empty file, and after a problem."""
    try:
        source = Source(path, content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        journal.error(Source(path, "").location(0), "bad-yaml", "not UTF-8")
        return None
    conflict = _CONFLICT.search(source.text)
    if conflict:
        journal.error(source.location(conflict.start()), "conflict-marker", "a merge conflict is not resolved here")
        return None
    return _only(source, journal)


def _only(source: Source, journal: Journal) -> YamlNode | None:
    try:
        roots = documents(Lines.of(source))
    except ReadError as found:
        journal.add(found.problem)
        return None
    if len(roots) > 1:
        journal.error(roots[1].where, "bad-yaml", "a second document; one is wanted")
    return roots[0] if roots and roots[0].kind != "null" else None


def refuse(journal: Journal) -> None:
    """InputError with every problem, if there is an error."""
    if journal.errors:
        raise InputError(journal.problems)
