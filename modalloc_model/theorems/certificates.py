"""Proofs written down by solvers: Z3's own format, and cvc5's in Alethe.

A proof is kept as the solver wrote it. No checker of either format is run here, so that what is gained is that someone
else can; the index says of each obligation whether there is a proof, who wrote it, how large it is, and if not, why.
Z3's is for its own eyes: its format is not specified. Bitwuzla writes none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from modalloc_model.engine.solvers import Budget
from modalloc_model.isolation import Lost, Worker
from modalloc_model.smt.induction import Obligation
from modalloc_model.smt.smtlib import INTEGERS, write
from modalloc_model.theorems.claims import Claim
from modalloc_model.theorems.obligations import question, stem

INDEX = "index.tsv"
COLUMNS = ("file", "obligation", "rule", "width", "logic", "solver", "format", "bytes", "why not")
FORMATS = {"z3": "z3", "cvc5": "alethe"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A row of the index; `file` is empty where there is no proof, and then `why` says why."""

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
        """The row, its columns parted by tabs."""
        words = (self.file, self.obligation, self.rule, self.bits, self.logic, self.solver, self.format, self.size)
        return "\t".join((*map(str, words), self.why))


_WORKER: Worker[tuple[str, str, Budget], tuple[str, str]] | None = None
_DEARER = 4  # times the budget for deciding it: writing a proof forbids some of a solver's shortcuts


def certify(
    claim: Claim, obligation: Obligation, solver: str, integers: bool, folder: Path, budget: Budget
) -> Certificate:
    """The solver's proof of the obligation, in integers where they prove it; of what holds by itself there is none."""
    query = question(claim, obligation)
    asked = replace(query, logic=INTEGERS) if integers and solver != "bitwuzla" else query
    name = stem(claim, obligation)
    row = Certificate("", name, claim.rule.id, claim.bits, asked.logic, solver, FORMATS.get(solver, ""), 0)
    if solver not in FORMATS:
        return replace(row, why=f"{solver} writes no proofs")
    text, why = proof_of(solver, write(asked, cores=False), replace(budget, resources=_DEARER * budget.resources))
    if why:
        return replace(row, why=why)
    file = folder / f"{name}.{FORMATS[solver]}"
    file.write_text(text, encoding="utf-8")
    return replace(row, file=file.name, size=len(text.encode()))


def proof_of(solver: str, script: str, budget: Budget) -> tuple[str, str]:
    """The proof, or nothing and the reason; in a process of its own, which may die of it."""
    global _WORKER  # noqa: PLW0603 - one process for all of them
    _WORKER = _WORKER or Worker(_proof)
    late = None if budget.seconds is None else 2 * budget.seconds + 10  # beside deciding it, the proof is written
    found = _WORKER.call((solver, script, budget), late)
    return ("", found.reason) if isinstance(found, Lost) else found


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
    """The index of the folder."""
    lines = sorted(row.row() for row in rows)
    (folder / INDEX).write_text("\n".join(["\t".join(COLUMNS), *lines, ""]), encoding="utf-8")
