"""What walking through a function comes to: its paths, its values, and what is said of what was not followed.

Without it, a branch of the function could be dropped without a word.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from modalloc_model.c.tokens import SourceLine
from modalloc_model.kernel.tree import KernelError
from tests.kernel.trees import imported, only, row, shown, start, table, tree, warnings


def test_constants_are_computed_and_carry_their_line(tmp_path: Path) -> None:
    result = imported(tmp_path, table())
    given = row(only(result)).fields["start0"]
    assert shown(given) == "0xbe000000"
    lines = (tmp_path / "arch/nios2/mm/init.c").read_text().split("\n")
    assert ".start" in lines[given.trail[0].line - 1]
    assert warnings(result) == ""


def test_a_protection_is_read_off_its_bits(tmp_path: Path) -> None:
    letters = [
        row(only(imported(tmp_path, table(prot=prot)))).protection
        for prot in ("PAGE_KERNEL", "PAGE_KERNEL_EXEC", "__pgprot(_PAGE_READ)", "__pgprot(0)")
    ]
    assert [one and one.letters for one in letters] == ["rw-", "rwx", "r--", "---"]


def test_a_boot_with_kaslr_and_one_without_are_two_sets(tmp_path: Path) -> None:
    body = "\tunsigned long offset = 0;\n\tif (kaslr_enabled())\n"
    body += "\t\toffset = get_random_u32_inclusive(1, 1024) * PAGE_SIZE;\n" + table("MODULES_VADDR + offset")
    result = imported(tmp_path, body)
    found = {placed.set.choices["kaslr_enabled"]: placed.set for placed in result.placed}
    assert shown(row(found[False]).fields["start0"]) == "0xbe000000"
    assert shown(row(found[True]).fields["start0"]) == "0xbe000000 + (random_offset * 0x1000)"
    (drawn,) = found[True].drawn
    assert (drawn.low, drawn.high, drawn.place.path) == (1, 1024, "arch/nios2/mm/init.c")
    assert not found[False].drawn


def test_the_caller_may_lay_a_choice_down(tmp_path: Path) -> None:
    body = "\tunsigned long o = kaslr_enabled() ? 0x1000 : 0x2000;\n" + table("MODULES_VADDR + o")
    result = imported(tmp_path, body, **{"kaslr_enabled()": "0"})
    assert start(result) == "0xbe002000"


def test_functions_of_the_file_are_entered(tmp_path: Path) -> None:
    before = "static u32 base;\nstatic u32 half(u32 x)\n{\n\tif (x > 8)\n\t\treturn x / 2;\n\treturn x;\n}\n"
    before += "static void prepare(void)\n{\n\tbase = half(0x80000000u);\n\tbase += half(6);\n}\n"
    assert start(imported(tmp_path, "\tprepare();\n" + table("base"), before)) == "0x40000006"


def test_a_variable_that_others_write_too_is_unknown(tmp_path: Path) -> None:
    before = "static unsigned long base = 0x1000;\nvoid early(char *p)\n{\n\tbase = 5;\n}\n"
    result = imported(tmp_path, table("base"), before)
    assert start(result) == "base"
    assert [(one.name, one.low, one.high) for one in only(result).drawn] == [("base", 0, 0xFFFFFFFF)]
    assert "base, which is set elsewhere: any value is possible" in warnings(result)


def test_an_unknown_function_gives_any_value_and_its_line(tmp_path: Path) -> None:
    result = imported(tmp_path, table("somewhere(3)"))
    assert start(result) == "somewhere"
    assert "arch/nios2/mm/init.c:11: somewhere() is not known: any value is possible" in warnings(result)


def test_what_cannot_be_followed_is_forgotten_and_named(tmp_path: Path) -> None:
    body = "\tunsigned long a = 1, b = 2;\n\ta = @@ b;\n" + table("a", "b")
    result = imported(tmp_path, body)
    fields = row(only(result)).fields
    assert (shown(fields["start0"]), shown(fields["end0"])) == ("a", "b")
    assert "statement is not followed: a = @@ b;" in warnings(result)


SWITCH = """\
	unsigned long a = 1;
	switch (%s) {
	case 1:
		a = 0x1000;
	case 2 ... 4:
		a += 0x2000;
		break;
	default:
		a = 0x8000;
	}
"""


@pytest.mark.parametrize(("subject", "value"), [(0, 0x8000), (1, 0x3000), (2, 0x2001), (4, 0x2001), (5, 0x8000)])
def test_a_switch_goes_where_c_goes(tmp_path: Path, subject: int, value: int) -> None:
    assert start(imported(tmp_path, SWITCH % subject + table("a"))) == hex(value)


def test_a_switch_that_the_boot_decides_is_a_path_a_case(tmp_path: Path) -> None:
    body = "\tunsigned long r = get_random_u32_below(3);\n" + SWITCH % "r" + table("a")
    starts = {shown(row(placed.set).fields["start0"]) for placed in imported(tmp_path, body).placed}
    assert starts == {"0x8000", "0x3000", "0x2001"}


def test_a_switch_ends_what_break_ends_and_return_leaves_the_function(tmp_path: Path) -> None:
    before = "static unsigned long f(int x)\n{\n\tswitch (x) {\n\tcase 7:\n\t\treturn 0x7000;\n\t}\n\treturn 1;\n}\n"
    result = imported(tmp_path, table("f(7)", "f(8)"), before)
    fields = row(only(result)).fields
    assert (shown(fields["start0"]), shown(fields["end0"])) == ("0x7000", "1")


def test_a_goto_leads_to_its_label(tmp_path: Path) -> None:
    body = "\tunsigned long a = 1;\n\tif (a) {\n\t\ta = 2;\n\t\tgoto out;\n\t}\n\ta = 3;\nout:\n\ta += 0x10;\n" + table(
        "a"
    )
    assert start(imported(tmp_path, body)) == "0x12"


def test_a_goto_backwards_is_a_loop(tmp_path: Path) -> None:
    body = "\tunsigned long a = 1;\nagain:\n\ta *= 2;\n\tif (a < 100)\n\t\tgoto again;\n" + table("a")
    assert start(imported(tmp_path, body)) == "0x80"


def test_a_static_branch_goes_either_way(tmp_path: Path) -> None:
    before = (
        'static bool on(void)\n{\n\tasm goto("nop" : : "i"(1) : : yes);\n\treturn false;\nyes:\n\treturn true;\n}\n'
    )
    body = "\tunsigned long a = 0x1000;\n\tif (on())\n\t\ta = 0x2000;\n" + table("a")
    starts = {shown(row(placed.set).fields["start0"]) for placed in imported(tmp_path, body, before).placed}
    assert starts == {"0x1000", "0x2000"}


@pytest.mark.parametrize(
    "body",
    [
        "\tgoto in;\n\tif (x) {\nin:\n\t\tx = 2;\n\t}\n",
        "\tswitch (x) {\n\tcase 1: {\n\tcase 2:\n\t\tx = 2;\n\t}\n\t}\n",
        "\tgoto *somewhere;\n",
    ],
)
def test_a_jump_that_cannot_be_followed_is_no_straight_line(tmp_path: Path, body: str) -> None:
    """The function itself is refused; of one that it calls nothing is known."""
    with pytest.raises(KernelError, match="cannot be followed"):
        imported(tmp_path, f"\tint x = 1;\n{body}" + table())
    writes = "\tg = 6;\n"
    _is_worth_any_value(tmp_path / "before", writes + body)
    _is_worth_any_value(tmp_path / "after", body + writes)


def _is_worth_any_value(tmp_path: Path, body: str) -> None:
    """f(), and what it writes, wherever it does."""
    before = f"static unsigned long g = 5;\nstatic unsigned long f(int x)\n{{\n{body}\treturn 1;\n}}\n"
    result = imported(tmp_path, "\tunsigned long h = f(1);\n" + table("h", "g"), before)
    fields = row(only(result)).fields
    assert (shown(fields["start0"]), shown(fields["end0"])) == ("f", "g")
    assert "f() is not followed" in warnings(result)


def test_a_branch_that_no_boot_takes_is_no_path(tmp_path: Path) -> None:
    body = "\tunsigned long r = get_random_u32_below(16);\n\tunsigned long s = 1;\n\tif (r > 20)\n\t\ts = 2;\n" + table(
        "s"
    )
    assert start(imported(tmp_path, body)) == "1"


def test_a_condition_of_the_boot_makes_two_sets_with_their_conditions(tmp_path: Path) -> None:
    body = "\tunsigned long r = get_random_u32_below(16);\n\tunsigned long s = 1;\n\tif (r > 7)\n\t\ts = 2;\n" + table(
        "s"
    )
    result = imported(tmp_path, body)
    found = {shown(row(p.set).fields["start0"]): [str(c) for c in p.set.constraints] for p in result.placed}
    assert found == {"1": ["!(7 < random_r)"], "2": ["7 < random_r"]}


def test_paths_that_come_to_the_same_are_one_set(tmp_path: Path) -> None:
    body = '\tif (kaslr_enabled())\n\t\tprintk("moved");\n' + table()
    result = imported(tmp_path, body)
    assert only(result).choices == {}


def test_a_choice_of_integers_stays_one_expression(tmp_path: Path) -> None:
    body = "\tunsigned long r = get_random_u32_below(16);\n" + table("r > 7 ? 0x1000 : 0x2000")
    assert start(imported(tmp_path, body)) == "(7 < random_r) ? 0x1000 : 0x2000"


def test_a_kernel_that_is_not_built_is_no_path(tmp_path: Path) -> None:
    body = "\tdo { extern void __compiletime_assert_7(void); if (!(1 < 2)) __compiletime_assert_7(); } while (0);\n"
    assert start(imported(tmp_path, body + table())) == "0xbe000000"
    with pytest.raises(KernelError, match="such a kernel is not built") as refused:
        imported(tmp_path, body.replace("1 < 2", "2 < 1") + table())
    assert refused.value.place == SourceLine("arch/nios2/mm/init.c", 8)


def test_a_loop_is_followed_to_its_end_and_an_endless_one_refused(tmp_path: Path) -> None:
    body = "\tunsigned long s = 0;\n\tfor (int i = 0; i < 10; i++)\n\t\ts += 0x10;\n" + table("s")
    assert start(imported(tmp_path, body)) == "0xa0"
    with pytest.raises(KernelError) as refused:
        imported(tmp_path, body.replace("i < 10", "1"))
    assert refused.value.code == "too-many-steps"


def test_members_are_written_through_pointers(tmp_path: Path) -> None:
    body = table() + "\tstruct execmem_info *info = &execmem_info;\n\tstruct execmem_range *r = &info->ranges[0];\n"
    body += "\tif (!r->fallback_start)\n\t\tr->start = 0x5000;\n"
    assert start(imported(tmp_path, body)) == "0x5000"


def test_integers_have_the_width_and_sign_of_their_types(tmp_path: Path) -> None:
    body = "\tunsigned char c = 0x1ff;\n\tint m = -1;\n\tu32 w = 0xffffffffu + 2;\n" + table("c", "m < 0 ? w : 9")
    fields = row(only(imported(tmp_path, body))).fields
    assert (shown(fields["start0"]), shown(fields["end0"])) == ("0xff", "1")


def test_flags_are_told_by_the_bits_of_their_enumerators(tmp_path: Path) -> None:
    body = table().replace(".alignment", ".flags = EXECMEM_KASAN_SHADOW, .alignment")
    assert row(only(imported(tmp_path, body))).flags == ("EXECMEM_KASAN_SHADOW",)


def test_an_architecture_without_a_function_has_the_kernels_own(tmp_path: Path) -> None:
    generic = (
        "#include <linux/execmem.h>\n#include <asm/pgtable.h>\n#define NULL ((void *)0)\n"
        "static struct execmem_info *execmem_info;\nstatic struct execmem_info default_execmem_info;\n"
        "struct execmem_info * __attribute__((weak)) execmem_arch_setup(void)\n{\n\treturn NULL;\n}\n"
        "static void __execmem_init(void)\n{\n\tstruct execmem_info *info = execmem_arch_setup();\n\tif (!info) {\n"
        "\t\tinfo = execmem_info = &default_execmem_info;\n\t\tinfo->ranges[EXECMEM_DEFAULT].start = MODULES_VADDR;\n"
        "\t\tinfo->ranges[EXECMEM_DEFAULT].end = MODULES_END;\n"
        "\t\tinfo->ranges[EXECMEM_DEFAULT].pgprot = PAGE_KERNEL_EXEC;\n"
        "\t\tinfo->ranges[EXECMEM_DEFAULT].alignment = 1;\n\t}\n\texecmem_info = info;\n}\n"
    )
    from modalloc_model.kernel.importing import Request, import_sets

    top = tree(tmp_path, "int nothing;\n", {"mm/execmem.c": generic})
    result = import_sets(Request("nios2", str(top)))
    assert (result.definition.function, start(result)) == ("__execmem_init", "0xbe000000")


def test_module_alloc_gives_every_range_that_it_tries(tmp_path: Path) -> None:
    alloc = (
        "#include <asm/pgtable.h>\nvoid *module_alloc(unsigned long size)\n{\n\tvoid *p;\n"
        "\tp = __vmalloc_node_range(size, PAGE_SIZE, MODULES_VADDR, MODULES_END, 0, PAGE_KERNEL, 0, -1, 0);\n"
        "\tif (p)\n\t\treturn p;\n"
        "\treturn __vmalloc_node_range(size, 1, 0x80000000, 0x90000000, 0, PAGE_KERNEL, 0, -1, 0);\n}\n"
    )
    from modalloc_model.kernel.importing import Request, import_sets

    top = tree(tmp_path, "", {"arch/nios2/kernel/module.c": alloc}, "6 1 0")
    (top / "mm/execmem.c").unlink()
    result = import_sets(Request("nios2", str(top)))
    fields = row(only(result), "MODULE").fields
    assert result.definition.dialect == "module_alloc"
    assert [shown(fields[name]) for name in ("start0", "end0", "start1", "end1")] == [
        *("0xbe000000", "0xbfffffff", "0x80000000", "0x90000000"),
    ]


def test_a_static_local_is_zero_at_the_first_call_and_an_ordinary_one_unknown(tmp_path: Path) -> None:
    assert start(imported(tmp_path, "\tstatic unsigned long s;\n" + table("s + 0x1000"))) == "0x1000"
    result = imported(tmp_path, "\tint other = 0; unsigned long s;\n" + table("s"))
    assert (start(result), "s has no value yet" in warnings(result)) == ("s", True)
