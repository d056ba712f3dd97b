"""Schedules, zones and instants for Hypothesis; and short ways to write them in tables."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone, tzinfo
from zoneinfo import available_timezones

from hypothesis import strategies as st

from shared.domain.calendar import Calendar
from shared.domain.days import LAST, Business, Daily, Dates, DayWord, Nth, Weekdays
from shared.domain.schedule import Base, Entry, Hours, Kind, Schedule
from shared.domain.schedule_spec import parse_spec
from shared.domain.timetable import State, state_at, zone_of
from shared.times import CHINA

CALENDAR = Calendar()
ZONES = sorted(
    zone
    for zone in available_timezones()
    if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "posix/", "right/"))
)
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


def instants() -> st.SearchStrategy[datetime]:
    """Whole minutes of 2020 to 2037, in UTC."""
    return st.datetimes(datetime(2020, 1, 1), datetime(2037, 12, 31)).map(  # noqa: DTZ001  # below
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
