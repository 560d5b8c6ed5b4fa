"""The facts that rules rest on, as spec/facts.md has them: an id, a title, what is so, and the source.

Leaves out: what follows from a fact; the rule that cites it says that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from modalloc_model.paths import spec_root

FILE = "spec/facts.md"
_HEADING = re.compile(r"^## ([A-Z]\d{2}): (.+)$", re.MULTILINE)
_CITATION = re.compile(r"\bFacts? ([A-Z]\d{2}(?:,\s+[A-Z]\d{2})*)")
_ID = re.compile(r"[A-Z]\d{2}")


@cache
def facts() -> Mapping[str, str]:
    """Every fact's title, by its id."""
    text = (spec_root() / "facts.md").read_text(encoding="utf-8")
    return dict(_HEADING.findall(text))


def cited(text: str) -> tuple[str, ...]:
    """The ids that a text cites, `Facts F01, H28`, each once, in order."""
    found = (fact for citation in _CITATION.findall(text) for fact in _ID.findall(citation))
    return tuple(dict.fromkeys(found))


def linked(text: str, file: str) -> str:
    """The text with each citation a link into the file, whose headings begin with the ids."""
    titles = facts()

    def link(citation: re.Match[str]) -> str:
        return _ID.sub(lambda fact: f"[{fact[0]}]({file}#{anchor(fact[0], titles[fact[0]])})", citation[0])

    return _CITATION.sub(link, text)


def anchor(fact: str, title: str) -> str:
    """The name under which Markdown has the fact's heading."""
    return re.sub(r"[^\w\- ]", "", f"{fact}: {title}".lower()).replace(" ", "-")
