"""Wrong calls and wrong input: each said clearly, all at once, with status 2 and nothing done.

Without it, a wrong call could pass for a comparison without findings.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.gate.repositories import LEGACY, Repository


def refused(repository: Repository, *words: str, base: str = "HEAD", within: str = "") -> list[dict[str, object]]:
    """The problems, which the document and the text both name."""
    document = repository.gate(*words, "--format", "json", base=base, within=within)
    text = repository.gate(*words, base=base, within=within)
    assert (document.returncode, text.returncode) == (2, 2), text.stdout + text.stderr
    problems: list[dict[str, object]] = json.loads(document.stdout)["errors"]
    for problem in problems:
        assert str(problem["code"]) in text.stderr
    return problems


def codes(problems: list[dict[str, object]]) -> list[object]:
    return [problem["code"] for problem in problems]


def test_no_repository(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r")
    (tmp_path / "r" / ".git").rename(tmp_path / "gone")
    problems = refused(repository)
    assert codes(problems) == ["no-repository"]
    assert "not a git repository" in str(problems[0]["message"])


def test_git_is_missing(legacy: Repository) -> None:
    finished = legacy.gate(environment={"PATH": "/nonexistent"})
    assert finished.returncode == 2
    assert "no-git" in finished.stderr


@pytest.mark.parametrize("revision", ["nowhere", "", "HEAD:tables", "HEAD^{tree}", "0" * 40, "HEAD~99", "main..main"])
def test_an_unknown_revision(legacy: Repository, revision: str) -> None:
    assert codes(refused(legacy, base=revision)) == ["unknown-revision"]


def test_a_revision_that_looks_like_an_option_is_none(legacy: Repository, tmp_path: Path) -> None:
    finished = legacy.gate(base=f"--output={tmp_path / 'stolen'}")
    assert finished.returncode == 2
    finished = legacy.gate("--head=--output=stolen")
    assert finished.returncode == 2
    assert "unknown-revision" in finished.stderr
    assert "a revision does not begin with -" in finished.stderr
    assert not list(tmp_path.glob("stolen")) and not list(legacy.folder.glob("stolen"))


def test_everything_wrong_with_a_call_is_said_at_once(legacy: Repository) -> None:
    problems = refused(legacy, "--head", "there", "../outside", "/etc", base="here")
    assert codes(problems) == ["unknown-revision", "unknown-revision", "outside-repository", "outside-repository"]


def test_a_path_that_is_at_neither_end(legacy: Repository) -> None:
    assert codes(refused(legacy, "tables", "nothing-here")) == ["not-found"]
    assert codes(refused(legacy, "--profiles", "nothing-here")) == ["not-found"]


def test_a_link_that_leads_out_of_the_repository(legacy: Repository, tmp_path: Path) -> None:
    (legacy.folder / "link.c").symlink_to(tmp_path / "elsewhere.c")
    (tmp_path / "elsewhere.c").write_text(LEGACY, encoding="utf-8")
    assert legacy.report()["summary"]["files"] == 1


@pytest.mark.parametrize("broken_end", ["base", "head"])
def test_a_table_that_can_be_read_at_one_end_only(repository: Repository, broken_end: str) -> None:
    broken = LEGACY.replace("PAGE_KERNEL_EXEC", "PAGE_KERNAL_EXEC")
    first, second = (broken, LEGACY) if broken_end == "base" else (LEGACY, broken)
    repository.write("t.c", first)
    repository.commit()
    repository.write("t.c", second)
    (problem,) = refused(repository)
    assert (problem["path"], problem["line"], problem["code"]) == ("t.c", 10, "unknown-protection")
    assert "the other end can be read" in str(problem["hint"])
    assert ("(at HEAD" in str(problem["message"])) == (broken_end == "base")


def test_conflict_markers(legacy: Repository) -> None:
    legacy.write("tables/legacy.c", f"<<<<<<< ours\n{LEGACY}=======\n{LEGACY}>>>>>>> theirs\n")
    assert codes(refused(legacy)) == ["conflict-marker"]


def test_an_unfinished_merge(legacy: Repository) -> None:
    legacy.git("checkout", "-q", "-b", "other")
    legacy.replace("tables/legacy.c", "MODULES_END - 1", "MODULES_END - 2")
    legacy.commit()
    legacy.git("checkout", "-q", "main")
    legacy.replace("tables/legacy.c", "MODULES_END - 1", "MODULES_END - 3")
    legacy.commit()
    legacy.git("merge", "other", check=False)
    assert codes(refused(legacy)) == ["conflict-marker"]


def test_problems_of_both_ends_and_of_several_files_are_said_at_once(repository: Repository) -> None:
    repository.write("a.c", LEGACY.replace("PAGE_SIZE,", "PAGE_SIZ,", 1))
    repository.commit()
    repository.write("a.c", LEGACY.replace("PAGE_KERNEL_EXEC", "PAGE_KERNAL_EXEC"))
    repository.write("b.c", LEGACY.replace("arch: x86_64", "arch: x87"))
    assert {(p["path"], p["code"]) for p in refused(repository)} == {
        ("a.c", "unknown-symbol"),
        ("a.c", "unknown-protection"),
        ("b.c", "unknown-arch"),
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("forbid: [lost-capacty]\n", 1, "lost-capacity"),
        ("\nallow: inconsistent\n", 2, "cannot be allowed"),
        ("forbiden: []\n", 1, "unknown key"),
        ("shape: {TEXT: many}\n", 1, "many"),
        ("shape: {TEXT: -1}\n", 1, ""),
        ("forbid: [\n", 2, "YAML"),
        ("<<<<<<< ours\nforbid: []\n=======\n>>>>>>> theirs\n", 1, "merge conflict"),
        ("- forbid\n", 1, "mapping"),
    ],
)
def test_a_wrong_configuration(legacy: Repository, text: str, line: int, said: str) -> None:
    legacy.write(".modalloc.yaml", text)
    problems = refused(legacy)
    assert problems[0]["path"] == ".modalloc.yaml"
    assert problems[0]["line"] == line
    assert any(said in f"{problem['message']} {problem['hint']}" for problem in problems)


def test_a_file_that_is_named_and_not_there(legacy: Repository) -> None:
    assert codes(refused(legacy, "--config", "none.yaml")) == ["not-found"]
    assert codes(refused(legacy, "--expect", "none.yaml")) == ["not-found"]
    legacy.write(".modalloc.yaml", "expect: none.yaml\n")
    assert codes(refused(legacy)) == ["not-found"]


@pytest.mark.parametrize(
    "words", [["--forbid", "everything"], ["--allow", "inconsistent"], ["--today", "tomorrow"], []]
)
def test_a_wrong_option(legacy: Repository, words: list[str]) -> None:
    finished = legacy.gate(*words, *([] if words else ["--fuzzy"]))
    assert (finished.returncode, finished.stdout) == (2, "")


def test_a_bare_repository_has_no_working_tree(legacy: Repository, tmp_path: Path) -> None:
    legacy.git("clone", "-q", "--bare", str(legacy.folder), str(tmp_path / "bare"))
    (tmp_path / "bare" / "x").mkdir()
    bare = Repository.__new__(Repository)
    bare.folder = tmp_path / "bare"
    assert codes(refused(bare)) == ["no-working-tree"]
    assert bare.gate("--head", "HEAD").returncode == 0


def test_a_define_that_neither_end_uses_is_an_error(legacy: Repository) -> None:
    legacy.replace("tables/legacy.c", "MODULES_END - 1", "LIMIT - 1")
    used = ("-D", "LIMIT=MODULES_END")
    assert legacy.gate(*used).returncode == 0
    finished = legacy.gate(*used, "-D", "MODULE_END=1")
    assert finished.returncode == 2
    assert "unknown symbol 'MODULE_END' given with -D: nothing uses it" in finished.stderr
    assert "did you mean MODULES_END?" in finished.stderr


def test_a_define_that_only_an_unchanged_file_uses_is_none(legacy: Repository) -> None:
    legacy.write("tables/other.c", LEGACY.replace("params legacy", "params other").replace("MODULES_END - 1", "LIMIT"))
    legacy.commit()
    legacy.replace("tables/legacy.c", "MODULES_END - 1", "MODULES_END - 2")
    assert legacy.gate("-D", "LIMIT=MODULES_END - 1", "--allow", "lost-guarantee").returncode == 0
