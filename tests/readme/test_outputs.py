"""Each block of the README is what its command writes, line by line, or is something that a reader writes.

Without it, the README could show an output that the tool no longer writes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readme.blocks import (
    OUTPUTS,
    README,
    Block,
    Output,
    blocks,
    is_written_by_a_reader,
    output_of,
    rewritten,
)

TEXT = README.read_text(encoding="utf-8")
BLOCKS = list(blocks(TEXT))


@pytest.mark.parametrize("output", OUTPUTS, ids=lambda output: output.names)
def test_a_block_shows_what_its_command_writes(output: Output, tmp_path: Path) -> None:
    shown = [block for block in BLOCKS if output_of(block) is output]
    assert len(shown) == 1, "one block is bound to each output"
    if output.missing:
        pytest.skip(f"needs {output.missing}")
    assert list(shown[0].lines) == output.lines(tmp_path), "if meant: python -m tests.readme --write"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line {block.number}")
def test_a_block_without_a_command_is_none_that_a_command_writes(block: Block) -> None:
    assert output_of(block) or is_written_by_a_reader(block), block.lines


TWO = """\
Some words on `make verify` decides this:

    one

    two

    modalloc verify

and `the other` shows

    - key: value
"""


def test_blocks_are_found_with_their_lines_and_the_words_before_them() -> None:
    first, second = blocks(TWO)
    assert (first.number, first.lines) == (3, ("one", "", "two", "", "modalloc verify"))
    assert first.before == "Some words on `make verify` decides this:"
    assert (second.number, second.lines, second.before) == (11, ("- key: value",), "and `the other` shows")


@pytest.mark.parametrize("line", ["✓ invented:invented  proved", "12 tables: 12 proved", "gate  HEAD .. HEAD"])
def test_an_invented_block_is_nobodys(line: str) -> None:
    (block,) = blocks(f"Words.\n\n    {line}\n")
    assert output_of(block) is None
    assert not is_written_by_a_reader(block)


def test_writing_changes_lines_that_are_invented_missing_or_different(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Output("`make verify` decides", lambda folder: ["one", "", "two"])
    monkeypatch.setattr("tests.readme.blocks.OUTPUTS", (made,))
    right = "`make verify` decides\n\n    one\n\n    two\n\nafter\n"
    for number, wrong in enumerate(("one\n    invented\n\n    two", "two", "one\n\n    2", "one\n\n    two")):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert rewritten(f"`make verify` decides\n\n    {wrong}\n\nafter\n", folder) == right
