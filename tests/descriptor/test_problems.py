"""What is wrong with a table is said: all of it, each at its line and column, with the nearest known name.

Without it, a mistake could be reported without its place, or hide the next one.
"""

from __future__ import annotations

import pytest

from modalloc_model.descriptor import Reading
from tests.descriptor.writing import HEAD, read, said, with_text

FIELD = [
    (".granulrity = 1,", 3, 1, "unknown-field", "'granulrity'", "did you mean granularity?"),
    (".flags = FLAG_SHARED_PDM,", 3, 10, "unknown-flag", "'FLAG_SHARED_PDM'", "did you mean FLAG_SHARED_PMD?"),
    (".flags = 0 |\nFLAG_RO,", 4, 1, "unknown-flag", "'FLAG_RO'", "known: FLAG_SHARED_PMD, FLAG_SECOND_ADDRESS_SPACE,"),
    (".flags = 4,", 3, 10, "wrong-kind", "'4'", ""),
    (".pgprot = PAGE_KERNEL_EXE,", 3, 11, "unknown-protection", "'PAGE_KERNEL_EXE'", "did you mean PAGE_KERNEL_EXEC?"),
    (".pgprot = 3,", 3, 11, "wrong-kind", "'3'", ""),
    (".pgprot = PAGE_SIZE,", 3, 11, "wrong-kind", "'PAGE_SIZE'", ""),
    (".mapto_type = MOD_ALLOC_TYPE_TXT,", 3, 15, "unknown-type", "MOD_ALLOC_TYPE_TXT", "mean MOD_ALLOC_TYPE_TEXT?"),
    (".mapto_type = kaslr_offset,", 3, 15, "not-constant", "kaslr_offset", ""),
    (".start[0] = SZ_4K +\n  MODULE_VADDR,", 4, 3, "unknown-symbol", "'MODULE_VADDR'", "did you mean MODULES_VADDR?"),
    (".start[0] = NOWHERE_NEAR_IT,", 3, 13, "unknown-symbol", "'NOWHERE_NEAR_IT'", "-D NOWHERE_NEAR_IT="),
    (".start[0] = ALGIN(1, 2),", 3, 13, "unknown-function", "'ALGIN'", "did you mean ALIGN?"),
    (".start[0] = ALIGN(1),", 3, 13, "wrong-kind", "takes 2 arguments, not 1", ""),
    (".start[2] = 1,", 3, 8, "bad-value", "numbered 0 to 1", ""),
    (".start = 1,", 3, 1, "wrong-kind", "array of 2", "write .start[0] = 1"),
    (".start = { 1, 2, 3 },", 3, 18, "wrong-kind", "takes 2 values", ""),
    (".alignment[0] = 1,", 3, 11, "unexpected", "no such member", ""),
    (".alignment = { 1 },", 3, 14, "wrong-kind", "not a list", ""),
    ('.alignment = "64",', 3, 14, "wrong-kind", '"64"', ""),
    (".fill = 3,", 3, 9, "wrong-kind", "'3'", ""),
    (".alignment = ,", 3, 14, "missing-value", "missing", ""),
    (".alignment = 08,", 3, 14, "bad-number", "'08'", ""),
    (".alignment = 0x,", 3, 14, "bad-number", "'0x'", ""),
    (".alignment = 5--1,", 3, 15, "unexpected", "'--'", ""),
    (".alignment = 0x10 += 1,", 3, 19, "unexpected", "'+='", ""),
    (".pgprot = __pgprot(NOWHERE),", 3, 11, "wrong-kind", "'__pgprot(NOWHERE)'", ""),
    ("  #if NOBODY_SAYS\n  #endif", 3, 3, "conditional", "NOBODY_SAYS", "-D NOBODY_SAYS=1"),
    ("#if NOBODY_SAYS > 2\n#endif", 3, 1, "conditional", "NOBODY_SAYS", "-D NOBODY_SAYS=1"),
    (".alignment = 1.5,", 3, 15, "missing-comma", "", ""),
    (".alignment = 1 / (2 - 2),", 3, 18, "division-by-zero", "'1 / (2 - 2)'", ""),
    (".start[0] = 1UL << 64,", 3, 20, "shift-too-wide", "'1UL << 64'", ""),
    (".start[0] = 1 << kaslr_offset,", 3, 18, "not-constant", "kaslr_offset", ""),
    (".start[0] = (1 + 2,\n.end[0] = 1,", 3, 13, "missing-parenthesis", "", ""),
    (".start[0] = 1 +,", 3, 16, "unexpected", "ends where a value should stand", ""),
    (".start[0] = 1 2,", 3, 15, "unexpected", "'2'", ""),
    (".flags = FLAG_SHARED_PMD &amp; 0,", 3, 26, "html-entity", "&amp;", "plain text"),
    ("granularity = 4096,", 3, 1, "missing-dot", "'granularity'", "write .granularity"),
    (".granularity 4096,", 3, 14, "missing-equals", "'4096'", ""),
    ("4096,", 3, 1, "unexpected", "'4096'", "write .field = value"),
    (".granularity = 1\n.alignment = 2,", 3, 17, "missing-comma", "'.granularity = 1'", ""),
    (".granularity = PAGE_SIZE .alignment = 2,", 3, 25, "missing-comma", "", ""),
    (",", 3, 1, "unexpected", "no value before it", ""),
    (". = 1,", 3, 1, "unexpected", "name is missing", ""),
    ("#include <x.h>", 3, 1, "conditional", "#include", ""),
    ("/* never closed", 3, 1, "unclosed-comment", "", ""),
    (".start[0] = " + "(" * 200 + "1" + ")" * 200 + ",", 3, 93, "too-deep", "", ""),
    (".start[0] = " + "1 + " * 3000 + "1,", 3, 13, "too-deep", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "code", "message", "hint"), FIELD, ids=lambda v: str(v)[:30])
def test_a_field_is_wrong(text: str, line: int, column: int, code: str, message: str, hint: str) -> None:
    _told(with_text(text), line, column, code, message, hint)


TABLE = [
    ("[MOD_ALLOC_TYPE_TXT] = { },", 2, 2, "unknown-type", "'MOD_ALLOC_TYPE_TXT'", "did you mean MOD_ALLOC_TYPE_TEXT?"),
    ("[0 ... MOD_ALLOC_TYPE_INITRODTA] = { },", 2, 8, "unknown-type", "", "did you mean MOD_ALLOC_TYPE_INITRODATA?"),
    ("[7] = { },", 2, 2, "unknown-type", "numbered 0 to 6", ""),
    ("[3 ... 1] = { },", 2, 1, "bad-value", "from RODATA_AFTER_INIT to DATA", ""),
    ("[0...1] = { },", 2, 3, "unexpected", "", "space before the dots"),
    ("[0] = { .alignment = 1 }\n[1] = { .alignment = 1 },", 2, 25, "missing-comma", "[0] = { .alignment = 1 }", ""),
    ("[0] = { .alignment = 1,\n[1] = { .alignment = 1 },", 3, 1, "missing-brace", "[1] = {", ""),
    ("[0] = { .alignment = 1 }},\n[1] = { },", 2, 25, "extra-brace", "','", "one closing brace too many"),
    ("[0] = 4096,", 2, 1, "wrong-kind", "'4096'", ""),
    ("[] = { },", 2, 2, "missing-value", "a type is missing", ""),
    ("[0 = { },", 2, 1, "unexpected", "']' is missing", ""),
    (".alignment = 1,", 2, 1, "unexpected", "outside the braces", ""),
    (".tpyes = { },", 2, 1, "unknown-field", "'tpyes'", "did you mean types?"),
    ("[0] = { [1] = 3 },", 2, 9, "unknown-field", "", ""),
    (" { }," * 8, 2, 37, "unknown-type", "more than the 7", ""),
    ("{" * 100, 2, 9, "too-deep", "", ""),
]


@pytest.mark.parametrize(("text", "line", "column", "code", "message", "hint"), TABLE, ids=lambda v: str(v)[:30])
def test_an_entry_is_wrong(text: str, line: int, column: int, code: str, message: str, hint: str) -> None:
    _told(read(HEAD + text + "\n};\n"), line, column, code, message, hint)


FILE = [
    (b"", 1, 1, "empty", "", ""),
    (b" \n\n", 1, 1, "empty", "", ""),
    (b"int main(void) { return 0; }\n", 1, 1, "no-table", "", "struct mod_alloc_type_params"),
    (bytes(range(256)), 1, 1, "binary", "", ""),
    (b"\x7fELF\x02\x01\x01\x03\x04\x05\x06" * 9, 1, 1, "binary", "", ""),
    (b"a\n<<<<<<< HEAD\n" + HEAD.encode() + b"[0] = {},\n=======\n>>>>>>> x\n};\n", 2, 1, "conflict-marker", "", ""),
    (b"x" * (8 * 1024 * 1024 + 1), 1, 1, "too-large", "8 MiB", ""),
    (HEAD.encode() + b"[0] = { .alignment = 1 },\n", 1, 34, "missing-brace", "never closed", ""),
    (HEAD.encode() + b"[0] = { .alignment = 1 };\n", 2, 25, "missing-brace", "';'", ""),
    (b"struct mod_alloc_type_params x {\n[0] = { },\n};\n", 1, 32, "missing-equals", "'x'", ""),
    (
        b"/* modalloc: {arhc: x86_64} */\n" + HEAD.encode() + b"};\n",
        1,
        15,
        "unknown-key",
        "'arhc'",
        "did you mean arch?",
    ),
    (b"/* modalloc:\n * a: [\n */\n" + HEAD.encode() + b"};\n", 3, 1, "bad-yaml", "", ""),
    (b"/* modalloc:\n * define: {A-B: 1}\n */\n" + HEAD.encode() + b"};\n", 2, 13, "bad-define", "'A-B'", ""),
    (b"word_bits: {value: 3}\n", 1, 1, "no-table", "profile", ""),
]


@pytest.mark.parametrize(("text", "line", "column", "code", "message", "hint"), FILE, ids=lambda v: str(v)[:30])
def test_a_file_is_wrong(text: bytes, line: int, column: int, code: str, message: str, hint: str) -> None:
    _told(read(text), line, column, code, message, hint)


def _told(reading: Reading, line: int, column: int, code: str, message: str, hint: str) -> None:
    assert reading.tables == ()
    assert (line, column, code) in said(reading)
    problem = next(p for p in reading.problems if (p.where.line, p.where.column, p.code) == (line, column, code))
    assert message in problem.message
    assert hint in problem.hint
    assert problem.where.path == "f.c"


def test_all_problems_are_said_at_once() -> None:
    reading = with_text(
        ".granulrity = 1,\n.flags = FLAG_X,\n.pgprot = PAGE,\n.start[0] = 1 / 0,\n.end[0] = HERE\n.fill = 3,"
    )
    assert said(reading) == [
        (3, 1, "unknown-field"),
        (4, 10, "unknown-flag"),
        (5, 11, "unknown-protection"),
        (6, 17, "division-by-zero"),
        (7, 11, "unknown-symbol"),
        (7, 15, "missing-comma"),
        (8, 9, "wrong-kind"),
    ]


def test_one_bad_table_does_not_take_the_others_along() -> None:
    good = "struct mod_alloc_type_params {} = {{ [0] = {{ .alignment = 4 }} }};\n"
    reading = read(good.format("a") + HEAD + "[0] = { .algn = 3 },\n};\n" + good.format("b"))
    assert [t.params.id for t in reading.tables] == ["f:a", "f:b"]
    assert said(reading) == [(3, 9, "unknown-field")]


def test_an_entry_for_several_types_is_complained_of_once() -> None:
    assert said(read(HEAD + "[0 ... 6] = { .pgprot = PAGE_X, .start[0] = 1 / 0 },\n};\n")) == [
        (2, 25, "unknown-protection"),
        (2, 49, "division-by-zero"),
    ]


def test_problems_have_a_limit() -> None:
    assert len(with_text(".nothing = 1,\n" * 5000).problems) == 200


def test_a_table_without_architecture_is_refused() -> None:
    reading = read("\n" + HEAD + "[0] = { .alignment = 1 },\n};", arch=None)
    assert said(reading) == [(2, 1, "no-arch")]
    assert "--arch" in reading.problems[0].hint


def test_an_unknown_architecture_is_named_with_the_nearest() -> None:
    (problem,) = read(HEAD + "};", arch="x86-64").problems
    assert (problem.code, problem.where.path, problem.hint) == ("unknown-arch", "--arch", "did you mean x86_64?")
    text = "/* modalloc: {arch: noise2} */\n" + HEAD + "};"
    assert said(read(text, arch=None)) == [(1, 21, "unknown-arch")]


def test_settings_are_checked() -> None:
    settings = {"defines": ("1=2", "A=B+1", "B=A"), "assume": {"protekt": "x", "guard": "pag"}, "claims": ("strict",)}
    reading = with_text(".start[0] = A,", **settings)
    assert {(p.where.path, p.code, p.hint) for p in reading.problems} == {
        ("--assume", "unknown-key", "did you mean protect?"),
        ("--assume", "bad-value", "did you mean page?"),
        ("--claim", "bad-value", "did you mean strict-rwx?"),
        ("-D 1=2", "bad-define", "write NAME=EXPR"),
        ("-D A=B+1", "symbol-cycle", ""),
    }
    assert reading.tables == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (".start[0] = 1 << 31,", "int-arithmetic"),
        (".start[0] = ~0U,", "int-arithmetic"),
        (".start[0] = SZ_2G + SZ_2G,", "int-arithmetic"),
        (".start[0] = 0xffffffffffffffff + 2,", "wraps"),
        (".start[0] = 4096 - 8192,", "wraps"),
        (".start[0] = ALIGN(~0UL, 4096),", "wraps"),
        (".start[0] = 0x10000000000000000,", "wraps"),
        (".start[0] = (u32)0x100000001,", "truncated"),
        (".start[0] = ALIGN(5, 3),", "not-a-power-of-two"),
    ],
)
def test_arithmetic_that_may_surprise_is_doubted(text: str, code: str) -> None:
    reading = with_text(text)
    assert said(reading, "warning") == [(3, 13, code)]
    assert len(reading.tables) == 1


@pytest.mark.parametrize(
    "value",
    ["-1UL", "~0UL", "~(PAGE_SIZE - 1)", "-PAGE_SIZE", "1UL << 31", "4096 - 8192 + 8192", "(unsigned long)-1", "SZ_2G",
     "PAGE_OFFSET_ + SZ_4G - SZ_4K", "MODULES_VADDR & PMD_MASK"],
)  # fmt: skip
def test_arithmetic_that_is_meant_is_not_doubted(value: str) -> None:
    assert with_text(f".start[0] = {value},", defines=("PAGE_OFFSET_=0xffff888000000000",)).problems == ()
