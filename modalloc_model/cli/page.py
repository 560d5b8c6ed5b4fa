"""`--html FILE`: the verdicts of a call as a page, next to whatever `--format` says.

Models nothing. Leaves out: the page itself. Jinja2 is loaded where a page is asked for, and nowhere else.
"""

from __future__ import annotations

from typing import TextIO

from modalloc_model.cli.delivery import deliver
from modalloc_model.cli.parser import Parser
from modalloc_model.params import ParamSet
from modalloc_model.report.presentation import Presentation


def add_page(parser: Parser) -> None:
    """The option."""
    parser.add_argument(
        "--html", metavar="FILE", help="write the verdicts to FILE as a page that needs nothing else, too"
    )


def write_page(path: str | None, presentation: Presentation, out: TextIO) -> None:
    """The page, if it is asked for. InputError where it cannot be written."""
    if path is None:
        return
    from modalloc_model.report.html.page import render

    drawn = enumerate(boot_of(decided.report.table) for decided in presentation.decided)
    boots = {number: boot for number, boot in drawn if boot is not None}
    deliver(render(presentation, boots), path, out)


def boot_of(table: ParamSet) -> dict[str, int] | None:
    """A boot to draw a map in; None where there is none, or where that is left open."""
    from modalloc_model.cli.show import some_boot

    try:
        return some_boot(table.machine)
    except TimeoutError:
        return None
