"""A copy of the tree whose sources contain all their mutants.

Making the mutants of a module takes seconds; they are stored beside the copy, by a digest of the module.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from proofs.code_mutation.laying_open import laid_open

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("modalloc_model", "proofs", "spec", "tests", "bench", "pyproject.toml", "README.md", "Makefile", "LICENSE")
NOT_MUTATED = ("modalloc_model/designs/mail/bench.py",)  # measures, and judges nothing
GROUPS = {
    "words": ("tests/test_words.py", "tests/properties/test_words.py", "tests/test_shared_terms.py"),
    "properties": ("tests/properties", "tests/allocator"),
    "allocator": ("tests/allocator",),
    "smt": ("tests/smt",),
    "designs": ("tests/smt", "tests/allocator", "tests/designs"),
}
"""The mutated modules below modalloc_model/, and the tests that must notice.

What a rule says of an executable run stands in the rule's file, and its tests are the allocator's.
"""


def sources() -> Iterator[Path]:
    """The modules that are mutated, relative to the root."""
    for name in GROUPS:
        path = ROOT / "modalloc_model" / name
        for found in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if str(found.relative_to(ROOT)) not in NOT_MUTATED:
                yield found.relative_to(ROOT)


def prepare(folder: Path) -> list[str]:
    """Copy the tree, with all mutants in its sources; their names."""
    for name in COPIED:
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    mutants = []
    for path in sources():
        code, names = _mutate(path, folder / "cache")
        (folder / path).write_text(code, encoding="utf-8")
        mutants += names
    return mutants


def _mutate(path: Path, cache: Path) -> tuple[str, list[str]]:
    from mutmut.mutation.file_mutation import mutate_file_contents
    from mutmut.utils.format_utils import get_mutant_name

    source = (ROOT / path).read_text(encoding="utf-8")
    kept = cache / (hashlib.sha256(f"{path} {source}".encode()).hexdigest() + ".json")
    if not kept.is_file():
        mutated = mutate_file_contents(str(path), laid_open(source))
        names = [get_mutant_name(path, name).replace(".__init__.", ".") for name in mutated.mutant_names]
        cache.mkdir(exist_ok=True)
        kept.write_text(json.dumps([_with_our_switch(mutated.code), names]), encoding="utf-8")
    code, names = json.loads(kept.read_text(encoding="utf-8"))
    return code, names


def _with_our_switch(code: str) -> str:
    """The module with our switch in the place of mutmut's."""
    theirs = "from mutmut.mutation.trampoline import wrap_in_trampoline as _mutmut_mutated, MutantDict"
    ours = "from proofs.code_mutation.switch import Mutants as MutantDict, mutated as _mutmut_mutated"
    return code.replace(theirs, ours).replace("__mutmut: MutantDict = {}", "__mutmut: MutantDict = MutantDict()")
