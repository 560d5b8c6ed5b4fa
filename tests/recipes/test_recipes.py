"""What people put into their repositories does there what it says: tried on a repository, as its runner would.

Without it, a recipe that people copy could pass a change that fails.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gate.repositories import Repository
from tests.kernel.trees import source, table, tree
from tests.recipes.repositories import ROOT, lose, repository, run

HOOKS = ROOT / ".pre-commit-hooks.yaml"


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    return repository(tmp_path / "repository")


@pytest.fixture
def folder(made: Repository) -> Path:
    return made.folder


def recipe(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("file", "schema"), [("action.yml", "vendor.github-actions"), (".ci/gitlab.yml", "vendor.gitlab-ci")]
)
def test_a_recipe_is_what_its_host_reads(file: str, schema: str) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, file]
    finished = run(words, ROOT, check=False)
    assert finished.returncode == 0, finished.stdout


# -- GitHub ----------------------------------------------------------------------------------------------------------


def action(folder: Path, **inputs: str) -> dict[str, str]:
    """The environment of the action's last step, its inputs put in as the runner does."""
    known = {name: str(given["default"]) for name, given in recipe("action.yml")["inputs"].items()} | inputs
    step = recipe("action.yml")["runs"]["steps"][-1]
    assert step["run"] == 'bash "$GITHUB_ACTION_PATH/.ci/gate"'
    said = {name: re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value) for name, value in step["env"].items()}
    environment = {name: known[match[1]] for name, match in said.items() if match}
    assert set(environment) == set(step["env"]), "every variable is an input"
    return environment | {"GITHUB_STEP_SUMMARY": str(folder.parent / "summary.md")}


def test_the_action_passes_a_change_that_loses_nothing(folder: Path) -> None:
    (folder / "other.c").write_text("int something_else;\n")
    finished = run(["bash", str(ROOT / ".ci/gate")], folder, action(folder, base="HEAD"), check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "::error" not in finished.stdout
    assert (folder.parent / "summary.md").read_text()


def test_the_action_marks_the_line_that_loses_a_guarantee(made: Repository, folder: Path) -> None:
    lose(made)
    made.commit()
    environment = action(folder, base="HEAD~1", head="HEAD", sarif=str(folder.parent / "gate.sarif"))
    finished = run(["bash", str(ROOT / ".ci/gate")], folder, environment, check=False)
    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert re.search(r"^::error file=table\.c,line=\d+", finished.stdout, re.MULTILINE)
    assert "PRT004" in finished.stdout
    assert "PRT004" in (folder.parent / "summary.md").read_text()
    alerts = json.loads((folder.parent / "gate.sarif").read_text())["runs"][0]["results"]
    assert {alert["kind"] for alert in alerts} <= {"fail", "open"}
    assert any("PRT004" in json.dumps(alert) for alert in alerts)


def test_the_action_takes_paths_a_line_each(made: Repository, folder: Path) -> None:
    made.write("with a blank/table.c", (folder / "table.c").read_text())
    made.remove("table.c")
    made.commit()
    lose(made, "with a blank/table.c")
    gate = ["bash", str(ROOT / ".ci/gate")]
    assert run(gate, folder, action(folder, base="HEAD", paths="other.c\n"), check=False).returncode == 0
    assert run(gate, folder, action(folder, base="HEAD", paths="other.c\nwith a blank"), check=False).returncode == 1


# -- GitLab ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loses", [False, True])
def test_the_gitlab_job_fails_where_a_guarantee_is_lost_and_reports_in_both_cases(
    made: Repository, folder: Path, loses: bool
) -> None:
    if loses:
        lose(made)
    job = recipe(".ci/gitlab.yml")["modalloc gate"]
    install, *rest = job["script"]
    assert install.endswith('pip install --quiet "$MODALLOC"')
    environment = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": made.git("rev-parse", "HEAD").strip()}
    finished = run(["bash", "-e", "-c", "\n".join(rest)], folder, environment, check=False)
    assert finished.returncode == int(loses), finished.stdout + finished.stderr
    report = (folder / job["artifacts"]["reports"]["junit"]).read_text()
    assert ("<failure" in report) is loses


# -- pre-commit ------------------------------------------------------------------------------------------------------


def test_the_hook_s_manifest_is_one() -> None:
    finished = run([sys.executable, "-m", "pre_commit", "validate-manifest", str(HOOKS)], ROOT, check=False)
    assert finished.returncode == 0, finished.stdout


@pytest.mark.parametrize("loses", [False, True])
def test_the_hook_stops_a_commit_that_loses_a_guarantee(made: Repository, folder: Path, loses: bool) -> None:
    """With the installed tool, as `language: system`: an environment of its own would have to be fetched."""
    hooks = [hook | {"language": "system"} for hook in recipe(HOOKS.name)]
    config = {"repos": [{"repo": "local", "hooks": hooks}]}
    made.write(".pre-commit-config.yaml", yaml.safe_dump(config))
    made.commit()
    run([sys.executable, "-m", "pre_commit", "install"], folder, {"PRE_COMMIT_HOME": str(folder.parent / "home")})
    if loses:
        lose(made)
    made.write("other.c", "int something_else;\n")
    made.git("add", "--all")
    words = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--message=a change"]
    finished = run(words, folder, {"PRE_COMMIT_HOME": str(folder.parent / "home")}, check=False)
    assert finished.returncode == int(loses), finished.stdout + finished.stderr
    assert ("PRT004" in finished.stdout + finished.stderr) is loses


# -- a kernel tree ---------------------------------------------------------------------------------------------------


def test_the_make_target_compares_a_tree_with_a_revision(made: Repository, folder: Path) -> None:
    words = ["make", "--no-print-directory", "-f", str(ROOT / ".ci/kernel.mk"), "modalloc-gate", "BASE=HEAD"]
    assert run(words, folder, check=False).returncode == 0
    lose(made)
    assert run([*words, "TABLES=other.c"], folder, check=False).returncode == 0
    finished = run([*words, "TABLES=table.c"], folder, check=False)
    assert finished.returncode != 0
    assert "PRT004" in finished.stdout


def test_the_make_target_says_what_it_needs(folder: Path) -> None:
    finished = run(["make", "-f", str(ROOT / ".ci/kernel.mk"), "modalloc-verify"], folder, check=False)
    assert finished.returncode != 0
    assert "ARCH=... or TABLES=FILE" in finished.stderr


@pytest.fixture
def kernel(tmp_path: Path) -> Repository:
    """A kernel's repository with one commit, and its configuration beside it."""
    made = Repository(tree(tmp_path / "kernel", source(table())))
    made.write(".gitignore", ".config\n")
    made.commit()
    return made


def test_the_make_target_reads_the_kernels_own_source(kernel: Repository) -> None:
    words = ["make", "--no-print-directory", "-f", str(ROOT / ".ci/kernel.mk"), "ARCH=nios2", "KERNEL_CONFIG=.config"]
    assert run([*words, "modalloc-gate"], kernel.folder, check=False).returncode == 0
    assert "RCH001" in run([*words, "modalloc-verify"], kernel.folder, check=False).stdout
    kernel.replace("arch/nios2/mm/init.c", "PAGE_KERNEL_EXEC", "PAGE_KERNEL")
    lost = run([*words, "modalloc-gate"], kernel.folder, check=False)
    assert lost.returncode != 0
    assert "arch/nios2/mm/init.c" in lost.stdout


def test_the_action_marks_the_kernels_own_line(kernel: Repository) -> None:
    kernel.replace("arch/nios2/mm/init.c", "PAGE_KERNEL_EXEC", "PAGE_KERNEL")
    environment = action(kernel.folder, base="HEAD", arch="nios2", **{"kernel-config": ".config"})
    finished = run(["bash", str(ROOT / ".ci/gate")], kernel.folder, environment, check=False)
    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert re.search(r"^::error file=arch/nios2/mm/init\.c,line=\d+", finished.stdout, re.MULTILINE)


def test_the_gitlab_job_takes_more_options(kernel: Repository) -> None:
    kernel.replace("arch/nios2/mm/init.c", "PAGE_KERNEL_EXEC", "PAGE_KERNEL")
    rest = recipe(".ci/gitlab.yml")["modalloc gate"]["script"][1:]
    environment = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD", "MODALLOC_OPTIONS": "--arch nios2 --kernel-config .config"}
    finished = run(["bash", "-e", "-c", "\n".join(rest)], kernel.folder, environment, check=False)
    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert "arch/nios2/mm/init.c" in (kernel.folder / "modalloc.xml").read_text()
