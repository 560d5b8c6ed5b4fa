"""What the tests say of themselves: tests/README.md, and the first lines of each file.

Without it, a folder or a file could be there for a reason that nobody knows any more.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent
FILES = sorted(TESTS.rglob("test_*.py"))
README = (TESTS / "README.md").read_text(encoding="utf-8")
TABLE = "\n".join(line for line in README.splitlines() if line.startswith("| "))


def test_each_folder_of_tests_stands_in_the_table() -> None:
    folders = {file.relative_to(TESTS).parts[0] for file in FILES if file.parent != TESTS}
    assert folders <= set(re.findall(r"`(\w+)/", TABLE)), "say in tests/README.md what goes there"


def test_what_the_readme_names_is_there() -> None:
    named = re.findall(r"`([\w/]+(?:/|\.py))`", README)
    missing = [name for name in named if not (TESTS / name).exists()]
    assert len(named) > len(missing) == 0, missing


def test_each_file_says_what_would_go_unnoticed_without_it() -> None:
    silent = [
        str(file.relative_to(TESTS))
        for file in FILES
        if not re.search(
            r"\bWithout (it|this file|these tests),? ", ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
        )
    ]
    assert not silent, "end the docstring with: Without it, ..."
