"""The command line: one small module a command, and nothing heavy imported before a command needs it."""

from modalloc_model.cli.application import main

__all__ = ["main"]
