"""What `show` tells of the boot, from stands made by hand.

Without it, `show` could say less of the boot than it found.

Without it we would miss an unknown that decides a rule and is not named.
"""

from __future__ import annotations

from modalloc_model.engine.dependence import Dependence, Standing, Turn
from modalloc_model.report.meaning import unknowns_text
from modalloc_model.report.style import Style
from modalloc_model.verdict import Severity
from tests.report.handmade import machine

PLAIN = Style()


def stand(rule: str, standing: Standing, subject: str = "TEXT", *turns: Turn, **others: object) -> Dependence:
    return Dependence(rule, Severity.ERROR, subject, standing, tuple(turns), **others)  # type: ignore[arg-type]


def told(*stands: Dependence) -> str:
    return " ".join("\n".join(unknowns_text(machine(), stands, PLAIN)).split())


def test_what_is_said_of_several_conditions_is_said_once() -> None:
    turn = Turn("kaslr_offset", 0x1000, 0x2000)
    found = (stand("RNG001", Standing.VARIES, "TEXT", turn), stand("RNG001", Standing.VARIES, "DATA", turn))
    said = told(*found, stand("RCH001", Standing.VARIES, "TEXT", turn))
    assert "RNG001 (TEXT, DATA); RCH001 (TEXT) depend on it: holds with 0x1000 and fails with 0x2000" in said
    assert "RNG001 (TEXT, DATA) depends on it" in told(*found)


def test_what_is_left_open_is_said_to_be_and_nothing_is_proved() -> None:
    said = told(stand("RNG001", Standing.OPEN, open=("kaslr_offset",)), stand("RNG003", Standing.ALWAYS))
    assert "left open whether it bears on RNG001 (TEXT)" in said
    assert "left open: RNG001 (TEXT)" in said
    assert "holds: 1 conditions" not in said
    assert "holds: 1 condition" in said
    assert "proved" not in said
    assert "no rule" not in said


def test_a_condition_that_is_open_for_one_unknown_is_not_said_to_take_several() -> None:
    said = told(stand("RNG001", Standing.VARIES, open=("kaslr_offset",)))
    assert "several" not in said
    assert "left open whether it bears on RNG001 (TEXT)" in said


def test_lines_are_no_longer_than_a_page_is_wide() -> None:
    found = [stand(f"RNG{number:03}", Standing.NEVER, f"TYPE{number}") for number in range(40)]
    assert max(len(line) for line in unknowns_text(machine(), found, PLAIN)) <= 100
