"""The initialiser parser against another reading of the same C: that of tree-sitter's grammar.

Without it, a mistake in reading C would be in every test that reads C.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import tree_sitter
import tree_sitter_c

from modalloc_model.descriptor.ctext import CText, TableSite
from modalloc_model.descriptor.initializer import InitializerList, InitializerParser
from modalloc_model.descriptor.source import Journal, Source, Text
from modalloc_model.paths import spec_root
from tests.descriptor.writing import fixture

TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted((spec_root() / "params").glob("*.c"))}
TEXTS |= {name: fixture(name) for name in ("three-roots.c", "discussion.txt")}

Leaf = tuple[int, str, str]  # line, designators, value


def _own(braces: InitializerList, path: str, text: str) -> Iterator[Leaf]:
    for item in braces.items:
        end = item.inner.start if item.inner else item.value.offset if item.value else item.start
        here = path + "".join(text[item.start : end].rsplit("=", 1)[0].split())
        if item.inner:
            yield from _own(item.inner, here, text)
        elif item.value:
            yield text.count("\n", 0, item.start), here, "".join(item.value.text.split())


def _other(node: tree_sitter.Node, path: str) -> Iterator[Leaf]:
    for pair in (child for child in node.children if child.type == "initializer_pair"):
        value = pair.child_by_field_name("value")
        assert value is not None and value.text is not None
        designators = pair.children_by_field_name("designator")
        here = path + "".join("".join((d.text or b"").decode().split()) for d in designators)
        if value.type == "initializer_list":
            yield from _other(value, here)
        else:
            yield pair.start_point.row, here, "".join(value.text.decode().split())


def _blanked(found: TableSite) -> str:
    """The table's text from its brace on, without comments: these are no part of a value for either reading."""
    kept = [" " if c != "\n" else c for c in found.text]
    stream = found.tokens()
    while (token := next(stream)).kind != "end" and token.text != ";":
        kept[token.start : token.end] = token.text
    return "".join(kept)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_both_readings_agree(name: str) -> None:
    tables = CText(Source(name, TEXTS[name])).tables
    assert tables
    for found in tables:
        text = _blanked(found)
        brace = found.brace - found.head
        journal = Journal()
        source = Source(name, text)
        own = InitializerParser(Text(text, source), found.tokens(), journal).braces()
        head = "int x[] = "
        tree = tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language())).parse(
            (" " * (brace - len(head)) + head + text[brace:].split(";")[0] + ";").encode()
        )
        (declarator,) = (n for n in tree.root_node.named_children[0].named_children if n.type == "init_declarator")
        value = declarator.child_by_field_name("value")
        assert value is not None and not tree.root_node.has_error
        leaves = [(line - text.count("\n", 0, brace), path, shown) for line, path, shown in _own(own, "", text)]
        assert leaves == list(_other(value, ""))
        assert len(leaves) > 1
        assert journal.problems == ()
