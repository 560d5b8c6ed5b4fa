"""One table, every rule: what `modalloc verify` is made of.

A static rule is decided by its condition. For a rule with a behaviour, first the hypotheses of its theorem (its own
condition and those it leans on) are decided; if all hold it is proved. If not, that is no verdict yet: a run is
searched for and replayed on the executable allocator (refuted), or else the induction is done on the table's own values
(proved after all). Neither: undecided, and the message says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from modalloc_model import addresses
from modalloc_model.engine.deciding import Decision, decide
from modalloc_model.engine.search import Search, search, trace_of
from modalloc_model.engine.solvers import Budget, ask
from modalloc_model.engine.solvers import prove as discharge
from modalloc_model.params import ParamSet
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import (
    Condition,
    Fact,
    NotApplicable,
    NotClaimed,
    Outcome,
    Rule,
    Subject,
    root_of,
    section_of,
)
from modalloc_model.smt.smtlib import Query, write
from modalloc_model.smt.theorems import THEOREMS, Matter
from modalloc_model.smt.violations import VIOLATIONS, Suspect
from modalloc_model.verdict import Fact as Shown
from modalloc_model.verdict import Result, TableReport, Verdict
from modalloc_model.words import Term, all_of, evaluate, is_constant, truth, variables


@dataclass(frozen=True, slots=True)
class Options:
    """How to decide. `select` names the rules wanted (all, if empty); `timeout` is in seconds for each query."""

    method: str = "theorem"
    timeout: float | None = None
    select: frozenset[str] = field(default_factory=frozenset)
    solver: str = "z3"
    resources: int = Budget.resources

    @property
    def budget(self) -> Budget:
        """For each query."""
        return Budget(self.resources, Budget.seconds if self.timeout is None else self.timeout)


def verify_table(table: ParamSet, options: Options | None = None) -> TableReport:
    """Decide every selected rule for every subject that it has in the table."""
    chosen = options or Options()
    domain = ask(Query("boot: the unknowns' domain", {"boot": table.machine.domain}), chosen.solver, chosen.budget)
    deciding = Deciding(table, chosen, domain.status)
    rules = [rule for rule in RULES.values() if not chosen.select or rule.id in chosen.select]
    deciding.all_at_once(rules)
    return TableReport(table, tuple(result for rule in rules for result in deciding.results(rule)))


@dataclass
class Deciding:
    """The state of one table's verification: what was decided of each condition is decided once."""

    table: ParamSet
    options: Options
    boots: str  # whether there is any boot: "sat", "unsat" or "unknown"
    _known: dict[tuple[str, str], Decision] = field(default_factory=dict)
    _discharges: dict[str, bool] = field(default_factory=dict)

    def results(self, rule: Rule) -> Iterator[Result]:
        """One result for each subject, or one that says there is none."""
        subjects = list(rule.each(self.table))
        if not subjects:
            nothing = Subject("", (), "", ())
            yield self._result(rule, nothing, Verdict.NOT_APPLICABLE, "the table has nothing that the rule speaks of")
        for subject in subjects:
            yield self._decided(rule, subject, rule.of(self.table, subject))

    def _result(self, rule: Rule, subject: Subject, verdict: Verdict, message: str, blame: str = "") -> Result:
        location = self.table.location(subject.owner, blame)
        if rule.each.__name__ == "each_type" and subject.parts:
            location = self.table.location(subject.name, blame)
        return Result(
            rule.id, rule.group, rule.severity, subject.name, subject.types, verdict, message, location, "direct"
        )

    def _decided(self, rule: Rule, subject: Subject, outcome: Outcome) -> Result:
        if isinstance(outcome, NotClaimed):
            return self._result(rule, subject, Verdict.NOT_CLAIMED, outcome.reason)
        if isinstance(outcome, NotApplicable):
            return self._result(rule, subject, Verdict.NOT_APPLICABLE, outcome.reason)
        if self.boots == "unsat":
            message = "there is no boot: the domain of the unknowns is empty"
            return self._result(rule, subject, Verdict.VACUOUS, message, outcome.blame)
        if rule.behaviour:
            return self._behaviour(rule, subject, outcome)
        return self._static(rule, subject, outcome)

    # -- conditions --------------------------------------------------------------------------------------------------

    def _condition(self, rule: Rule, subject: Subject, outcome: Condition) -> Decision:
        key = (rule.id, subject.name)
        if key not in self._known:
            machine, options = self.table.machine, self.options
            prefer = {u.name: u.step * u.low for u in machine.unknowns} | {t.name: 0 for t in outcome.prefer}
            name = f"condition: {rule.id} for {subject.name}"
            self._known[key] = decide(name, machine.domain, outcome.formula, prefer, options.budget, options.solver)
        return self._known[key]

    def all_at_once(self, rules: list[Rule]) -> None:
        """Decide most conditions with one question: that they all hold. Those that a witness breaks are asked alone."""
        pending = {
            (rule.id, subject.name): outcome.formula
            for rule in rules
            for subject in rule.each(self.table)
            if isinstance(outcome := rule.of(self.table, subject), Condition) and not is_constant(outcome.formula)
        }
        domain = self.table.machine.domain
        while pending:
            together = truth(all_of(*pending.values()))
            query = Query.validity("conditions: all of them", {"boot": domain}, together)
            answer = ask(query, self.options.solver, self.options.budget)
            if answer.status == "unsat":
                self._known.update(dict.fromkeys(pending, Decision(True)))
            broken = [key for key, formula in pending.items() if not _true_in(formula, answer.model)]
            if answer.status != "sat" or not broken:
                return
            pending = {key: formula for key, formula in pending.items() if key not in broken}

    def _static(self, rule: Rule, subject: Subject, outcome: Condition) -> Result:
        decision = self._condition(rule, subject, outcome)
        if decision.holds:
            return self._result(rule, subject, Verdict.PROVED, rule.title, outcome.blame)
        if decision.holds is None:
            return self._result(rule, subject, Verdict.UNDECIDED, decision.reason, outcome.blame)
        return self._refuted(rule, subject, outcome, decision)

    def _refuted(self, rule: Rule, subject: Subject, outcome: Condition, decision: Decision) -> Result:
        boot = self._boot(decision.boot)
        shown = self._facts(outcome.facts, decision.boot)
        message = outcome.message.format(**{fact.name: fact.value for fact in shown})
        result = self._result(rule, subject, Verdict.REFUTED, message, outcome.blame)
        return replace(result, facts=shown, boot=tuple(sorted(boot.items())))

    def _boot(self, model: Mapping[str, int]) -> dict[str, int]:
        return {u.name: model.get(u.name, u.step * u.low) for u in self.table.machine.unknowns}

    def _facts(self, facts: Mapping[str, Fact], model: Mapping[str, int]) -> tuple[Shown, ...]:
        values = {**self._boot(model), **model}
        symbols = {name: evaluate(term, values) for name, term in self.table.machine.symbols.items()}
        return tuple(Shown(name, _shown(fact, values, symbols)) for name, fact in facts.items())

    # -- behaviour ---------------------------------------------------------------------------------------------------

    def _behaviour(self, rule: Rule, subject: Subject, outcome: Condition) -> Result:
        failing = self._failing_hypotheses(rule, subject, outcome)
        if not failing and self.options.method == "theorem":
            proved = self._result(rule, subject, Verdict.PROVED, rule.title, outcome.blame)
            return replace(proved, method="theorem")
        if self.options.method == "direct":
            result = self._directly(rule, subject, outcome)
            if result.verdict is Verdict.PROVED:
                return result
        return self._searched(rule, subject, outcome, failing)

    def _failing_hypotheses(self, rule: Rule, subject: Subject, outcome: Condition) -> dict[str, Decision]:
        """The rules whose conditions the theorem takes, and which do not hold of the subject's root."""
        decisions = {rule.id: self._condition(rule, subject, outcome)}
        for name in rule.leans_on:
            other = RULES[name]
            root = root_of(subject.parts)
            about = Subject(root.name, (), root.name, (root,))
            condition = other.of(self.table, about)
            if isinstance(condition, Condition):
                decisions[name] = self._condition(other, about, condition)
        return {name: decision for name, decision in decisions.items() if not decision.holds}

    def _searched(self, rule: Rule, subject: Subject, outcome: Condition, failing: Mapping[str, Decision]) -> Result:
        if rule.id in VIOLATIONS:
            found = self._search(rule, subject)
            if found.found:
                return self._replayed(rule, subject, outcome, found)
            reason = found.reason
        else:
            reason = "no table can violate it by a run"
        result = self._directly(rule, subject, outcome)
        if result.verdict is Verdict.PROVED:
            return result
        why = f"the theorem needs {', '.join(failing)}, which fails; {reason}; {result.message}"
        return self._result(rule, subject, Verdict.UNDECIDED, why, outcome.blame)

    def _search(self, rule: Rule, subject: Subject) -> Search:
        suspect = Suspect(self.table, root_of(subject.parts), section_of(subject.parts))
        return search(rule.id, suspect, self.options.budget, self.options.solver)

    def _replayed(self, rule: Rule, subject: Subject, outcome: Condition, search: Search) -> Result:
        from modalloc_model.allocator.replay import replay

        assert search.found is not None
        trace = trace_of(rule.id, subject.name, search.found)
        again = replay(trace)
        model = {**search.found.model, "place": search.found.model.get("probe", 0)}
        result = self._refuted(rule, subject, outcome, Decision(False, self._complete(outcome, model)))
        if not again.reproduced:
            message = f"the search found a run that the executable allocator does not repeat: {again.problem}"
            return replace(result, verdict=Verdict.INCONSISTENT, message=message, trace=trace, method="search")
        trace = replace(trace, violation=again.violation)
        boot = tuple(sorted(trace.boot.items()))
        return replace(result, trace=trace, replayed=True, boot=boot, method="search")

    def _complete(self, outcome: Condition, model: Mapping[str, int]) -> Mapping[str, int]:
        """The model, with 0 for what the facts speak of and the run does not."""
        spoken = variables(*(fact.term for fact in outcome.facts.values()))
        return {**dict.fromkeys(spoken, 0), **self._boot(model), **model}

    def _directly(self, rule: Rule, subject: Subject, outcome: Condition) -> Result:
        """The theorem's obligations on the table's own values, with no hypothesis but the boot's domain."""
        if rule.id not in THEOREMS:
            condition = self._condition(rule, subject, outcome)
            verdict = Verdict.PROVED if condition.holds else Verdict.UNDECIDED
            return self._result(rule, subject, verdict, rule.title if condition.holds else "the condition fails")
        matter = Matter(self.table, root_of(subject.parts), section_of(subject.parts))
        for obligation in THEOREMS[rule.id](matter):
            query = obligation.under({"boot": self.table.machine.domain}).query()
            if not self._discharged(query):
                message = f"induction on the table's own values stops at “{obligation.name}”"
                return self._result(rule, subject, Verdict.UNDECIDED, message, outcome.blame)
        return self._result(rule, subject, Verdict.PROVED, rule.title, outcome.blame)

    def _discharged(self, query: Query) -> bool:
        """Obligations that several rules or roots share are decided once."""
        key = write(replace(query, name=""), cores=False)
        if key not in self._discharges:
            answer = discharge(query, self.options.solver, self.options.budget)
            self._discharges[key] = answer.status == "unsat"
        return self._discharges[key]


def _true_in(formula: Term, model: Mapping[str, int]) -> bool:
    return bool(evaluate(formula, {**dict.fromkeys(variables(formula), 0), **model}))


def _shown(fact: Fact, values: Mapping[str, int], symbols: Mapping[str, int]) -> str:
    value = evaluate(fact.term, values)
    if fact.unit == "address":
        return addresses.place(value, symbols)
    if fact.unit == "bytes":
        return addresses.size(value)
    if fact.unit == "truth":
        return "yes" if value else "no"
    return str(value) if value < _SMALL else hex(value)


_SMALL = 1 << 12  # numbers below are told in decimal
