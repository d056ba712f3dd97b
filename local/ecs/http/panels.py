"""Tables of text that an embedding program adds to the status page, below the requests.

The emulator does not interpret their contents; the page shows them as text, never as markup.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

MOST_ROWS = 50
"""Rows of a panel that the page shows."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One table on the status page.

    Attributes:
        title: its unique heading.
        rows: returns the rows, newest first, each with its cells by column; called at each refresh
            of the page, in the thread that answers requests, so it must return immediately and
            raise nothing.
        empty: the text shown while there are no rows.
    """

    title: str
    rows: Callable[[], Sequence[Mapping[str, str]]]
    empty: str = "Nothing yet."

    def shown(self) -> Mapping[str, Any]:
        """The panel as the page reads it."""
        return {
            "title": self.title,
            "empty": self.empty,
            "rows": [dict(row) for row in islice(self.rows(), MOST_ROWS)],
        }
