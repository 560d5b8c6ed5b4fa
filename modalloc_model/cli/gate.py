"""`modalloc gate`: compares two versions of the tables in a git repository, and fails when a guarantee is lost."""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from modalloc_model.cli.delivery import deliver, style_for
from modalloc_model.cli.options import add_deciding, add_output, add_reading, add_solvers, add_tables, choices
from modalloc_model.cli.parser import Parser, Subparsers, add_command
from modalloc_model.exit_status import ExitStatus
from modalloc_model.failures import InputError, UsageError
from modalloc_model.gate.policy import ALWAYS, KINDS, WEAKENED
from modalloc_model.params import Location
from modalloc_model.report import FORMATS
from modalloc_model.verdict import Problem

if TYPE_CHECKING:
    from modalloc_model.descriptor import Table
    from modalloc_model.gate.comparing import Requirements
    from modalloc_model.gate.config import Config
    from modalloc_model.gate.expectations import ExpectedFailure
    from modalloc_model.gate.findings import Finding, GateReport
    from modalloc_model.gate.repository import Comparison, Repository
    from modalloc_model.gate.selection import Scope
    from modalloc_model.report.style import Style
    from modalloc_model.verdict import TableReport

_DESCRIPTION = """\
Compares the tables in PATH (default: the whole repository) at two versions of a git repository: at --base, and at
--head or in the working tree. Reports changed values, their effect on each rule, and gains and losses over all boots:
addresses, protections, the number of modules that fit, and the margin of branches.

In a kernel's repository without a PATH, and between two kernel trees (--base and --head name their folders), the
tables are read from the kernel's source, as by `modalloc import`. Findings then name lines of the kernel, and the
hunks that cause them.

The gate fails if a forbidden kind of change occurs. Tables and profiles with the same meaning are not decided again.
The file .modalloc.yaml in the root of the repository configures paths and policy; see the README."""

_EXAMPLE = """\
modalloc gate --base origin/main
modalloc gate --base v6.12 --head v6.13 --arch arm64 --kernel-config ~/build/.config
modalloc gate --base ~/linux-6.12 --head ~/linux --arch nios2 --forbid lost-capacity,lost-addresses
modalloc gate --base HEAD tables --expect known-failures.yaml --format json --output gate.json"""


def add(subparsers: Subparsers[Parser]) -> None:
    """The command's options."""
    parser = add_command(subparsers, "gate", _EXAMPLE, _DESCRIPTION)
    parser.epilog = f"{_kinds_text()}\n\n{parser.epilog}"
    parser.add_argument("paths", metavar="PATH", nargs="*")
    parser.add_argument("--base", metavar="REV", required=True, help="the version to compare with")
    parser.add_argument("--head", metavar="REV", help="the changed version (default: the working tree)")
    parser.add_argument("--forbid", type=_kinds, default=(), metavar="KINDS", help="further kinds of change that fail")
    parser.add_argument(
        "--allow", type=_kinds_to_allow, default=(), metavar="KINDS", help="kinds of change that do not fail"
    )
    parser.add_argument("--config", metavar="FILE", help="the configuration (default: .modalloc.yaml of the head)")
    parser.add_argument("--expect", metavar="FILE", help="known failures, each with its reason")
    parser.add_argument("--profiles", metavar="DIR", help="the folder of the repository's own profiles")
    parser.add_argument("--today", type=_day, metavar="DAY", help="the date for expiring expectations (default: today)")
    add_reading(parser)
    add_output(parser, FORMATS)
    add_deciding(parser)
    add_solvers(parser, "question")
    add_tables(parser)
    parser.set_defaults(run=run)


def _kinds_text() -> str:
    rows = [f"  {'*' if kind.forbidden else ' '} {kind.id:<20} {kind.title.lower()}" for kind in KINDS.values()]
    return "\n".join(["kinds of change (*: fails unless it is allowed):", *rows])


def _kinds(text: str) -> tuple[str, ...]:
    return choices(text, tuple(KINDS))


def _kinds_to_allow(text: str) -> tuple[str, ...]:
    return choices(text, tuple(kind for kind in KINDS if kind not in ALWAYS))


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2027-01-01") from None


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Compares the versions, decides the changed tables, and prints the report."""
    from modalloc_model.gate.trees import is_folder

    report = _of_trees(args, err) if is_folder(args.base) else _of_repository(args, err)
    if any(table.after for table in report.tables):
        report = replace(report, solvers=_solvers(args))
    deliver(_render(args, report, style_for(out, args.output)), args.output, out)
    return report.status


def _of_trees(args: argparse.Namespace, err: TextIO) -> GateReport:
    """Compares two folders, each a kernel's source."""
    from modalloc_model.gate.trees import two_trees

    if args.paths:
        raise UsageError("two kernel trees are compared as a whole: omit PATH")
    comparison = two_trees(args.base, args.head)
    return _of_kernel(args, comparison, _config(args, comparison), err)


def _of_kernel(args: argparse.Namespace, comparison: Comparison, config: Config, err: TextIO) -> GateReport:
    from modalloc_model.cli.tables import settings
    from modalloc_model.gate.comparing import gate_kernel
    from modalloc_model.gate.trees import need_arch

    need_arch(args.arch)
    if args.profiles or config.profiles:
        raise UsageError("tables from a kernel's source use the tool's own profiles: omit --profiles")
    return gate_kernel(comparison, settings(args), _demands(args, config, comparison), _decider(args, err))


def _of_repository(args: argparse.Namespace, err: TextIO) -> GateReport:
    """Compares the tables of a repository; for a kernel's repository without a PATH, those of the kernel itself."""
    from modalloc_model.cli.tables import settings
    from modalloc_model.gate.comparing import gate
    from modalloc_model.gate.repository import Repository
    from modalloc_model.gate.selection import check_paths
    from modalloc_model.gate.trees import is_kernel

    repository = Repository.around(Path.cwd())
    comparison, names = _resolve_paths(repository, args)
    config = _config(args, comparison)
    if not names and not config.paths and is_kernel(comparison.head):
        return _of_kernel(args, comparison, config, err)
    scope = _scope(args, names, config, repository)
    check_paths(comparison, scope)
    wanted = replace(settings(args), arch=scope.arch)
    return gate(comparison, scope, wanted, _demands(args, config, comparison), _decider(args, err))


def _resolve_paths(repository: Repository, args: argparse.Namespace) -> tuple[Comparison, tuple[str, ...]]:
    """The comparison, and the paths relative to the root. InputError with every problem of both."""
    names: list[str] = []
    problems: list[Problem] = []
    for path in args.paths:
        try:
            names.append(repository.path(path))
        except InputError as outside:
            problems += outside.problems
    try:
        comparison = repository.compare(args.base, args.head)
    except InputError as unknown:
        raise InputError([*unknown.problems, *problems]) from None
    if problems:
        raise InputError(problems)
    return comparison, tuple(names)


def _scope(args: argparse.Namespace, names: Sequence[str], config: Config, repository: Repository) -> Scope:
    """The scope. The command line overrides the configuration, whose paths are relative to the root."""
    from modalloc_model.gate.selection import Scope

    profiles = repository.path(args.profiles) if args.profiles else config.profiles
    is_path = args.arch and args.arch.endswith((".yaml", ".yml")) and not Path(args.arch).is_absolute()
    arch = repository.path(args.arch) if is_path else args.arch
    return Scope(tuple(names) or config.paths or ("",), profiles, arch)


def _config(args: argparse.Namespace, comparison: Comparison) -> Config:
    """The configuration in the named file, or else in the head."""
    from modalloc_model.gate.config import NAME, Config, read_config

    if args.config:
        return read_config(_on_disk(args.config), args.config)
    content = comparison.head.read([NAME])
    return read_config(content[NAME], NAME) if content else Config()


def _on_disk(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as wrong:
        code = "not-found" if isinstance(wrong, FileNotFoundError) else "unreadable"
        raise InputError([Problem(Location(path), code, f"cannot be read: {wrong.strerror}")]) from wrong


def _demands(args: argparse.Namespace, config: Config, comparison: Comparison) -> Requirements:
    """The requirements. Only the base's policy, or the command line, may loosen the policy."""
    from modalloc_model.gate.comparing import Requirements

    before = config if args.config else _config_before(comparison)
    guarded = before.policy.forbidden & {WEAKENED} - set(args.allow)
    policy = config.policy.changed([*args.forbid, *guarded], args.allow)
    known = tuple(_expectations(args, config, comparison))
    aside = tuple(_policy_losses(before, config))
    return Requirements(policy, known, args.today or datetime.date.today(), config.shape, aside)


def _expectations(args: argparse.Namespace, config: Config, comparison: Comparison) -> Sequence[ExpectedFailure]:
    """The expectations of the named file, or of the head's file that the configuration names."""
    if not args.expect and not config.expect:
        return ()
    from modalloc_model.gate.expectations import read_expectations
    from modalloc_model.properties import RULES

    if args.expect:
        return read_expectations(_on_disk(args.expect), args.expect, RULES)
    path = config.expect or ""
    content = comparison.head.read([path])
    if not content:
        message = f"the configuration names {path}, which does not exist"
        raise InputError([Problem(Location(path), "not-found", message)])
    return read_expectations(content[path], path, RULES)


def _config_before(comparison: Comparison) -> Config:
    """The base's configuration; empty if there is none, or none that can be read."""
    from modalloc_model.gate.config import NAME, Config, read_config

    content = comparison.base.read([NAME])
    try:
        return read_config(content[NAME], NAME) if content else Config()
    except InputError:
        return Config()


def _policy_losses(before: Config, after: Config) -> Iterator[Finding]:
    """Kinds that the base's configuration forbids and the head's does not."""
    from modalloc_model.gate.config import NAME, kinds_let_through
    from modalloc_model.gate.findings import Finding

    for kind in kinds_let_through(before.policy.forbidden, after.policy.forbidden):
        yield Finding(WEAKENED, "", kind, f"{kind} is no longer forbidden", Location(NAME, 1, 1))


Decide = Callable[[Sequence["Table"], frozenset[str]], Sequence["TableReport"]]


def _decider(args: argparse.Namespace, err: TextIO) -> Decide:
    """Decides as `verify` does, with its options."""

    def decide(tables: Sequence[Table], rules: frozenset[str]) -> list[TableReport]:
        from modalloc_model.cli import deciding

        how = deciding.options(args, rules or deciding.select(None))
        tasks = [deciding.Task(table.params, table.text) for table in tables]
        jobs = deciding.job_limit(args.jobs, len(tasks))
        found = deciding.decide(tasks, how, jobs, False, err, deciding.where(args), deciding.verdict_cache(args, how))
        return [one.report for one in found]

    return decide


def _solvers(args: argparse.Namespace) -> dict[str, str]:
    from modalloc_model.cli.deciding import solvers

    return solvers(args.solver)


def _render(args: argparse.Namespace, report: GateReport, style: Style) -> str:
    if args.format == "text":
        from modalloc_model.report.gate_text import render

        return render(report, style)
    if args.format == "json":
        from modalloc_model.report.gate_json import render as document

        return document(report)
    from modalloc_model.report import write
    from modalloc_model.report.gate_findings import findings

    return write(args.format, findings(report))
