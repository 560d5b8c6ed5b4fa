"""C tables in every form in which they reach a reader: sources, mails, quotations, patches.

Without it, a quoted or patched table could lose a line, or keep one that was removed.
"""

from __future__ import annotations

import pytest

from modalloc_model.params import Location, ParamSet
from tests.descriptor.writing import HEAD, fixture, meaning, one, read, said, text_type, with_text

SOURCE = fixture("three-roots.c")
LINES = SOURCE.split("\n")


@pytest.fixture(scope="module")
def table() -> ParamSet:
    return one(SOURCE, "three-roots.c", None)


def _as_patch(removed_every: int = 4) -> str:
    body = []
    for number, line in enumerate(LINES):
        body.append(("+" if number % 3 else " ") + line)
        if number % removed_every == 0:
            body.append("-\t\t\t.granularity = 12345,")
    old = sum(line[0] != "+" for line in body)
    header = f"@@ -1,{old} +1,{len(LINES)} @@ static void before(void)"
    return "\n".join(["diff --git a/x.c b/x.c", "--- a/x.c", "+++ b/x.c", header, *body, "-- ", "2.40.0", ""])


def _quoted(text: str, mark: str = "> ") -> str:
    return "\n".join(mark + line for line in text.split("\n"))


VARIANTS = {
    "CRLF": SOURCE.replace("\n", "\r\n"),
    "quoted": _quoted(SOURCE),
    "quoted-twice": _quoted(SOURCE, ">> "),
    "quoted-without-space": _quoted(SOURCE, ">"),
    "quoted-in-turns": "\n".join((">> " if n % 2 else "> > ") + line for n, line in enumerate(LINES)),
    "added": _quoted(SOURCE, "+"),
    "patch": _as_patch(),
    "quoted-patch": _quoted(_as_patch()),
    "comments": SOURCE.replace(",\n", ", // one\n").replace(" = {", " /* two\n three */ = {", 1),
    "const": SOURCE.replace("static struct", "static const struct"),
    "attribute": SOURCE.replace("__initdata", '__attribute__((section(".init.data"), aligned(8)))'),
    "without-types": SOURCE.replace("\t.types = {\n", "").replace("\t},\n};", "};"),
    "byte-order-mark": "\ufeff" + SOURCE,
    "address-of": SOURCE.replace("= text_poke,", "= &text_poke,"),
    "list-of-starts": SOURCE.replace(".start[0] = MODULES_VADDR,\n\t\t\t.end[0] = SPLIT - 1,\n\t\t\t.start[1] = SPLIT,",
                                     ".start = { MODULES_VADDR, SPLIT },\n\t\t\t.end = { [0] = SPLIT - 1 },"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_every_form_means_the_same(name: str, table: ParamSet) -> None:
    assert VARIANTS[name] != SOURCE
    variant = one(VARIANTS[name], "three-roots.c", None)
    assert meaning(variant) == meaning(table)
    assert (variant.id, variant.machine, variant.assumptions) == (table.id, table.machine, table.assumptions)


def test_values_are_those_written(table: ParamSet) -> None:
    text, data, rodata, after_init, _, init_data, init_rodata = table.types
    assert (text.granularity.value, text.alignment.value) == (0x200000, 64)
    assert [str(r.first) for r in text.ranges] == ["0xffffffffc0000000 + kaslr_offset", "0xffffffffe0000000"]
    assert [str(r.last) for r in text.ranges] == ["0xffffffffdfffffff", "0xfffffffffeffffff"]
    assert (text.fill_name, text.invalidate_name, text.fill.value, data.fill.value) == (
        "text_poke",
        "text_poke_invalidate",
        1,
        0,
    )
    assert [t.mapto for t in table.types] == [0, 1, 1, 3, 0, 1, 0]
    assert [bool(t.seals.value) for t in table.types] == [False, False, False, True, False, False, False]
    assert (text.second.value, text.shared_pmd.value, data.second.value) == (1, 1, 0)
    assert (rodata.protection.name, after_init.protection.name) == ("PAGE_KERNEL", "PAGE_KERNEL")
    assert init_data.written == {"mapto"}
    assert init_rodata.written == frozenset()


def test_what_is_left_out_is_zero(table: ParamSet) -> None:
    init_text = table.type("INITTEXT")
    assert (init_text.granularity.value, init_text.alignment.value, init_text.mapto) == (0, 0, 0)
    assert (init_text.protection.name, init_text.protection.read.value) == ("", 0)
    assert [(r.first.value, r.last.value, r.nonempty.value) for r in init_text.ranges] == [(0, 0, 1), (0, 0, 1)]


def test_every_field_knows_its_place(table: ParamSet) -> None:
    where = table.type("TEXT").where
    assert where[""] == Location("three-roots.c", 20, 3)
    assert where["start1"] == Location("three-roots.c", 27, 4)
    assert set(where) - {""} == table.type("TEXT").written
    assert table.location("INITTEXT", "pgprot") == Location("three-roots.c", 18, 1)


def test_types_of_a_range_share_its_places(table: ParamSet) -> None:
    assert table.type("DATA").where == table.type("RODATA").where
    assert table.type("RODATA").where[""].line == 33


def test_columns_are_those_of_the_quoted_file() -> None:
    table = one(VARIANTS["quoted-twice"], "q.txt", None)
    assert table.type("TEXT").where["granularity"] == Location("q.txt", 23, 7)


def test_a_directive_gives_assumptions_claims_and_cases(table: ParamSet) -> None:
    assert (table.assumptions.free_access, table.assumptions.claims) == ("restored", ("strict-rwx",))
    first, second = read(SOURCE, arch=None).tables[0].cases
    assert (first.verdict, first.assumptions.protect, first.assumptions.free_access) == (
        "proved",
        "after-fill",
        "restored",
    )
    assert (second.rules, second.why, second.location.line) == (("PRT001", "PRT003"), "text is writable", 14)


def test_the_caller_wins_over_the_directive() -> None:
    table = one(SOURCE, arch="x86_64-nokaslr", defines=("SPLIT=0xffffffffb0000000",), assume={"free-access": "as-is"})
    assert table.machine.name == "x86_64-nokaslr"
    assert table.type("TEXT").ranges[1].first.value == 0xFFFFFFFFB0000000
    assert table.assumptions.free_access == "as-is"


def test_cases_do_not_depend_on_the_caller() -> None:
    asked = read(SOURCE, arch=None, assume={"guard": "page"}).tables[0]
    assert asked.params.assumptions.guard == "page"
    assert asked.cases == read(SOURCE, arch=None).tables[0].cases


def test_a_mail_gives_a_table_for_each_heading() -> None:
    reading = read(fixture("discussion.txt"), "discussion.txt")
    assert [(t.params.id, t.params.line) for t in reading.tables] == [
        ("discussion:everything-in-one-place", 9),
        ("discussion:that-s-what-we-have-rather-with-data-on-its-own", 23),
    ]
    first, second = (t.params for t in reading.tables)
    assert [t.mapto for t in first.types] == [0] * 7
    assert first.type("TEXT").granularity.value == 0x1000
    assert second.type("DATA").protection.name == "PAGE_KERNEL"
    assert reading.problems == ()


def test_the_struct_and_functions_that_take_it_are_no_tables() -> None:
    text = (
        "struct mod_alloc_type_params {\n\tstruct mod_alloc_type types[7];\n};\n"
        "mod_alloc_init(struct mod_alloc_type_params *params)\n{\n\tfor (i = 0; i < 7; i++)\n\t\tgo(i);\n}\n"
        "/* struct mod_alloc_type_params old = { [0] = { } }; */\n"
        "extern struct mod_alloc_type_params other;\n"
    )
    assert said(read(text)) == [(1, 1, "no-table")]
    assert read(text + SOURCE).tables[0].params.id == "f:three_roots"


def test_tables_with_one_name_are_numbered() -> None:
    reading = read(SOURCE + SOURCE, arch=None)
    assert [t.params.id for t in reading.tables] == ["f:three_roots", "f:three_roots-2"]
    assert said(reading, "warning") == [(18 + len(LINES) - 1, 1, "duplicate-id")]


def test_a_directive_speaks_of_what_follows() -> None:
    plain = HEAD + "[0] = { .granularity = HERE },\n};\n"
    text = "".join(f"/* modalloc: {{define: {{HERE: {n}}}}} */\n{plain.replace('x =', f'x{n} =')}" for n in (1, 2))
    assert [t.params.types[0].granularity.value for t in read(text).tables] == [1, 2]


def test_a_directive_that_nothing_follows_is_doubted() -> None:
    assert said(read(SOURCE + "/* modalloc: {arch: nios2} */\n", arch=None), "warning") == [(54, 1, "idle-directive")]


def test_later_fields_win_and_that_is_said() -> None:
    reading = with_text(".alignment = 4,\n.granularity = 8,\n.alignment = 16,")
    assert reading.tables[0].params.types[0].alignment.value == 16
    (problem,) = reading.problems
    assert (problem.severity, problem.where.line) == ("warning", 5)
    assert "line 5" in problem.message and "line 3" in problem.message


def test_a_later_entry_replaces_all_of_an_earlier_one() -> None:
    reading = read(HEAD + "[0 ... 2] = { .alignment = 4 },\n[1] = { .granularity = 8 },\n[2].granularity = 2,\n};")
    text, data, rodata = reading.tables[0].params.types[:3]
    assert [(t.alignment.value, t.granularity.value) for t in (text, data, rodata)] == [(4, 0), (0, 8), (4, 2)]
    assert said(reading, "warning") == [(3, 1, "overridden")]


def test_an_entry_without_a_designator_follows_the_one_before() -> None:
    table = one(HEAD + "{ .alignment = 1 }, [3] = { .alignment = 2 }, { .alignment = 3 },\n};")
    assert [t.alignment.value for t in table.types] == [1, 0, 0, 2, 3, 0, 0]


@pytest.mark.parametrize(
    ("value", "mapto"), [("MOD_ALLOC_TYPE_INITDATA", 5), ("2", 2), ("99", 99), ("MOD_ALLOC_TYPE_DATA + 1", 2)]
)
def test_mapto_may_be_any_number(value: str, mapto: int) -> None:
    assert text_type(f".mapto_type = {value},").mapto == mapto


@pytest.mark.parametrize("value", ["NULL", "0", "(void *)0", "((void *)0)"])
def test_null_is_no_function(value: str) -> None:
    assert text_type(f".fill = {value},").fill.value == 0


@pytest.mark.parametrize("value", ["0", "(FLAG_SET_RO_AFTER_INIT | FLAG_SHARED_PMD)", "1 ? FLAG_SHARED_PMD : 0"])
def test_flags_are_combined(value: str) -> None:
    found = text_type(f".flags = {value},")
    assert (bool(found.seals.value), bool(found.shared_pmd.value)) == ("RO" in value, "PMD" in value)


def test_an_unsigned_int_keeps_its_low_bits() -> None:
    reading = with_text(".granularity = 0x100001000,\n.alignment = 64,")
    assert reading.tables[0].params.types[0].granularity.value == 0x1000
    assert said(reading, "warning") == [(3, 16, "truncated")]


CONDITIONAL = """\
#ifdef CONFIG_X
.granularity = 1,
#elif defined(CONFIG_Y) && 1
.granularity = 2,
#else
.granularity = 3,
#endif"""


@pytest.mark.parametrize(
    ("defines", "granularity"),
    [(["CONFIG_X"], 1), (["CONFIG_X=n", "CONFIG_Y=1"], 2), (["CONFIG_X=0", "CONFIG_Y=0"], 3)],
)
def test_a_conditional_is_decided_by_what_is_defined(defines: list[str], granularity: int) -> None:
    assert text_type(CONDITIONAL, defines=tuple(defines)).granularity.value == granularity


@pytest.mark.parametrize(("condition", "granularity"), [("X > 2", 1), ("X - 4", 2), ("(X | 1) == 5 ? 0 : 1", 2)])
def test_a_conditional_may_compute(condition: str, granularity: int) -> None:
    text = f"#if {condition}\n.granularity = 1,\n#else\n.granularity = 2,\n#endif"
    assert text_type(text, defines=("X=4",)).granularity.value == granularity


def test_a_conditional_is_never_guessed() -> None:
    assert said(with_text(CONDITIONAL, defines=("CONFIG_X=0",))) == [(5, 1, "conditional")]
    assert said(with_text(CONDITIONAL))[0] == (3, 1, "conditional")


def test_hunks_without_a_gap_are_one_text(table: ParamSet) -> None:
    half = len(LINES) // 2
    first = [f"@@ -0,0 +1,{half} @@", *("+" + line for line in LINES[:half])]
    second = [f"@@ -0,0 +{half + 1},{len(LINES) - half} @@", *("+" + line for line in LINES[half:])]
    assert meaning(one("\n".join([*first, *second]), arch=None)) == meaning(table)


def test_a_table_of_which_a_patch_shows_parts_is_refused() -> None:
    half = len(LINES) // 2
    first = [f"@@ -0,0 +1,{half} @@", *("+" + line for line in LINES[:half])]
    second = [f"@@ -0,0 +{half + 3},{len(LINES) - half} @@", *("+" + line for line in LINES[half:])]
    assert said(read("\n".join([*first, *second]), arch=None)) == [(19, 9, "incomplete")]


def test_a_define_that_is_an_address_names_places() -> None:
    table = one(SOURCE, arch=None, defines=("CONFIG_X=1", "SMALL=3"))
    assert "SPLIT" in table.machine.symbols
    assert not {"CONFIG_X", "SMALL"} & table.machine.symbols.keys()


def test_a_define_pins_an_unknown() -> None:
    table = one(SOURCE, arch=None, defines=("kaslr_offset=0x5000",))
    assert table.machine.unknowns == ()
    assert table.type("DATA").ranges[0].first.value == 0xFFFFFFFFC0005000
