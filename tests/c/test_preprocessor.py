"""The preprocessor without a compiler: what macros come to, and what conditions and headers let through.

Without it, a table could be read from lines that its compiler never sees.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from modalloc_model.c.macros import Expander, Macro, define
from modalloc_model.c.preprocessor import Preprocessed, Preprocessor
from modalloc_model.c.tokens import CError, SourceLine, as_text, tokens


def _macros(*definitions: str) -> dict[str, Macro]:
    found = [define(text, SourceLine("m.h", 1)) for text in definitions]
    return {macro.name: macro for macro in found if macro}


def _expanded(text: str, *definitions: str) -> str:
    return "".join(token.text for token in Expander(_macros(*definitions)).expand(tokens(text)))


def _run(top: Path, text: str, **headers: str) -> Preprocessed:
    (top / "f.c").write_text(text)
    for name, content in headers.items():
        (top / "include").mkdir(exist_ok=True)
        (top / "include" / f"{name}.h").write_text(content)
    return Preprocessor(top, ["include"], {}).run([], "f.c")


@pytest.mark.parametrize(
    ("text", "definitions", "expected"),
    [
        ("A", ("A B", "B 1"), "1"),
        ("F(1,2)", ("F(x,y) (x+y)",), "(1+2)"),
        ("F((1,2))", ("F(x) x",), "(1,2)"),
        ("F", ("F(x) x",), "F"),
        ("F(F(1))", ("F(x) x+1",), "1+1+1"),
        ("A", ("A A+1",), "A+1"),
        ("A", ("A B", "B A"), "A"),
        ("J(a,b)", ("J(x,y) x##y", "ab 7"), "7"),
        ("J(,b)", ("J(x,y) x##y",), "b"),
        ('S( a  +"q" )', ("S(x) #x",), r'"a +\"q\""'),
        ("S(N)", ("S(x) #x", "N 1"), '"N"'),
        ("V(1,2,3)", ("V(x, ...) f(x, __VA_ARGS__)",), "f(1,2,3)"),
        ("V(1)", ("V(x, args...) f(x, ##args)",), "f(1)"),
        ("V(1,2)", ("V(x, args...) f(x, ##args)",), "f(1,2)"),
        ("E(A)", ("E(o) D(o)", "D(v) DD(P_##v)", "DD(j) T(j 1, 0)", "T(i, v, ...) v", "P_1 0,", "A 1"), "1"),
        ("E(A)", ("E(o) D(o)", "D(v) DD(P_##v)", "DD(j) T(j 1, 0)", "T(i, v, ...) v", "P_1 0,"), "0"),
    ],
)
def test_a_macro_comes_to_what_the_standard_says(text: str, definitions: tuple[str, ...], expected: str) -> None:
    assert _expanded(text, *definitions) == expected


def test_what_a_macro_makes_stands_where_its_name_stood() -> None:
    macros = _macros("A f(1)")
    assert {token.place.line for token in Expander(macros).expand(tokens("\n\nA", SourceLine("f.c", 1)))} == {3}


def test_macros_that_blow_up_are_refused_in_little_time() -> None:
    bombs = [f"A{n} A{n + 1} A{n + 1} A{n + 1} A{n + 1}" for n in range(40)]
    begin = time.monotonic()
    with pytest.raises(CError, match="tokens") as refused:
        _expanded("A0", *bombs)
    assert refused.value.code == "macro-recursion"
    assert time.monotonic() - begin < 10


def test_nested_arguments_do_not_reach_the_stack() -> None:
    with pytest.raises(CError):
        _expanded("F(" * 5000 + ")" * 5000, "F(x) x")


@pytest.mark.parametrize(
    ("condition", "taken"),
    [
        ("#if 1", True),
        ("#if defined(A) && A > 2", True),
        ("#if defined B", False),
        ("#ifdef A", True),
        ("#ifndef A", False),
        ("#if A == 3 ? 0 : 1", False),
        ("#if UNKNOWN", False),
        ("#if UNKNOWN(3)", False),
        ("#if -1 < 0 && (1 << 3) == 8", True),
        ("#if !defined(A) || \\\n A != 3", False),
        ("#if -1 > 0U", True),
        ("#if ~0ULL >> 63 == 1", True),
        ("#if 7 / 0", False),
        ("#if 'A' == 65", True),
        ("#if 0\n#elifdef A", True),
    ],
)
def test_a_condition_is_decided_by_the_macros(tmp_path: Path, condition: str, taken: bool) -> None:
    result = _run(tmp_path, f"#define A 3\n{condition}\nyes;\n#else\nno;\n#endif\n")
    assert ("yes;" in result.text, "no;" in result.text) == (taken, not taken)


def test_one_branch_of_many_is_read(tmp_path: Path) -> None:
    result = _run(tmp_path, "#if 0\na;\n#elif 1\nb;\n#elif 1\nc;\n#else\nd;\n#endif\n")
    assert [letter for letter in "abcd" if f"{letter};" in result.text] == ["b"]


def test_a_header_is_guarded_and_looked_for_beside_generic_ones(tmp_path: Path) -> None:
    (tmp_path / "include" / "asm-generic").mkdir(parents=True)
    (tmp_path / "include" / "asm-generic" / "x.h").write_text("#ifndef X\n#define X 5\nonce;\n#endif\n")
    result = _run(tmp_path, "#include <asm/x.h>\n#include <asm/x.h>\n#include <generated/none.h>\n")
    assert result.text.count("once;") == 1
    assert result.missing == {"generated/none.h": SourceLine("f.c", 3)}


def test_lines_keep_their_numbers_over_comments_and_continuations(tmp_path: Path) -> None:
    text = "/* a\n b */\n#define M(x) do { \\\n/* one \\\n two */ x; } while (0)\nhere;\n"
    for after in ("", "#define N\n", "#if 0\n#endif\nmore;\n"):
        found = _run(tmp_path, text + after)
        assert [token.place.line for token in tokens(found.text) if token.text == "here"] == [6]
    result = _run(tmp_path, text)
    assert [token.place.line for token in tokens(result.text) if token.text == "here"] == [6]
    body = Expander(result.macros).expand(tokens("M(y)"))
    assert "".join(as_text(body).split()) == "do{y;}while(0)"


def test_headers_that_include_each_other_end(tmp_path: Path) -> None:
    with pytest.raises(CError, match="without end"):
        _run(tmp_path, "#include <a.h>\n", a="#include <b.h>\n", b="#include <a.h>\n")
