"""A schedule drawn as a strip: a row for each day, a mark for each quarter of an hour.

Designed for 80 columns. Colours add no information to the characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from rich.text import Text

from shared.domain.calendar import Calendar
from shared.domain.days import WEEKDAYS
from shared.domain.enforcement import Move, Power, Seen, Terms, decide
from shared.domain.local_days import instant_of
from shared.domain.schedule import DAY_MINUTES, Kind, Schedule
from shared.domain.timetable import Span, State, spans_of, state_at, zone_of

QUARTER = 15
COLUMNS = 80
_DAY = timedelta(days=1)
_LONG_AGO = timedelta(days=400)
_LABEL = len("> Sat 10-10 ")
_WEEKEND = 5


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters of a strip: half an hour of which both quarters, one, or none are on."""

    on: str
    first: str
    second: str
    off: str
    opens: str
    closes: str
    here: str


BLOCKS = Marks("█", "▌", "▐", "·", "▶", "■", "▲")
ASCII = Marks("#", "#", "#", ".", ">", "x", "^")


@dataclass(frozen=True, slots=True)
class Picture:
    """What to draw.

    Attributes:
        schedule: The schedule.
        at: The time in question; the strip begins with its day.
        days: How many rows.
        zone: The zone of schedules that state none.
        calendar: What knows working days.
        catch_up: ``CURFEW_CATCH_UP``.
        marks: The characters.
    """

    schedule: Schedule
    at: datetime
    days: int
    zone: tzinfo
    calendar: Calendar
    catch_up: timedelta
    marks: Marks = BLOCKS

    @property
    def own_zone(self) -> tzinfo:
        """The zone in which it is drawn: the schedule's own."""
        return zone_of(self.schedule, self.zone)

    @property
    def state(self) -> State:
        """What the schedule says at the time in question."""
        return state_at(self.schedule, self.at, self.zone, self.calendar)

    @property
    def local(self) -> datetime:
        """The time in question in the zone's local time."""
        return self.at.astimezone(self.own_zone)


def draw(picture: Picture) -> Iterator[Text]:
    """The lines of a picture: what applies at the time, and the days from then on."""
    yield Text(str(picture.schedule), "bold")
    yield Text(f"{_weekday(picture.local.date())} {picture.local:%Y-%m-%d %H:%M %Z}", "bold")
    yield Text(_now(picture))
    yield from map(Text, _then(picture))
    yield Text()
    yield Text(" " * _LABEL + _axis(), "dim")
    today = picture.local.date()
    spans = _spans(picture, today)
    for number in range(picture.days):
        yield _row(picture, today + number * _DAY, spans)
        if number == 0:
            here = (picture.local.hour * 60 + picture.local.minute) // (2 * QUARTER)
            yield Text(" " * (_LABEL + here) + picture.marks.here, "cyan")
    yield from _legend(picture)


def _spans(picture: Picture, today: date) -> tuple[Span, ...]:
    """All spans on the days drawn; for one that began earlier, the two days before them."""
    if picture.schedule.kind is not Kind.SPANS:
        return ()
    last = today + picture.days * _DAY
    return spans_of(picture.schedule, today - 2 * _DAY, last, picture.zone, picture.calendar)


def _now(picture: Picture) -> str:
    """What applies, and until when."""
    state = picture.state
    if state.kind is Kind.CLOSES:
        return f"only closes{_at(', the next at', picture, state.closes_at)}"
    if state.kind is Kind.OPENINGS:
        return f"only opens{_at(', the next at', picture, state.opens_at)}"
    if not state.inside:
        closed = _at(" since", picture, _span_closed_at(picture))
        return f"off{closed}{_at(', opens', picture, state.opens_at)}"
    until = _at(", until", picture, state.closes_at)
    return f"on{_at(' since', picture, state.opened_at)}{until}" if until else "on for good"


def _span_closed_at(picture: Picture) -> datetime | None:
    """When the last span ended: later closes belong to days without hours."""
    opened_at = picture.state.opened_at
    if opened_at is None:
        return None
    return state_at(picture.schedule, opened_at, picture.zone, picture.calendar).closes_at


def _then(picture: Picture) -> Iterator[str]:
    """What happens now to running and stopped instances, and to changes by hand."""
    state, moves = picture.state, _moves(picture)
    runs = "is stopped" if moves[Power.ON] is Move.STOP else "is left on"
    rests = "is started" if moves[Power.OFF] is Move.START else "stays off"
    if state.kind is Kind.CLOSES:
        yield f"What ran before {runs}; what was off before {rests}."
        yield from _left_by_hand(picture)
    elif state.kind is Kind.SPANS and not state.inside:
        is_today = state.closed_at and _is_today(picture, state.closed_at)
        closed = _at(f"The close {'at' if is_today else 'of'}", picture, state.closed_at)
        yield (
            f"{closed} stops what ran before; what is off stays off."
            if closed
            else ("What ran before is left on; what is off stays off.")
        )
        yield from _left_by_hand(picture)
    elif state.kind is Kind.SPANS and (state.opened_at is None or not state.starts):
        why = "it is one span, without an opening" if state.starts else "that is what always means"
        yield f"It starts nothing: {why}; what runs {runs}."
        opens = _at(" until", picture, state.opens_at if state.starts else None)
        yield f"What is stopped by hand stays off{opens or ' until it is started by hand'}."
    else:
        yield f"What ran before {runs}; what was off before {rests}."
        if state.opens_at:
            what = "starts and is then" if moves[Power.OFF] is Move.START else "is"
            until = _at("until", picture, state.opens_at)
            yield f"What {what} stopped by hand stays off {until}."


def _left_by_hand(picture: Picture) -> Iterator[str]:
    """How long an instance started now is left running, if there will be a close."""
    if closes_at := picture.state.closes_at:
        until = _at("until the next close,", picture, closes_at)
        yield f"What is started by hand now is left {until}."


def _moves(picture: Picture) -> dict[Power, Move]:
    """What happens to an instance that has been running for long, and to a stopped one."""
    terms = Terms(picture.catch_up, enforced=False)
    long_ago = picture.at - _LONG_AGO
    return {
        power: decide(picture.state, Seen(power, long_ago, long_ago), picture.at, terms).move
        for power in (Power.ON, Power.OFF)
    }


def _at(words: str, picture: Picture, moment: datetime | None) -> str:
    if moment is None:
        return ""
    local = moment.astimezone(picture.own_zone)
    if _is_today(picture, moment):
        return f"{words} {local:%H:%M}"
    is_far = local.year != picture.local.year
    return f"{words} {_weekday(local.date())} {local:{'%Y-' if is_far else ''}%m-%d %H:%M}"


def _is_today(picture: Picture, moment: datetime) -> bool:
    return moment.astimezone(picture.own_zone).date() == picture.local.date()


def _axis() -> str:
    """The hours above the strip, every third of them."""
    hours = "".join(f"{hour:<6}" for hour in range(0, 24, 3))
    return f"{hours}24"


def _row(picture: Picture, day: date, spans: Sequence[Span]) -> Text:
    is_today = day == picture.local.date()
    label = f"{'>' if is_today else ' '} {_weekday(day)} {day:%m-%d} "
    strip, told = _strip(picture, day, spans), _told(picture, day, spans)
    row = Text(label, "bold" if is_today else "")
    row.append(strip, "green" if set(strip) - {picture.marks.off} else "dim")
    blanks = "  " if len(row) + len(told) <= COLUMNS - 2 else " "
    row.append(f"{blanks}{told}".rstrip(), "" if is_today else "dim")
    return row


def _strip(picture: Picture, day: date, spans: Sequence[Span]) -> str:
    marks = picture.marks
    if picture.schedule.kind is not Kind.SPANS:
        return _lone(picture, day)
    quarters = [
        any(one.opens_at <= moment < one.closes_at for one in spans)
        for minute in range(0, DAY_MINUTES, QUARTER)
        for moment in (instant_of(day, minute, picture.own_zone),)
    ]
    shown = {
        (True, True): marks.on,
        (True, False): marks.first,
        (False, True): marks.second,
        (False, False): marks.off,
    }
    return "".join(
        shown[first, second] for first, second in zip(quarters[::2], quarters[1::2], strict=True)
    )


def _lone(picture: Picture, day: date) -> str:
    """The strip of a day that has only openings, or only closes."""
    strip = [picture.marks.off] * (DAY_MINUTES // (2 * QUARTER))
    for one in picture.schedule.hours_on(day, picture.calendar).hours:
        is_close = one.opens is None
        minute = one.closes if is_close else one.opens
        place = min((minute or 0) // (2 * QUARTER), len(strip) - 1)
        strip[place] = picture.marks.closes if is_close else picture.marks.opens
    return "".join(strip)


def _told(picture: Picture, day: date, spans: Sequence[Span]) -> str:
    """The hours of a day, and what kind of day it is in the calendar."""
    if picture.schedule.kind is Kind.SPANS:
        parts = (_of_day(picture, day, one) for one in spans)
        each = [_hours(picture, part) for part in parts if part]
    else:
        hours_of_day = picture.schedule.hours_on(day, picture.calendar).hours
        each = list(dict.fromkeys(map(str, hours_of_day)))
    hours = f"{len(each)} times" if len(each) > 1 else "".join(each)
    return " ".join(part for part in (hours, _kind(picture, day)) if part)


def _of_day(picture: Picture, day: date, span: Span) -> Span | None:
    """What a day says about a span; None: nothing.

    A night is shown whole on the day it begins, a span longer than a day as each day's part.
    """
    begins, ends = (instant_of(day + more, 0, picture.own_zone) for more in (timedelta(), _DAY))
    if span.closes_at - span.opens_at <= _DAY:
        return span if begins <= span.opens_at < ends else None
    part = Span(max(span.opens_at, begins), min(span.closes_at, ends))
    return part if part.opens_at < part.closes_at else None


def _hours(picture: Picture, span: Span) -> str:
    opens, closes = (one.astimezone(picture.own_zone) for one in (span.opens_at, span.closes_at))
    is_midnight = (closes.hour, closes.minute) == (0, 0)
    return f"{opens:%H:%M}-{'24:00' if is_midnight else f'{closes:%H:%M}'}"


def _kind(picture: Picture, day: date) -> str:
    """What China's calendar says about a day, if the schedule uses it and it is unusual."""
    if not picture.schedule.asks_calendar:
        return ""
    found = picture.calendar.workday(day)
    if found.is_guess:
        return "guess"
    if found.holds == (day.weekday() < _WEEKEND):
        return ""
    return "worked" if found.holds else "holiday"


def _legend(picture: Picture) -> Iterator[Text]:
    marks, guessed = picture.marks, _first_guess(picture)
    if picture.schedule.kind is Kind.CLOSES:
        yield Text(f"{marks.closes} stops what was started before", "dim")
    if picture.schedule.kind is Kind.OPENINGS:
        yield Text(f"{marks.opens} starts what was not started since", "dim")
    if guessed and (warning := picture.calendar.warning(picture.local.date(), guessed)):
        yield Text(f"{warning[0].upper()}{warning[1:]}.", "yellow")


def _first_guess(picture: Picture) -> date | None:
    if not picture.schedule.asks_calendar:
        return None
    days = (picture.local.date() + number * _DAY for number in range(picture.days))
    return next((day for day in days if picture.calendar.workday(day).is_guess), None)


def _weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()].title()
