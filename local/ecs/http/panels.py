"""What an embedding program adds to the status page: tables of text below the requests.

The emulator knows nothing of what is in them; the page shows it as text, never as markup.
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
        title: its heading, which no other panel has.
        rows: the rows, the newest first, each its cells by column; asked at each look of the page,
            in the thread that answers requests, so it must return at once and raise nothing.
        empty: what stands there while there are no rows.
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
