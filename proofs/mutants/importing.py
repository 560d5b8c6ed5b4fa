"""The mutant as the interpreter sees it: the changed module is imported from changed text, the tree stays as it is.

Must be in place before the module is first imported, so a mutant lives in a process of its own. No byte code is
written: nothing of a mutant outlives its process.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

from proofs.mutants.mutant import Change


class _ChangedText(SourceFileLoader):
    """Compiles the changed text, and neither reads nor writes byte code."""

    def __init__(self, change: Change, path: str) -> None:
        super().__init__(change.module, path)
        self._change = change

    def get_code(self, fullname: str) -> CodeType:
        source = self._change.apply(self.get_data(self.path).decode("utf-8"))
        return compile(source, self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    """Finds the one changed module, and leaves every other to the finders behind it."""

    def __init__(self, change: Change) -> None:
        self._change = change

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname == self._change.module else None
        if spec is not None and spec.origin is not None:
            spec.loader = _ChangedText(self._change, spec.origin)
        return spec


def install(change: Change) -> None:
    """From here on, the changed module is imported as changed. AssertionError where it was imported before."""
    assert change.module not in sys.modules, f"{change.module} is imported already"
    sys.meta_path.insert(0, _Finder(change))
