"""Modules come and go: load with rollback, the end of init, unload.

Models: layout_and_allocate(), do_init_module(), free_module() of kernel/module/main.c as far as they move memory.
Leaves out: everything a module is besides its memory. A fault, or a block mapped over another, ends the run: nothing
can be asked of the loader then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from modalloc_model.allocator.events import Ended, Event, EventKind
from modalloc_model.allocator.placement import Policy
from modalloc_model.concrete import Concrete, ConcreteSection
from modalloc_model.designs.mail.allocator import Allocator
from modalloc_model.designs.mail.pool import Extent
from modalloc_model.params import Kind


class Phase(StrEnum):
    """How far a module has come."""

    LOADING = "loading"
    INIT = "init"
    LIVE = "live"
    GONE = "gone"


class Request(NamedTuple):
    """`size` bytes for a section."""

    section: str
    size: int


@dataclass(slots=True)
class Module:
    """A module, and the extents it has, in the order of loading."""

    name: str
    phase: Phase = Phase.LOADING
    extents: list[Extent] = field(default_factory=list)


class Loader:
    """The module loader on one table in one boot.

    ValueError where an operation makes no sense in the phase that the module is in, or after a fault; KeyError for
    a section that the table does not know.
    """

    def __init__(self, params: Concrete, policy: Policy | None = None, events: list[Event] | None = None) -> None:
        self.allocator = Allocator(params, policy, events)
        self.modules: dict[str, Module] = {}
        self.ended = False

    def load(self, name: str, sections: Sequence[Request]) -> bool:
        """Allocate and fill every section; False, and nothing is left of it, where one is refused. Ended."""
        self._require(name, Phase.GONE)
        module = self.modules[name] = Module(name)
        self._enter(module, Phase.LOADING)
        try:
            return self._load(module, sections)
        except Ended:
            self.ended = True
            raise

    def finish_init(self, name: str) -> None:
        """Seal what is read-only after init, free what is only for init. Ended."""
        module = self._require(name, Phase.INIT)
        try:
            self.allocator.seal([extent for extent in module.extents if self._seals(extent)])
            self._free(module, [extent for extent in module.extents if self._section(extent).init])
        except Ended:
            self.ended = True
            raise
        self._enter(module, Phase.LIVE)

    def unload(self, name: str) -> None:
        """Free what is left of the module. Ended."""
        module = self._require(name, Phase.INIT, Phase.LIVE)
        try:
            self._free(module, list(module.extents))
        except Ended:
            self.ended = True
            raise
        self._enter(module, Phase.GONE)

    def phase(self, name: str) -> Phase:
        """The module's phase; one that was never loaded is gone."""
        return self.modules[name].phase if name in self.modules else Phase.GONE

    def _load(self, module: Module, sections: Sequence[Request]) -> bool:
        for section, size in sections:
            extent = self.allocator.alloc(section, size, module.name)
            if extent is None:
                self._roll_back(module)
                return False
            module.extents.append(extent)
        for extent in module.extents:
            self.allocator.fill(extent)
        if self.allocator.params.assumptions.protect == "by-loader":
            for extent in module.extents:
                self.allocator.finalise(extent)
        self._enter(module, Phase.INIT)
        return True

    def _roll_back(self, module: Module) -> None:
        self.allocator.tell(EventKind.ROLLBACK, module.name)
        self._free(module, module.extents[::-1])
        self._enter(module, Phase.GONE)

    def _free(self, module: Module, extents: Sequence[Extent]) -> None:
        for extent in extents:
            self.allocator.free(extent)
            module.extents.remove(extent)

    def _seals(self, extent: Extent) -> bool:
        by_hand = self.allocator.params.assumptions.protect == "by-loader"
        after_init = self._section(extent).kind is Kind.RODATA_AFTER_INIT
        return self.allocator.pools[extent.root].root.seals or (by_hand and after_init)

    def _section(self, extent: Extent) -> ConcreteSection:
        return self.allocator.section(extent.section)

    def _enter(self, module: Module, phase: Phase) -> None:
        module.phase = phase
        self.allocator.tell(EventKind.PHASE, module.name, phase)

    def _require(self, name: str, *phases: Phase) -> Module:
        if self.ended:
            raise ValueError("the run has ended")
        if self.phase(name) not in phases:
            raise ValueError(f"module {name} is {self.phase(name)}, not {' or '.join(phases)}")
        return self.modules.get(name, Module(name))
