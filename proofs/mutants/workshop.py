"""Runs mutants: each side in its own child process, and the evidence again on the correct allocator.

A mutant counts as caught only if the same query has the right answer on the correct allocator: the obligation is proved
there, and the run passes. So the harness itself cannot be the cause of the failure. The parent imports solvers and
Hypothesis once, and nothing of modalloc: each forked child imports that afresh, with one line changed.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import Any

from proofs.mutants.importing import install
from proofs.mutants.mutant import Absent, Change, Mutant

WIDTHS = (32, 64)
PATIENCE = 3600.0
"""The time limit of a child in seconds, as a backstop; its work is bounded in resources and runs."""

TRIES = 25
"""The number of runs that may fail on the correct allocator too, before the search is given up."""


@dataclass(frozen=True)
class MutantOutcome:
    """The result for a mutant on one side. `by` is what caught it, "" if it survived."""

    mutant: str
    side: str
    by: str
    evidence: dict[str, Any]
    problem: str = ""  # why it does not count as caught

    @property
    def caught(self) -> bool:
        """Something fails on the mutant, and holds for the correct allocator."""
        return bool(self.by) and not self.problem


def preload() -> None:
    """The imports of every child that no mutant changes."""
    import hypothesis.stateful
    import z3  # noqa: F401

    assert hypothesis.stateful


def in_child(change: Change | None, task: Callable[[], Any]) -> Any:
    """The task's result, from a child with the change (or none) installed. RuntimeError if it fails."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _work(change, task, writing)
    os.close(writing)
    try:
        told = _read_answer(reading)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    answer = json.loads(told) if told else {"failed": "the child process ended, or took too long"}
    if "failed" in answer:
        raise RuntimeError(answer["failed"])
    return answer["result"]


def _work(change: Change | None, task: Callable[[], Any], writing: int) -> None:
    try:
        if change is not None:
            install(change)
        answer = {"result": task()}
    except BaseException as failure:  # whatever it is, the parent hears of it
        answer = {"failed": f"{type(failure).__name__}: {failure}"}
    with os.fdopen(writing, "w", encoding="utf-8") as pipe:
        json.dump(answer, pipe)
    os._exit(0)


def _read_answer(reading: int) -> str:
    """Everything up to the end; what has come by then where the patience ends."""
    parts: list[bytes] = []
    end = time.monotonic() + PATIENCE
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, end - time.monotonic()))
        part = os.read(reading, 1 << 16) if ready else b""
        if not part:
            return b"".join(parts).decode("utf-8")
        parts.append(part)


# -- the tasks of children --------------------------------------------------------------------------------------------


def _search_theorem(hint: dict[str, Any] | None, known: frozenset[str]) -> dict[str, Any] | None:
    from proofs.mutants.catching_theorem import PieceOfTheorem, search

    place = search(PieceOfTheorem(**hint) if hint else None, WIDTHS, known)
    return asdict(place) if place else None


def _ask_right(place: dict[str, Any]) -> str:
    from proofs.mutants.catching_theorem import PieceOfTheorem, at, follows

    query = at(PieceOfTheorem(**place))
    return follows(query).status if query is not None else "no such obligation"


def _search_run(hints: Sequence[dict[str, Any]], seed: int) -> dict[str, Any] | None:
    from proofs.mutants.catching_run import Run, draw, fails

    for run in hints:
        if fails(Run.from_json(run)):
            return {"run": run, "seed": seed}
    found = draw(seed)
    return {"run": found[0].to_json(), "seed": found[1]} if found else None


def _shorten(run: dict[str, Any]) -> dict[str, Any]:
    from proofs.mutants.catching_run import Run, play, shorten

    short = shorten(Run.from_json(run))
    return {"run": short.to_json(), "check": play(short)}


def _play_right(run: dict[str, Any]) -> str:
    from proofs.mutants.catching_run import Run, play

    return play(Run.from_json(run))


@cache
def unchanged(bits: int = WIDTHS[0]) -> frozenset[str]:
    """The digests of all queries on the correct allocator; a mutant with an equal query needs no solver for it."""
    return frozenset(in_child(None, partial(_digests, bits)))


def _digests(bits: int) -> list[str]:
    from proofs.mutants.catching_theorem import digests

    return digests(bits)


def still_caught(side: str, evidence: dict[str, Any]) -> str:
    """What the recorded evidence says of the mutant: what caught it, or "" where it does not any more."""
    if side == "executable":
        return _play_right(evidence["run"])
    from proofs.mutants.catching_theorem import PieceOfTheorem, at, fails

    place = PieceOfTheorem(**evidence["theorem"])
    query = at(place)
    return f"{place.rule} at {place.bits} bits" if query is not None and fails(query) else ""


def _holds_of_right(side: str, evidence: dict[str, Any]) -> bool:
    if side == "executable":
        return not _play_right(evidence["run"])
    return _ask_right(evidence["theorem"]) == "unsat"


def all_theorems(change: Change, bits: int) -> list[str]:
    """Every rule whose theorem stops being provable at the width."""
    known = unchanged(bits)
    return list(in_child(change, partial(_failing_rules, bits, known)))


def _failing_rules(bits: int, known: frozenset[str]) -> list[str]:
    from proofs.mutants.catching_theorem import first_failing, rules

    return sorted(rule for rule in rules() if first_failing(rule, bits, known)[0] is not None)


# -- both sides ------------------------------------------------------------------------------------------------------


def symbolic(mutant: Mutant, hint: dict[str, Any] | None, known: frozenset[str] = frozenset()) -> MutantOutcome | None:
    """Whether a theorem is no longer provable; None if there is nothing to change."""
    if isinstance(mutant.symbolic, Absent):
        return None
    place = in_child(mutant.symbolic, lambda: _search_theorem(hint, known))
    if place is None:
        return MutantOutcome(mutant.name, "symbolic", "", {})
    answer = in_child(None, lambda: _ask_right(place))
    problem = "" if answer == "unsat" else f"of what is right, the same obligation is {answer}"
    return MutantOutcome(
        mutant.name, "symbolic", f"{place['rule']} at {place['bits']} bits", {"theorem": place}, problem
    )


def executable(mutant: Mutant, hints: Sequence[dict[str, Any]]) -> MutantOutcome | None:
    """Whether the stateful machine fails; None if there is nothing to change."""
    if isinstance(mutant.executable, Absent):
        return None
    change, seed, problem = mutant.executable, -1, ""
    for _ in range(TRIES):
        found = in_child(change, partial(_search_run, hints if seed < 0 else (), seed))
        if found is None:
            break
        problem = in_child(None, partial(_play_right, found["run"]))
        if not problem:
            evidence = _short_evidence(change, found["run"])
            return MutantOutcome(mutant.name, "executable", evidence["check"], evidence)
        seed = max(0, found["seed"])
    return MutantOutcome(
        mutant.name, "executable", "", {}, f"what is right fails the same run: {problem}" if problem else ""
    )


def _short_evidence(change: Change, run: dict[str, Any]) -> dict[str, Any]:
    """The shortened run if it passes on the correct allocator, otherwise the original run."""
    evidence: dict[str, Any] = in_child(change, partial(_shorten, run))
    if in_child(None, partial(_play_right, evidence["run"])):
        evidence = {"run": run, "check": in_child(change, partial(_play_right, run))}
    return evidence


def one(
    mutant: Mutant, side: str, record: dict[str, dict[str, Any]], known: frozenset[str] = frozenset()
) -> MutantOutcome | None:
    """The outcome on that side, by search where the record does not help; None where there is nothing to change."""
    own = record.get(mutant.name, {})
    if side == "executable":
        others = [entry["run"] for name, entry in sorted(record.items()) if "run" in entry and name != mutant.name]
        return executable(mutant, [own["run"], *others] if "run" in own else others)
    return symbolic(mutant, own.get("theorem"), known)


def many(mutants: Sequence[Mutant], sides: Sequence[str], record: dict[str, dict[str, Any]]) -> Iterator[MutantOutcome]:
    """The same of many: one child for each mutant, one for all that must hold of what is right."""
    pairs = [(m, side) for m in mutants for side in sides if isinstance(m.side(side), Change)]
    kept = [(m, side, record[m.name]) for m, side in pairs if _NEEDED[side] in record.get(m.name, {})]
    found = {(m.name, side): in_child(_change(m, side), partial(still_caught, side, known)) for m, side, known in kept}
    held = in_child(None, lambda: [_holds_of_right(side, known) for _, side, known in kept])
    good = {(m.name, side) for (m, side, _), holds in zip(kept, held, strict=True) if holds and found[m.name, side]}
    for mutant, side in pairs:
        if (mutant.name, side) in good:
            evidence = {_NEEDED[side]: record[mutant.name][_NEEDED[side]]}
            yield MutantOutcome(mutant.name, side, found[mutant.name, side], evidence)
        else:
            outcome = one(mutant, side, record)
            assert outcome is not None
            yield outcome


_NEEDED = {"executable": "run", "symbolic": "theorem"}


def _change(mutant: Mutant, side: str) -> Change:
    change = mutant.side(side)
    assert isinstance(change, Change)
    return change
