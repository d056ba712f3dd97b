# ruff: noqa: RUF001  # characters as people type them
"""Specs as people type them, in English and Chinese, that cannot be read: what they are told."""

from __future__ import annotations

import pytest
from pytest_mock import MockerFixture

from shared.domain.days import InvalidSpec
from shared.domain.schedule_spec import parse_spec
from shared.settings import zones


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        (" ", "it is empty; write a schedule like workdays 08:30-20:00"),
        ("，", "it is empty; write a schedule like workdays 08:30-20:00"),
        ("工作日 8:30-20:00", "word 1, '工作日', is Chinese; write workdays"),
        (
            "工作日8:30-20:00",
            "word 1, '工作日8:30-20:00', is Chinese; write workdays 8:30-20:00",
        ),
        ("工作日 8点到20点", "word 1, '工作日', is Chinese; write workdays"),
        ("周一至周五 9:00-18:00", "word 1, '周一至周五', is Chinese; write mon-fri"),
        (
            "周一、周三、周五 9:00-18:00",
            "word 1, '周一、周三、周五', is Chinese; write mon wed fri",
        ),
        ("每天9点-18点", "word 1, '每天9点-18点', is Chinese; write daily 9:00-18:00"),
        ("周末关", "word 1, '周末关', is Chinese; write sat sun off"),
        ("法定工作日 8：30—20：00", "word 1, '法定工作日', is Chinese; write workdays"),
        (
            "mon-fri 9:00–18:00",
            "word 2, '9:00–18:00', has '–' (U+2013), which is not the hyphen -; write 9:00-18:00",
        ),
        (
            "mon-fri 9:00~18:00",
            "word 2, '9:00~18:00', has '~', which is not the hyphen -; write 9:00-18:00",
        ),
        (
            "mon-fri 9:00至18:00",
            "word 2, '9:00至18:00', has '至', which is not the hyphen -; write 9:00-18:00",
        ),
        (
            "2026-12-24~2026-12-26 off",
            (
                "word 1, '2026-12-24~2026-12-26', has '~', which is not the hyphen -; "
                "write 2026-12-24..2026-12-26"
            ),
        ),
        (
            "9:00-18:00",
            "word 1, '9:00-18:00', has no days before it; write workdays 9:00-18:00",
        ),
        ("workdays 9.00-18.00", "word 2, '9.00-18.00', is not hours; write 9:00-18:00"),
        (
            "mon-fri9:00-18:00",
            "word 1, 'mon-fri9:00-18:00', has no space after the days; write mon-fri 9:00-18:00",
        ),
        (
            "workdays 9:00--18:00",
            (
                "word 2, '9:00--18:00', is not hours; write hours like 8:30-20:00, with minutes, "
                "a hyphen and no spaces"
            ),
        ),
        (
            "9-5",
            (
                "word 1, '9-5', is neither hours nor a date; write 9:00-5:00 for hours, dates with "
                "their year, like 2026-12-24"
            ),
        ),
        ("1-5 9:00-18:00", "word 1, '1-5', is not a day word; write mon-fri"),
        (
            "9:00-18:00 Mon-Fri",
            "word 1, '9:00-18:00', stands before its days; write Mon-Fri 9:00-18:00",
        ),
        ("9:00-18:00 周一", "word 1, '9:00-18:00', stands before its days; write mon 9:00-18:00"),
        (
            "mon off, tue 9:00-18:00, 8:00-9:00",
            "word 5, '8:00-9:00', has no days before it; write tue 8:00-9:00",
        ),
        (
            "Never, 9:00-18:00",
            "word 2, '9:00-18:00', has no days before it; write workdays 9:00-18:00",
        ),
        (
            "ALWAYS, 9:00-18:00",
            "word 2, '9:00-18:00', has no days before it; write workdays 9:00-18:00",
        ),
        ("fri Mon9点-18点", "word 2, 'Mon9点-18点', is Chinese; write mon 9:00-18:00"),
        ("Mon9点-18点", "word 1, 'Mon9点-18点', is Chinese; write mon 9:00-18:00"),
        ("不开机", "word 1, '不开机', is Chinese; write never"),
        (
            "mon-fri 9:00-12:00, 13:00-18:00",
            "word 3, '13:00-18:00', has no days before it; write mon-fri 13:00-18:00",
        ),
        (
            "mon-fri 9:00-12:00 13:00-18:00",
            (
                "word 3, '13:00-18:00', is a second time in one entry; write mon-fri "
                "9:00-12:00, mon-fri 13:00-18:00"
            ),
        ),
        (
            "mon,wed 9:00-18:00",
            (
                "word 1, 'mon', has no hours after it; several days of one entry have spaces "
                "between them: write mon wed 9:00-18:00"
            ),
        ),
        (
            "mon-fri",
            "word 1, 'mon-fri', has no hours after it; write mon-fri 08:30-20:00, or mon-fri off",
        ),
        (
            "workdays 9:00-18:00, sat",
            "word 3, 'sat', has no hours after it; write sat 08:30-20:00, or sat off",
        ),
        (
            "workdays -00:00",
            "word 2, '-00:00', closes at the start of its day; write -24:00 for the end of the day",
        ),
        (
            "mon 9:00-9:00",
            (
                "word 2, '9:00-9:00', ends when it begins; write 0:00-24:00 for a whole "
                "day, off for none of it"
            ),
        ),
        (
            "mon 9:00-9:15",
            "word 2, '9:00-9:15', is 15 minutes long; write 30 minutes or more",
        ),
        (
            "mon 23:50-0:10",
            "word 2, '23:50-0:10', is 20 minutes long; write 30 minutes or more",
        ),
        (
            "mon-mon 9:00-18:00",
            (
                "word 1, 'mon-mon', could be one day or seven; write mon for the one, "
                "daily for the seven"
            ),
        ),
        (
            "12-24 off",
            (
                "word 1, '12-24', is neither hours nor a date; write 12:00-24:00 for "
                "hours, dates with their year, like 2026-12-24"
            ),
        ),
        (
            "12-24 9:00-18:00",
            (
                "word 1, '12-24', is neither hours nor a date; write 12:00-24:00 for "
                "hours, dates with their year, like 2026-12-24"
            ),
        ),
        (
            "12/24 off",
            "word 1, '12/24', is not a date, or has no year; write dates like 2026-12-24",
        ),
        (
            "sat sun off",
            (
                "it says only off, and no hours; write never, or hours before: workdays "
                "08:30-20:00, sat sun off"
            ),
        ),
        (
            "off",
            "word 1, 'off', has no days before it; write never, or days: 2026-12-24 off",
        ),
        (
            "never, 2026-12-24 off",
            "word 3, 'off', has no effect after never; write hours, like 2026-12-24 9:00-18:00",
        ),
        (
            "never, sat 9:00-18:00",
            (
                "word 2, 'sat', is not a date, and only dates may follow never; "
                "without never, write the hours of the week: mon-fri 0:00-24:00"
            ),
        ),
        (
            "always, sat sun off",
            (
                "word 2, 'sat', is not a date, and only dates may follow always; "
                "without always, write the hours of the week: mon-fri 0:00-24:00"
            ),
        ),
        (
            "always, 2026-12-24 -20:00",
            (
                "word 3, '-20:00', is a lone close next to a span; write both ends "
                "everywhere, like 9:00-18:00, or only closes, like -20:00, or only "
                "openings, like 8:30-"
            ),
        ),
        (
            "never 2026-12-24 9:00-18:00",
            "word 1, 'never', stands by itself; write a comma after it: never, …",
        ),
        (
            "workdays 9:00-18:00, never",
            "word 3, 'never', may only stand first; write it first, then a comma",
        ),
        (
            "workdays 9:00-18:00, sat -20:00",
            (
                "word 4, '-20:00', is a lone close next to a span; write both ends "
                "everywhere, like 9:00-18:00, or only closes, like -20:00, or only "
                "openings, like 8:30-"
            ),
        ),
        (
            "workdays 8:30-, workdays -20:00",
            (
                "word 4, '-20:00', is a lone close next to a lone opening; write workdays "
                "08:30-20:00"
            ),
        ),
        (
            "workdays 8:30-, sat -14:00",
            (
                "word 4, '-14:00', is a lone close next to a lone opening; write both ends "
                "everywhere, like 9:00-18:00, or only closes, like -20:00, or only openings, like "
                "8:30-"
            ),
        ),
        (
            "workdays 9-18",
            (
                "word 2, '9-18', is neither hours nor a date; write 9:00-18:00 for "
                "hours, dates with their year, like 2026-12-24"
            ),
        ),
        (
            "workdays 9am-6pm",
            "word 2, '9am-6pm', is of a 12-hour clock; write hours like 19:00-7:00",
        ),
        ("workdays 0830-2000", "word 2, '0830-2000', is not hours; write 08:30-20:00"),
        (
            "workdays 9:00",
            (
                "word 2, '9:00', is a single time; write 9:00- to open then, -9:00 to close, "
                "or hours like 8:30-20:00"
            ),
        ),
        (
            "workdays 9:00 - 18:00",
            "word 2, '9:00', has a space in the hours; write workdays 9:00-18:00",
        ),
        (
            "workdays - 20:00",
            "word 2, '-', stands alone; write mon-fri and 9:00-18:00 without spaces",
        ),
        (
            "mon - fri 9:00-18:00",
            "word 2, '-', stands between two days; write mon-fri",
        ),
        (
            "workdays 25:00-26:00",
            "word 2, '25:00-26:00', names 25:00, which is not a time of day; write 0:00 to 24:00",
        ),
        (
            "workdays 9:60-18:00",
            "word 2, '9:60-18:00', names 9:60, which is not a time of day; write 0:00 to 24:00",
        ),
        (
            "workdays 24:00-8:00",
            "word 2, '24:00-8:00', begins at 24:00; write 0:00 with the next day",
        ),
        (
            "weekdays 9:00-18:00",
            (
                "word 1, 'weekdays', is not a day word; write mon-fri, or workdays for "
                "China's calendar"
            ),
        ),
        (
            "monday-friday 9:00-18:00",
            "word 1, 'monday-friday', is not a day word; write mon-fri",
        ),
        (
            "mon 9:00-18:00 tue 9:00-18:00",
            "word 3, 'tue', stands after the hours; write a comma before the next days",
        ),
        (
            "mon 9:00-18:00; tue 9:00-18:00",
            "word 2, '9:00-18:00;', has a semicolon; write commas between entries",
        ),
        (
            "mon 9:00-18:00,, tue 9:00-18:00",
            "an entry is missing before or between commas, after word 2",
        ),
        (
            "mon 9:00-18:00 CST",
            (
                "word 3, 'CST', is not a zone: it stands for the time of China, of Chicago and of "
                "Cuba; write a zone like Asia/Shanghai, or UTC"
            ),
        ),
        (
            "mon 9:00-18:00 EST",
            (
                "word 3, 'EST', is not a zone: an abbreviation or an offset does not say when "
                "clocks change; write a zone like America/New_York, or UTC"
            ),
        ),
        (
            "mon 9:00-18:00 PRC",
            (
                "word 3, 'PRC', is not a zone: it is not Area/City; write a zone like "
                "Asia/Shanghai, or UTC"
            ),
        ),
        (
            "mon 9:00-18:00 GMT+8",
            (
                "word 3, 'GMT+8', is not a zone: an abbreviation or an offset does not say when "
                "clocks change; write a zone like Asia/Shanghai, or UTC"
            ),
        ),
        (
            "mon 9:00-18:00 Etc/GMT-8",
            (
                "word 3, 'Etc/GMT-8', is not a zone: in Etc/… the sign is reversed, and clocks "
                "never change; write a zone like Asia/Shanghai, or UTC"
            ),
        ),
        (
            "mon 9:00-18:00 Asia/Beijing",
            (
                "word 3, 'Asia/Beijing', is not a zone: there is no such zone; write a "
                "zone like Asia/Shanghai, or UTC"
            ),
        ),
        (
            "mon 9:00-18:00 Asia/Tokio",
            (
                "word 3, 'Asia/Tokio', is not a zone: there is no such zone; write a "
                "zone like Asia/Tokyo, or UTC"
            ),
        ),
        (
            "mon 9:00-18:00 Asia/Tokyo UTC",
            "word 3, 'Asia/Tokyo', is a second zone after UTC; write only one, at the end",
        ),
        (
            "mon 9:00-18:00 Asia/Tokyo, tue 9:00-18:00",
            "word 3, 'Asia/Tokyo', is a zone in the middle; write it once, at the end",
        ),
        (
            "Asia/Tokyo mon 9:00-18:00",
            "word 1, 'Asia/Tokyo', is a zone in the middle; write it once, at the end",
        ),
        (
            "Asia/Tokyo",
            "it is only a zone; write a schedule like workdays 08:30-20:00 Asia/Tokyo",
        ),
        (
            "office",
            (
                "word 1, 'office', is not a day word; write mon to sun, mon-fri, daily, "
                "workdays, offdays, mon#1, fri#last or 2026-12-24"
            ),
        ),
        (
            "0 9 * * 1-5",
            "it is a cron expression; write a schedule like workdays 08:30-20:00",
        ),
        (
            "mon 9:00-18:00 \u200b",
            (
                "word 3, '\\u200b', stands after the hours; write nothing there, or a zone like "
                "Asia/Tokyo, or a comma and then days"
            ),
        ),
    ],
)
def test_an_error_says_at_which_word_and_what_would_be_right(typed: str, error: str) -> None:
    with pytest.raises(InvalidSpec) as raised:
        parse_spec(typed)

    assert str(raised.value) == error


def test_a_mistake_that_many_tags_have_is_looked_into_once(mocker: MockerFixture) -> None:
    nearest = mocker.spy(zones, "nearest_zone")

    for _ in range(3):
        with pytest.raises(InvalidSpec, match="Asia/Shanghai"):
            parse_spec("workdays 8:30-20:01 Asia/Shangai")

    assert nearest.call_count == 1
