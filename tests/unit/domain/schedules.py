"""Schedules, zones and instants for Hypothesis; and short ways to write them in tables."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import available_timezones

from hypothesis import strategies as st

from shared.base.times import CHINA
from shared.domain.calendar import Calendar
from shared.domain.days import LAST, Business, Daily, Dates, DayWord, Nth, Weekdays
from shared.domain.schedule import Base, Entry, Hours, Kind, Schedule
from shared.domain.schedule_spec import parse_spec
from shared.domain.timetable import State, state_at, zone_of

CALENDAR = Calendar()
ZONES = sorted(
    zone
    for zone in available_timezones()
    if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "posix/", "right/"))
)
CHANGING = (
    *("Europe/Berlin", "America/New_York", "America/Scoresbysund", "Africa/Casablanca"),
    *("Asia/Beirut", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo"),
)
"""Zones whose clocks change at night, at midnight, in the evening, for Ramadan, by half an hour."""

FIRST, LAST_DAY = date(2020, 1, 1), date(2037, 12, 31)

_days = st.dates(FIRST, LAST_DAY)
_ranges = st.builds(
    lambda first, more: Dates(first, first + timedelta(days=more)), _days, st.integers(0, 20)
)
_weekday = st.integers(0, 6)
_pairs = st.tuples(_weekday, _weekday).filter(lambda pair: pair[0] != pair[1])
_weekly: st.SearchStrategy[DayWord] = st.one_of(
    st.builds(lambda day: Weekdays(day, day), _weekday),
    _pairs.map(lambda pair: Weekdays(*pair)),
    st.builds(Nth, _weekday, st.sampled_from([1, 2, 3, 4, 5, LAST])),
    st.just(Daily()),
    st.sampled_from(list(Business)),
)
_spans = st.builds(
    lambda opens, length: Hours(opens, opens + length),
    st.integers(0, 1439),
    st.integers(30, 1439),
) | st.just(Hours(0, 1440))
_closes = st.builds(lambda closes: Hours(None, closes), st.integers(1, 1440))
_openings = st.builds(lambda opens: Hours(opens, None), st.integers(0, 1439))
_HOURS = {Kind.SPANS: _spans, Kind.CLOSES: _closes, Kind.OPENINGS: _openings}


@st.composite
def schedules(draw: st.DrawFn, kinds: tuple[Kind, ...] = tuple(Kind)) -> Schedule:
    """Any schedule that a spec can say."""
    kind = draw(st.sampled_from(kinds))
    base = draw(st.sampled_from(list(Base))) if kind is Kind.SPANS else Base.NONE
    words = st.lists(_ranges if base else _weekly | _ranges, min_size=1, max_size=3)
    hours = _HOURS[kind] if base is Base.NEVER else _HOURS[kind] | st.none()
    entry = st.builds(lambda days, hours: Entry(tuple(days), hours), words, hours)
    entries = draw(st.lists(entry, min_size=0 if base else 1, max_size=4))
    if not base and not any(one.hours for one in entries):
        entries.append(Entry(tuple(draw(words)), draw(_HOURS[kind])))
    return Schedule(base, tuple(entries), draw(st.sampled_from(["", *ZONES])))


_long = st.builds(
    lambda first, more: Dates(first, first + timedelta(days=more)),
    st.dates(date(2025, 6, 1), date(2028, 1, 1)),
    st.sampled_from([0, 1, 30, 390, 500]),
)
_words = st.sampled_from([Daily(), Weekdays(0, 6), Weekdays(0, 4), Weekdays(5, 6), *Business])
_touching = st.sampled_from(
    [
        *((0, 1440), (0, 720), (720, 1440), (720, 2159), (660, 2140), (1380, 1560), (0, 150)),
        *((120, 180), (150, 1440), (1410, 1440), (0, 1439)),
    ]
).map(lambda one: Hours(*one))


@st.composite
def endless_schedules(draw: st.DrawFn) -> Schedule:
    """Schedules whose boundaries are hundreds of days away, or nowhere, more often than not."""
    base = draw(st.sampled_from([Base.NONE, Base.NONE, Base.ALWAYS, Base.NEVER]))
    word = _long if base else st.one_of(_words, _words, _weekly, _long)
    hours = _touching if base is Base.NEVER else st.one_of(_touching, _touching, st.none())
    entry = st.builds(
        lambda days, hours: Entry(tuple(days), hours), st.lists(word, min_size=1, max_size=3), hours
    )
    entries = draw(st.lists(entry, min_size=0 if base else 1, max_size=5))
    if not base and not any(one.hours for one in entries):
        entries.append(Entry((Daily(),), draw(_touching)))
    return Schedule(base, tuple(entries), draw(st.sampled_from(["", *CHANGING])))


def instants(first: int = 2020, last: int = 2037) -> st.SearchStrategy[datetime]:
    """Whole minutes of these years, in UTC."""
    return st.datetimes(datetime(first, 1, 1), datetime(last, 12, 31)).map(  # noqa: DTZ001  # below
        lambda one: one.replace(second=0, microsecond=0, tzinfo=timezone.utc)
    )


def local(text: str, zone: tzinfo = CHINA) -> datetime:
    """``2026-10-10 09:00`` of a zone."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=zone)


def at(spec: str, text: str, zone: tzinfo = CHINA, calendar: Calendar = CALENDAR) -> State:
    """The state of a spec at a local time of its own zone."""
    schedule = parse_spec(spec)
    return state_at(schedule, local(text, zone_of(schedule, zone)), zone, calendar)


def shown(state: State) -> dict[str, str]:
    """The times of a state as clocks of its zone show them; those that are None left out."""
    names = ("opened_at", "closed_at", "opens_at", "closes_at")
    times = {name: getattr(state, name) for name in names}
    return {
        name: f"{moment.astimezone(state.zone):%a %m-%d %H:%M}"
        for name, moment in times.items()
        if moment is not None
    }
