"""Parsing the spec of a schedule: ``workdays 08:30-20:00, 2026-12-24 off Asia/Tokyo``.

Text in, a ``Schedule`` out, or an error that says at which word, and the correct form. Words are
counted from 1 over the whole text. A spec is parsed after NFKC, ignoring case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NoReturn

import msgspec

from shared.domain.day_hints import (
    AROUND_THE_CLOCK,
    has_chinese,
    looks_like_days,
    translated,
    wrong_dash,
)
from shared.domain.days import (
    Daily,
    Dates,
    DayWord,
    InvalidSpec,
    Weekdays,
    check_ranges,
    parse_day,
    plain,
    quoted,
)
from shared.domain.hours import RIGHT, hours_of, is_entry, looks_like_hours
from shared.domain.schedule import Base, Entry, Hours, Kind, Schedule
from shared.settings.zones import NOT_CHINAS, zone_name, zone_of_city

TAG_CHARACTERS = 128
"""The longest value of a tag (TagResources, ECS API reference)."""

NAMED_CHARACTERS = 1024
"""The longest spec that a name may have."""

EXAMPLE = "workdays 08:30-20:00"
_ZONES = (
    r"(?i)[a-z_+\-]+(/[\w+\-]+)+|utc|(utc|gmt)?\+\d.*|(utc|gmt)-\d.*|gmt|prc|cst|cest|cet|mesz|mez"
    r"|jst|[ecmp][sd]t"
)
_OTHER_TOOLS = r"(.*[\s;,])?(on|off|tz)=.*"
_TO = frozenset({"-", "to", "until", "till"})
_BUT = frozenset({"but", "except", "excluding", "without"})
_BOTH = {"always on": "always", "always off": "never", "never on": "never"}
_QUOTES = "\"'`“”‘’«»"  # noqa: RUF001  # what people copy along
_CRON = r"cron\(.*|(.* )?[*?] (.* )?[*?]( .*)?"
_TWELVE_HOURS = r"(?i)[\d:.]*[ap]\.?m\.?([^\w/].*)?"


class _Word(msgspec.Struct, frozen=True):
    text: str
    number: int

    @property
    def lower(self) -> str:
        return self.text.lower()

    @property
    def is_zone(self) -> bool:
        if looks_like_days(self.text):
            return False
        return self.lower in NOT_CHINAS or re.fullmatch(_ZONES, self.text) is not None

    def wrong(self, why: str) -> NoReturn:
        raise InvalidSpec(f"word {self.number}, {quoted(self.text)}, {why}")


def parse_spec(text: str, most: int = TAG_CHARACTERS) -> Schedule:
    """Parse a spec; the same text is parsed only once, even if invalid.

    Args:
        text: The spec, without names.
        most: How many characters it may have.

    Raises:
        InvalidSpec: it cannot be parsed.
    """
    found = _parsed(text, most)
    if isinstance(found, str):
        raise InvalidSpec(found)
    return found


@lru_cache(maxsize=4096)
def _parsed(text: str, most: int) -> Schedule | str:
    """The schedule, or what is wrong: a fleet may have the same mistake in many tags."""
    try:
        return _parse(text, most)
    except InvalidSpec as error:
        return str(error)


def _parse(text: str, most: int) -> Schedule:
    if len(text) > most:
        right = "put a long schedule in CURFEW_SCHEDULES and write its name"
        if most > TAG_CHARACTERS:
            right = "write fewer entries: days with the same hours may stand together in one"
        raise InvalidSpec(f"it has {len(text)} characters, but at most {most} are allowed; {right}")
    entries, zone = _split(text)
    base = _base(entries)
    read = tuple(_entry(entries, at) for at in range(1 if base else 0, len(entries)))
    schedule = Schedule(base, read, zone)
    _check(schedule, entries)
    return schedule


def _split(text: str) -> tuple[list[list[_Word]], str]:
    """The words of each entry, and the zone at the end."""
    parts = [part.split() for part in plain(text).split(",")]
    if len(parts) > 1 and not parts[-1]:
        parts.pop()
    if not any(parts):
        raise InvalidSpec(f"it is empty; write a schedule like {EXAMPLE}")
    number = 0
    entries: list[list[_Word]] = []
    for part in parts:
        if not part:
            raise InvalidSpec(f"an entry is missing before or between commas, after word {number}")
        entries.append([_Word(word, number + at) for at, word in enumerate(part, 1)])
        number += len(part)
    _check_signs(plain(text).lower(), [word for words in entries for word in words])
    zone = _take_zone(entries)
    if not entries:
        raise InvalidSpec(f"it is only a zone; write a schedule like {EXAMPLE} {zone}")
    return entries, zone


def _check_signs(text: str, words: Sequence[_Word]) -> None:
    """Texts whose characters show that they are not a schedule."""
    if re.fullmatch(_CRON, text):
        raise InvalidSpec(f"it is a cron expression; write a schedule like {EXAMPLE}")
    if re.fullmatch(_OTHER_TOOLS, text):
        raise InvalidSpec(f"it is the schedule of another tool; write one like {EXAMPLE}")
    for word in words:
        if word.text.strip(_QUOTES) != word.text:
            word.wrong("has a quotation mark; write the schedule without")
        if word.lower in AROUND_THE_CLOCK:
            word.wrong("is not a day word; write always, which stops nothing, or daily 0:00-24:00")
        if ";" in word.text:
            word.wrong("has a semicolon; write commas between entries")
        if re.fullmatch(_TWELVE_HOURS, word.text):
            word.wrong("is of a 12-hour clock; write hours like 19:00-7:00")


def _take_zone(entries: list[list[_Word]]) -> str:
    last = entries[-1][-1]
    if not last.is_zone:
        return ""
    try:
        zone = zone_name(last.text)
    except ValueError as error:
        last.wrong(f"is not a zone: {error}")
    entries[-1].pop()
    if not entries[-1]:
        entries.pop()
    for word in (word for words in entries for word in words):
        if word.is_zone:
            word.wrong(f"is a second zone after {zone}; write only one, at the end")
    return zone


def _base(entries: Sequence[Sequence[_Word]]) -> Base:
    """``never`` or ``always``, if the text begins with it."""
    for words in entries:
        for word in words:
            if word.lower not in {"never", "always"}:
                continue
            if words is not entries[0] or word is not words[0]:
                word.wrong("may only stand first; write it first, then a comma")
            if meant := _BOTH.get(" ".join(one.lower for one in words)):
                word.wrong(f"stands by itself; write {meant}")
            if len(words) > 1:
                word.wrong(f"stands by itself; write a comma after it: {word.lower}, …")
    first = entries[0][0].lower
    return Base(first) if first in {"never", "always"} else Base.NONE


def _entry(entries: Sequence[Sequence[_Word]], at: int) -> Entry:
    words = entries[at]
    check_ranges([word.text for word in words], words[0].number)
    end = next((here for here, word in enumerate(words) if _ends_days(word)), len(words))
    days, rest = words[:end], words[end:]
    if not days:
        _without_days(rest, entries[:at])
    read = tuple(_day(word) for word in days)
    if not rest:
        _without_hours(words, entries[at + 1 :])
    _check_rest(days, rest)
    return Entry(read, None if rest[0].lower == "off" else _hours(rest[0]))


def _ends_days(word: _Word) -> bool:
    return word.lower == "off" or looks_like_hours(word.text)


def _is_day(text: str) -> bool:
    return is_entry(f"{text} off")


def _day(word: _Word) -> DayWord:
    if word.is_zone:
        word.wrong("is a zone in the middle; write it once, at the end")
    return parse_day(word.text, word.number)


def _hours(word: _Word) -> Hours:
    try:
        return hours_of(word.text)
    except InvalidSpec as error:
        word.wrong(str(error))


def _without_days(rest: Sequence[_Word], before: Sequence[Sequence[_Word]]) -> NoReturn:
    first = rest[0]
    if first.lower == "off":
        first.wrong("has no days before it; write never, or days: 2026-12-24 off")
    if has_chinese(first.text) and is_entry(meant := translated(first.lower)):
        first.wrong(f"{wrong_dash(first.text) or 'is Chinese'}; write {meant}")
    if len(rest) > 1 and re.fullmatch(r"(?a)\d-\d", first.text):
        parse_day(first.text, first.number)
    _hours(first)
    after = " ".join(one.text if _is_day(one.text) else translated(one.lower) for one in rest[1:])
    if _is_day(after):
        first.wrong(f"stands before its days; write {after} {first.text}")
    names = [word.text for words in before[-1:] for word in words if not _ends_days(word)]
    days = " ".join(names) if names and names[0].lower() not in {"never", "always"} else "workdays"
    first.wrong(f"has no days before it; write {days} {first.text}")


def _without_hours(words: Sequence[_Word], after: Sequence[Sequence[_Word]]) -> NoReturn:
    days = " ".join(word.text for word in words)
    joined = days
    for more in after:
        joined = f"{joined} {' '.join(word.text for word in more)}"
        if any(map(_ends_days, more)) and is_entry(joined):
            words[-1].wrong(
                "has no hours after it; several days of one entry have spaces between them: write "
                f"{joined}"
            )
    words[-1].wrong(f"has no hours after it; write {days} 08:30-20:00, or {days} off")


def _check_rest(days: Sequence[_Word], rest: Sequence[_Word]) -> None:
    """Nothing may follow the hours."""
    if len(rest) == 1:
        return
    first, second = rest[0], rest[1]
    names = " ".join(word.text for word in days)
    if first.text == "-":
        first.wrong("stands alone; write mon-fri and 9:00-18:00 without spaces")
    if second.lower in _TO or first.text.endswith("-") or second.text.startswith("-"):
        joined = "".join("-" if word.lower in _TO else word.text for word in rest[:3])
        meant = f"write {names} {joined}" if is_entry(joined) else RIGHT
        first.wrong(f"has a space in the hours; {meant}")
    if (zone := _zone_with_blanks(rest[1:])) and len(rest) > 2:  # noqa: PLR2004  # hours, and two words
        second.wrong(f"is only part of the name of a zone; write {zone}")
    if second.is_zone:
        second.wrong("is a zone in the middle; write it once, at the end")
    if looks_like_hours(second.text):
        if first.lower == "off":
            _off_before_hours(first, second, names)
        _hours(first)
        _hours(second)
        second.wrong(
            f"is a second time in one entry; write {names} {first.text}, {names} {second.text}"
        )
    _after_hours(second, " ".join(word.text for word in rest[1:]))


def _off_before_hours(off: _Word, hours: _Word, names: str) -> NoReturn:
    right = f"{names} -{hours.text}"
    if is_entry(right):
        off.wrong(f"stands before a time; write {right} to close then")
    off.wrong("stands before the hours; write hours or off, not both")


def _zone_with_blanks(words: Sequence[_Word]) -> str:
    try:
        return zone_name("_".join(word.text for word in words))
    except ValueError:
        return ""


def _after_hours(word: _Word, text: str) -> NoReturn:
    """What follows hours and is not a time: a zone by its city, days, or something unknown."""
    if zone := zone_of_city(text.strip("()@")):
        word.wrong(f"is only part of the name of a zone; write {zone}")
    if word.lower == "off":
        word.wrong("stands after the hours; write hours or off, not both")
    if word.lower in _BUT:
        word.wrong("stands after the hours; write a comma and then days off: 2026-12-24 off")
    try:
        parse_day(word.text, word.number)
    except InvalidSpec:
        word.wrong(
            "stands after the hours; write nothing there, or a zone like Asia/Tokyo, or a comma "
            "and then days"
        )
    word.wrong("stands after the hours; write a comma before the next days")


def _check(schedule: Schedule, entries: Sequence[Sequence[_Word]]) -> None:
    """Errors that no single entry shows."""
    stated = [words[-1] for words in entries[1 if schedule.base else 0 :]]
    hours = [one.hours for one in schedule.entries]
    if schedule.base:
        _check_base(schedule, entries[1:])
    elif not any(hours):
        raise InvalidSpec(
            f"it says only off, and no hours; write never, or hours before: {EXAMPLE}, "
            f"{schedule.entries[0]}"
        )
    kind = Kind.SPANS if schedule.base else schedule.kind
    a = {Kind.SPANS: "a span", Kind.CLOSES: "a lone close", Kind.OPENINGS: "a lone opening"}
    for word, one in zip(stated, schedule.entries, strict=True):
        if one.hours is not None and one.hours.kind is not kind:
            right = _both_ends(one, schedule.entries) or (
                "both ends everywhere, like 9:00-18:00, or only closes, like -20:00, or only "
                "openings, like 8:30-"
            )
            word.wrong(f"is {a[one.hours.kind]} next to {a[kind]}; write {right}")


def _both_ends(entry: Entry, entries: Sequence[Entry]) -> str:
    """An opening and a close, one of each, as spans; "" if it is not clear what they mean.

    They are on the same days; then a close that is not after the opening is on the next day, which
    only makes sense daily. Or they are on two days of the week.
    """
    lone = [one for one in entries if one.hours and one.hours.kind is not Kind.SPANS]
    alike = [one for one in lone if one.days == entry.days]
    pair = alike if len(alike) > 1 else lone
    ends = {str(one.hours): one.days for one in pair}
    if not len(pair) == len(ends) == 2:  # noqa: PLR2004  # an opening and a close
        return ""
    close, opening = sorted(ends)
    if not (close.startswith("-") and opening.endswith("-")):
        return ""
    begin, end = opening.rstrip("-"), close.lstrip("-")
    days = ends[opening]
    if days != ends[close]:
        spans = _from_day_to_day(days, begin, ends[close], end)
    else:
        spans = [f"{' '.join(map(str, days))} {begin}-{end}"]
        if begin >= end and days != (Daily(),):
            return ""
    return ", ".join(spans) if all(map(is_entry, spans)) else ""


def _from_day_to_day(
    first: Sequence[DayWord], begin: str, last: Sequence[DayWord], end: str
) -> list[str]:
    """A span from one day of the week to another, day by day; ``[""]`` if either is not one."""
    match [*first, *last]:
        case [Weekdays(one, same), Weekdays(other, likewise)] if (
            one == same and other == likewise and len(first) == 1
        ):
            whole = Weekdays((one + 1) % 7, (other - 1) % 7)
            between = [f"{whole} 00:00-24:00"] if (other - one) % 7 > 1 else []
            return [f"{first[0]} {begin}-24:00", *between, f"{last[0]} 00:00-{end}"]
    return [""]


def _check_base(schedule: Schedule, entries: Sequence[Sequence[_Word]]) -> None:
    base = schedule.base.value
    for entry, words in zip(schedule.entries, entries, strict=True):
        for day, word in zip(entry.days, words, strict=False):
            if not isinstance(day, Dates):
                word.wrong(
                    f"is not a date, and only dates may follow {base}; without {base}, write "
                    "the hours of the week: mon-fri 0:00-24:00"
                )
        if schedule.base is Base.NEVER and entry.hours is None:
            words[-1].wrong("has no effect after never; write hours, like 2026-12-24 9:00-18:00")
