"""What table and page say below their numbers, so that nobody takes them for more than they are."""

from __future__ import annotations

from collections.abc import Iterator

from local.report.night import Night
from local.report.words import Words


def remarks(night: Night, words: Words) -> Iterator[str]:
    """Hours of which nobody knows what they avoided, and lines that are in no picture."""
    if night.total.unpriced:
        yield words("unpriced", words.hours(night.total.unpriced))
    if night.untimed:
        yield words.counted("untimed", night.untimed)
