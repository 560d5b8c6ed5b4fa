"""The mutation test's own tools: laid-open code means what it meant, and the switch puts a mutant in place.

Without it, a mutant that never runs, or code that fails by itself, would count in the scores.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("libcst", reason="mutmut is not installed")

from proofs.code_mutation.laying_open import laid_open
from proofs.code_mutation.page import least_share, module_of, score
from proofs.code_mutation.session import ENOUGH, open_mutants, quick
from proofs.code_mutation.switch import CALLED, FUNCTIONS, MUTANTS, Mutants, leave_alone, mutated, switch_on, watch

SOURCE = """\
from functools import cached_property

def twice(function):
    return lambda x: 2 * function(x)

@twice
def double(x):
    return x + 1

TABLE = {"add": lambda x, y: x + y, "pick": lambda x, *rest: rest}

class Thing:
    value = 3

    @property
    def plain(self):
        return self.value

    @cached_property
    def kept(self):
        return self.value + 1

    @classmethod
    def made(cls):
        return cls()
"""


def names(source: str) -> dict[str, Any]:
    found: dict[str, Any] = {"__name__": "made_up"}
    exec(compile(source, "made_up.py", "exec"), found)
    return found


def test_what_is_laid_open_means_the_same() -> None:
    for source in (SOURCE, laid_open(SOURCE)):
        found = names(source)
        thing = found["Thing"].made()
        assert (found["double"](3), thing.plain, thing.kept) == (8, 3, 4)
        assert (found["TABLE"]["add"](2, 3), found["TABLE"]["pick"](1, 2, 3)) == (5, (2, 3))


def test_nothing_is_left_that_mutmut_would_pass_over() -> None:
    text = laid_open(SOURCE)
    assert "@twice" not in text
    assert "@property" not in text
    assert "@cached_property" not in text
    assert text.count("lambda") == text.count("lambda_") + 1, "but for the one inside a function"


def test_the_switch_puts_a_mutant_in_its_functions_place() -> None:
    def wrong(x: int, step: int = 2) -> int:
        return x - step

    def right(x: int, step: int = 1) -> int:
        return x + step

    mutants = Mutants()
    function = mutated(mutants)(right)
    right.__module__ = "made_up"
    wrong.__name__ = "x_right__mutmut_orig"
    mutants["_mutmut_orig"] = wrong
    mutants["x_right__mutmut_1"] = wrong
    watch("made_up.x_right")
    assert (function(5), CALLED & {"made_up.x_right"}) == (6, {"made_up.x_right"})
    CALLED.discard("made_up.x_right")
    assert (function(5), CALLED & {"made_up.x_right"}) == (6, set()), "only the first call says so"
    leave_alone("made_up.x_right")
    assert function(5) == 6
    switch_on("made_up.x_right__mutmut_1")
    assert function(5) == 3
    assert MUTANTS.pop("made_up.x_right__mutmut_1")
    assert FUNCTIONS.pop("made_up.x_right")


def test_a_mutant_may_lack_the_cell_that_its_function_has() -> None:
    class Left:
        def width(self) -> int:
            return 1

    class Right(Left):
        def width(self) -> int:
            return super().width() + 1

    def width(self: Right) -> int:
        return 7

    MUTANTS["made_up.width"] = Right.width, width  # type: ignore[assignment]
    switch_on("made_up.width")
    assert Right().width() == 7
    assert MUTANTS.pop("made_up.width")


def test_a_mutant_meets_the_quick_tests_first_and_no_more_than_there_is_time_for() -> None:
    assert quick({"slow": ENOUGH - 1, "quick": 0.1, "middle": 0.5}) == ["quick", "middle", "slow"]
    assert quick({"slow": ENOUGH, "quick": 0.1}) == ["quick"]
    assert quick({"slow": 2 * ENOUGH}) == ["slow"], "one at least"


def test_a_sample_is_drawn_by_its_seed_and_leaves_out_what_is_known(tmp_path: Path) -> None:
    known = tmp_path / "outcomes.jsonl"
    known.write_text('{"mutant": "3"}\n', encoding="utf-8")

    def wanted(seed: int, sample: int | None) -> list[str]:
        return open_mutants({"output": str(known), "mutants": list("123456789"), "seed": seed, "sample": sample})

    assert sorted(wanted(0, None)) == list("12456789")
    assert wanted(0, None)[:4] == wanted(0, 5)[:4], "a sample is the beginning of a larger one"
    assert wanted(0, None) != wanted(1, None)
    assert "3" not in wanted(1, 9) and len(wanted(1, 9)) == 8


def test_what_a_sample_says_of_the_whole_is_wilson_s_lower_end() -> None:
    assert round(least_share(9, 10), 4) == 0.5958  # Wilson 1927; as statsmodels.stats.proportion gives it
    assert round(least_share(95, 100), 4) == 0.8882
    assert round(least_share(0, 5), 9) == 0


def test_the_score_is_of_those_that_were_tried() -> None:
    assert (
        score(Counter({"killed": 8, "timeout": 1, "survived": 1, "not tried": 90})) == "90.0 %, of all at least 59.6 %"
    )
    assert score(Counter({"killed": 8, "timeout": 1, "survived": 1})) == "90.0 %"
    assert score(Counter({"not tried": 3})) == "-"
    assert module_of("modalloc_model.allocator.pool.xǁPoolǁfits__mutmut_3") == "allocator.pool"
    assert module_of("modalloc_model.words.x_ult__mutmut_1") == "words"
