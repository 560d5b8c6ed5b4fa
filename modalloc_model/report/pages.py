"""Sections of a rule's page, which is Markdown.

Models nothing. Leaves out: everything of Markdown but headings and paragraphs.
"""

from __future__ import annotations

import re

_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)


def section(page: str, word: str) -> str:
    """The text beneath the first heading in which `word` stands, up to the next heading; "" if there is none."""
    headings = list(_HEADING.finditer(page))
    for number, heading in enumerate(headings):
        if word.lower() in heading[1].lower():
            end = headings[number + 1].start() if number + 1 < len(headings) else len(page)
            return page[heading.end() : end].strip()
    return ""
