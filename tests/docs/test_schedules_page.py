"""docs/schedules.md, in both languages: what is shown as a schedule is one, the others are not."""

from __future__ import annotations

import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from local.cli.main import group
from shared.base.times import CHINA
from shared.domain.days import InvalidSpec
from shared.domain.enforcement import Move, Power, Seen, Terms, decide
from shared.domain.schedule_spec import parse_spec
from shared.domain.timetable import state_at
from tests.unit.domain.schedules import CALENDAR, local

ENGLISH, CHINESE = (
    Path(f"docs/schedules{language}.md").read_text(encoding="utf-8") for language in ("", ".zh-CN")
)
PAGES = pytest.mark.parametrize("page", [ENGLISH, CHINESE], ids=["en", "zh"])
TEN, WRONG, DONE = 0, 1, 2
"""Where the tables of the ten schedules, of errors, and of who did what stand."""


def tables(page: str) -> list[list[list[str]]]:
    """The cells of every table, without its head."""
    found = re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)
    return [[row.strip("|").split(" | ") for row in table.splitlines()[2:]] for table in found]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_both_languages_show_the_same_schedules() -> None:
    english, chinese = (
        [codes(cell) for table in tables(page) for row in table for cell in row]
        for page in (ENGLISH, CHINESE)
    )

    assert len(english) > 150
    assert english == chinese


@PAGES
def test_the_ten_schedules_can_be_read(page: str) -> None:
    specs = [codes(row[0])[0] for row in tables(page)[TEN]]

    assert len({str(parse_spec(spec)) for spec in specs}) == 10


@PAGES
def test_what_is_wrong_is_refused_and_its_correction_is_not(page: str) -> None:
    for wrong, right in tables(page)[WRONG]:
        for spec in codes(wrong):
            with pytest.raises(InvalidSpec):
                parse_spec(spec)
        week = "mon-fri 9:00-18:00, " if " off" in codes(right)[0] else ""
        parse_spec(f"{week}{codes(right)[0]}")


@PAGES
def test_every_schedule_to_move_to_can_be_read(page: str) -> None:
    moves = [row for table in tables(page)[-2:] for row in table]
    specs = [code for row in moves for code in codes(row[-1]) if re.search(r"\d-|-\d", code)]

    assert len(specs) > 12
    for spec in specs:
        parse_spec(spec)


@PAGES
def test_what_the_page_draws_is_what_the_command_draws(page: str) -> None:
    (command,) = re.findall(r"^python -m local (.*)$", page, re.MULTILINE)
    (drawn,) = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert CliRunner().invoke(group, shlex.split(command)).stdout == drawn


def at(text: str) -> datetime:
    """``08:30`` of a Thursday before a working Friday; ``+1 08:30``: a day later."""
    days, _, clock = text.rpartition(" ")
    return local(f"2026-11-26 {clock}") + timedelta(days=int(days or 0))


def on(started: str, kept_until: str = "") -> Seen:
    return Seen(Power.ON, at(started), kept_until=at(kept_until) if kept_until else None)


def off(started: str, kept_off_until: str = "") -> Seen:
    return Seen(
        Power.OFF, at(started), kept_off_until=at(kept_off_until) if kept_off_until else None
    )


def move(now: str, seen: Seen, *, enforced: bool = False) -> Move:
    state = state_at(parse_spec("workdays 08:30-20:00"), at(now), CHINA, CALENDAR)
    return decide(state, seen, at(now), Terms(timedelta(hours=2), enforced=enforced)).move


def test_who_did_what_then() -> None:
    """The rows of the table that the rule alone decides, in their order."""
    yesterday, overnight = off("-1 08:32"), off("-1 20:30")

    moves = [
        (move("08:32", yesterday), move("20:02", on("08:32"))),
        (move("23:02", on("08:32")),),
        (move("10:17", yesterday),),
        (move("11:02", yesterday),),
        (move("23:59", on("21:13")), move("+1 19:59", on("21:13")), move("+1 20:00", on("21:13"))),
        (move("+2 23:59", on("+1 21:13")), move("+3 00:00", on("+1 21:13"))),
        (move("09:15", off("08:32")), move("19:00", off("08:32"))),
        (move("09:15", overnight), move("10:31", overnight)),
        (move("07:55", on("07:50")), move("20:02", on("07:50"))),
        (move("15:02", on("15:00")), move("20:02", on("15:00"))),
        (move("21:02", on("15:00")),),
        (move("22:02", on("08:32", "22:00")), move("22:02", on("21:13", "22:00"))),
        (move("12:02", off("-1 08:32", "12:00")),),
        (move("19:52", off("-1 08:32", "19:50")),),
        (move("21:17", on("21:13")), move("21:17", on("21:13"), enforced=True)),
    ]

    start, stop, fits, left = Move.START, Move.STOP, Move.FITS, Move.LEFT
    assert moves == [
        (start, stop),
        (stop,),
        (start,),
        (left,),
        (left, fits, stop),
        (left, stop),
        (left, left),
        (start, left),
        (left, stop),
        (fits, stop),
        (stop,),
        (stop, stop),
        (start,),
        (left,),
        (left, stop),
    ]


@PAGES
def test_the_table_of_who_did_what_has_these_rows_and_two_that_others_decide(page: str) -> None:
    """``curfew:protect`` is the guards', a start that fails the loop's."""
    assert len(tables(page)[DONE]) == 15 + 2
