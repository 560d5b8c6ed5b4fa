"""Options that several commands share, and checks of their values."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from modalloc_model.cli.parser import Parser
from modalloc_model.engine.registry import SOLVERS
from modalloc_model.failures import InputError, UsageError, nearest
from modalloc_model.params import ARBITER, ARBITER_SEARCH, CLAIMS, FREE_ACCESS, GUARD, NO_CLAIM, PROTECT, Location
from modalloc_model.verdict import Problem

ASSUMPTIONS = {
    "protect": PROTECT,
    "free-access": FREE_ACCESS,
    "arbiter": ARBITER,
    "arbiter-search": ARBITER_SEARCH,
    "guard": GUARD,
}
"""The keys of --assume and their values."""


def add_reading(parser: Parser) -> None:
    """Adds the options that decide what a table means."""
    parser.add_argument("--arch", metavar="A", help="the machine: one of `modalloc arch`, or a profile's path")
    parser.add_argument(
        "-D",
        dest="defines",
        metavar="NAME=EXPR",
        action="append",
        default=[],
        help="define a symbol, or override one of the machine; NAME means NAME=1",
    )
    values = "; ".join(f"{key}: {', '.join(allowed)}" for key, allowed in ASSUMPTIONS.items())
    parser.add_argument(
        "--assume",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help=f"choose an assumption that the source leaves open ({values})",
    )
    parser.add_argument(
        "--claim",
        dest="claims",
        action="append",
        default=[],
        choices=(*CLAIMS, NO_CLAIM),
        help="check the table against a claim; none withdraws the claims of the table and its machine",
    )
    parser.add_argument(
        "--beyond",
        metavar="NAME[=EXPR]",
        action="append",
        default=[],
        help="lift a bound of the machine's profile, to the limit of the machine or to a value",
    )
    parser.add_argument("--kernel-config", metavar="FILE", help="a kernel tree's configuration (default: its .config)")


def add_output(parser: Parser, formats: Iterable[str]) -> None:
    """Adds the options for the format and destination of the result."""
    parser.add_argument("--format", choices=tuple(formats), default="text", help="the output format (default: text)")
    parser.add_argument("--output", metavar="FILE", help="write to FILE, atomically")


def add_deciding(parser: Parser) -> None:
    """Adds the options for the method and effort of a decision."""
    parser.add_argument(
        "--method",
        choices=("theorem", "direct"),
        default="theorem",
        help="theorem: the table meets the theorems' hypotheses (default); direct: induction on its own values",
    )
    parser.add_argument(
        "--resources", type=positive, metavar="UNITS",
        help="the limit of a query in Z3's resource units, equal on every machine (default: 400000000)",
    )  # fmt: skip
    parser.add_argument(
        "--timeout",
        type=seconds,
        metavar="SECONDS",
        help="the time limit of a query; beyond it the result is undecided",
    )


def add_tables(parser: Parser) -> None:
    """Adds the options for deciding many tables: parallelism, limits, cache."""
    parser.add_argument("--jobs", type=positive, metavar="N", help="tables decided in parallel (default: one a core)")
    add_limits(parser)
    parser.add_argument("--no-cache", action="store_true", help="ignore earlier decisions (see MODALLOC_CACHE)")


def add_limits(parser: Parser) -> None:
    """Adds the limits of the process that decides a table."""
    parser.add_argument(
        "--table-timeout", type=seconds, metavar="SECONDS",
        help="the time limit of a table; beyond it the table is undecided (default: none)",
    )  # fmt: skip
    parser.add_argument(
        "--table-memory", type=positive, default=8192, metavar="MIB",
        help="the address space of a table's process (default: 8192)",
    )  # fmt: skip


def seconds(text: str) -> float:
    """Parses a time limit."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def add_solvers(parser: Parser, what: str) -> None:
    """Adds the options for the solvers, their memory, and the folder for their queries."""
    parser.add_argument(
        "--solver",
        type=solvers,
        default=("z3",),
        metavar="S",
        help=f"the solver for each {what}: {', '.join(SOLVERS)}, or several to compare (default: z3)",
    )
    parser.add_argument("--smt2", metavar="DIR", help=f"write every {what} to DIR as SMT-LIB 2, with an index")
    parser.add_argument("--memory", type=positive, metavar="MIB", help="the address space of a solver")


def solvers(text: str) -> tuple[str, ...]:
    """Parses names of solvers, separated by commas."""
    return choices(text, tuple(SOLVERS))


def choices(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Parses words separated by commas, each one of the known words."""
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    for word in words:
        if word not in known:
            raise argparse.ArgumentTypeError(f"{word!r} is not one of {', '.join(known)}")
    return words


def folder(name: str | None) -> Path | None:
    """A folder to write to, created if needed. InputError if it cannot be created."""
    if name is None:
        return None
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        problem = Problem(Location(name), "unwritable-output", f"cannot be created: {failure.strerror}")
        raise InputError([problem]) from failure
    return Path(name)


def positive(text: str) -> int:
    """Parses a number of 1 or more."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


def assumptions(pairs: Iterable[str]) -> dict[str, str]:
    """Parses KEY=VALUE pairs. UsageError for an unknown key or value."""
    return dict(_assumption(pair) for pair in pairs)


def _assumption(pair: str) -> tuple[str, str]:
    key, equals, value = pair.partition("=")
    if not equals or key not in ASSUMPTIONS:
        hint = nearest(key, ASSUMPTIONS) or f"known: {', '.join(ASSUMPTIONS)}"
        raise UsageError(f"--assume {pair}: {'no such assumption' if equals else 'expected KEY=VALUE'}", hint)
    if value not in ASSUMPTIONS[key]:
        hint = nearest(value, ASSUMPTIONS[key]) or f"known: {', '.join(ASSUMPTIONS[key])}"
        raise UsageError(f"--assume {pair}: {key} has no value {value!r}", hint)
    return key, value


def select_rules(text: str | None, groups: dict[str, str]) -> frozenset[str]:
    """The ids of the rules that `--select` names: by id, by group or by a prefix of an id.

    `groups` maps each rule's id to its group. Without `--select`, all rules. UsageError for a word that names none.
    """
    if text is None:
        return frozenset(groups)
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise UsageError("--select names no rule", "modalloc explain lists the rules")
    return frozenset().union(*(_matching_rules(word, groups) for word in words))


def _matching_rules(word: str, groups: dict[str, str]) -> frozenset[str]:
    found = frozenset(
        rule for rule, group in groups.items() if group.lower() == word.lower() or rule.startswith(word.upper())
    )
    if not found:
        known: Sequence[str] = [*groups, *groups.values()]
        raise UsageError(f"--select {word}: no such rule or group", nearest(word, known) or "see modalloc explain")
    return found
