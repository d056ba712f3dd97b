"""The report as one self-contained page, without scripts: ``page.html.j2``.

Whatever logs hold is escaped twice: what a browser would obey by the template, what would turn the
text around it, or cannot be seen, by ``printable``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.report.groups import Group, at_most
from local.report.history import State
from local.report.night import Night
from local.report.picture import Day
from local.report.remarks import account, named, remarks, unread
from local.report.source import Counts
from local.report.strip import HEIGHT, WIDTH, highest, layers
from local.report.words import Words
from shared.base.printable import printable
from shared.base.version import VERSION

MOST_REASONS = 40
MOST_NAMES = 12
MOST_GROUPS = 30
MOST_FILES = 100
LONGEST = 600
"""How many characters of a reason are shown."""

_SATURDAY = 5
_NO_BREAK = "\u00a0"
_LISTS = ("failed", "unread", "billed", "guarded")


def render(night: Night, words: Words, counts: Sequence[Counts]) -> str:
    """The page's HTML."""
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(Path(__file__).parent),
    )
    environment.filters["shown"] = lambda text: printable(str(text)[:LONGEST])[:LONGEST]
    environment.filters["unbroken"] = _unbroken
    most = highest(night.days)
    return environment.get_template("page.html.j2").render(
        night=night,
        words=words,
        remarks=[*remarks(night, words), *unread(counts, words)],
        tables=list(_tables(night, words)),
        counts=counts[:MOST_FILES],
        more_files=len(counts) - MOST_FILES,
        days=[(day, list(layers(day, most)), _at_once(day)) for day in night.days],
        most=most,
        lists=[(name, getattr(night, name)) for name in _LISTS],
        width=WIDTH,
        height=HEIGHT,
        saturday=_SATURDAY,
        limits={"reasons": MOST_REASONS, "names": MOST_NAMES},
        version=VERSION,
        zone=_zone(night),
    )


def _tables(night: Night, words: Words) -> Iterator[tuple[str, list[tuple[str, Group]]]]:
    """The accounts, if there are several, and the values of each tag: a title, names and groups."""
    if night.accounts:
        groups = at_most(night.accounts, MOST_GROUPS)
        yield words("by_account"), [(account(one, words), one) for one in groups]
    for key, groups in night.groups.items():
        members = [(named(one, words), one) for one in at_most(groups, MOST_GROUPS)]
        yield words("by", printable(key[:LONGEST])[:LONGEST]), members


def _unbroken(sums: str) -> str:
    """Sums that are broken into lines nowhere but before another currency."""
    return re.sub(r" (?!\+ [A-Z])", _NO_BREAK, sums)


def _at_once(day: Day) -> list[str]:
    """The most instances that were at once on, off by Curfew, and off otherwise."""
    return [f"{max(day.states[state]):,}" for state in (State.ON, State.OURS, State.OFF)]


def _zone(night: Night) -> str:
    """The zone's name, or its offset if it has none."""
    offset = f"{datetime.now(night.zone):%z}"
    return str(getattr(night.zone, "key", "") or f"UTC{offset[:3]}:{offset[3:]}")
