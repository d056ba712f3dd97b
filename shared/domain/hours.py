"""Parsing hours: ``8:30-20:00``, ``-20:00``, ``8:30-``. What people write instead is an error."""

from __future__ import annotations

import re

from shared.domain.day_hints import DASHES, has_chinese, translated, wrong_dash
from shared.domain.days import WEEKDAYS, InvalidSpec, read_day
from shared.domain.schedule import DAY_MINUTES, Hours

SHORTEST = 30
"""Minutes. A timer fires every 15 minutes, and a machine that must stop soon is not started."""

_HOURS = r"(?a)(?:(\d{1,2}):(\d\d))?-(?:(\d{1,2}):(\d\d))?"
RIGHT = "write hours like 8:30-20:00, with minutes, a hyphen and no spaces"
"""What is said if it is not known what was meant."""
_NO_DASHES = dict.fromkeys(map(ord, DASHES))


def looks_like_hours(word: str) -> bool:
    """Is this word meant as hours, correctly written or not? Dates are not."""
    if re.search(r"(?a)\d{4}-\d\d-\d\d|#|\d[年月]", word):
        return False
    lower = word.lower()
    return (
        ":" in word
        or word in {"-", *DASHES}
        or re.search(r"(?a)\d[点时]", word) is not None
        or re.fullmatch(r"(?a)-\d+|\d+-|\d{1,2}-\d{1,2}|\d{3,4}-\d{3,4}", word) is not None
        or re.search(r"(?a)\d(am|pm)|\d(h|[.h]\d\d)-", lower) is not None
        or re.fullmatch(rf"\d{{1,2}}[{DASHES}]\d{{1,2}}", word) is not None
    )


def hours_of(word: str) -> Hours:
    """Parse hours.

    Raises:
        InvalidSpec: it is not; continues "word 2, 'x', …".
    """
    found = _read(word)
    if found is None:
        raise InvalidSpec(_hint(word))
    return found


def _read(word: str) -> Hours | None:
    """The hours; None: the word is not hours.

    Raises:
        InvalidSpec: it is, but denotes no time.
    """
    match = re.fullmatch(_HOURS, word)
    if match is None or word == "-":
        return None
    opens = None if match[1] is None else _minutes(match[1], match[2])
    closes = None if match[3] is None else _minutes(match[3], match[4])
    if opens == DAY_MINUTES:
        raise InvalidSpec("begins at 24:00; write 0:00 with the next day")
    if opens is None and closes == 0:
        raise InvalidSpec("closes at the start of its day; write -24:00 for the end of the day")
    return Hours(opens, closes) if opens is None or closes is None else _span(opens, closes)


def _span(opens: int, closes: int) -> Hours:
    if opens == closes:
        raise InvalidSpec(
            "ends when it begins; write 0:00-24:00 for a whole day, off for none of it"
        )
    if closes < opens:
        closes += DAY_MINUTES
    if closes - opens < SHORTEST:
        raise InvalidSpec(f"is {closes - opens} minutes long; write {SHORTEST} minutes or more")
    return Hours(opens, closes)


def _minutes(hours: str, minutes: str) -> int:
    if int(minutes) > 59 or int(hours) * 60 + int(minutes) > DAY_MINUTES:  # noqa: PLR2004  # minutes of an hour
        raise InvalidSpec(
            f"names {hours}:{minutes}, which is not a time of day; write 0:00 to 24:00"
        )
    return int(hours) * 60 + int(minutes)


def is_entry(text: str) -> bool:
    """Do these words, which may begin with days, end in hours or in ``off``?"""
    *days, last = text.split() or [""]
    try:
        are_days = all(read_day(day.lower()) for day in days)
        return are_days and (bool(days) if last == "off" else _read(last) is not None)
    except InvalidSpec:
        return False


def _hint(word: str) -> str:
    if why := "is Chinese" if has_chinese(word.translate(_NO_DASHES)) else wrong_dash(word):
        return _told(why, translated(word.lower()))
    if match := re.fullmatch(r"(?a)(\d{1,2})-(\d{1,2})", word):
        hours = f"{match[1]}:00-{match[2]}:00"
        right = f"write {hours} for hours, dates" if is_entry(hours) else "write dates"
        return f"is neither hours nor a date; {right} with their year, like 2026-12-24"
    if re.fullmatch(r"(?a)\d{1,2}:\d\d", word) and is_entry(f"{word}-") and is_entry(f"-{word}"):
        return (
            f"is a single time; write {word}- to open then, -{word} to close, or hours like "
            "8:30-20:00"
        )
    if match := re.fullmatch(r"(?a)(\d{1,2})(\d\d)-(\d{1,2})(\d\d)", word):
        return _told("is not hours", f"{match[1]}:{match[2]}-{match[3]}:{match[4]}")
    return _hint_of_signs(word) or f"is not hours; {RIGHT}"


def _hint_of_signs(word: str) -> str:
    """What is said about an extra, missing or wrong character; "" if it is none of these."""
    if match := re.fullmatch(r"(?ai)(\d{1,2})[.h](\d\d)?-(\d{1,2})[.h](\d\d)?", word):
        opens, opens_at, closes, closes_at = (one or "00" for one in match.groups())
        return _told("is not hours", f"{opens}:{opens_at}-{closes}:{closes_at}")
    if re.search(rf"(?ai)\d-({'|'.join(WEEKDAYS)})", word):
        return (
            "has a day within the hours; a span of several days is one entry for each: write mon "
            "20:00-24:00, tue-thu 0:00-24:00, fri 0:00-8:00"
        )
    if match := re.fullmatch(r"(?ai)([a-z][a-z#-]*?)[-:]?(\d{1,2}:\d\d-\d{1,2}:\d\d)", word):
        return _told("has no space after the days", f"{match[1]} {match[2]}")
    if word.endswith(":") and is_entry(f"{word.rstrip(':')} off"):
        return f"ends with a colon; write {word.rstrip(':')}"
    if word.endswith(".") and is_entry(word.rstrip(".")):
        return f"ends with a full stop; write {word.rstrip('.')}"
    return ""


def _told(why: str, meant: str) -> str:
    """What is wrong, and what was meant if that can be parsed."""
    return f"{why}; write {meant}" if is_entry(meant) else f"{why}; {RIGHT}"
