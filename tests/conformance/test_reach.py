"""What a branch can name: params.Reach on terms against the oracle's own arithmetic, at the edges and anywhere.

Without it, the terms and the oracle could differ by a byte at the edge of what a branch reaches.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modalloc_model.allocator.oracles.reach import reaches
from modalloc_model.params import Reach
from modalloc_model.words import constant, evaluate, truth

RULES = (
    Reach("relative", "relative", ("text",), lowest=-(1 << 9), highest=(1 << 9) - 2),
    Reach("one way", "relative", ("text",), lowest=4, highest=1 << 12),
    Reach("segment", "segment", ("text",), segment_bits=7),
    Reach("anywhere", "anywhere", ("text",)),
)
NEAR = st.sampled_from([-(1 << 9) - 1, -(1 << 9), (1 << 9) - 2, (1 << 9) - 1, 3, 4, 1 << 12, (1 << 12) + 1, 0])


@given(st.sampled_from(RULES), st.sampled_from([16, 32, 64]), st.data())
def test_a_branch_names_the_same_targets_in_both_readings(reach: Reach, bits: int, data: st.DataObject) -> None:
    top = (1 << bits) - 1
    place = data.draw(st.integers(0, top))
    target = data.draw(st.one_of(st.integers(0, top), NEAR.map(lambda away: (place + away) & top)))
    named = truth(reach.names(constant(place, bits), constant(target, bits), bits))
    assert bool(evaluate(named)) is reaches(reach, place, target, bits)
