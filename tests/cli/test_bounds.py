"""What a profile assumes and the machine does not enforce is printed with each verdict, and lifted on request.

Without it, a verdict could rest on an assumption that is not printed with it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import LEGACY, modalloc

PROFILE = """\
name: tight
word_bits: {value: 32, source: s}
page_size: {value: 0x1000, source: s}
pmd_size: {value: 0x200000, source: s}
ends: {value: inclusive, source: s}
unknowns:
  ram: {step: SZ_1M, k: [4, 8], source: s, bound: {why: up to 8 MiB are assumed, most: SZ_16M, source: "a.c:1"}}
  holes: {step: PAGE_SIZE, k: [2, 3], source: s, bound: {why: two at least are assumed, least: 0, source: "a.c:2"}}
constraints:
  - {name: apart, holds: ram + holes <= SZ_16M, why: they are assumed to be apart}
symbols:
  MODULES_VADDR: {value: 0x90000000 + ram + holes, source: s}
  MODULES_END: {value: 0x90ffffff, source: s}
protections: {PAGE_KERNEL_EXEC: {allows: rwx, source: s}}
windows: [{name: modules, first: 0x90000000, last: MODULES_END, source: s}]
regions: {forbidden: [{name: low, first: 0, last: 0x8fffffff, source: s, bound: 256 MiB are assumed}]}
image: {name: image, first: 0x91000000, last: 0x911fffff, source: s}
reach: [{name: CALL, kind: anywhere, targets: [kernel, text, data], source: s}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tight.yaml").write_text(PROFILE, encoding="utf-8")
    (tmp_path / "legacy.c").write_text(LEGACY, encoding="utf-8")
    return tmp_path


def _verify(folder: Path, *words: str) -> Any:
    arch = ("--arch", str(folder / "tight.yaml"), "--no-cache")
    return modalloc("verify", str(folder / "legacy.c"), *arch, *words)


def _table(folder: Path, *words: str) -> Any:
    document = json.loads(_verify(folder, "--format", "json", *words).stdout)
    return document["tables"][0] if "tables" in document else document["errors"]


def _refuted(table: Any) -> set[str]:
    return {r["rule"] for r in table["results"] if r["verdict"] == "refuted" and r["severity"] == "error"}


def test_bounds_are_among_the_assumptions_of_the_verdict(folder: Path) -> None:
    said = _verify(folder).stdout
    assert "  bounds     holes: " not in said
    for line in (
        "  bounds     0x2000 <= holes (two at least are assumed; beyond: --beyond holes)\n",
        "             ram <= 0x800000 (up to 8 MiB are assumed; beyond: --beyond ram)\n",
        "             ram + holes <= SZ_16M (they are assumed to be apart; beyond: --beyond apart)\n",
        "             low (256 MiB are assumed; beyond: --beyond low=END)\n",
    ):
        assert line in said
    assert _table(folder)["bounds"] == {
        "holes": {"bound": "0x2000 <= holes", "why": "two at least are assumed", "beyond": True},
        "ram": {"bound": "ram <= 0x800000", "why": "up to 8 MiB are assumed", "beyond": True},
        "apart": {"bound": "ram + holes <= SZ_16M", "why": "they are assumed to be apart", "beyond": True},
        "low": {"bound": "low", "why": "256 MiB are assumed", "beyond": True},
    }


@pytest.mark.parametrize("form", ["sarif", "junit", "ktap", "markdown"])
def test_every_format_has_the_bounds(folder: Path, form: str) -> None:
    assert "8 MiB are assumed" in _verify(folder, "--format", form).stdout


def test_the_page_arch_and_show_have_them_too(folder: Path) -> None:
    _verify(folder, "--html", str(folder / "page.html"))
    assert "within the bound <code>ram &lt;= 0x800000" in (folder / "page.html").read_text(encoding="utf-8")
    arch = ("--arch", str(folder / "tight.yaml"))
    assert re.search(r"\n  ram <= 0x800000 +up to 8 MiB are assumed\n", modalloc("arch", arch[1]).stdout)
    assert "  bounds     ram <= 0x800000 (up to" in modalloc("show", str(folder / "legacy.c"), *arch).stdout


def test_what_lies_beyond_is_decided_on_request(folder: Path) -> None:
    assert _table(folder)["verdict"] == "proved"
    lifted = _table(folder, "--beyond", "ram")
    assert (lifted["unknowns"]["ram"], "ram" in lifted["bounds"]) == ("SZ_1M * k, 4 <= k <= 16", False)
    assert lifted["verdict"] == "proved"
    both = ("--beyond", "ram", "--beyond", "apart")
    found = _table(folder, *both)
    assert _refuted(found) >= {"RNG001"}
    (boot,) = {r["counterexample"]["unknowns"]["ram"] for r in found["results"] if r["rule"] == "RNG001"}
    assert int(boot, 16) > 8 << 20
    assert _verify(folder, *both).returncode == 1


def test_a_value_says_how_far(folder: Path) -> None:
    near = _table(folder, "--beyond", "ram=SZ_8M + SZ_2M")
    assert (near["verdict"], near["unknowns"]["ram"]) == ("proved", "SZ_1M * k, 4 <= k <= 10")
    assert near["bounds"]["ram"] == {"bound": "ram <= 0xa00000", "why": "as far as --beyond has it", "beyond": True}


def test_a_bound_from_below_is_lifted_downwards(folder: Path) -> None:
    assert _table(folder, "--beyond", "holes")["unknowns"]["holes"] == "PAGE_SIZE * k, 0 <= k <= 3"
    assert _table(folder, "--beyond", "holes=PAGE_SIZE")["unknowns"]["holes"] == "PAGE_SIZE * k, 1 <= k <= 3"


def test_a_constraint_that_is_assumed_is_lifted_by_its_name(folder: Path) -> None:
    both = ("--beyond", "apart", "--beyond", "ram")
    assert set(_table(folder, *both)["bounds"]) == {"holes", "low"}


def test_a_region_that_is_bounded_goes_as_far_as_is_asked(folder: Path) -> None:
    clear, hit = (_table(folder, "--beyond", f"low={end}") for end in ("0x90402000", "0x90403000"))
    assert "RNG005" not in _refuted(clear)
    assert "RNG005" in _refuted(hit)
    assert hit["bounds"]["low"]["why"] == "as far as --beyond has it"


def test_the_alignment_of_kasan_counts_where_its_bound_is_lifted(folder: Path) -> None:
    kasan = "kasan_alignment: {value: PAGE_SIZE << 3, source: s%s}\n"
    (folder / "tight.yaml").write_text(PROFILE + kasan % ", bound: a kernel without KASAN is assumed", encoding="utf-8")
    said = _table(folder)
    assert "ALN006" not in _refuted(said)
    assert said["bounds"]["kasan_alignment"]["why"] == "a kernel without KASAN is assumed"
    lifted = _table(folder, "--beyond", "kasan_alignment")
    assert "ALN006" in _refuted(lifted)
    assert "kasan_alignment" not in lifted["bounds"]
    (folder / "tight.yaml").write_text(PROFILE + kasan % "", encoding="utf-8")
    assert "ALN006" in _refuted(_table(folder))


def test_without_a_limit_of_the_machine_the_word_ends_it(folder: Path) -> None:
    text = PROFILE.replace(', most: SZ_16M, source: "a.c:1"', "")
    (folder / "tight.yaml").write_text(text, encoding="utf-8")
    assert _table(folder, "--beyond", "ram")["unknowns"]["ram"] == "SZ_1M * k, 4 <= k <= 4095"


@pytest.mark.parametrize(
    ("beyond", "code", "said"),
    [
        ("rma", "unknown-bound", "'rma' is not a bound of any profile"),
        ("low", "bad-value", "low is bounded by its end: 256 MiB are assumed"),
        ("low=0x90000000", "bad-value", "low ends at 0x90000000 as it is, and '0x90000000' lies no farther"),
        ("low region=1", "unknown-bound", "'low region' is not a bound"),
        ("ram=SZ_4M", "bad-value", "ram may be 0x400000 as it is: 0x400000 .. 0x800000"),
        ("ram=holes", "not-constant", "'holes' depends on the boot"),
        ("1x", "bad-define", "not a symbol name"),
    ],
)
def test_a_bound_that_is_none_is_refused(folder: Path, beyond: str, code: str, said: str) -> None:
    assert _verify(folder, "--beyond", beyond).returncode == 2
    (problem,) = _table(folder, "--beyond", beyond)
    assert problem["code"] == code
    assert said in problem["message"]


def test_a_bound_says_where_the_machines_own_end_comes_from(folder: Path) -> None:
    (folder / "tight.yaml").write_text(PROFILE.replace(', source: "a.c:1"', ""), encoding="utf-8")
    (problem,) = _table(folder)
    assert problem["code"] == "missing-key"


def test_an_image_that_fills_the_window_is_beyond_the_bound_of_arm64(tmp_path: Path) -> None:
    """A window of 128 MiB up to _etext has no place once the text is as large."""
    table = tmp_path / "below-etext.yaml"
    table.write_text(
        "dialect: module_alloc\narch: arm64-6.1\ntypes:\n  MODULE:\n    alignment: PAGE_SIZE\n    pgprot: PAGE_KERNEL\n"
        "    ranges: [{start: module_alloc_base, end: module_alloc_base + MODULES_VSIZE}]\n",
        encoding="utf-8",
    )
    assert "\n  bounds     image_size <= 0x7ff0000 (" in modalloc("verify", table).stdout
    lifted = modalloc("verify", table, "--beyond", "image_size", "--select", "RNG001")
    assert lifted.returncode == 1
    assert "error RNG001" in lifted.stdout
