"""`modalloc explain`: prints a rule's page, or lists all rules."""

from __future__ import annotations

import argparse
from typing import TextIO

from modalloc_model.cli.delivery import deliver, style_for
from modalloc_model.cli.parser import Parser, Subparsers, add_command
from modalloc_model.exit_status import ExitStatus
from modalloc_model.failures import UsageError, nearest
from modalloc_model.report.style import Style

_DESCRIPTION = """\
Prints the page of RULE: statement, reason, source, an example that fails, and how to mend it. Without RULE it lists
all rules with their titles."""

_EXAMPLE = """\
modalloc explain
modalloc explain PRT001"""


def add(subparsers: Subparsers[Parser]) -> None:
    """The command's options."""
    parser = add_command(subparsers, "explain", _EXAMPLE, _DESCRIPTION)
    parser.add_argument("rule", metavar="RULE", nargs="?", help="a rule's id, such as PRT001")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Prints the page or the list."""
    deliver(_listing(style_for(out)) if args.rule is None else _page(args.rule, style_for(out)), None, out)
    return ExitStatus.PROVED


def _page(name: str, style: Style) -> str:
    from modalloc_model.properties import RULES

    rule = RULES.get(name.upper())
    if rule is None:
        raise UsageError(f"there is no rule {name}", nearest(name, RULES) or "modalloc explain lists the rules")
    head = f"{style.strong(rule.id)}  {rule.group}, {rule.severity.value}"
    return "\n".join([head, "", rule.page, *_facts(rule.page)])


def _facts(page: str) -> list[str]:
    """The titles of the facts that the page cites, and the file that holds them."""
    from modalloc_model.properties.pages import FILE, citations, facts

    named = [f"  {fact}  {facts()[fact]}" for fact in citations(page)]
    return ["", f"## Facts ({FILE})", *named] if named else []


def _listing(style: Style) -> str:
    from modalloc_model.properties import RULES

    lines: list[str] = []
    for group in dict.fromkeys(rule.group for rule in RULES.values()):
        lines += ["", style.strong(group)] if lines else [style.strong(group)]
        for rule in RULES.values():
            if rule.group == group:
                lines.append(f"  {rule.id}  {rule.severity.value:<7}  {rule.title}")
    return "\n".join(lines)
