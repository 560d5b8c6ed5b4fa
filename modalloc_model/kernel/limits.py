"""What reading a kernel tree may cost at the most, and the error that says so.

A tree is somebody else's text: macros may blow up, headers include themselves, functions loop.
"""

from __future__ import annotations

from modalloc_model.kernel.tokens import NOWHERE, Place

MAX_FILE = 4 << 20
"""Bytes of a file of the tree; the largest header that counts has half a megabyte."""

MAX_PREPROCESSED = 48 << 20
"""Bytes of a preprocessed file; those of the kernel have up to about 8 MiB."""

MAX_LOOKING = 20_000_000
"""Work that finding names in one text may take: places looked at, and characters gone over at them. Seconds."""

MAX_INCLUDES = 20_000
"""Headers read in all; init.c of x86 reads about 1500."""

MAX_NESTING = 200
"""Headers that include each other, parentheses, blocks."""

MAX_EXPANSION = 200_000
"""Tokens that one expansion of macros may make."""

MAX_STEPS = 50_000
"""Statements and expressions evaluated on one path."""

MAX_PATHS = 64
"""Paths through the function."""

MAX_CALLS = 24
"""Functions entered, one from another."""


class KernelError(Exception):
    """What makes an import impossible: what is wrong, where, and what to do. `said`: another program's words."""

    def __init__(
        self, code: str, message: str, hint: str = "", place: Place = NOWHERE, said: tuple[str, ...] = ()
    ) -> None:
        super().__init__(code, message, hint, place, said)
        self.code = code
        self.message = message
        self.hint = hint
        self.place = place
        self.said = said

    def __str__(self) -> str:
        return self.message
