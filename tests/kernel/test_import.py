"""`modalloc import` as a user runs it: the tables it writes, and what it says where it cannot.

Without it, a call could write half a table, or fail without saying why.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modalloc_model.kernel.reading import MAX_PREPROCESSED
from tests.cli.running import ROOT, document, modalloc
from tests.kernel.trees import CONFIG, PGTABLE_H, source, table, tree

PREPROCESSED = """\
# 1 "include/linux/execmem.h" 1
enum execmem_type {
 EXECMEM_DEFAULT,
};
struct execmem_info { int ranges; };
typedef struct { unsigned long pgprot; } pgprot_t;
# 5 "arch/nios2/mm/init.c"
static struct execmem_info execmem_info;
# 6 "arch/nios2/mm/init.c"
struct execmem_info *execmem_arch_setup(void)
{
 execmem_info = (struct execmem_info){
  .ranges = {
   [EXECMEM_DEFAULT] = {
    .start = (0xc0000000 - 0x02000000),
    .end = (0xc0000000 - 1),
    .pgprot = ((pgprot_t) { ((1 << 20) | (1 << 21) | (1 << 22)) }),
    .alignment = 1,
   },
  },
 };

 return &execmem_info;
}
"""
"""What a compiler makes of the small tree's file."""

_FAKE_MAKE = """\
#!/bin/sh
for word in "$@"; do case "$word" in O=*) out="${word#O=}";; esac; done
printf 'CONFIG_MMU=y\\nCONFIG_MODULES=y\\n' > "$out/.config"
mkdir -p "$out/arch/hexagon/mm"
cp "$READY" "$out/arch/hexagon/mm/init.i"
"""


def _git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def _gate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "modalloc_model", "gate", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _import(top: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return modalloc("import", top, "--arch", "nios2", *words)


def _fails(finished: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert "Traceback" not in finished.stderr
    for part in parts:
        assert part in finished.stderr


def test_the_table_is_one_that_verify_reads(tmp_path: Path) -> None:
    told = _import(tree(tmp_path, source(table())))
    (warning,) = told.stderr.splitlines()
    assert told.returncode == 0
    assert "PAGE_KERNEL is rw- in this tree, and rwx in the profile nios2" in warning
    verdict = modalloc("verify", "-", "--select", "RCH001", "--format", "json", stdin=told.stdout)
    (decided,) = document(verdict)["tables"]
    assert (decided["id"], decided["arch"], decided["verdict"]) == ("stdin:execmem_arch_setup", "nios2", "refuted")


def test_values_stand_below_the_lines_that_made_them(tmp_path: Path) -> None:
    top = tree(tmp_path, source("\tunsigned long s = MODULES_VADDR;\n" + table("s")))
    lines = _import(top).stdout.split("\n")
    at = next(number for number, line in enumerate(lines) if "- {start: 0xbe000000" in line)
    assert "arch/nios2/mm/init.c:12: .start = s," in lines[at - 3]
    assert "arch/nios2/mm/init.c:8: unsigned long s = MODULES_VADDR;" in lines[at - 2]
    assert '  PAGE_KERNEL_EXEC: {allows: rwx, source: "arch/nios2/mm/init.c:14, bits 0x700000"}' in lines


def test_a_protection_that_the_profile_knows_otherwise_is_the_trees(tmp_path: Path) -> None:
    top = tree(tmp_path, source(table(prot="PAGE_KERNEL")))
    told = _import(top)
    assert "PAGE_KERNEL is rw- in this tree, and rwx in the profile nios2" in told.stderr
    shown = modalloc("show", "-", stdin=told.stdout)
    assert "rw-" in shown.stdout
    assert "rwx" not in shown.stdout


def test_a_symbol_of_another_value_is_defined_in_the_table(tmp_path: Path) -> None:
    top = tree(tmp_path, source(table()))
    told = _import(top, "-D", "CONFIG_NIOS2_KERNEL_REGION_BASE=0xd0000000")
    assert "  MODULES_VADDR: 0xce000000  # arch/nios2/include/asm/pgtable.h:15" in told.stdout
    assert "MODULES_VADDR is 0xce000000 in this tree" in told.stderr


def test_a_folder_gets_a_file_for_each_profile_and_always_the_same(tmp_path: Path) -> None:
    top = tree(tmp_path / "tree", source(table()))
    for name in ("one", "two"):
        assert _import(top, "--output", tmp_path / name).returncode == 0
    assert [file.name for file in (tmp_path / "one").iterdir()] == ["nios2.yaml"]
    assert (tmp_path / "one/nios2.yaml").read_bytes() == (tmp_path / "two/nios2.yaml").read_bytes()
    assert str(tmp_path) not in (tmp_path / "one/nios2.yaml").read_text()


def test_a_tree_is_not_written_to(tmp_path: Path) -> None:
    top = tree(tmp_path, source(table()))
    before = {file: file.stat().st_mtime_ns for file in top.rglob("*")}
    assert _import(top).returncode == 0
    assert {file: file.stat().st_mtime_ns for file in top.rglob("*")} == before


def test_verify_reads_a_tree_by_itself(tmp_path: Path) -> None:
    top = tree(tmp_path, source(table()))
    finished = modalloc("verify", top, "--arch", "nios2", "--select", "RCH001", "--format", "json")
    (decided,) = document(finished)["tables"]
    assert (finished.returncode, decided["id"]) == (1, "nios2:execmem_arch_setup")
    assert "many architectures" in modalloc("verify", top).stderr


def test_a_preprocessed_file_gives_the_same_table(tmp_path: Path) -> None:
    top = tree(tmp_path, source(table()))
    (tmp_path / "init.i").write_text(PREPROCESSED)
    told = _import(top, "--preprocessed", tmp_path / "init.i")
    plain = [line for line in told.stdout.split("\n") if not line.startswith("#")]
    assert plain == [line for line in _import(top).stdout.split("\n") if not line.startswith("#")]
    alone = modalloc("import", "--arch", "nios2", "--preprocessed", tmp_path / "init.i").stdout
    assert "- {start: 0xbe000000, end: 0xbfffffff}" in alone
    assert "{allows: rwx, source:" in alone


def test_the_gate_names_what_a_hunk_in_a_tree_has_lost(tmp_path: Path) -> None:
    """A window that began within reach and begins below it now."""
    header = PGTABLE_H.replace("(REGION - SZ_32M)", "(REGION + 0x10000000 - SZ_32M)").replace(
        "(REGION - 1)", "(REGION + 0x10000000)"
    )
    top = tree(tmp_path / "tree", source(table()), {"arch/nios2/include/asm/pgtable.h": header})
    folder = tmp_path / "repository"
    folder.mkdir()
    _git(folder, "init", "-q")
    assert _import(top, "--output", folder / "tables").returncode == 0
    _git(folder, "add", ".")
    _git(folder, "commit", "-qm", "before")
    (top / "arch/nios2/include/asm/pgtable.h").write_text(PGTABLE_H)
    assert _import(top, "--output", folder / "tables").returncode == 0
    finished = _gate(folder, "--base", "HEAD", "tables")
    assert finished.returncode == 1
    assert "RCH001" in finished.stdout
    assert "tables/nios2.yaml" in finished.stdout


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ((), ("is not a kernel tree", "Makefile with VERSION")),
        (("--config", "/nonexistent"), ("is not a kernel tree",)),
    ],
)
def test_a_folder_that_is_no_tree_is_refused(tmp_path: Path, given: tuple[str, ...], parts: tuple[str, ...]) -> None:
    _fails(_import(tmp_path, *given), *parts)
    _fails(_import(tmp_path / "none"), "is no folder")


def test_neither_tree_nor_file_is_a_wrong_call() -> None:
    _fails(modalloc("import", "--arch", "nios2"), "TREE")


def test_an_unknown_architecture_is_refused_with_the_nearest(tmp_path: Path) -> None:
    _fails(modalloc("import", tree(tmp_path, source(table())), "--arch", "nois2"), "did you mean nios2?")
    _fails(modalloc("import", tree(tmp_path, source(table())), "--arch", "riscv"), "has no arch/riscv", "it has: nios2")


def test_an_older_kernel_without_the_function_is_told_which_version_has_it(tmp_path: Path) -> None:
    top = tree(tmp_path, "int nothing;\n", version="2 4 0")
    (top / "mm/execmem.c").unlink()
    _fails(_import(top), "Linux 2.4.0 has neither execmem_arch_setup()", "came with Linux 6.10")


def test_a_tree_without_configuration_asks_for_one(tmp_path: Path) -> None:
    top = tree(tmp_path, source(table()))
    (top / ".config").unlink()
    _fails(_import(top), "not configured", "--kernel-config")
    (tmp_path / "c").write_text("hello\n")
    _fails(_import(top, "--config", tmp_path / "c"), "is not a kernel configuration")


def test_a_configuration_of_another_architecture_is_refused(tmp_path: Path) -> None:
    top = tree(tmp_path, source(table()))
    (tmp_path / "c").write_text("#\n# Linux/arm64 6.12.0 Kernel Configuration\n#\n" + CONFIG)
    _fails(_import(top, "--config", tmp_path / "c"), "is a configuration of arm64, not of nios2")


def test_a_function_that_the_configuration_leaves_out_is_said(tmp_path: Path) -> None:
    text = source(table()).replace("struct execmem_info *ex", "#ifdef CONFIG_X\nstruct execmem_info *ex") + "#endif\n"
    _fails(_import(tree(tmp_path, text)), "is not there with this configuration")
    assert _import(tmp_path, "-D", "CONFIG_X=y").returncode == 0


def test_hostile_macros_are_refused_with_their_line(tmp_path: Path) -> None:
    bombs = "\n".join(f"#define A{n} A{n + 1} + A{n + 1} + A{n + 1}" for n in range(40))
    _fails(_import(tree(tmp_path, source(table("A0"), bombs))), "tokens", "arch/nios2/mm/init.c:")


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    _fails(_import(tree(tmp_path, source(table("(" * 3000 + "1" + ")" * 3000)))), "nested")


def test_a_preprocessed_file_without_end_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.i").open("wb") as stream:
        stream.truncate(MAX_PREPROCESSED * 3)
    _fails(modalloc("import", "--arch", "nios2", "--preprocessed", tmp_path / "huge.i"), "more than 48 MiB")
    (tmp_path / "zeros.i").write_bytes(b"\0" * 1000)
    _fails(modalloc("import", "--arch", "nios2", "--preprocessed", tmp_path / "zeros.i"), "is no text")


def test_a_text_that_repeats_a_name_without_end_is_given_up_on(tmp_path: Path) -> None:
    (tmp_path / "many.i").write_text("int execmem_arch_setup(\n" * 200_000)
    found = modalloc("import", "--arch", "nios2", "--preprocessed", tmp_path / "many.i")
    _fails(found, "takes too long", "not a preprocessed kernel file")


def test_a_profile_of_another_version_is_refused_with_the_right_one(tmp_path: Path) -> None:
    top = tree(tmp_path, source(table()), {"arch/riscv/mm/init.c": source(table())}, version="6 1 0")
    found = modalloc("import", top, "--arch", "riscv64", "-D", "CONFIG_64BIT=y")
    _fails(found, "riscv64 is not of Linux 6.1", "riscv64-6.1")


def test_a_configuration_of_another_kind_of_kernel_is_refused_with_the_right_profile(tmp_path: Path) -> None:
    top = tree(tmp_path, source(table()), {"arch/riscv/mm/init.c": source(table())})
    _fails(modalloc("import", top, "--arch", "riscv64"), "riscv64 is of kernels with CONFIG_64BIT=y", "riscv32")


def test_nothing_is_written_where_something_is_wrong(tmp_path: Path) -> None:
    top = tree(tmp_path / "tree", source("\tfor (;;);\n" + table()))
    _fails(_import(top, "--output", tmp_path / "out"), "steps")
    assert not (tmp_path / "out").exists()


def test_a_build_that_fails_is_told_with_its_last_lines(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("make", "flex", "bison", "clang", "ld.lld", "gcc"):
        (tools / name).write_text(
            "#!/bin/sh\necho first\necho 'fatal error: gelf.h: No such file'; echo 'make[1]: *** [x] Error 2'\nexit 2\n"
        )
        (tools / name).chmod(0o755)
    top = tree(tmp_path / "tree", source(table()), {"arch/hexagon/mm/init.c": source(table())})
    (top / ".config").unlink()
    found = modalloc("import", top, "--arch", "hexagon", "--build", environment={"PATH": f"{tools}:/usr/bin:/bin"})
    _fails(
        found,
        "LLVM=1 defconfig failed",
        "    | first\n    | fatal error: gelf.h: No such file\n    apt-get install libelf-dev",
    )
    missing = modalloc("import", top, "--arch", "hexagon", "--build", environment={"PATH": str(tmp_path)})
    _fails(missing, "not installed: make, flex, bison", "apt-get install")


def test_a_build_runs_beside_the_tree_and_its_file_is_read(tmp_path: Path) -> None:
    """A make that writes what a compiler would."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("make", "flex", "bison", "clang", "ld.lld"):
        (tools / name).write_text(_FAKE_MAKE)
        (tools / name).chmod(0o755)
    top = tree(tmp_path / "tree", source(table()), {"arch/hexagon/mm/init.c": source(table())})
    (top / ".config").unlink()
    (tmp_path / "ready.i").write_text(PREPROCESSED)
    environment = {"PATH": f"{tools}:/usr/bin:/bin", "READY": str(tmp_path / "ready.i")}
    told = modalloc("import", top, "--arch", "hexagon", "--build", environment=environment)
    assert "through the tree's own build, configuration .config" in told.stdout
    assert "- {start: 0xbe000000, end: 0xbfffffff}" in told.stdout


def test_without_a_compiler_a_build_says_what_to_install(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("make", "flex", "bison"):
        (tools / name).symlink_to("/bin/true")
    top = tree(tmp_path / "tree", source(table()))
    told = modalloc("import", top, "--arch", "nios2", "--build", environment={"PATH": str(tools)})
    _fails(told, "no compiler for nios2 is installed", "omit --build")
