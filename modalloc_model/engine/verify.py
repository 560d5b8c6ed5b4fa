"""Decides every rule for one table: the engine of `modalloc verify`.

The condition alone decides a static rule. For a rule with a behaviour, the hypotheses of its theorem (its condition and
those of the rules it leans on) are decided first; if all hold, the rule is proved. Otherwise a run is searched for and
replayed on the executable allocator (refuted); without a run, induction on the table's own values may still prove it.
If neither succeeds the rule is undecided, and the message says why. With method `direct`, the induction comes first;
if the theorem's hypotheses hold and the induction fails, the verdict is inconsistent (engine/direct.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from modalloc_model import addresses
from modalloc_model.designs import of
from modalloc_model.designs.design import Design, Matter
from modalloc_model.engine.deciding import Decision, decide, evident, several
from modalloc_model.engine.direct import PROVED, Induced, Induction, run_violates, theorem_fails
from modalloc_model.engine.paths import Paths
from modalloc_model.engine.search import TOTAL, Search, paths_of, search, trace_of
from modalloc_model.engine.solvers import Budget, Disagreement, settle
from modalloc_model.engine.splitting import cases, join_reports
from modalloc_model.params import ParamSet
from modalloc_model.properties import RULES
from modalloc_model.properties.rule import (
    Condition,
    NotApplicable,
    NotClaimed,
    NotJudged,
    Outcome,
    Quantity,
    Rule,
    Subject,
    root_of,
    section_of,
)
from modalloc_model.smt.smtlib import Query
from modalloc_model.verdict import NOT_JUDGED, Fact, Result, TableReport, Verdict
from modalloc_model.words import Term, all_of, evaluate, is_constant, truth, variables


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a verification. `select` names the rules (all if empty); `resources` bounds a query.

    `timeout` is in seconds for each query; with it a verdict depends on the machine, so only the user sets it.
    `search` bounds the search for runs on a whole table, in resource units.
    """

    method: str = "theorem"
    timeout: float | None = None
    select: frozenset[str] = field(default_factory=frozenset)
    solver: str = "z3"
    resources: int = Budget.resources
    search: int = TOTAL

    @property
    def budget(self) -> Budget:
        """The budget of a query."""
        return Budget(self.resources, self.timeout)


def verify_table(table: ParamSet, options: Options | None = None) -> TableReport:
    """Decide every selected rule for every subject that it has in the table."""
    chosen = options or Options()
    parts = cases(table, chosen.solver, chosen.budget)
    return join_reports(table, [_deciding(part, chosen).report() for part in parts])


def both_routes(table: ParamSet, options: Options | None = None) -> tuple[TableReport, TableReport]:
    """The reports of the theorem route and of the direct route, which share their decisions."""
    chosen = replace(options or Options(), method="theorem")
    theorem = [_deciding(part, chosen) for part in cases(table, chosen.solver, chosen.budget)]
    direct = [replace(one, options=replace(one.options, method="direct")) for one in theorem]
    return join_reports(table, [one.report() for one in theorem]), join_reports(table, [one.report() for one in direct])


def _deciding(table: ParamSet, options: Options) -> Deciding:
    doubt = ""
    try:
        query = Query("boot: the unknowns' domain", {"boot": table.machine.domain})
        least_is_one = evident(table.machine.domain, table.machine.floors, options.solver)
        boots = "sat" if least_is_one is not None else settle(query, options.solver, options.budget).status
    except Disagreement as contradiction:
        boots, doubt = "unknown", str(contradiction)
    induction = Induction(table, options.solver, options.budget)
    return Deciding(
        table, options, boots, induction, paths_of(table, options.budget, options.solver, options.search), doubt
    )


def left_open(table: ParamSet, options: Options, reason: str) -> TableReport:
    """The report of a table whose process died: every selected rule is undecided for this reason."""
    rules = [rule for rule in RULES.values() if not options.select or rule.id in options.select]
    message, where = f"the process that decides the table: {reason}", table.location("")
    results = (Result(r.id, r.group, r.severity, "", (), Verdict.UNDECIDED, message, where, "direct") for r in rules)
    return TableReport(table, tuple(results))


@dataclass
class Deciding:
    """The state of one table's verification; each condition is decided once."""

    table: ParamSet
    options: Options
    boots: str  # whether there is any boot: "sat", "unsat" or "unknown"
    induction: Induction
    paths: Paths
    doubt: str = ""  # a contradiction of solvers that affects every rule
    _outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    _by_runs: set[tuple[str, str]] = field(default_factory=set)  # conditions whose failure a run has to show
    _known: dict[tuple[str, str], Decision] = field(default_factory=dict)
    _searches: dict[tuple[str, str], Search] = field(default_factory=dict)

    @property
    def design(self) -> Design:
        """The design of the table's dialect."""
        return of(self.table)

    def report(self) -> TableReport:
        """Every selected rule, in the order of the registry."""
        wanted = self.options.select
        rules = [rule for rule in RULES.values() if not wanted or rule.id in wanted]
        try:
            self.all_at_once(rules)
        except Disagreement as contradiction:
            self.doubt = self.doubt or str(contradiction)
        return TableReport(self.table, tuple(result for rule in rules for result in self.results(rule)))

    def results(self, rule: Rule) -> Iterator[Result]:
        """One result for each subject; if there is no subject, one result that says so."""
        subjects = list(rule.each(self.table))
        if not subjects:
            nothing = Subject("", (), "", ())
            yield self._result(rule, nothing, Verdict.NOT_APPLICABLE, "the table has nothing that the rule applies to")
        for subject in subjects:
            yield self._decide(rule, subject, self._of(rule, subject))

    def _result(self, rule: Rule, subject: Subject, verdict: Verdict, message: str, blame: str = "") -> Result:
        location = self.table.location(subject.owner, blame)
        return Result(
            rule.id, rule.group, rule.severity, subject.name, subject.types, verdict, message, location, "direct"
        )

    def _decide(self, rule: Rule, subject: Subject, outcome: Outcome) -> Result:
        if isinstance(outcome, NotClaimed):
            return self._result(rule, subject, Verdict.NOT_CLAIMED, outcome.reason)
        if isinstance(outcome, NotApplicable):
            return self._result(rule, subject, Verdict.NOT_APPLICABLE, outcome.reason)
        if isinstance(outcome, NotJudged):
            return self._leave_unjudged(rule, subject, outcome.reason)
        if self.boots == "unsat":
            message = "there is no boot: the domain of the unknowns is empty"
            return self._result(rule, subject, Verdict.VACUOUS, message, outcome.blame)
        try:
            if self.doubt:
                raise Disagreement(self.doubt)
            by_runs = rule.depends_on_runs(subject)
            result = (self._behaviour if by_runs else self._static)(rule, subject, outcome)
        except Disagreement as contradiction:
            return self._result(rule, subject, Verdict.INCONSISTENT, str(contradiction), outcome.blame)
        if result.verdict is Verdict.PROVED and outcome.not_judged:
            return self._leave_unjudged(rule, subject, outcome.not_judged, outcome.blame)
        return result

    def _leave_unjudged(self, rule: Rule, subject: Subject, why: str, blame: str = "") -> Result:
        return replace(self._result(rule, subject, Verdict.UNDECIDED, why, blame), reason=NOT_JUDGED)

    # -- conditions --------------------------------------------------------------------------------------------------

    def _of(self, rule: Rule, subject: Subject) -> Outcome:
        """The rule's condition on the subject, built once."""
        key = (rule.id, subject.name)
        if key not in self._outcomes:
            self._outcomes[key] = rule.of(self.table, subject)
            self._by_runs |= {key} if rule.depends_on_runs(subject) else set()
        return self._outcomes[key]

    def _condition(self, rule: Rule, subject: Subject, outcome: Condition) -> Decision:
        key = (rule.id, subject.name)
        if key not in self._known:
            machine, options = self.table.machine, self.options
            name = f"condition: {rule.id} for {subject.name}"
            any_ = rule.depends_on_runs(subject)  # a run has a boot of its own
            self._known[key] = decide(
                name, machine.domain, outcome.formula, machine.floors, options.budget, options.solver, any_
            )
        return self._known[key]

    def all_at_once(self, rules: list[Rule]) -> None:
        """Decide most conditions with one query, that all hold.

        Conditions that the witness breaks fail. If the report shows the witness, a query of its own finds the least.
        """
        pending = {
            (rule.id, subject.name): outcome.formula
            for rule in rules
            for subject in rule.each(self.table)
            if isinstance(outcome := self._of(rule, subject), Condition) and not is_constant(outcome.formula)
        }
        domain = self.table.machine.domain
        if not several(self.options.solver):
            pending = self._unmet(pending, self.table.machine.floors)
        while pending:
            together = truth(all_of(*dict.fromkeys(pending.values())))  # similar subjects have equal conditions
            query = Query.validity("conditions: all of them", {"boot": domain}, together)
            answer = settle(query, self.options.solver, self.options.budget)
            if answer.status == "unsat":
                self._known.update(dict.fromkeys(pending, Decision(True)))
            left = self._unmet(pending, answer.model) if answer.status == "sat" else pending
            if len(left) == len(pending):
                return
            pending = left

    def _unmet(self, pending: dict[tuple[str, str], Term], model: Mapping[str, int]) -> dict[tuple[str, str], Term]:
        """The conditions that the model does not break. A broken one is refuted here if a run has to show it."""
        if not _true_in(self.table.machine.domain, model):
            return pending
        broken = [key for key, formula in pending.items() if not _true_in(formula, model)]
        by_runs = [key for key in broken if key in self._by_runs]
        self._known.update(dict.fromkeys(by_runs, Decision(False, model)))
        return {key: formula for key, formula in pending.items() if key not in broken}

    def _static(self, rule: Rule, subject: Subject, outcome: Condition) -> Result:
        decision = self._condition(rule, subject, outcome)
        if decision.holds:
            return self._result(rule, subject, Verdict.PROVED, rule.title, outcome.blame)
        if decision.holds is None:
            return self._result(rule, subject, Verdict.UNDECIDED, decision.reason, outcome.blame)
        return self._refutation(rule, subject, outcome, decision)

    def _refutation(self, rule: Rule, subject: Subject, outcome: Condition, decision: Decision) -> Result:
        boot = self._boot(decision.boot)
        shown = self._facts(outcome.facts, decision.boot)
        values = {**outcome.words(decision.boot), **{fact.name: fact.value for fact in shown}}
        message = outcome.message.format(**values)
        result = self._result(rule, subject, Verdict.REFUTED, message, outcome.blame)
        return replace(result, facts=shown, boot=tuple(sorted(boot.items())))

    def _boot(self, model: Mapping[str, int]) -> dict[str, int]:
        return {name: model.get(name, floor) for name, floor in self.table.machine.floors.items()}

    def _facts(self, facts: Mapping[str, Quantity], model: Mapping[str, int]) -> tuple[Fact, ...]:
        values = {**self._boot(model), **model}
        symbols = {name: evaluate(term, values) for name, term in self.table.machine.symbols.items()}
        return tuple(Fact(name, _fact_text(fact, values, symbols)) for name, fact in facts.items())

    # -- behaviour ---------------------------------------------------------------------------------------------------

    def _behaviour(self, rule: Rule, subject: Subject, outcome: Condition) -> Result:
        failing = self._failing_hypotheses(rule, subject, outcome)
        if self.options.method == "direct":
            return self._by_induction(rule, subject, outcome, failing)
        if not failing:
            proved = self._result(rule, subject, Verdict.PROVED, rule.title, outcome.blame)
            return replace(proved, method="theorem")
        return self._by_run(rule, subject, outcome, failing)

    def _hypotheses(
        self, rule: Rule, subject: Subject, outcome: Condition
    ) -> Iterator[tuple[Rule, Subject, Condition]]:
        """The hypotheses of the rule's theorem: its condition, and those of the rules it leans on, for the root."""
        yield rule, subject, outcome
        root = root_of(subject.parts)
        about = Subject(root.name, (), root.name, (root,))
        for name in rule.leans_on:
            condition = self._of(RULES[name], about)
            if isinstance(condition, Condition):
                yield RULES[name], about, condition

    def _failing_hypotheses(self, rule: Rule, subject: Subject, outcome: Condition) -> dict[str, Decision]:
        """The hypotheses of the theorem that do not hold for the subject's root, by rule."""
        decisions = {
            one.id: self._condition(one, about, asked) for one, about, asked in self._hypotheses(rule, subject, outcome)
        }
        return {name: decision for name, decision in decisions.items() if not decision.holds}

    # -- by induction on the table's own values ----------------------------------------------------------------------

    def _by_induction(
        self, rule: Rule, subject: Subject, outcome: Condition, failing: Mapping[str, Decision]
    ) -> Result:
        induced = self._induce(rule, subject, outcome)
        if induced == PROVED:
            return self._proved_directly(rule, subject, outcome, failing)
        if failing:
            return self._by_run(rule, subject, outcome, failing)
        verdict, message = Verdict.UNDECIDED, induced.stop_text
        if induced.status == "fails" and induced.query:
            hold = self._that_hypotheses_hold(rule, subject, outcome)
            verdict = Verdict.INCONSISTENT
            message = theorem_fails(self.table.id, rule.id, subject.name, hold, induced.query)
        return self._result(rule, subject, verdict, message, outcome.blame)

    def _induce(self, rule: Rule, subject: Subject, outcome: Condition) -> Induced:
        if rule.id in self.design.theorems:
            return self.induction.of(rule.id, self._matter(subject))
        return PROVED if self._condition(rule, subject, outcome).holds else Induced("open", None, "the condition fails")

    def _matter(self, subject: Subject) -> Matter:
        return Matter(self.table, root_of(subject.parts), section_of(subject.parts))

    def _that_hypotheses_hold(self, rule: Rule, subject: Subject, outcome: Condition) -> Query:
        formulas = [condition.formula for _, _, condition in self._hypotheses(rule, subject, outcome)]
        name = f"hypotheses of {rule.id} for {subject.name}"
        return Query.validity(name, {"boot": self.table.machine.domain}, truth(all_of(*formulas)))

    def _proved_directly(
        self, rule: Rule, subject: Subject, outcome: Condition, failing: Mapping[str, Decision]
    ) -> Result:
        """Proved; but inconsistent if the theorem's hypotheses fail and a run violates the rule."""
        search = self._search(rule, subject) if failing and rule.id in self.design.breakable else None
        if search is None or not search.found:
            return self._result(rule, subject, Verdict.PROVED, rule.title, outcome.blame)
        replayed = self._replay(rule, subject, outcome, search)
        if replayed.verdict is not Verdict.REFUTED:
            return replayed
        obligations = self.induction.queries(rule.id, self._matter(subject))
        wrong = self.design.violated(rule.id, self._suspect(subject), search.found.run)
        run = Query(f"run: {rule.id} for {subject.name} is violated", {"run": wrong})
        message = run_violates(self.table.id, rule.id, subject.name, run, obligations)
        return replace(replayed, verdict=Verdict.INCONSISTENT, message=message)

    # -- by a run ----------------------------------------------------------------------------------------------------

    def _by_run(self, rule: Rule, subject: Subject, outcome: Condition, failing: Mapping[str, Decision]) -> Result:
        if rule.id in self.design.breakable:
            found = self._search(rule, subject)
            if found.found:
                return self._replay(rule, subject, outcome, found)
            reason = found.reason
        else:
            reason = "no table can violate it by a run"
        induced = self._induce(rule, subject, outcome)
        if induced == PROVED:
            return self._result(rule, subject, Verdict.PROVED, rule.title, outcome.blame)
        why = "; ".join(
            filter(None, (f"the theorem needs {', '.join(failing)}, which fails", reason, induced.stop_text))
        )
        return self._result(rule, subject, Verdict.UNDECIDED, why, outcome.blame)

    def _search(self, rule: Rule, subject: Subject) -> Search:
        """The result of the search; the table is searched once, for all rules together."""
        key = (rule.id, subject.name)
        if key not in self._searches:
            wanted = self._to_search() | {key: self._suspect(subject)}
            found = search([(name, suspect) for (name, _), suspect in wanted.items()], self.paths)
            self._searches.update(zip(wanted, found, strict=True))
        return self._searches[key]

    def _to_search(self) -> dict[tuple[str, str], Matter]:
        """Every selected rule and subject with a theorem whose hypotheses do not all hold."""
        found = {}
        chosen = self.options.select
        for rule in [
            rule for rule in RULES.values() if rule.id in self.design.breakable and (not chosen or rule.id in chosen)
        ]:
            for subject in rule.each(self.table):
                outcome = self._of(rule, subject)
                if not isinstance(outcome, Condition) or not subject.of_loader:
                    continue
                if self._failing_hypotheses(rule, subject, outcome):
                    found[rule.id, subject.name] = self._suspect(subject)
        return found

    def _suspect(self, subject: Subject) -> Matter:
        return Matter(self.table, root_of(subject.parts), section_of(subject.parts))

    def _replay(self, rule: Rule, subject: Subject, outcome: Condition, search: Search) -> Result:
        from modalloc_model.designs.replay import replay

        assert search.found is not None
        trace = trace_of(rule.id, subject.name, search.found)
        again = replay(trace)
        model = {**search.found.model, "place": search.found.model.get("probe", 0)}
        result = self._refutation(rule, subject, outcome, Decision(False, self._complete(outcome, model)))
        if not again.reproduced:
            message = f"the executable allocator does not reproduce the run that the search found: {again.problem}"
            return replace(result, verdict=Verdict.INCONSISTENT, message=message, trace=trace, method="search")
        trace = replace(trace, violation=again.violation)
        boot = tuple(sorted(trace.boot.items()))
        return replace(result, trace=trace, replayed=True, boot=boot, method="search")

    def _complete(self, outcome: Condition, model: Mapping[str, int]) -> Mapping[str, int]:
        """The model, with 0 for variables that only the facts have."""
        spoken = variables(*(fact.term for fact in outcome.facts.values()))
        return {**dict.fromkeys(spoken, 0), **self._boot(model), **model}


def _true_in(formula: Term, model: Mapping[str, int]) -> bool:
    return bool(evaluate(formula, {**dict.fromkeys(variables(formula), 0), **model}))


def _fact_text(fact: Quantity, values: Mapping[str, int], symbols: Mapping[str, int]) -> str:
    value = evaluate(fact.term, values)
    if fact.unit == "address":
        return addresses.place(value, symbols)
    if fact.unit == "bytes":
        return addresses.size(value)
    if fact.unit == "truth":
        return "yes" if value else "no"
    return str(value) if value < _SMALL else hex(value)


_SMALL = 1 << 12  # numbers below are printed in decimal
