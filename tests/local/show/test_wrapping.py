"""Long words are divided after their punctuation, and nothing of them is lost."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.show.wrapping import Wrapped, divided


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("acs:autoscaling:scalingGroupId", 25, ["acs:autoscaling:", "scalingGroupId"]),
        ("failed InvalidTime.Malformed", 18, ["failed InvalidTime.", "Malformed"]),
        ("2026-11-27T02:42:00+08:00, if_set", 25, ["2026-11-27T02:42:00+08:", "00, if_set"]),
        ("short words stay", 5, ["short words stay"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("a_long_name_", 7, ["a_long_", "name_"]),
        ("开发机器", 4, ["开发", "机器"]),
    ],
)
def test_a_word_is_divided_after_its_punctuation(text: str, width: int, lines: list[str]) -> None:
    assert divided(Text(text), width).plain.split("\n") == lines


@given(st.text("ab-:._ 开", max_size=40), st.integers(2, 20))
def test_no_character_is_lost_and_every_word_fits(text: str, width: int) -> None:
    found = divided(Text(text), width).plain

    assert found.replace("\n", "") == text
    assert all(cell_len(word) <= width for word in found.split())


def test_a_style_goes_on_over_the_division() -> None:
    text = divided(Text.assemble(("abc-def", "bold")), 4)

    assert [text.plain[span.start : span.end] for span in text.spans] == ["abc-", "def"]


def test_a_cell_takes_no_more_than_its_share_of_the_screen() -> None:
    table = Table(box=None, padding=0, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_row(Wrapped(Text("ab-" * 20), 0.25), "x" * 20)
    console = Console(file=io.StringIO(), width=40)
    console.print(table)

    assert isinstance(console.file, io.StringIO)
    first, *others = console.file.getvalue().splitlines()
    assert first == f"ab-ab-ab- {'x' * 20}"
    assert [line.strip() for line in others] == ["ab-ab-ab-"] * 5 + ["ab-ab-"]
