"""The HTML page: one file with its text, pictures, style and script, which loads nothing else.

It is written with Jinja2. Every value is escaped, so that no name becomes markup, and sanitized (`harmless`). The
content security policy allows the one style and the one script by their hashes. `views` prepares the content.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import modalloc_model
from modalloc_model.report.harmless import harmless, sanitize
from modalloc_model.report.html.views import table_view, theorems
from modalloc_model.report.maps.layout import SCALE
from modalloc_model.report.maps.model import Boot
from modalloc_model.report.maps.svg import patterns, stylesheet
from modalloc_model.report.presentation import Presentation
from modalloc_model.report.text import closing

if TYPE_CHECKING:
    from jinja2 import Environment


def render(presentation: Presentation, boots: Mapping[int, Boot]) -> str:
    """The page; `boots` has, for the number of each table, the boot in which its map is drawn, if it has any."""
    from markupsafe import Markup

    presentation = _harmless(presentation)
    style, script = stylesheet() + _asset("page.css"), _asset("film.js")
    tables = [
        table_view(number, decided, presentation, boots.get(number))
        for number, decided in enumerate(presentation.decided)
    ]
    return (
        _environment()
        .get_template("page.html")
        .render(
            policy=_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            patterns=Markup(ET.tostring(patterns(), encoding="unicode")),
            tables=tables,
            presentation=presentation,
            counters=closing(presentation),
            version=modalloc_model.__version__,
            theorems=list(theorems(presentation)),
            scale=SCALE,
        )
    )


def _harmless(presentation: Presentation) -> Presentation:
    """The same without endless names, for pictures too. The source stays, since columns count in it."""
    decided = (replace(d, report=harmless(d.report), expectation=harmless(d.expectation)) for d in presentation.decided)
    return replace(presentation, decided=tuple(decided), warnings=harmless(presentation.warnings))


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded; of styles and scripts those with these hashes alone count."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    def plain(value: Any) -> Any:
        return value if isinstance(value, Markup) else sanitize(str(value))

    loader = FunctionLoader(_asset)
    made = Environment(
        autoescape=True, undefined=StrictUndefined, loader=loader, finalize=plain, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["picture"] = Markup
    return made
