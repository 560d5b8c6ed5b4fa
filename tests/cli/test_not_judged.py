"""A profile that leaves something out: what is not judged is said, in every format, and is not proved.

Without it, a rule that could not be judged could pass for one that holds.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import LEGACY, modalloc

PROFILE = """\
name: sparse
word_bits: {value: 32, source: s}
page_size: {value: 0x2000, source: s}
pmd_size: {value: 0x400000, source: s}
ends: {value: inclusive, source: s}
symbols:
  MODULES_VADDR: {value: 0x90000000, source: s}
  MODULES_END: {value: 0x907fffff, source: s}
protections: {PAGE_KERNEL_EXEC: {allows: rwx, source: s}}
"""
WINDOW = "windows: [{name: modules, first: MODULES_VADDR, last: MODULES_END, source: s}]\n"
TAKEN = "regions: {forbidden: [{name: below, first: 0, end: MODULES_VADDR, source: s}]}\n"
IMAGE = "image: {name: image, first: 0x91000000, last: 0x911fffff, source: s}\n"
REACH = "reach: [{name: CALL, kind: relative, targets: [%s], lowest: -0x4000000, highest: 0x3ffffff, source: s}]\n"
ALL = REACH % "kernel, text, data"
NO_REACH = "the profile sparse names no reach; write `reach: none` with a source if there is none"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "legacy.c").write_text(LEGACY, encoding="utf-8")
    return tmp_path


def _not_judged(folder: Path, profile: str, *words: str) -> tuple[int, set[str], str]:
    """The status, the rules that are not judged, and the table's verdict."""
    (folder / "sparse.yaml").write_text(profile, encoding="utf-8")
    arch = ("--arch", str(folder / "sparse.yaml"))
    done = modalloc("verify", str(folder / "legacy.c"), *arch, "--format", "json", "--no-cache", *words)
    (table,) = json.loads(done.stdout)["tables"]
    left = [one for one in table["results"] if one.get("reason") == "not-judged"]
    assert {one["verdict"] for one in left} <= {"undecided"}
    return done.returncode, {one["rule"] for one in left}, table["verdict"]


@pytest.mark.parametrize(
    ("parts", "rules"),
    [
        (WINDOW + TAKEN + IMAGE + ALL, set()),
        (TAKEN + IMAGE + ALL, {"RNG005"}),
        (WINDOW + IMAGE + ALL, {"RNG005"}),
        (WINDOW + TAKEN + ALL, {"RCH001"}),
        (WINDOW + TAKEN + IMAGE, {"RCH001", "RCH002", "RCH003"}),
        (WINDOW + TAKEN + IMAGE + REACH % "kernel", {"RCH002", "RCH003"}),
        (WINDOW + TAKEN + IMAGE + REACH % "text, data", {"RCH001"}),
        ("", {"RNG005", "RCH001", "RCH002", "RCH003"}),
    ],
)
def test_what_the_profile_leaves_out_is_undecided_with_status_3(folder: Path, parts: str, rules: set[str]) -> None:
    status = 3 if rules else 0
    verdict = "undecided" if rules else "proved"
    for words in ((), ("--method", "direct")):
        assert _not_judged(folder, PROFILE + parts, *words) == (status, rules, verdict)


def test_what_is_said_to_be_none_is_judged(folder: Path) -> None:
    none = "{value: none, source: 'kernel/module.c:7'}"
    text = f"{PROFILE}windows: {none}\nregions: {{forbidden: {none}}}\nimage: {none}\nreach: {none}\n"
    assert _not_judged(folder, text) == (0, set(), "proved")
    told = modalloc("verify", str(folder / "legacy.c"), "--arch", str(folder / "sparse.yaml"), "--format", "json")
    (table,) = json.loads(told.stdout)["tables"]
    messages = {one["message"] for one in table["results"] if one["rule"] == "RCH002"}
    assert messages == {"sparse has no reach for text (kernel/module.c:7)"}


def test_what_is_refuted_by_what_is_named_stays_refuted(folder: Path) -> None:
    window = WINDOW.replace("MODULES_VADDR", "MODULES_VADDR + PAGE_SIZE")
    assert _not_judged(folder, PROFILE + window + IMAGE + ALL) == (1, set(), "refuted")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("text", "not judged RCH002 Module text reaches the text of other modules"),
        ("text", "3 not judged (RCH001, RCH002, RCH003)"),
        ("json", '"reason": "not-judged"'),
        ("sarif", "not-judged: TEXT: the profile sparse names no reach"),
        ("junit", NO_REACH),
        ("ktap", f"# ERROR not-judged: {NO_REACH}"),
        ("github", NO_REACH),
        ("markdown", "not-judged"),
    ],
)
def test_every_format_says_what_was_not_judged_and_why(folder: Path, form: str, said: str) -> None:
    (folder / "sparse.yaml").write_text(PROFILE + WINDOW + TAKEN + IMAGE, encoding="utf-8")
    done = modalloc("verify", str(folder / "legacy.c"), "--arch", str(folder / "sparse.yaml"), "--format", form)
    assert done.returncode == 3
    assert said in done.stdout
    assert "names no reach" in done.stdout


def test_the_page_says_what_was_not_judged(folder: Path) -> None:
    (folder / "sparse.yaml").write_text(PROFILE + WINDOW + TAKEN + IMAGE, encoding="utf-8")
    page = folder / "page.html"
    modalloc("verify", str(folder / "legacy.c"), "--arch", str(folder / "sparse.yaml"), "--html", str(page))
    text = page.read_text(encoding="utf-8")
    assert "</span> not judged</span>" in text
    assert "names no reach" in text


def test_arch_and_show_say_the_same(folder: Path) -> None:
    (folder / "sparse.yaml").write_text(PROFILE + WINDOW + TAKEN + IMAGE, encoding="utf-8")
    line = f"  not judged: RCH001, RCH002, RCH003: {NO_REACH}\n"
    assert line in modalloc("arch", str(folder / "sparse.yaml")).stdout
    assert line in modalloc("show", str(folder / "legacy.c"), "--arch", str(folder / "sparse.yaml")).stdout
    assert "not judged" not in modalloc("arch", "x86_64").stdout


def test_an_expectation_names_what_is_not_judged(folder: Path) -> None:
    (folder / "sparse.yaml").write_text(PROFILE + WINDOW + TAKEN + IMAGE, encoding="utf-8")
    case = "/* modalloc: {cases: [{verdict: undecided, not-judged: [RCH001, RCH002%s]}]} */\n"
    for more, status in ((", RCH003", 0), ("", 1), (", RCH003, RNG005", 1)):
        (folder / "legacy.c").write_text(case % more + LEGACY, encoding="utf-8")
        done = modalloc("verify", str(folder / "legacy.c"), "--arch", str(folder / "sparse.yaml"), "--expect")
        assert done.returncode == status, done.stdout


def test_what_is_not_judged_is_remembered(folder: Path, tmp_path: Path) -> None:
    (folder / "sparse.yaml").write_text(PROFILE + WINDOW + TAKEN + IMAGE, encoding="utf-8")
    cache = {"MODALLOC_CACHE": str(tmp_path / "cache")}
    words = ("verify", str(folder / "legacy.c"), "--arch", str(folder / "sparse.yaml"), "--format", "json")
    first, second = (modalloc(*words, environment=cache) for _ in range(2))
    assert list((tmp_path / "cache").rglob("*"))
    assert first.stdout == second.stdout
