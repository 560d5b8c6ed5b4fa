"""The kinds of change, and which of them fail the gate.

A kind is forbidden by default, or by `--forbid` and `forbid:`, or is allowed by `--allow` and `allow:`. An
inconsistency of the tool is never allowed. A head whose policy allows more than the base's is a kind of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from modalloc_model.exit_status import ExitStatus


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """A kind of change. `page` is Markdown; `forbidden` is the default of the policy.

    `status` is the exit status if the kind is forbidden.
    """

    id: str
    title: str
    why: str
    mend: str
    forbidden: bool = False
    status: ExitStatus = ExitStatus.REFUTED

    @property
    def page(self) -> str:
        """The description of the kind."""
        default = "It fails the gate unless it is allowed." if self.forbidden else "It fails the gate where forbidden."
        return f"# {self.title}\n\n{self.why}\n\n{default}\n\n## How to mend\n\n{self.mend}\n"


WEAKENED = "weakened-policy"
"""The kind that guards the policy itself."""

_LET_THROUGH = "If the change is intended, allow it with `--allow`, or write an expectation with its reason."

_ALL = (
    ChangeKind(
        "lost-guarantee",
        "A rule that was proved is refuted",
        "A boot and a run of the head violate the rule; the base had none. The report shows the run.",
        "Revert the change, or fix the cause that the rule's page names.",
        forbidden=True,
    ),
    ChangeKind(
        "undecided-guarantee",
        "A rule that was proved is undecided",
        "The tool found neither a proof nor a counterexample. An undecided rule does not count as proved.",
        "Give more `--resources`, or simplify the table.",
        forbidden=True,
        status=ExitStatus.UNDECIDED,
    ),
    ChangeKind(
        "vacuous-guarantee",
        "A rule that was proved is vacuous",
        "No boot satisfies the hypotheses: an unknown's domain is empty, or constraints contradict each other.",
        "Correct the domain of the unknowns.",
        forbidden=True,
        status=ExitStatus.VACUOUS,
    ),
    ChangeKind(
        "still-open",
        "A rule is undecided or vacuous at both ends",
        "The table changed, and the tool cannot decide whether it lost a guarantee.",
        "Give more `--resources`, correct the unknowns, or write an expectation with its reason.",
        forbidden=True,
        status=ExitStatus.UNDECIDED,
    ),
    ChangeKind(
        "inconsistent",
        "The tool contradicts itself",
        "Two routes or two solvers disagree, or the executable allocator did not reproduce a run.",
        "Report it as a bug; the folder modalloc-queries holds both questions.",
        forbidden=True,
        status=ExitStatus.INCONSISTENT,
    ),
    ChangeKind(
        "new-failure",
        "A rule fails that was not decided before",
        "The table, the type or the claim is new, or the rule was undecided, and its condition does not hold.",
        "Fix the table, or write an expectation with its reason.",
        forbidden=True,
    ),
    ChangeKind(
        "lost-coverage",
        "A rule is no longer decided",
        "A claim or a type was removed, or the profile no longer gives the values that the rule needs. A guarantee "
        "that is not checked is lost.",
        _LET_THROUGH,
        forbidden=True,
    ),
    ChangeKind(
        "removed-table",
        "A table was removed",
        "Its rules are no longer decided. A table that was renamed or moved and kept its values is not removed.",
        _LET_THROUGH,
        forbidden=True,
    ),
    ChangeKind(
        "widened-protection",
        "Pages allow more access than before",
        "A page may be read, written or executed that could not be: as it is mapped, once the section is loaded, "
        "or once the module is live.",
        _LET_THROUGH,
        forbidden=True,
    ),
    ChangeKind(
        WEAKENED,
        "The policy forbids less",
        "The head's configuration file forbids less than the base's.",
        "Change the policy in a commit of its own, with `--allow weakened-policy`.",
        forbidden=True,
    ),
    ChangeKind(
        "gone-expectation",
        "An expected failure no longer occurs",
        "The expectation would hide the failure if it returned.",
        "Remove the expectation.",
        forbidden=True,
    ),
    ChangeKind(
        "expired-expectation",
        "An expectation has expired",
        "The failure still occurs after the last day of the expectation.",
        "Fix the failure, or set a later day.",
        forbidden=True,
    ),
    ChangeKind("added-table", "A table was added", "Its rules are decided as `modalloc verify` does.", _LET_THROUGH),
    ChangeKind(
        "gained-guarantee",
        "A rule became proved",
        "Before, it was refuted, undecided, vacuous, or not decided at all.",
        _LET_THROUGH,
    ),
    ChangeKind(
        "new-warning",
        "A warning or note is new",
        "A rule of severity warning or info no longer holds, or it concerns a new subject.",
        "`modalloc explain RULE` shows how to fix it.",
    ),
    ChangeKind(
        "no-longer-applies",
        "A rule no longer applies",
        "The machine is unchanged, and the table no longer has the subject of the rule.",
        _LET_THROUGH,
    ),
    ChangeKind(
        "narrowed-protection",
        "Pages allow less access than before",
        "A page may no longer be read, written or executed.",
        _LET_THROUGH,
    ),
    ChangeKind(
        "gained-addresses",
        "Memory may occupy addresses that it could not before",
        "In some boot the allocator may return an address that it could not return before.",
        _LET_THROUGH,
    ),
    ChangeKind(
        "lost-addresses",
        "Memory may no longer occupy addresses that it could before",
        "In some boot the allocator may no longer return an address that it could return before.",
        _LET_THROUGH,
    ),
    ChangeKind("gained-capacity", "More modules fit", "The least or the greatest number over all boots.", _LET_THROUGH),
    ChangeKind("lost-capacity", "Fewer modules fit", "The least or the greatest number over all boots.", _LET_THROUGH),
    ChangeKind(
        "gained-reach-margin",
        "The reach margin grew",
        "The margin is the distance from the farthest branch to the limit of the instruction, in the worst boot.",
        _LET_THROUGH,
    ),
    ChangeKind(
        "lost-reach-margin",
        "The reach margin shrank",
        "The margin is the distance from the farthest branch to the limit of the instruction, in the worst boot.",
        _LET_THROUGH,
    ),
)

KINDS: Mapping[str, ChangeKind] = MappingProxyType({kind.id: kind for kind in _ALL})
"""Every kind, by its name."""

ALWAYS = frozenset({"inconsistent"})
"""Kinds that no policy can allow."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The kinds that fail the gate."""

    forbidden: frozenset[str] = frozenset(kind.id for kind in _ALL if kind.forbidden)

    def changed(self, forbid: Iterable[str], allow: Iterable[str]) -> Policy:
        """The policy with more kinds forbidden and others allowed. A kind in both lists is forbidden."""
        return Policy(((self.forbidden - frozenset(allow)) | frozenset(forbid)) | ALWAYS)
