"""The argument parser: errors are exceptions, every command's help has an example and the exit statuses."""

from __future__ import annotations

import argparse
import re
import textwrap
from typing import Any, NoReturn

from modalloc_model.cli.registry import COMMANDS
from modalloc_model.exit_status import PRECEDENCE, ExitStatus
from modalloc_model.failures import UsageError, nearest

_CHOICE = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")


class Parser(argparse.ArgumentParser):
    """Raises UsageError where argparse would print and leave."""

    def __init__(self, **keywords: Any) -> None:
        keywords.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **keywords)

    def error(self, message: str) -> NoReturn:
        """Raises the message, with the closest choice for a misspelt word."""
        wrong = _CHOICE.search(message)
        hint = nearest(wrong[1], re.findall(r"[\w.-]+", wrong[2])) if wrong else ""
        raise UsageError(message, hint or f"{self.prog} --help lists the options")


Subparsers = argparse._SubParsersAction  # the type has no public name


def add_command(subparsers: Subparsers[Parser], name: str, example: str, description: str) -> Parser:
    """Adds a command's parser, whose help ends in the example."""
    return subparsers.add_parser(
        name,
        help=COMMANDS[name],
        description=_paragraphs(description),
        epilog=f"example:\n{textwrap.indent(textwrap.dedent(example).strip(), '  ')}",
    )


def _paragraphs(text: str) -> str:
    paragraphs = textwrap.dedent(text).strip().split("\n\n")
    return "\n\n".join(textwrap.fill(" ".join(paragraph.split()), 96) for paragraph in paragraphs)


def exit_status_table() -> str:
    """The exit statuses, one a line, with the sentences of ExitStatus."""
    rows = [
        textwrap.fill(status.sentence, 96, initial_indent=f"  {status.value}  ", subsequent_indent="     ")
        for status in ExitStatus
    ]
    order = " over ".join(str(status.value) for status in PRECEDENCE)
    return "\n".join(["exit status:", *rows, f"  Several at once: {order}. An interrupted run ends with 130."])
