"""A counterexample as a file of pytest tests: red as long as the table is wrong, green once it is mended.

Names from the table stand in comments, with nothing unseen in them, and in ASCII literals. Leaves out: the tests' work,
which `modalloc_model.regression` does.
"""

from __future__ import annotations

from pprint import pformat

from modalloc_model.report.provenance import Origin, head
from modalloc_model.trace import step_to_json

_FILE = '''\
"""A table against one of modalloc's rules: red as long as it is wrong, green once it is mended."""

{comments}

from pathlib import Path

from modalloc_model.regression import Regression

CASE = Regression(
{arguments}
)

{tests}'''
_RUN = '''
def test_{name}_run() -> None:
    """The run that was found does not go wrong any more."""
    CASE.check_run()

'''
_RULE = '''
def test_{name}_rule() -> None:
    """Nor does any other: the rule holds."""
    CASE.check_rule()
'''


def pytest_file(origin: Origin) -> str:
    """The file's text; without a run it has the second test alone."""
    run = _RUN if origin.result.trace else ""
    return _FILE.format(
        comments="\n".join(f"# {line}".rstrip() for line in head(origin)),
        arguments="\n".join(f"    {name}={value}," for name, value in _arguments(origin).items()),
        tests=f"{run}{_RULE}".format(name=origin.name),
    )


def _arguments(origin: Origin) -> dict[str, str]:
    result = origin.result
    steps = [step_to_json(step) for step in result.trace.steps] if result.trace else []
    boot = result.trace.boot if result.trace else dict(result.boot)
    return {
        "path": f"Path(__file__).parent / {origin.path!a}" if origin.beside else f"Path({origin.path!a})",
        "table": ascii(origin.table.id),
        "rule": ascii(result.rule),
        "subject": ascii(result.subject),
        "digest": ascii(origin.digest),
        "arch": ascii(origin.arch),
        "defines": _literal(list(origin.defines)),
        "assume": _literal(dict(origin.assume)),
        "claims": _literal(list(origin.claims)),
        **({"beyond": _literal(list(origin.beyond))} if origin.beyond else {}),
        "boot": _literal({name: hex(value) for name, value in sorted(boot.items())}),
        "steps": _literal(steps),
    }


def _literal(value: object) -> str:
    """A Python literal in ASCII over as many lines as it needs, indented to stand among the arguments."""
    lines = pformat(value, width=100, sort_dicts=False).encode("ascii", "backslashreplace").decode().split("\n")
    return "\n        ".join(lines)
