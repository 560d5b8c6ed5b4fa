"""modalloc proves a table of the kernel's module memory right for every boot, or shows the run that breaks it."""

__version__ = "0.1.0"
