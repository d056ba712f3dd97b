# ruff: noqa: RUF001  # characters as people type them
from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.domain.days import InvalidSpec, Match, match_day, parse_dates, parse_days, quoted
from tests.unit.domain.schedules import CALENDAR

NOVEMBER = [date(2026, 11, 1) + timedelta(days=number) for number in range(30)]
"""It begins with a Sunday and ends with a Monday; it has no holiday."""


def november(stated: str | list[str]) -> list[int]:
    words = parse_days(stated)
    return [day.day for day in NOVEMBER if match_day(words, day, CALENDAR).holds]


@pytest.mark.parametrize(
    ("stated", "days"),
    [
        ("mon", [2, 9, 16, 23, 30]),
        ("Mon", [2, 9, 16, 23, 30]),
        (", mon ,", [2, 9, 16, 23, 30]),
        ("sat-mon", [1, 2, 7, 8, 9, 14, 15, 16, 21, 22, 23, 28, 29, 30]),
        ("tue-mon", list(range(1, 31))),
        ("daily", list(range(1, 31))),
        ("offdays", [1, 7, 8, 14, 15, 21, 22, 28, 29]),
        ("offdays workdays", list(range(1, 31))),
        ("mon#1", [2]),
        ("mon#5", [30]),
        ("sat#5", []),
        ("fri#last mon#last", [27, 30]),
        ("2026-11-24", [24]),
        ("2026-10-24..2026-11-02", [1, 2]),
        ("2026-11-29..2027-01-03", [29, 30]),
        ("mon#1, 2026-11-24", [2, 24]),
        ("mon#1,2026-11-24", [2, 24]),
        (["mon#1", "2026-11-24"], [2, 24]),
        ("ＭＯＮ＃１，\u30002026－11－24", [2, 24]),
        ("\tmon#1\n", [2]),
    ],
)
def test_days_mean(stated: str | list[str], days: list[int]) -> None:
    assert november(stated) == days


NAMES = "mon to sun, mon-fri, daily, workdays, offdays, mon#1, fri#last or 2026-12-24"


@pytest.mark.parametrize(
    ("stated", "error"),
    [
        ("", "no day is named; write days like workdays, mon-fri or 2026-12-24"),
        (" , ", "no day is named; write days like workdays, mon-fri or 2026-12-24"),
        ([], "no day is named; write days like workdays, mon-fri or 2026-12-24"),
        ("mon someday", f"word 2, 'someday', is not a day word; write {NAMES}"),
        (["mon", "tue wed"], "word 2, 'tue wed', is several words; write each by itself"),
        (["mon", ""], f"word 2, '', is not a day word; write {NAMES}"),
        (
            "mon-mon",
            (
                "word 1, 'mon-mon', could be one day or seven; write mon for the one, daily for "
                "the seven"
            ),
        ),
        (
            "mon#6",
            "word 1, 'mon#6', is not a day of the month; write mon#1 to mon#5, or mon#last",
        ),
        ("Monday", "word 1, 'Monday', is not a day word; write mon"),
        ("tues-thurs", "word 1, 'tues-thurs', is not a day word; write tue-thu"),
        ("mon..fri", "word 1, 'mon..fri', is not a day word; write mon-fri"),
        (
            "weekdays",
            (
                "word 1, 'weekdays', is not a day word; write mon-fri, or workdays for China's "
                "calendar"
            ),
        ),
        ("1-5", "word 1, '1-5', is not a day word; write mon-fri"),
        ("周一至周五", "word 1, '周一至周五', is Chinese; write mon-fri"),
        ("星期六、星期日", "word 1, '星期六、星期日', is Chinese; write sat sun"),
        ("週末", "word 1, '週末', is Chinese; write sat sun"),
        (
            "mon–fri",
            "word 1, 'mon–fri', has '–' (U+2013), which is not the hyphen -; write mon-fri",
        ),
        ("mon~fri", "word 1, 'mon~fri', has '~', which is not the hyphen -; write mon-fri"),
        (
            "12-24",
            "word 1, '12-24', is not a date, or has no year; write dates like 2026-12-24",
        ),
        (
            "10月1日",
            "word 1, '10月1日', is not a date, or has no year; write dates like 2026-12-24",
        ),
        ("2026年1月5日", "word 1, '2026年1月5日', is not a date; write 2026-01-05"),
        ("2026/1/5", "word 1, '2026/1/5', is not a date; write 2026-01-05"),
        ("20260105", "word 1, '20260105', is not a date; write 2026-01-05"),
        (
            "2026-1-5..2026-1-9",
            (
                "word 1, '2026-1-5..2026-1-9', is not a date; write dates like 2026-12-24, ranges "
                "like 2026-12-24..2027-01-03"
            ),
        ),
        (
            "2026-12-24-2026-12-26",
            "word 1, '2026-12-24-2026-12-26', is a range of dates; write 2026-12-24..2026-12-26",
        ),
        (
            "2026-12-24~2026-12-26",
            (
                "word 1, '2026-12-24~2026-12-26', has '~', which is not the hyphen -; write "
                "2026-12-24..2026-12-26"
            ),
        ),
        (
            "2026-12-26..2026-12-24",
            "word 1, '2026-12-26..2026-12-24', ends before it begins; write 2026-12-24..2026-12-26",
        ),
        ("2026-02-30", "word 1, '2026-02-30', has a day that does not exist: 2026-02-30"),
        ("x" * 99, f"word 1, '{'x' * 40}…', is not a day word; write {NAMES}"),
    ],
)
def test_what_is_no_day_says_at_which_word_and_what_would_be_right(
    stated: str | list[str], error: str
) -> None:
    with pytest.raises(InvalidSpec) as raised:
        parse_days(stated)

    assert str(raised.value) == error


def test_a_day_that_no_word_means_is_no_guess() -> None:
    assert match_day(parse_days("mon"), date(2026, 11, 24), CALENDAR) == Match(holds=False)


@pytest.mark.parametrize("text", ["2026-12-24", "2026-12-24,", " , 2026-12-24 ,, "])
def test_commas_around_dates_are_passed_over(text: str) -> None:
    assert [str(one) for one in parse_dates(text)] == ["2026-12-24"]


def test_what_is_no_date_is_told_by_the_number_of_its_word() -> None:
    with pytest.raises(InvalidSpec, match=r"word 2, 'mon', is not a date; write dates like 2026"):
        parse_dates("2026-12-24, mon")


def test_a_second_number_is_no_day_of_the_month() -> None:
    with pytest.raises(InvalidSpec, match="is not a day of the month; write mon#1 to mon#5"):
        parse_days("mon#1#2")


def test_a_word_of_more_than_forty_characters_is_cut() -> None:
    assert (quoted("x" * 40), quoted("x" * 41)) == (f"'{'x' * 40}'", f"'{'x' * 40}…'")


def test_the_calendar_is_a_guess_only_where_it_decides() -> None:
    beyond = date(2031, 11, 24)  # a Monday

    guesses = {
        stated: match_day(parse_days(stated), beyond, CALENDAR)
        for stated in ("workdays", "offdays", "mon workdays", "tue workdays", "offdays workdays")
    }

    assert {stated: (one.holds, one.is_guess) for stated, one in guesses.items()} == {
        "workdays": (True, True),
        "offdays": (False, True),
        "mon workdays": (True, False),
        "tue workdays": (True, True),
        "offdays workdays": (True, False),
    }
