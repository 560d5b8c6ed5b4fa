"""What a profile says that its machine does not have: `image: {value: none, source: ...}`, and a reach of kind `none`.

Leaves out: what follows from that; the rules know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modalloc_model.descriptor.source import Journal, excerpt
from modalloc_model.descriptor.yamltext import MappingReader, Node
from modalloc_model.params import TARGETS_OF_TEXT

NONE = "none"


def source_of_none(reader: MappingReader | None, key: str, journal: Journal) -> str | None:
    """The source, where the key says that there is none; None where it says anything else, or nothing."""
    node = reader.node(key) if reader else None
    if node is None or not says_none(node):
        return None
    if _bare(node):
        hint = f'write {key}: {{value: none, source: "6.12:mm/nommu.c:134"}}, with the place that shows it'
        journal.error(node.where, "missing-key", f"{key}: none has no source", hint)
        return ""
    entry = MappingReader(node, journal, key)
    value, source = entry.required("value"), entry.required("source")
    entry.finish()
    if value and value.text != NONE:
        journal.error(value.at(), "bad-value", f"{key}: {excerpt(value.text)!r} is not none")
    return source.text if source else ""


def says_none(node: Node) -> bool:
    """Whether the node is what stands where there is none of something."""
    return _bare(node) or _has_value(node)


def _bare(node: Node) -> bool:
    return node.kind == "text" and node.text.text == NONE


def _has_value(node: Node) -> bool:
    return node.kind == "mapping" and any(key.text.text == "value" for key, _ in node.entries)


def parts_of(key: str) -> tuple[str, ...]:
    """What is none where the key says so: each target of a reach is a part of its own."""
    return tuple(f"reach.{target}" for target in TARGETS_OF_TEXT) if key == "reach" else (key,)


def merged(base: Mapping[str, str], own: Mapping[str, str | None], written: Iterable[str]) -> dict[str, str]:
    """What is none in a profile that extends another: what it writes itself replaces what the other says of the key."""
    replaced = {part for key in written for part in parts_of(key)}
    kept = {part: source for part, source in base.items() if part not in replaced}
    return kept | {part: source for key, source in own.items() if source is not None for part in parts_of(key)}
