"""Proof certificates: Z3 writes its own format, cvc5 writes Alethe, Bitwuzla writes none.

A certificate is stored as the solver wrote it. It is not checked here; other tools can check Alethe, and Z3's format is
not specified. The index lists, for each obligation, the file, the solver and the size in bytes, or why there is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from modalloc_model.engine.solvers import Budget
from modalloc_model.isolation import Worker, WorkerLost
from modalloc_model.smt.induction import Obligation
from modalloc_model.smt.smtlib import INTEGERS, write
from modalloc_model.theorems.claims import Claim
from modalloc_model.theorems.obligations import question, stem

INDEX = "index.tsv"
COLUMNS = ("file", "obligation", "rule", "width", "logic", "solver", "format", "bytes", "why not")
FORMATS = {"z3": "z3", "cvc5": "alethe"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A row of the index. If there is no proof, `file` is empty and `why` has the reason; `size` is in bytes."""

    file: str
    obligation: str
    rule: str
    bits: int
    logic: str
    solver: str
    format: str
    size: int
    why: str = ""

    def row(self) -> str:
        """The row with its columns separated by tabs."""
        words = (self.file, self.obligation, self.rule, self.bits, self.logic, self.solver, self.format, self.size)
        return "\t".join((*map(str, words), self.why))


_WORKER: Worker[tuple[str, str, Budget], tuple[str, str]] | None = None
_BUDGET_FACTOR = 4  # a solver that writes a proof cannot use some of its shortcuts


def certify(
    claim: Claim, obligation: Obligation, solver: str, integers: bool, folder: Path, budget: Budget
) -> Certificate:
    """The solver's proof of the obligation, over integers if these prove it."""
    query = question(claim, obligation)
    asked = replace(query, logic=INTEGERS) if integers and solver != "bitwuzla" else query
    name = stem(claim, obligation)
    row = Certificate("", name, claim.rule.id, claim.bits, asked.logic, solver, FORMATS.get(solver, ""), 0)
    if solver not in FORMATS:
        return replace(row, why=f"{solver} writes no proofs")
    text, why = proof_of(
        solver, write(asked, cores=False), replace(budget, resources=_BUDGET_FACTOR * budget.resources)
    )
    if why:
        return replace(row, why=why)
    file = folder / f"{name}.{FORMATS[solver]}"
    file.write_text(text, encoding="utf-8")
    return replace(row, file=file.name, size=len(text.encode()))


def proof_of(solver: str, script: str, budget: Budget) -> tuple[str, str]:
    """(proof, reason): one of them is empty. A worker process runs the solver, which may crash."""
    global _WORKER  # noqa: PLW0603 - all proofs share one process
    _WORKER = _WORKER or Worker(_proof)
    late = None if budget.seconds is None else 2 * budget.seconds + 10  # the proof is decided, then written
    found = _WORKER.call((solver, script, budget), late)
    return ("", found.reason) if isinstance(found, WorkerLost) else found


def _proof(task: tuple[str, str, Budget]) -> tuple[str, str]:
    solver, script, budget = task
    return {"z3": _z3, "cvc5": _cvc5}[solver](script, budget)


def _z3(script: str, budget: Budget) -> tuple[str, str]:
    import z3

    z3.set_param(proof=True)
    context = z3.Context()
    solver = z3.Solver(ctx=context)
    solver.set("rlimit", budget.resources)
    if budget.milliseconds is not None:
        solver.set("timeout", budget.milliseconds)
    solver.from_string(script)
    status = solver.check()
    if status != z3.unsat:
        return "", f"with proofs on, z3 says {status}"
    return solver.proof().sexpr() + "\n", ""


def _cvc5(script: str, budget: Budget) -> tuple[str, str]:
    import cvc5

    from modalloc_model.engine.solvers.cvc5_solver import limit

    solver = cvc5.Solver()
    for name, value in _ALETHE.items():
        solver.setOption(name, value)
    limit(solver, budget)
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script.replace("(check-sat)\n", ""), "query")
    while not (command := parser.nextCommand()).isNull():
        command.invoke(solver, parser.getSymbolManager())
    result = solver.checkSat()
    if not result.isUnsat():
        return "", f"with proofs on, cvc5 says {result}"
    proofs = solver.getProof()
    text = solver.proofToString(proofs[0], cvc5.ProofFormat.ALETHE)
    return text.decode("utf-8") if isinstance(text, bytes) else text, ""


_ALETHE = {
    "produce-proofs": "true",
    "proof-format-mode": "alethe",
    "proof-granularity": "theory-rewrite",
    "proof-alethe-res-pivots": "true",
    "proof-elim-subtypes": "true",
}


def write_certificates(rows: Iterable[Certificate], folder: Path) -> None:
    """Write the folder's index."""
    lines = sorted(row.row() for row in rows)
    (folder / INDEX).write_text("\n".join(["\t".join(COLUMNS), *lines, ""]), encoding="utf-8")
