"""The command line: one module a command. Nothing heavy is imported before a command needs it."""

from modalloc_model.cli.application import main

__all__ = ["main"]
