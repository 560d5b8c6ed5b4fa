"""Git as it is found: odd names, hooks, settings, worktrees, indexes; and nothing is ever written.

Without it, an odd file name or a hook could hide a table, or the gate change the repository.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modalloc_model.descriptor import files
from modalloc_model.gate.repository import environment
from modalloc_model.gate.selection import SUFFIXES
from tests.gate.repositories import BROKEN, LEGACY, SPLIT, TINY, Repository, failing

SMALLER = LEGACY.replace("MODULES_END - 1", "MODULES_END - 0x100001")


def changed(document: object) -> list[str]:
    assert isinstance(document, dict)
    return [table["path"] for table in document["tables"] if table["fate"] == "changed"]


def test_endings_are_those_of_verify() -> None:
    assert SUFFIXES == files._SUFFIXES


@pytest.mark.parametrize(
    "path", ["a b.c", "quote'\".c", "new\nline.c", "ümlaut/täble.c", ":(glob)*.c", "-x.c", "a\\b.c", "*.c", "%s.c"]
)
def test_names_are_taken_as_they_are(repository: Repository, path: str) -> None:
    repository.write(path, LEGACY)
    repository.commit()
    repository.write(path, SMALLER)
    assert changed(repository.report()) == [path]
    assert changed(repository.report(f"./{path}")) == [path]


def test_a_name_that_is_not_utf8_is_compared_and_shown(repository: Repository, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.c")
    repository.write(name, LEGACY)
    repository.commit()
    repository.write(name, SMALLER)
    for words in ((), ("--format", "json"), ("--output", str(tmp_path / "out")), ("--format", "sarif")):
        finished = repository.gate(*words)
        assert (finished.returncode, finished.stderr) == (0, "")


def test_what_git_ignores_is_not_compared_and_what_it_does_not_know_yet_is(legacy: Repository) -> None:
    legacy.write(".gitignore", "ignored/\n")
    legacy.write("ignored/broken.c", BROKEN)
    assert legacy.report()["status"] == 0
    legacy.write("new/broken.c", BROKEN)
    assert failing(legacy.report()) == {"new-failure"}


def test_hidden_folders_are_left_out_as_verify_leaves_them_out(legacy: Repository) -> None:
    legacy.write(".hidden/broken.c", BROKEN)
    assert legacy.report()["summary"]["files"] == 1
    assert legacy.report(".hidden")["summary"]["added"] == 1


def test_paths_are_those_of_the_folder_one_is_in(legacy: Repository) -> None:
    legacy.write("other/broken.c", BROKEN)
    assert legacy.gate("legacy.c", within="tables").returncode == 0
    assert legacy.gate(".", within="tables").returncode == 0
    assert legacy.gate("../other", within="tables").returncode == 1
    assert legacy.gate(str(legacy.folder / "other"), within="tables").returncode == 1
    assert legacy.gate(within="tables").returncode == 1


def test_staged_changes_are_part_of_the_working_tree(legacy: Repository) -> None:
    legacy.write("tables/legacy.c", SMALLER)
    legacy.git("add", "-A")
    assert changed(legacy.report()) == ["tables/legacy.c"]


def test_a_file_that_left_the_index_and_still_lies_there_is_compared(legacy: Repository) -> None:
    legacy.git("rm", "-q", "--cached", "tables/legacy.c")
    assert legacy.report()["summary"]["differing"] == 0
    legacy.write("tables/legacy.c", SMALLER)
    assert changed(legacy.report()) == ["tables/legacy.c"]


def test_two_commits_are_compared_whatever_the_working_tree_holds(legacy: Repository) -> None:
    legacy.write("tables/legacy.c", SMALLER)
    legacy.commit()
    legacy.write("tables/legacy.c", "not a table any more")
    assert changed(legacy.report("--head", "HEAD", base="HEAD~1")) == ["tables/legacy.c"]
    assert legacy.report("--head", "HEAD")["tables"] == []


def test_nothing_in_the_repository_is_written(legacy: Repository) -> None:
    legacy.write("tables/legacy.c", SMALLER)
    os.utime(legacy.folder / "tables/legacy.c", (1, 1))

    def state() -> dict[str, tuple[int, bytes]]:
        paths = sorted(path for path in legacy.folder.rglob("*") if path.is_file())
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}

    before = state()
    assert legacy.gate().returncode == 0
    assert state() == before


def test_no_program_that_the_repository_names_is_run(legacy: Repository, tmp_path: Path) -> None:
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n", encoding="utf-8")
    spy.chmod(0o755)
    for setting in ("core.fsmonitor", "diff.external", "diff.x.textconv", "core.pager", "core.sshCommand"):
        legacy.git("config", setting, str(spy))
    hooks = legacy.folder / ".git" / "hooks"
    for hook in ("post-index-change", "post-checkout", "fsmonitor-watchman"):
        (hooks / hook).write_text(spy.read_text(encoding="utf-8"), encoding="utf-8")
        (hooks / hook).chmod(0o755)
    (legacy.folder / ".gitattributes").write_text("*.c diff=x\n", encoding="utf-8")
    legacy.write("tables/legacy.c", SMALLER)
    assert legacy.gate().returncode == 0
    assert not (tmp_path / "ran").exists()


def test_a_hook_of_another_repository_changes_nothing(legacy: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other")
    legacy.write("tables/legacy.c", BROKEN)
    set_by_git = {
        "GIT_DIR": str(other.folder / ".git"),
        "GIT_WORK_TREE": str(other.folder),
        "GIT_INDEX_FILE": str(other.folder / ".git" / "index"),
        "GIT_PREFIX": "tables/",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_GLOB_PATHSPECS": "1",
    }
    assert legacy.gate(environment=set_by_git).returncode == 1


def test_variables_that_say_where_objects_lie_are_kept() -> None:
    given = {"GIT_DIR": "x", "GIT_QUARANTINE_PATH": "q", "GIT_CONFIG_COUNT": "1", "HOME": "/h", "GIT_TRACE": "1"}
    kept = environment(given)
    assert {"GIT_QUARANTINE_PATH", "GIT_CONFIG_COUNT", "HOME"} <= set(kept)
    assert not {"GIT_DIR", "GIT_TRACE"} & set(kept)


def test_a_linked_worktree_is_a_repository(legacy: Repository, tmp_path: Path) -> None:
    legacy.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Repository.__new__(Repository)
    linked.folder = tmp_path / "linked"
    linked.write("tables/legacy.c", BROKEN)
    assert linked.gate().returncode == 1
    assert legacy.gate().returncode == 0


def test_line_ends_that_git_converts_are_no_change(legacy: Repository) -> None:
    legacy.git("config", "core.autocrlf", "true")
    (legacy.folder / "tables/legacy.c").write_bytes(LEGACY.replace("\n", "\r\n").encode())
    assert legacy.report()["findings"] == []


# -- profiles --------------------------------------------------------------------------------------------------------


@pytest.fixture
def machines(repository: Repository) -> Repository:
    """A table for a profile that extends another, one for the other itself, and one for the tool's own."""
    repository.write("machines/tiny.yaml", TINY)
    repository.write("machines/small.yaml", "extends: machines/tiny.yaml\nname: small\n")
    repository.write("on-tiny.c", LEGACY.replace("x86_64", "machines/tiny.yaml"))
    repository.write("on-small.c", SPLIT.replace("x86_64", "./machines/small.yaml"))
    repository.write("on-x86.c", SPLIT)
    repository.commit()
    return repository


def test_a_profile_that_changed_decides_its_tables_again(machines: Repository) -> None:
    machines.replace("machines/tiny.yaml", "0x80100000", "0x80080000")
    document = machines.report()
    assert document["profiles"] == ["machines/tiny.yaml"]
    assert sorted(changed(document)) == ["on-small.c", "on-tiny.c"]
    fields = {(c["subject"], c["field"]) for table in document["tables"] for c in table["changes"]}
    assert {("machine", "symbols.MODULES_END"), ("TEXT", "end[0]")} <= fields
    assert {f["kind"] for f in document["findings"]} >= {"lost-addresses", "lost-capacity"}


def test_a_profiles_path_is_seen_from_the_file_that_names_it_first(repository: Repository) -> None:
    repository.write("tables/machines/tiny.yaml", TINY)
    repository.write("tables/machines/small.yaml", "extends: tiny.yaml\nname: small\n")
    repository.write("tables/on-small.c", SPLIT.replace("x86_64", "machines/small.yaml"))
    repository.write(
        "tables/deep/on-small.c", SPLIT.replace("split", "deep").replace("x86_64", "../machines/small.yaml")
    )
    repository.write("machines/small.yaml", TINY.replace("name: tiny", "name: uppermost"))
    repository.commit()
    repository.replace("tables/machines/tiny.yaml", "0x80100000", "0x80080000")
    document = repository.report()
    assert sorted(changed(document)) == ["tables/deep/on-small.c", "tables/on-small.c"]
    assert {table["arch"] for table in document["tables"]} == {"small"}


def test_a_profile_that_nobody_uses_decides_nothing(machines: Repository) -> None:
    machines.write("machines/small.yaml", "extends: machines/tiny.yaml\nname: smaller\n")
    assert changed(machines.report()) == ["on-small.c"]


def test_a_profile_that_is_written_anew_is_no_change(machines: Repository) -> None:
    machines.write("machines/tiny.yaml", "# new\n" + TINY.replace("source: test", "source: elsewhere"))
    document = machines.report()
    assert document["summary"]["alike"] == 2
    assert document["findings"] == []


def test_a_folder_of_profiles_gives_names_to_machines(repository: Repository) -> None:
    repository.write("machines/tiny.yaml", TINY)
    repository.write("machines/x86_64.yaml", TINY.replace("name: tiny", "name: mine"))
    repository.write("a.c", LEGACY.replace("x86_64", "tiny"))
    repository.write("b.c", SPLIT)
    repository.commit()
    assert repository.gate("--profiles", "machines").returncode == 0
    repository.replace("machines/x86_64.yaml", "0x80100000", "0x80080000")
    assert changed(repository.report("--profiles", "machines")) == ["b.c"]
    assert changed(repository.report()) == []  # without the option, the tool's own x86_64 is meant
    repository.replace("machines/tiny.yaml", "0x80100000", "0x80080000")
    repository.write(".modalloc.yaml", "profiles: machines\n")
    assert sorted(changed(repository.report())) == ["a.c", "b.c"]


def test_a_profile_for_all_tables_is_named_on_the_command_line(machines: Repository) -> None:
    machines.replace("machines/tiny.yaml", "0x80100000", "0x80080000")
    document = machines.report("--arch", "machines/tiny.yaml")
    assert sorted(changed(document)) == ["on-small.c", "on-tiny.c", "on-x86.c"]


def test_a_profile_that_is_gone_is_an_error(machines: Repository) -> None:
    machines.remove("machines/tiny.yaml")
    finished = machines.gate()
    assert finished.returncode == 2
    assert "unknown-arch" in finished.stderr
