"""The kinds of change that the gate knows, and which of them fail it.

A kind is forbidden by itself, or by `--forbid` and `forbid:`, or is let through by `--allow` and `allow:`. An
inconsistency of the tool is never let through. Leaves out: who may change the policy; that the head's allows more than
the base's did is a kind itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from modalloc_model.exit_status import ExitStatus


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change. `page` is Markdown; `forbidden` says whether it fails the gate where nobody says otherwise.

    `status` is the exit status that it amounts to where it is forbidden.
    """

    id: str
    title: str
    why: str
    mend: str
    forbidden: bool = False
    status: ExitStatus = ExitStatus.REFUTED

    @property
    def page(self) -> str:
        """The kind, described."""
        default = "It fails the gate unless it is allowed." if self.forbidden else "It fails the gate where forbidden."
        return f"# {self.title}\n\n{self.why}\n\n{default}\n\n## How to mend\n\n{self.mend}\n"


WEAKENED = "weakened-policy"
"""The kind that guards the policy itself."""

_LET_THROUGH = "If the change is meant, let it through with `--allow`, or write an expectation with its reason."

_ALL = (
    Kind(
        "lost-guarantee",
        "A rule that was proved is refuted",
        "There is a boot and a run in which the table goes wrong, and there was none. The run is shown.",
        "Take the change back, or mend what the rule's page names.",
        forbidden=True,
    ),
    Kind(
        "undecided-guarantee",
        "A rule that was proved is undecided",
        "Neither a proof nor a run was found. What is not known is not proved.",
        "Give more `--resources`, or simplify the table.",
        forbidden=True,
        status=ExitStatus.UNDECIDED,
    ),
    Kind(
        "vacuous-guarantee",
        "A rule that was proved is vacuous",
        "No boot satisfies the hypotheses any more: an unknown's domain is empty, or constraints contradict.",
        "Mend the domain of the unknowns.",
        forbidden=True,
        status=ExitStatus.VACUOUS,
    ),
    Kind(
        "still-open",
        "A rule is undecided or vacuous at both ends",
        "The table changed, and nobody knows whether a guarantee was lost with that.",
        "Give more `--resources`, mend the unknowns, or write an expectation with its reason.",
        forbidden=True,
        status=ExitStatus.UNDECIDED,
    ),
    Kind(
        "inconsistent",
        "The tool contradicts itself",
        "Two routes or two solvers disagree, or a run was not repeated by the executable allocator.",
        "Report it; both questions are kept in the folder modalloc-queries.",
        forbidden=True,
        status=ExitStatus.INCONSISTENT,
    ),
    Kind(
        "new-failure",
        "A rule fails of which nothing was known before",
        "The table, the type or the claim is new, or the rule was undecided, and what it demands does not hold.",
        "Mend the table, or write an expectation with its reason.",
        forbidden=True,
    ),
    Kind(
        "lost-coverage",
        "A rule that was decided is not decided any more",
        "A claim was dropped, a type vanished, or the machine does not say any more what the rule needs: a guarantee "
        "that nobody looks at is none.",
        _LET_THROUGH,
        forbidden=True,
    ),
    Kind(
        "removed-table",
        "A table is gone",
        "Nothing is decided of it any more. A table that got another name or file, and kept its values, is not gone.",
        _LET_THROUGH,
        forbidden=True,
    ),
    Kind(
        "widened-protection",
        "Pages may be read, written or executed that could not be before",
        "A page of the section allows more: as it is mapped, once the section is loaded, or once the module is live.",
        _LET_THROUGH,
        forbidden=True,
    ),
    Kind(
        WEAKENED,
        "The policy lets through what it did not",
        "The head's configuration file forbids less than the base's.",
        "Change the policy by itself, with `--allow weakened-policy`, so that it is seen.",
        forbidden=True,
    ),
    Kind(
        "gone-expectation",
        "A failure that was expected is gone",
        "The expectation's line would hide the failure if it came back.",
        "Take the line away.",
        forbidden=True,
    ),
    Kind(
        "expired-expectation",
        "A failure is expected no longer",
        "The day until which it was to be mended has passed.",
        "Mend the failure, or set another day.",
        forbidden=True,
    ),
    Kind("added-table", "A table is new", "Its rules are decided as `modalloc verify` does.", _LET_THROUGH),
    Kind(
        "gained-guarantee",
        "A rule that was not proved is proved",
        "It was refuted, undecided, vacuous, or not decided at all.",
        _LET_THROUGH,
    ),
    Kind(
        "new-warning",
        "A warning or a note that is new",
        "A rule of lesser severity held and does not, or it speaks of something new.",
        "`modalloc explain` says of each rule how to mend it.",
    ),
    Kind(
        "no-longer-applies",
        "A rule has nothing to speak of any more",
        "The machine is what it was, and the table does not have what the rule is about.",
        _LET_THROUGH,
    ),
    Kind(
        "narrowed-protection",
        "Pages may not be read, written or executed any more",
        "A page of the section allows less.",
        _LET_THROUGH,
    ),
    Kind(
        "gained-addresses",
        "Memory may lie where it could not before",
        "In some boot an address may be handed out that could not be.",
        _LET_THROUGH,
    ),
    Kind(
        "lost-addresses",
        "Memory may not lie any more where it could",
        "In some boot an address may not be handed out that could be.",
        _LET_THROUGH,
    ),
    Kind("gained-capacity", "More modules fit", "At least or at most, over all boots.", _LET_THROUGH),
    Kind("lost-capacity", "Fewer modules fit", "At least or at most, over all boots.", _LET_THROUGH),
    Kind(
        "gained-reach-margin",
        "Branches have more room to spare",
        "The distance between the farthest branch and what the instruction reaches, in the worst boot.",
        _LET_THROUGH,
    ),
    Kind(
        "lost-reach-margin",
        "Branches have less room to spare",
        "The distance between the farthest branch and what the instruction reaches, in the worst boot.",
        _LET_THROUGH,
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.id: kind for kind in _ALL})
"""Every kind, by its name."""

ALWAYS = frozenset({"inconsistent"})
"""What no policy lets through."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The kinds that fail the gate."""

    forbidden: frozenset[str] = frozenset(kind.id for kind in _ALL if kind.forbidden)

    def changed(self, forbid: Iterable[str], allow: Iterable[str]) -> Policy:
        """With some forbidden too, and some let through; what is in both is forbidden."""
        return Policy(((self.forbidden - frozenset(allow)) | frozenset(forbid)) | ALWAYS)
