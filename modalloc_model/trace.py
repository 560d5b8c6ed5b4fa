"""A run of the allocator that violates a rule: the search finds it, the executable allocator replays it.

A trace is self-contained: it carries the table's values in its boot, so `modalloc replay` needs nothing else. Choices
of the allocator (which free extent, which hole, whether an empty block returns to the arbiter) are recorded as
addresses, and the replay checks that each choice was possible.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from modalloc_model.concrete import Concrete, ConcreteRange, ConcreteRoot, ConcreteSection
from modalloc_model.params import Assumptions, Kind, Reach

SCHEMA = "modalloc.trace/1"
OF_OTHERS = ("take", "return")
"""Operations without a module: another user takes address space, or returns it."""


@dataclass(frozen=True, slots=True)
class Placement:
    """One section of a load: `size` bytes requested, placed at address `at`, or refused (None)."""

    section: str
    size: int
    at: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a run.

    load: `module` requests `sections`, in that order. finish_init, unload: of `module`.
    branch: an instruction of `module` at address `place` refers to address `target` by the reach rule `reach`.
    take, return: another user takes the addresses [`first`, `last`] from the arbiter, or returns such an area; `root`
    names the arbiter if each root has its own.
    `release`: blocks that became wholly free return to the arbiter.
    For the operations of other designs, `values` holds the arguments and results of the operation on the pool `root`
    by name.
    """

    op: str
    module: str = ""
    sections: tuple[Placement, ...] = ()
    release: bool = False
    reach: str = ""
    place: int = 0
    target: int = 0
    first: int = 0
    last: int = 0
    root: str = ""
    values: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """A run in one boot of one table that ends in a violation of `rule`."""

    table: str
    rule: str
    subject: str  # the type or root that the rule concerns
    boot: dict[str, int]
    params: Concrete
    steps: tuple[Step, ...]
    violation: str = field(default="", compare=False)

    @property
    def design(self) -> str:
        """The design that makes the run."""
        return self.params.design


def to_json(trace: Trace) -> dict[str, Any]:
    """The trace as a JSON document: addresses as hexadecimal strings, sizes as integers in bytes."""
    return {
        "schema": SCHEMA,
        "table": trace.table,
        "design": trace.design,
        "rule": trace.rule,
        "subject": trace.subject,
        "unknowns": {name: hex(value) for name, value in sorted(trace.boot.items())},
        "params": params_to_json(trace.params),
        "steps": [step_to_json(step) for step in trace.steps],
        "violation": trace.violation,
    }


def step_to_json(step: Step) -> dict[str, Any]:
    """One step; keys without meaning for its operation are left out."""
    if step.op in OF_OTHERS:
        whose = {"root": step.root} if step.root else {}
        return {"op": step.op, "first": hex(step.first), "last": hex(step.last), **whose}
    if step.values:
        return {"op": step.op, "root": step.root, "values": {name: hex(value) for name, value in step.values}}
    document: dict[str, Any] = {"op": step.op, "module": step.module}
    if step.op == "load":
        document["sections"] = [
            {"section": p.section, "size": p.size, "at": None if p.at is None else hex(p.at)} for p in step.sections
        ]
    if step.op == "branch":
        document |= {"reach": step.reach, "place": hex(step.place), "target": hex(step.target)}
    if step.release:
        document["release"] = True
    return document


def params_to_json(params: Concrete) -> dict[str, Any]:
    """The table's values in one boot."""
    assumptions = params.assumptions
    return {
        "bits": params.bits,
        "page": params.page,
        "guard": params.guard,
        "assumptions": {f.name: getattr(assumptions, f.name) for f in fields(assumptions)}
        | {"claims": list(assumptions.claims)},
        "roots": [_root_to_json(root) for root in params.roots],
        "sections": [{"name": s.name, "kind": s.kind.value, "init": s.init, "root": s.root} for s in params.sections],
        "registered": [_range_to_json(r) for r in params.registered],
        "image": _range_to_json(params.image),
        "reach": [{f.name: _plain(getattr(r, f.name)) for f in fields(r)} for r in params.reach],
        "targets": {name: _range_to_json(r) for name, r in params.targets.items()},
        "symbols": {name: hex(value) for name, value in params.symbols.items()},
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _range_to_json(chosen: ConcreteRange | None) -> list[str] | None:
    return [hex(chosen.first), hex(chosen.last)] if chosen else None


def _root_to_json(root: ConcreteRoot) -> dict[str, Any]:
    plain = {f.name: getattr(root, f.name) for f in fields(root)}
    return plain | {"ranges": [_range_to_json(r) for r in root.ranges]}


def from_json(document: dict[str, Any]) -> Trace:
    """Parses the output of :func:`to_json`. KeyError, TypeError or ValueError for any other document."""
    if document["schema"] != SCHEMA:
        raise ValueError(f"schema is {document['schema']!r}, not {SCHEMA!r}")
    return Trace(
        table=str(document["table"]),
        rule=str(document["rule"]),
        subject=str(document["subject"]),
        boot={name: int(value, 16) for name, value in document["unknowns"].items()},
        params=_params_from_json(document["params"], str(document.get("design", "mail"))),
        steps=tuple(step_from_json(step) for step in document["steps"]),
        violation=str(document["violation"]),
    )


def _params_from_json(document: dict[str, Any], design: str) -> Concrete:
    return Concrete(
        bits=int(document["bits"]),
        page=int(document["page"]),
        guard=int(document["guard"]),
        assumptions=Assumptions(**document["assumptions"] | {"claims": tuple(document["assumptions"]["claims"])}),
        roots=tuple(
            ConcreteRoot(**r | {"ranges": tuple(_range_from_json(x) for x in r["ranges"])}) for r in document["roots"]
        ),
        sections=tuple(ConcreteSection(**s | {"kind": Kind(s["kind"])}) for s in document["sections"]),
        registered=tuple(r for x in document["registered"] if (r := _range_from_json(x))),
        image=_range_from_json(document["image"]),
        reach=tuple(_reach_from_json(r) for r in document["reach"]),
        targets={name: r for name, x in document.get("targets", {}).items() if (r := _range_from_json(x))},
        symbols={name: int(value, 16) for name, value in document["symbols"].items()},
        design=design,
    )


def _reach_from_json(document: dict[str, Any]) -> Reach:
    """Parses a reach rule. Keys that older traces lack have their defaults of that time."""
    lists: dict[str, Any] = {key: tuple(document[key]) for key in ("targets", "places") if key in document}
    return Reach(**{**document, **lists})


def _range_from_json(bounds: list[str] | None) -> ConcreteRange | None:
    return ConcreteRange(int(bounds[0], 16), int(bounds[1], 16)) if bounds else None


def step_from_json(document: dict[str, Any]) -> Step:
    """Parses the output of :func:`step_to_json`."""
    if "values" in document:
        values = tuple((name, int(value, 16)) for name, value in document["values"].items())
        return Step(str(document["op"]), root=str(document["root"]), values=values)
    return Step(
        op=str(document["op"]),
        module="" if document["op"] in OF_OTHERS else str(document["module"]),
        sections=tuple(
            Placement(str(p["section"]), int(p["size"]), None if p["at"] is None else int(p["at"], 16))
            for p in document.get("sections", ())
        ),
        release=bool(document.get("release", False)),
        reach=str(document.get("reach", "")),
        place=int(document.get("place", "0x0"), 16),
        target=int(document.get("target", "0x0"), 16),
        **_area_from_json(document),
    )


def _area_from_json(document: dict[str, Any]) -> dict[str, Any]:
    if document["op"] not in OF_OTHERS:
        return {}
    first, last = (int(document[bound], 16) for bound in ("first", "last"))
    return {"first": first, "last": last, "root": str(document.get("root", ""))}
