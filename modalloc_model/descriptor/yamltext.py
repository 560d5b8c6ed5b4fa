"""YAML as nodes with positions, and a reader of mappings that reports every problem.

Scalars stay text, since addresses exceed 2^63, and every message needs a line and a column. Anchors and merge keys
(`<<`) are supported; documents that they expand beyond a limit, or that are nested too deep, are refused before any
traversal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from modalloc_model.descriptor.source import Journal, ReadError, Source, Text, excerpt, nearest
from modalloc_model.params import Location
from modalloc_model.verdict import Problem

MAX_SIZE = 128 * 1024
"""Characters of a YAML document. Tables and profiles have a few thousand."""

_MAX_NODES = 20_000
_MAX_NESTING = 30
_MERGE = "<<"
_OTHER_LINE_ENDS = re.compile("\r(?!$)|[\x85\u2028\u2029]")


@dataclass(frozen=True)
class YamlNode:
    """A node. `kind` is "text", "list", "mapping" or "null"; `plain` says that a scalar has no quotes."""

    kind: str
    text: Text
    items: tuple[YamlNode, ...] = ()
    entries: tuple[tuple[YamlNode, YamlNode], ...] = ()
    plain: bool = False

    @property
    def where(self) -> Location:
        """The location of its start."""
        return self.text.at()


@dataclass(frozen=True)
class Lines:
    """YAML as lines, each with its position in a source: a directive's lines follow stars and quoting."""

    source: Source
    lines: tuple[tuple[int, str], ...]  # offset of the first character, text without its line end

    @classmethod
    def of(cls, source: Source) -> Lines:
        """All of a source."""
        offset, lines = 0, []
        for line in source.text.split("\n"):
            lines.append((offset, line))
            offset += len(line) + 1
        return cls(source, tuple(lines))

    @cached_property
    def text(self) -> str:
        """The parser's input: it must count the same lines, so other line ends become spaces."""
        return "\n".join(_OTHER_LINE_ENDS.sub(" ", line) for _, line in self.lines)

    def offset(self, line: int, column: int) -> int:
        """The offset in the source of a position in the text, counted from 0."""
        return self.lines[min(line, len(self.lines) - 1)][0] + column

    def fail(self, offset: int, code: str, message: str) -> ReadError:
        """A ReadError at an offset of the source."""
        return ReadError(Problem(self.source.location(offset), code, message))


def documents(lines: Lines) -> tuple[YamlNode, ...]:
    """The documents in the lines; ReadError for malformed YAML."""
    if len(lines.text) >= MAX_SIZE:
        raise lines.fail(lines.offset(0, 0), "too-large", f"YAML of more than {MAX_SIZE // 1024} KiB")
    try:
        _refuse_depth(lines)
        roots = _compose(lines.text)
    except _yaml_errors() as failure:
        raise _syntax(lines, failure) from None
    return tuple(_Converter(lines).document(root) for root in roots if root is not None)


def _yaml_errors() -> tuple[type[Exception], ...]:
    """Converts the parser's exceptions; malformed input raises more than its own classes."""
    from yaml import YAMLError

    return (YAMLError, ValueError)


def _compose(text: str) -> list[Any]:
    """The parser's nodes."""
    import yaml

    return list(yaml.compose_all(text, Loader=_loader()))


def _refuse_depth(lines: Lines) -> None:
    """Refuses deep nesting: nodes are composed by a recursive function in C, events are not."""
    import yaml

    depth = 0
    events: Iterator[Any] = yaml.parse(lines.text, Loader=_loader())
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_NESTING:
            where = lines.offset(event.start_mark.line, event.start_mark.column)
            raise lines.fail(where, "too-deep", f"YAML nested deeper than {_MAX_NESTING} levels")


def _loader() -> Any:
    """The loader of libyaml if PyYAML has it: a hundred times faster, with the same nodes."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _syntax(lines: Lines, failure: Exception) -> ReadError:
    mark = getattr(failure, "problem_mark", None) or getattr(failure, "context_mark", None)
    said = getattr(failure, "problem", None) or getattr(failure, "reason", None) or "it cannot be parsed"
    line, column = (mark.line, mark.column) if mark else _line_of(lines, getattr(failure, "position", None))
    return lines.fail(lines.offset(line, column), "bad-yaml", f"not YAML: {excerpt(str(said), 100)}")


def _line_of(lines: Lines, position: object) -> tuple[int, int]:
    """Line and column, from 0, of a position in the text."""
    before = lines.text[: position if isinstance(position, int) else 0]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


class _Converter:
    """Converts the parser's nodes, an alias each time it occurs, up to a number of nodes beyond any table."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._made = 0

    def document(self, root: Any) -> YamlNode:
        return self._node(root, 0)

    def _node(self, node: Any, depth: int) -> YamlNode:
        self._made += 1
        offset = self._lines.offset(node.start_mark.line, node.start_mark.column)
        if self._made > _MAX_NODES or depth > _MAX_NESTING:
            raise self._lines.fail(offset, "too-deep", "YAML that its anchors make too large or too deep")
        if isinstance(node.value, str):
            return self._scalar(node, offset)
        text = Text("", self._lines.source, offset)
        if node.id == "mapping":
            entries = ((self._node(k, depth + 1), self._node(v, depth + 1)) for k, v in node.value)
            return YamlNode("mapping", text, entries=tuple(entries))
        return YamlNode("list", text, tuple(self._node(item, depth + 1) for item in node.value))

    def _scalar(self, node: Any, offset: int) -> YamlNode:
        plain = not node.style
        source, value = self._lines.source, node.value
        begin = offset if plain else offset + 1
        same = source.text.startswith(value, begin) and "\n" not in value
        text = Text(value, source, begin) if same else Text.with_location(value, source.location(offset))
        is_null = plain and value in ("", "~", "null")  # NULL is an absent function
        return YamlNode("null" if is_null else "text", text, plain=plain)


class MappingReader:
    """Reads a mapping key by key; :meth:`finish` reports keys that were not read."""

    def __init__(self, node: YamlNode, journal: Journal, what: str) -> None:
        self._what = what
        self._journal = journal
        self._keys: dict[str, tuple[YamlNode, YamlNode]] = {}
        self._known: list[str] = []
        self.where = node.where
        if self._is_kind(node, "mapping", what):
            self._fill(node, frozenset())

    def _fill(self, node: YamlNode, given: frozenset[str]) -> None:
        for key, value in node.entries:
            name = key.text.text
            if key.kind not in ("text", "null"):
                self._journal.error(key.where, "wrong-kind", f"{self._what}: a key must be a word")
            elif name in self._keys and name not in given:
                first = self._keys[name][0].where.line
                message = f"{self._what}: {name!r} is given twice, first in line {first}"
                self._journal.error(key.where, "duplicate-key", message)
            elif name != _MERGE and name not in self._keys:
                self._keys[name] = (key, value)
        self._merge(node)

    def _merge(self, node: YamlNode) -> None:
        """A merged mapping (`<<`) supplies missing keys; the earlier of several wins."""
        for key, value in node.entries:
            if key.text.text == _MERGE:
                for merged in value.items if value.kind == "list" else (value,):
                    if self._is_kind(merged, "mapping", "what << merges"):
                        self._fill(merged, frozenset(self._keys))

    def _is_kind(self, node: YamlNode, kind: str, what: str) -> bool:
        if node.kind == kind:
            return True
        shown = {"text": f"the value {excerpt(node.text.text)!r}", "null": "nothing"}.get(node.kind, f"a {node.kind}")
        wanted = "a single value" if kind == "text" else f"a {kind}"
        self._journal.error(node.where, "wrong-kind", f"{what} must be {wanted}, not {shown}")
        return False

    def node(self, key: str) -> YamlNode | None:
        """The node of a key; None if it is missing or null."""
        self._known.append(key)
        found = self._keys.get(key)
        return found[1] if found and found[1].kind != "null" else None

    def has(self, key: str) -> bool:
        """Whether the key is present, even with null."""
        return key in self._keys

    def key_location(self, key: str) -> Location:
        """The location of the key, or else of the mapping."""
        return self._keys[key][0].where if key in self._keys else self.where

    def text(self, key: str) -> Text | None:
        """A single value."""
        node = self.node(key)
        return node.text if node and self._is_kind(node, "text", f"{self._what}: {key!r}") else None

    def required(self, key: str) -> Text | None:
        """A required single value."""
        if not self.has(key) or self._keys[key][1].kind == "null":
            self._journal.error(self.where, "missing-key", f"{self._what}: {key!r} is missing")
        return self.text(key)

    def one_of(self, key: str, values: Sequence[str]) -> str | None:
        """A single value out of a few."""
        text = self.text(key)
        if text is None or text.text in values:
            return text.text if text else None
        message = f"{self._what}: {key!r} is {excerpt(text.text)!r}, not one of {', '.join(values)}"
        self._journal.error(text.at(), "bad-value", message, nearest(text.text, values))
        return None

    def items(self, key: str) -> tuple[YamlNode, ...]:
        """The items of a list."""
        node = self.node(key)
        return node.items if node and self._is_kind(node, "list", f"{self._what}: {key!r}") else ()

    def texts(self, key: str) -> tuple[Text, ...]:
        """The items of a list of single values; a single value counts as a list of one."""
        node = self.node(key)
        if node and node.kind == "text":
            return (node.text,)
        return tuple(item.text for item in self.items(key) if self._is_kind(item, "text", f"an item of {key!r}"))

    def mapping(self, key: str) -> MappingReader | None:
        """A nested mapping."""
        node = self.node(key)
        name = f"{self._what}: {key!r}" if self._what else key
        if node is None or not self._is_kind(node, "mapping", name):
            return None
        return MappingReader(node, self._journal, key)

    def names(self) -> Iterator[str]:
        """The keys, in the order of the file."""
        return iter(tuple(self._keys))

    def finish(self) -> None:
        """Reports every key that was not read."""
        for name, (key, _) in self._keys.items():
            if name not in self._known:
                hint = nearest(name, self._known) or f"known: {', '.join(sorted(set(self._known)))}"
                self._journal.error(key.where, "unknown-key", f"{self._what}: unknown key {excerpt(name)!r}", hint)
