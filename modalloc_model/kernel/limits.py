"""What reading a kernel tree may cost at the most, and the error that says so.

A tree is somebody else's text: macros may blow up, headers include themselves, functions loop.
"""

from __future__ import annotations

from modalloc_model.c.tokens import NOWHERE, CError, Place

MAX_PREPROCESSED = 48 << 20
"""Bytes of a preprocessed file; those of the kernel have up to about 8 MiB."""

MAX_LOOKING = 20_000_000
"""Work that finding names in one text may take: places looked at, and characters gone over at them. Seconds."""

MAX_STEPS = 50_000
"""Statements and expressions evaluated on one path."""

MAX_PATHS = 64
"""Paths through the function."""

MAX_CALLS = 24
"""Functions entered, one from another."""


class KernelError(CError):
    """What makes an import impossible: what is wrong, where, and what to do. `said`: another program's words."""

    def __init__(
        self, code: str, message: str, hint: str = "", place: Place = NOWHERE, said: tuple[str, ...] = ()
    ) -> None:
        super().__init__(code, message, hint, place)
        self.args = (code, message, hint, place, said)
        self.said = said
