"""The command that decides a question again."""

from __future__ import annotations

import shlex
from dataclasses import fields

from modalloc_model.params import Assumptions
from modalloc_model.paths import spec_root
from proofs.found.deciding import Asked, file_of
from proofs.found.findings import Shown


def path_of(asked: Asked) -> str:
    """The set's file, from the top of the project."""
    return file_of(asked.name).relative_to(spec_root().parent).as_posix()


def command(asked: Asked, shown: Shown) -> str:
    """What to type to see it."""
    words = ["modalloc", "verify", path_of(asked)]
    words += ["--arch", asked.arch] if asked.arch else []
    words += [word for define in asked.define for word in ("-D", define)]
    words += _assuming(asked.table.params.assumptions, asked.params.assumptions)
    words += ["--select", ",".join(shown.rules)] if shown.rules else []
    return shlex.join(words)


def _assuming(usual: Assumptions, assumed: Assumptions) -> list[str]:
    """The options for what the case assumes and the table by itself does not."""
    names = [field.name for field in fields(Assumptions) if field.name != "claims"]
    differing = [name for name in names if getattr(usual, name) != getattr(assumed, name)]
    given = [word for name in differing for word in ("--assume", f"{name.replace('_', '-')}={getattr(assumed, name)}")]
    return given + [word for claim in assumed.claims if claim not in usual.claims for word in ("--claim", claim)]
