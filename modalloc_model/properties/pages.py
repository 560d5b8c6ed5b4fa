"""The rules' pages, as files, and the facts of spec/facts.md that they cite.

spec/properties/ is generated from the docstrings, and a test holds the two together.

Run as `python -m modalloc_model.properties.pages` (`make pages`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from modalloc_model.paths import spec_root
from modalloc_model.properties import GROUPS, RULES
from modalloc_model.properties.rule import Rule


def pages() -> Mapping[str, str]:
    """File name to text: one page a rule, and the table of them all."""
    return {**{f"{rule.id}.md": page(rule) for rule in RULES.values()}, "README.md": index()}


def page(rule: Rule) -> str:
    """One rule's page."""
    first, _, rest = rule.page.partition("\n")
    kind = "behaviour" if rule.behaviour else "static"
    head = [f"Group: {rule.group}", f"severity: {rule.severity.value}", kind]
    if rule.leans_on:
        head.append(f"leans on: {', '.join(rule.leans_on)}")
    body = link_citations(rest.rstrip(), "../facts.md")
    return f"# {rule.id}: {first.rstrip('.')}\n\n{' · '.join(head)}\n{body}\n"


def index() -> str:
    """The table of all rules, group by group."""
    lines = ["# Rules", "", "Generated from the rules themselves (`make pages`).", ""]
    for prefix, group in GROUPS.items():
        lines += [f"## {group}", "", "| rule | severity | kind | claim |", "|---|---|---|---|"]
        for rule in RULES.values():
            if rule.id.startswith(prefix):
                kind = "behaviour" if rule.behaviour else "static"
                lines.append(f"| [{rule.id}]({rule.id}.md) | {rule.severity.value} | {kind} | {rule.title} |")
        lines.append("")
    return "\n".join(lines)


def write(folder: Path) -> None:
    """Write every page into the folder, and remove pages of rules that are gone."""
    wanted = pages()
    for old in folder.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


# -- facts: spec/facts.md has an id, a title and the text of each -----------------------------------------------------


FILE = "spec/facts.md"
_HEADING = re.compile(r"^## ([A-Z]\d{2}): (.+)$", re.MULTILINE)
_CITATION = re.compile(r"\bFacts? ([A-Z]\d{2}(?:,\s+[A-Z]\d{2})*)")
_ID = re.compile(r"[A-Z]\d{2}")


@cache
def facts() -> Mapping[str, str]:
    """Every fact's title, by its id."""
    text = (spec_root() / "facts.md").read_text(encoding="utf-8")
    return dict(_HEADING.findall(text))


def citations(text: str) -> tuple[str, ...]:
    """The ids that a text cites, `Facts F01, H28`, each once, in order."""
    found = (fact for citation in _CITATION.findall(text) for fact in _ID.findall(citation))
    return tuple(dict.fromkeys(found))


def link_citations(text: str, file: str) -> str:
    """The text with each citation a link into the file, whose headings begin with the ids."""
    titles = facts()

    def link(citation: re.Match[str]) -> str:
        return _ID.sub(lambda fact: f"[{fact[0]}]({file}#{anchor(fact[0], titles[fact[0]])})", citation[0])

    return _CITATION.sub(link, text)


def anchor(fact: str, title: str) -> str:
    """The name under which Markdown has the fact's heading."""
    return re.sub(r"[^\w\- ]", "", f"{fact}: {title}".lower()).replace(" ", "-")


if __name__ == "__main__":
    write(spec_root() / "properties")
