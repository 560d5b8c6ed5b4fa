"""`modalloc arch`: lists the machine profiles of spec/arch, or describes one in full."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, TextIO

from modalloc_model.cli.delivery import deliver, style_for
from modalloc_model.cli.parser import Parser, Subparsers, add_command
from modalloc_model.exit_status import ExitStatus
from modalloc_model.failures import InputError
from modalloc_model.report.machines import machine_list, machine_text

if TYPE_CHECKING:
    from modalloc_model.descriptor.profile import Profile

_EXAMPLE = """\
modalloc arch
modalloc arch arm64"""

_DESCRIPTION = """\
Lists the machines that are known. With NAME, a machine's name or the path of a profile: its words and pages,
address map, boot-time unknowns, protections and reach, each value with where it comes from."""


def add(subparsers: Subparsers[Parser]) -> None:
    """The command's options."""
    parser = add_command(subparsers, "arch", _EXAMPLE, _DESCRIPTION)
    parser.add_argument("name", metavar="NAME", nargs="?")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, out: TextIO, err: TextIO) -> ExitStatus:
    """Prints the list or the machine."""
    from modalloc_model.descriptor import profiles

    if args.name is not None:
        profile = _load_machine(args.name)
        text = machine_text(profile.machine, profile.sources, style_for(out))
    else:
        machines = [_load_machine(name).machine for name in profiles()]
        text = "\n".join(machine_list(machines, style_for(out))) if machines else "there is no machine profile"
    deliver(text, None, out)
    return ExitStatus.PROVED


def _load_machine(name: str) -> Profile:
    from modalloc_model.descriptor import load_profile

    profile, problems = load_profile(name)
    if profile is None:
        raise InputError(problems)
    return profile
