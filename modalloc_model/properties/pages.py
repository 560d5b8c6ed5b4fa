"""The rules' pages, as files: spec/properties/ is generated from the docstrings, and a test holds the two together.

Run as `python -m modalloc_model.properties.pages` (`make pages`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modalloc_model.paths import spec_root
from modalloc_model.properties import GROUPS, RULES
from modalloc_model.properties.facts import linked
from modalloc_model.properties.rule import Rule


def pages() -> Mapping[str, str]:
    """File name to text: one page a rule, and the table of them all."""
    return {**{f"{rule.id}.md": page(rule) for rule in RULES.values()}, "README.md": index()}


def page(rule: Rule) -> str:
    """One rule's page."""
    first, _, rest = rule.page.partition("\n")
    kind = "behaviour" if rule.behaviour else "static"
    facts = [f"Group: {rule.group}", f"severity: {rule.severity.value}", kind]
    if rule.leans_on:
        facts.append(f"leans on: {', '.join(rule.leans_on)}")
    body = linked(rest.rstrip(), "../facts.md")
    return f"# {rule.id}: {first.rstrip('.')}\n\n{' · '.join(facts)}\n{body}\n"


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


if __name__ == "__main__":
    write(spec_root() / "properties")
