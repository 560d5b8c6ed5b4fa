"""The C preprocessor without a compiler.

Conditionals, headers and definitions are processed. The remaining text keeps its macros, which are expanded where it is
read, so a file of the kernel with a thousand headers takes a second. Headers that the build generates are missing; each
is recorded to explain lost values. If `asm/x.h` has no file, `asm-generic/x.h` is read, as by the kernel's wrappers.

#include of a macro, #line, #pragma, #warning and #error are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from modalloc_model.c.conditions import Branches, Conditions
from modalloc_model.c.macros import Macro, define
from modalloc_model.c.tokens import CError, SourceLine

MAX_FILE = 4 << 20
"""Bytes of a file; the largest relevant header of the kernel has half a megabyte."""

_MAX_INCLUDES = 20_000  # headers in total; init.c of x86 reads about 1500
_MAX_NESTING = 200  # depth of headers that include each other

_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|//[^\n]*|/\*.*?\*/', re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w*)((?:[^\n\\]|\\.)*)", re.MULTILINE | re.DOTALL)
_INCLUDED = re.compile(r'\s*(?:"([^"]+)"|<([^>]+)>)')
_GENERATED = "/generated/"


@dataclass
class Preprocessed:
    """The text with unexpanded macros and line markers, the macros at its end, and missing headers."""

    text: str
    macros: dict[str, Macro]
    missing: dict[str, SourceLine] = field(default_factory=dict)  # headers, and the places that include them
    files: tuple[str, ...] = ()


@dataclass
class _File:
    """A header: its pieces of text and directives, and the macro of its include guard."""

    path: str
    pieces: list[tuple[str, str, str, int]]  # text before, directive, its rest, its line
    rest: tuple[str, int]


class Preprocessor:
    """Reads one file and its includes. `folders` are searched in order for `<...>`, below `top`.

    Without `built`, headers that a build generates count as missing even if they exist.
    """

    def __init__(self, top: Path, folders: Sequence[str], macros: dict[str, Macro], built: bool = True) -> None:
        self._top = top
        self._built = built
        self._folders = folders
        self.macros = macros
        self._conditions = Conditions(self.macros)
        self._out: list[str] = []
        self._once: set[str] = set()
        self._files: dict[str, _File] = {}
        self._found: dict[tuple[str, str], str | None] = {}
        self.missing: dict[str, SourceLine] = {}
        self._included = 0

    def run(self, first: Sequence[str], path: str) -> Preprocessed:
        """Preprocesses the file after the headers that precede everything."""
        for name in (*first, path):
            self._enter(name, 0)
        return Preprocessed("".join(self._out), self.macros, self.missing, tuple(self._files))

    def _enter(self, path: str, depth: int) -> None:
        self._included += 1
        if depth > _MAX_NESTING or self._included > _MAX_INCLUDES:
            raise CError("include-recursion", f"{path}: headers that include each other without end")
        file = self._read(path)
        branches = Branches()
        line = 1
        for before, name, rest, at in file.pieces:
            if branches.read:
                self._text(path, line, before)
            line = at + rest.count("\n")
            self._directive(name, rest, SourceLine(path, at), branches, depth)
        if branches.read:
            self._text(path, file.rest[1], file.rest[0])

    def _text(self, path: str, line: int, text: str) -> None:
        if text.strip():
            self._out.append(f'# {line} "{path}"\n{text}\n')

    def _directive(self, name: str, rest: str, place: SourceLine, branches: Branches, depth: int) -> None:
        followed = branches.follow(name, lambda question: self._conditions.decide(question, rest, place))
        if not followed and branches.read:
            self._act(name, rest, place, depth)

    def _act(self, name: str, rest: str, place: SourceLine, depth: int) -> None:
        if name == "define":
            macro = define(rest.replace("\\\n", " \n"), place)
            if macro:
                self.macros[macro.name] = macro
        elif name == "undef":
            self.macros.pop(rest.strip(), None)
        elif name == "pragma" and rest.strip() == "once":
            self._once.add(place.path)
        elif name in ("include", "include_next"):
            self._include(rest, place, depth)

    def _include(self, rest: str, place: SourceLine, depth: int) -> None:
        match = _INCLUDED.match(rest)
        if match is None:
            return
        name = match[1] or match[2]
        path = self._find(name, place.path if match[1] else "")
        if path is None:
            self.missing.setdefault(name, place)
        elif path not in self._once:
            self._enter(path, depth + 1)

    def _find(self, name: str, beside: str) -> str | None:
        key = (name, beside.rpartition("/")[0])
        if key not in self._found:
            generic = [name.replace("asm/", "asm-generic/", 1)] if name.startswith(("asm/", "uapi/asm/")) else []
            self._found[key] = next(self._candidates([name, *generic], key[1] if beside else None), None)
        return self._found[key]

    def _candidates(self, names: list[str], beside: str | None) -> Iterator[str]:
        for name in names:
            for folder in ([beside] if beside is not None else []) + list(self._folders):
                path = f"{folder}/{name}" if folder else name
                if (self._built or _GENERATED not in path) and (self._top / path).is_file():
                    yield path

    def _read(self, path: str) -> _File:
        if path not in self._files:
            self._files[path] = _pieces(path, _content(self._top / path, path))
        return self._files[path]


def _content(file: Path, path: str) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE + 1)
    except OSError as failure:
        raise CError("unreadable", f"{path}: {failure.strerror}") from failure
    if len(content) > MAX_FILE:
        raise CError("too-large", f"{path} has more than {MAX_FILE >> 20} MiB")
    return content.decode("utf-8", "replace")


def _pieces(path: str, text: str) -> _File:
    text = _COMMENT.sub(_blank, text)
    pieces, position, line = [], 0, 1
    for match in _DIRECTIVE.finditer(text):
        before = text[position : match.start()]
        line += before.count("\n")
        pieces.append((before, match[1], match[2], line))
        line += match.group().count("\n")
        position = match.end()
    return _File(path, pieces, (text[position:], line))


def _blank(match: re.Match[str]) -> str:
    """Replaces comments by a space and keeps their lines as continuations: line numbers stay, directives continue."""
    text = match.group()
    return text if text[0] in "\"'" else " " + "\\\n" * text.count("\n")
