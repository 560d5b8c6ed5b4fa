"""Nothing that a file may hold makes a reader raise, hang or forget where a problem is.

Without it, some input could end in a traceback, or never.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modalloc_model.descriptor import Reading, Settings, read_text
from modalloc_model.paths import spec_root
from modalloc_model.words import evaluate
from tests.descriptor.writing import fixture

TABLES = [
    *(path.read_text(encoding="utf-8") for path in sorted((spec_root() / "params").glob("*.c"))),
    *(fixture(name) for name in ("three-roots.c", "three-roots.yaml", "discussion.txt")),
]
PIECES = [
    "{", "}", "[", "]", "(", ")", ",", ";", ".", "=", "...", "|", "+", "-", "/*", "*/", "//", '"', "'", "\\\n",
    "\n", "\r", "#if 1\n", "\n#else\n", "\n#endif\n", "> ", "+", "@@ -1,3 +1,3 @@\n", "<<<<<<< x\n",
    ">>>>>>> y\n", "0", "/ 0", "1 << 64", "(u32)", "sizeof(", "MODULES_VADDR", ".types", ".start[0]",
    "[0 ... 6]", "\0", "\u00e9", "\u2028", "\x85", "struct mod_alloc_type_params {", "&amp;", "modalloc:",
    "<<: *pages", "&a", "*a", "- ", ": ", "? ", "|-\n", "\t", "%YAML 1.1\n---\n", "!!int ",
]  # fmt: skip
DEFINES = ["A=1", "MODULES_END=MODULES_VADDR", "PAGE_SIZE=3", "kaslr_offset", "=", "A=A"]
SETTINGS = st.builds(
    Settings,
    arch=st.sampled_from([None, "x86_64", "nios2", "x86", "/", "\0.yaml"]),
    defines=st.lists(st.sampled_from(DEFINES)).map(tuple),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A table with pieces deleted, inserted, doubled and moved."""
    text = draw(st.sampled_from(TABLES))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 200)))
        at = draw(st.integers(0, len(text)))
        kind = draw(st.sampled_from(["delete", "insert", "double", "replace"]))
        piece = draw(st.sampled_from(PIECES) | st.text(max_size=5))
        if kind == "insert":
            text = text[:at] + piece + text[at:]
        elif kind == "double":
            text = text[:at] + text[start:end] + text[at:]
        else:
            text = text[:start] + (piece if kind == "replace" else "") + text[end:]
    return text.encode("utf-8", "surrogatepass")


def _check(reading: Reading, lines: int) -> None:
    for problem in reading.problems:
        assert problem.message and problem.code and problem.severity in ("error", "warning")
        if problem.where.path == "f.c":
            assert 1 <= problem.where.line <= lines + 1
            assert problem.where.column >= 1
    for table in reading.tables:
        boot = table.params.machine.floors
        for alloc_type in table.params.types:
            for chosen in alloc_type.ranges:
                evaluate(chosen.last, boot)


@given(content=mutated(), settings=SETTINGS)
def test_mutated_tables_give_a_reading(content: bytes, settings: Settings) -> None:
    _check(read_text(content, "f.c", settings), content.count(b"\n") + 1)


@given(content=st.binary(max_size=300), settings=SETTINGS)
def test_random_bytes_give_a_reading(content: bytes, settings: Settings) -> None:
    _check(read_text(content, "f.c", settings), content.count(b"\n") + 1)


@given(text=st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_random_pieces_of_a_table_give_a_reading(text: str) -> None:
    content = ("struct mod_alloc_type_params x = {" + text).encode()
    _check(read_text(content, "f.c", Settings("x86_64")), content.count(b"\n") + 1)


@given(text=st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_random_pieces_of_yaml_give_a_reading(text: str) -> None:
    content = ("arch: x86_64\ntypes:\n  TEXT: {" + text).encode()
    _check(read_text(content, "f.c", Settings()), content.count(b"\n") + 1)
