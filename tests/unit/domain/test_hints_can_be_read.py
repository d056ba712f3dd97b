"""Whatever the errors of schedules tell people to write can itself be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

import pytest

from shared.domain.day_hints import DASHES
from shared.domain.days import WEEKDAYS, InvalidSpec, parse_day, parse_days
from shared.domain.hours import hours_of
from shared.domain.schedule_spec import parse_spec
from shared.settings.zones import zone_name

DAYS = (
    *("", "mon", "mon-mon", "mon-fri", "monday-monday", "weekdays", "mo,we", "mon, wed", "1-15"),
    *("12-24", "2026-13-45", "2026/2/30", "20260230", "2026-12-24-2026-02-30", "10月1日", "office"),
    *(
        "工作日",
        "周一至",
        "至周五",
        "周一至周一",
        "调休",
        "周末关",
        "每天9点",
        "节假日除外",
        "周一、周三",
    ),
    *(f"mon{dash}fri" for dash in DASHES),
)
HOURS = (
    *("", "off", "never", "9:00", "24:00", "0:00", "9-18", "18-18", "26-30", "0930-1840"),
    *(
        "9999-9999",
        "9:00 - 18",
        "9:00 - 18:00",
        "9:00 to 18:00",
        "9:00-18",
        "7 PM->7 AM",
        "9am-6pm",
    ),
    *("8点到20点", "8点到20", "8点半-", "全天", "9:00-9:15", "-0:00", "-20:00", "9:00-18:00"),
    *("9-12 13-18", "1-15 9:00-18:00", "9:00-12:00 13:00-18:00", "9:00-12:00, 13:00-18:00"),
    *(f"9:00{dash}18:00" for dash in DASHES),
)
NAMES = "mon to sun, mon-fri, daily, workdays, offdays, mon#1, fri#last or 2026-12-24"
TAILS = ("", " Tokyo", " New York", " Asia/Seoul", " off", " mon", " someday", ", sat")


def told(text: str, read: Callable[[str], object] = parse_spec) -> str:
    """What the error tells to write; "" if the text can be read, or nothing is told."""
    try:
        read(text)
    except InvalidSpec as error:
        _, write, hint = str(error).rpartition("write ")
        return hint if write else ""
    return ""


def is_word(word: str) -> bool:
    """Can this word stand somewhere in a schedule? A time of day alone may be told of, too."""
    lower = word.casefold()
    if lower in {"off", "never", "always", *WEEKDAYS} or re.fullmatch(r"(0|24):00", word):
        return True
    for read in (lambda one: parse_day(one, 1), hours_of, zone_name):
        try:
            read(word)
        except ValueError:
            continue
        return True
    return False


def looks_meant(word: str) -> bool:
    """Is this word of an error something to be typed, and not English around it?"""
    return re.search(r"\d|/|#", word) is not None or word in {
        *WEEKDAYS,
        "daily",
        "workdays",
        "offdays",
    }


def wrong_in(hint: str) -> list[str]:
    """What of a hint cannot be read: its words, or all of it where it is a whole schedule."""
    words = [word.strip(",;:()…") for word in hint.replace("30 minutes or more", "").split()]
    wrong = [word for word in words if looks_meant(word) and not is_word(word)]
    is_whole = all(map(is_word, words)) and any(":" in word for word in words[1:])
    return wrong or ([hint] if is_whole and told(hint) else [])


@pytest.mark.sampled(one_in=3)
@pytest.mark.parametrize("tail", TAILS)
def test_what_an_error_tells_to_write_can_be_read(tail: str) -> None:
    specs = [f"{days} {hours}{tail}" for days, hours in product(DAYS, HOURS)]
    hints = {spec: hint for spec in specs if (hint := told(spec))}

    assert len(hints) > len(specs) // 2
    assert {spec: wrong for spec, hint in hints.items() if (wrong := wrong_in(hint))} == {}


def test_what_the_error_of_a_day_tells_to_write_can_be_read() -> None:
    hints = {days: hint for days in DAYS if (hint := told(days, parse_days))}

    assert len(hints) > len(DAYS) // 2
    assert {days: wrong for days, hint in hints.items() if (wrong := wrong_in(hint))} == {}


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        (
            "daily 1-15 9:00-18:00",
            (
                "word 2, '1-15', is neither hours nor a date; write 1:00-15:00 for hours, dates "
                "with their year, like 2026-12-24"
            ),
        ),
        (
            "mon-fri 26-30",
            (
                "word 2, '26-30', is neither hours nor a date; write dates with their year, like "
                "2026-12-24"
            ),
        ),
        (
            "mon-fri 9:00-18:00 Tokyo",
            "word 3, 'Tokyo', is only part of the name of a zone; write Asia/Tokyo",
        ),
        (
            "mon-fri 9:00-18:00 new york",
            "word 3, 'new', is only part of the name of a zone; write America/New_York",
        ),
        (
            "daily 7 PM->7 AM",
            "word 3, 'PM->7', is of a 12-hour clock; write hours like 19:00-7:00",
        ),
        (
            "8:30至20:00",
            "word 1, '8:30至20:00', has '至', which is not the hyphen -; write 8:30-20:00",
        ),
        (
            "调休 8:30-20:00",
            ("word 1, '调休', is Chinese; write workdays, which includes worked weekends (调休)"),
        ),
        (
            "周一至 8:30-20:00",
            f"word 1, '周一至', is Chinese; write {NAMES}",
        ),
        (
            "mon, wed, fri 9:00-18:00",
            (
                "word 1, 'mon', has no hours after it; several days of one entry have spaces "
                "between them: write mon wed fri 9:00-18:00"
            ),
        ),
        (
            "mon-fri 9:00 to 18:00",
            "word 2, '9:00', has a space in the hours; write mon-fri 9:00-18:00",
        ),
        (
            "mon-fri 9:00 - 18",
            (
                "word 2, '9:00', has a space in the hours; write hours like 8:30-20:00, with "
                "minutes, a hyphen and no spaces"
            ),
        ),
        (
            "mon 9:00-18:00 off",
            "word 3, 'off', stands after the hours; write hours or off, not both",
        ),
    ],
)
def test_what_is_meant_is_told(typed: str, error: str) -> None:
    with pytest.raises(InvalidSpec) as raised:
        parse_spec(typed)

    assert str(raised.value) == error
