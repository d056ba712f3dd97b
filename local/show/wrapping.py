"""Text wrapped where people would: at spaces, then after punctuation, never mid-word.

Rich wraps at spaces, and cuts a word wider than its column anywhere:
``acs:autoscaling:scalingGr`` and ``oupId``. ECS's codes, tag keys and ids are such words.
"""

from __future__ import annotations

import re

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_PART = re.compile(r"[^\W_]*[^\w\s]*_*|.", re.DOTALL)
"""Letters or digits, and the punctuation after them."""


class Wrapped:
    """A text in a table's cell, which could crowd out the other columns."""

    def __init__(self, text: Text, share: float = 1.0) -> None:
        """Takes the text, and the largest share of the screen that it may have."""
        self._text = text
        self._share = share

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The text, with long words broken for the cell's width."""
        text = divided(self._text, options.max_width)
        text.no_wrap = False
        yield text

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """As wide as the text itself, within its share."""
        measured = Measurement.get(console, options, self._text)
        return measured.with_maximum(int(console.width * self._share))


def divided(text: Text, width: int) -> Text:
    """The text with a line end within each word that is wider than ``width`` columns."""
    places = [
        word.start() + place
        for word in re.finditer(r"\S+", text.plain)
        for place in _places(word[0], width)
    ]
    return Text("\n").join(text.divide(places)) if places else text.copy()


def _places(word: str, width: int) -> list[int]:
    """Where a word is broken; a part that is itself too wide is cut."""
    places, begun, end = list[int](), 0, 0
    for part in _PART.findall(word):
        for piece in chop_cells(part, width):
            if end > begun and cell_len(word[begun : end + len(piece)]) > width:
                places.append(end)
                begun = end
            end += len(piece)
    return places
