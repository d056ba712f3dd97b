"""The report on a terminal: a line for each day, the owners, and what needs attention."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.report.groups import Group, at_most
from local.report.history import State
from local.report.night import Night, Told
from local.report.picture import Day, Saving
from local.report.remarks import account, named, remarks
from local.report.words import Words
from shared.base.printable import printable

_LEVELS = " ▁▂▃▄▅▆▇█"
_SLOTS_A_CHARACTER = 4
_MOST_GROUPS = 12
_MOST_REASONS = 8
_MOST_NAMES = 3
_NARROW = 64
"""The width in columns below which the strips are omitted, so that all numbers fit."""


def show(console: Console, night: Night, words: Words) -> None:
    """Print all of it, as wide as the console is."""
    console.print(Text(headline(night, words), "bold"))
    for remark in remarks(night, words):
        console.print(Text(remark, "dim"))
    if night.days:
        console.print(_days(night, words, is_narrow=console.width < _NARROW))
    for table in _tables(night, words, is_narrow=console.width < _NARROW):
        console.print(table)
    for title, told, style in (
        ("failed", night.failed, "bold red"),
        ("unread", night.unread, "yellow"),
        ("billed", night.billed, "yellow"),
        ("guarded", night.guarded, "cyan"),
    ):
        _list(console, Text(words(title), style), told, words)


def headline(night: Night, words: Words) -> str:
    """Everything in one line: instances, hours, money, runs."""
    parts = [
        words.counted("machines_in_all", night.machines),
        words("avoided_in_all", words.hours(night.total.minutes)),
    ]
    if night.total.money:
        parts.append(words("money_in_all", _money(night.total, words)))
    runs = sum(night.runs.values())
    parts.append(words.counted("runs_in_all", runs))
    parts.extend(
        words.counted(f"{outcome}_in_all", night.runs[outcome])
        for outcome in ("incomplete", "error")
        if night.runs.get(outcome)
    )
    return " · ".join(parts)


def _money(saving: Saving, words: Words) -> str:
    return words.money(saving.money, saving.unpriced)


def _days(night: Night, words: Words, *, is_narrow: bool) -> Table:
    highest = max(sum(slot) for day in night.days for slot in zip(*day.states[:3], strict=True))
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column(words("days"), no_wrap=True)
    morning = set_cell_size(f"0 {words('on')}", 12)  # Chinese words take two cells a character
    if not is_narrow:
        table.caption, table.caption_justify = f" {words('legend')}", "left"
        table.add_column(f"{morning}{'12':<11}24", no_wrap=True)
    table.add_column(words("hours" if is_narrow else "avoided"), justify="right")
    if night.total.money:
        table.add_column(words("money"), justify="right")
    for day in night.days:
        table.add_row(
            words.day(day.date),
            *([] if is_narrow else [Text(_strip(day, highest), "yellow")]),
            words.hours(day.saving.minutes),
            *([_money(day.saving, words)] if night.total.money else []),
        )
    return table


def _strip(day: Day, highest: int) -> str:
    """How many are on, one character per hour; a dot if none was seen."""
    on = day.states[State.ON]
    seen = [sum(slot) for slot in zip(*day.states, strict=True)]
    strip = ""
    for first in range(0, len(on), _SLOTS_A_CHARACTER):
        part = slice(first, first + _SLOTS_A_CHARACTER)
        share = sum(on[part]) / (_SLOTS_A_CHARACTER * max(1, highest))
        level = -int(-share * (len(_LEVELS) - 1) // 1) if share else 0
        strip += _LEVELS[level] if any(seen[part]) else "·"
    return strip


def _tables(night: Night, words: Words, *, is_narrow: bool) -> Iterator[Table]:
    """One of the accounts, if there are several, and one of each tag."""
    columns = ["machines", "hours" if is_narrow else "avoided"]
    if night.total.money:
        columns.append("money")
    if night.accounts:
        yield _groups(words("by_account"), night.accounts, words, account, columns)
    for key, groups in night.groups.items():
        title = words("by", printable(key))
        yield _groups(title, groups, words, named, columns)


def _groups(
    title: str,
    groups: Sequence[Group],
    words: Words,
    name: Callable[[Group, Words], str],
    columns: Sequence[str],
) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column(title, overflow="fold")
    for column in columns:
        table.add_column(words(column), justify="right", no_wrap=column != "money")
    for group in at_most(groups, _MOST_GROUPS):
        value = Text(printable(name(group, words)), "" if group.value or group.account else "dim")
        saving = group.saving
        table.add_row(
            value,
            f"{group.machines:,}",
            words.hours(saving.minutes),
            *([_money(saving, words)] if "money" in columns else []),
        )
    return table


def _list(console: Console, title: Text, told: Sequence[Told], words: Words) -> None:
    if not told:
        return
    console.print(title)
    for one in told[:_MOST_REASONS]:
        names = ", ".join(map(printable, one.names[:_MOST_NAMES]))
        if len(one.names) > _MOST_NAMES:
            names += f" {words('more', len(one.names) - _MOST_NAMES)}"
        line = Text(printable(words.reason(one.what)[:300]))
        if names:
            line.append(f"  {names}", "dim")
        for part in line.wrap(console, console.width - 2):
            part.rstrip()
            console.print(Text.assemble("  ", part))
    if len(told) > _MOST_REASONS:
        console.print(Text(f"  {words.counted('more_reasons', len(told) - _MOST_REASONS)}", "dim"))
