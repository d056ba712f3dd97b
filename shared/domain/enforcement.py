"""What a schedule makes of one instance: stop it, start it, or leave it, and why.

Nothing is stored. Whatever was started or stopped by hand is inferred from ``StartTime`` alone,
which ECS shows to the minute (DescribeInstances, API reference); ECS does not show when an instance
stopped. Reasons state times, not who did it.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from enum import Enum

import msgspec

from shared.domain.days import WEEKDAYS
from shared.domain.schedule import Kind
from shared.domain.timetable import State

WORTH_STARTING = timedelta(minutes=15)
"""Nothing is started if less of its span is left than the time to the next timer."""

_NEAR = timedelta(days=3)
"""Within this time, back or ahead, each weekday occurs once."""


class Move(str, Enum):
    """What to do about an instance."""

    STOP = "stop"
    START = "start"
    FITS = "fits"  # it is as its schedule says
    LEFT = "left"  # it is not, and is left alone


class Decision(msgspec.Struct, frozen=True):
    """A move and its reason.

    Attributes:
        move: What to do.
        reason: Why.
        gave_up: An opening has just stopped being caught up on, less than one timer interval ago.
    """

    move: Move
    reason: str
    gave_up: bool = False


class Power(str, Enum):
    """Whether an instance runs."""

    ON = "on"
    OFF = "off"
    ON_THE_WAY = "on the way"  # pending, starting, stopping, or a status that is unknown


class Seen(msgspec.Struct, frozen=True):
    """What the rule needs to know of an instance, as ECS shows it.

    Attributes:
        power: Whether it runs.
        started_at: ``StartTime``, without any substitute; None: ECS shows none.
        created_at: ``CreationTime``; None: ECS shows none.
        kept_until: The end that ``curfew:keep-until`` names, future or past; None: no such tag.
        kept_off_until: The same for ``curfew:keep-off-until``.
    """

    power: Power
    started_at: datetime | None = None
    created_at: datetime | None = None
    kept_until: datetime | None = None
    kept_off_until: datetime | None = None


class Terms(msgspec.Struct, frozen=True):
    """How strictly a schedule is kept.

    Attributes:
        catch_up: ``CURFEW_CATCH_UP``: how long an opening, or a lone close, is caught up on.
        enforced: Outside of spans, stop without exception.
    """

    catch_up: timedelta
    enforced: bool


def decide(state: State, seen: Seen, now: datetime, terms: Terms) -> Decision:
    """What to do about an instance now.

    Args:
        state: Its schedule's at ``now``.
        seen: The instance.
        now: The time of the look, never the event's.
        terms: The operator's and the request's.
    """
    times = _Times(state.zone, now)
    match seen.power:
        case Power.ON_THE_WAY:
            decision = Decision(Move.LEFT, "neither running nor stopped")
        case Power.ON:
            decision = _running(state, seen, times, terms)
        case Power.OFF:
            decision = _stopped(state, seen, times, terms)
    if state.zone_name and ":" in decision.reason:
        return msgspec.structs.replace(decision, reason=f"{decision.reason} ({state.zone_name})")
    return decision


def _running(state: State, seen: Seen, times: _Times, terms: Terms) -> Decision:
    if state.inside:
        return Decision(Move.FITS, f"running{times.after(' until', state.closes_at)}")
    if state.kind is Kind.OPENINGS:
        return Decision(Move.FITS, "running; its schedule only opens")
    close = _latest(state.closed_at, seen.kept_until, times.now)
    if terms.enforced and state.kind is Kind.SPANS:
        return Decision(Move.STOP, f"outside its hours{times.after(' since', close)}, enforced")
    return _after_close(state, seen, times, terms, close)


def _after_close(
    state: State, seen: Seen, times: _Times, terms: Terms, close: datetime | None
) -> Decision:
    """It runs outside of any span; the close counts only if it was started before it."""
    if seen.started_at is None:
        return Decision(Move.LEFT, "running, but ECS shows no StartTime")
    started = f"running since {times.shown(seen.started_at)}"
    left = times.after("; left until", state.closes_at)
    if close is None:
        return Decision(Move.LEFT, f"{started}, with no close before now{left}")
    closed = f"the close at {times.shown(close)}"
    if seen.started_at >= _minute(close):
        return Decision(Move.LEFT, f"{started}, after {closed}{left}")
    if state.kind is Kind.CLOSES and times.now - close > terms.catch_up:
        return Decision(Move.LEFT, f"{closed} is more than {in_words(terms.catch_up)} ago{left}")
    return Decision(Move.STOP, f"{started}, before {closed}")


def _stopped(state: State, seen: Seen, times: _Times, terms: Terms) -> Decision:
    if not state.starts:
        return Decision(Move.FITS, "stopped; always starts nothing")
    if state.kind is Kind.CLOSES:
        return Decision(Move.FITS, "stopped; its schedule only closes")
    if state.kind is Kind.SPANS and not state.inside:
        return Decision(Move.FITS, f"stopped{times.after('; opens', state.opens_at)}")
    opening = _opening(state, seen, times.now)
    left = times.after("; left until", state.opens_at)
    if opening is None:
        return Decision(Move.LEFT, f"stopped, with no opening before now{left}")
    hindrance = _hindrance(state, seen, times, terms, opening)
    if hindrance:
        gave_up = _gave_up(seen, times, terms, opening)
        return Decision(Move.LEFT, f"{hindrance}{left}", gave_up)
    return Decision(Move.START, f"stopped, and the opening was at {times.shown(opening)}")


def _hindrance(state: State, seen: Seen, times: _Times, terms: Terms, opening: datetime) -> str:
    """Why an opening does not start it; "" if it does."""
    opened = f"the opening at {times.shown(opening)}"
    last = _last_start(seen)
    if last is None:
        return "stopped, and ECS shows neither StartTime nor CreationTime"
    if last >= _minute(opening):
        what = "started" if seen.started_at else "created"
        return f"{what} at {times.shown(last)}, after {opened}, and stopped since"
    if times.now - opening > terms.catch_up:
        only = f"caught up for {in_words(terms.catch_up)} only"
        return f"stopped; not started since {opened}, which is {only}"
    if state.closes_at is not None and state.closes_at - times.now < WORTH_STARTING:
        close = f"the close at {times.shown(state.closes_at)}"
        return f"stopped; {close} is less than {in_words(WORTH_STARTING)} away"
    return ""


def _gave_up(seen: Seen, times: _Times, terms: Terms, opening: datetime) -> bool:
    """Has it not been started since an opening, and is this the first timer that is too late?"""
    last = _last_start(seen)
    late = times.now - opening - terms.catch_up
    is_first = timedelta(0) < late <= WORTH_STARTING
    return is_first and last is not None and last < _minute(opening)


def _opening(state: State, seen: Seen, now: datetime) -> datetime | None:
    """The last opening, or the end of a ``curfew:keep-off-until`` that counts as one.

    Inside a span it does. After a lone opening it does only if it prevented that: it ended later on
    the same day, and the instance has not been started or created since.
    """
    opened_at, end = state.opened_at, seen.kept_off_until
    if state.inside:
        return _latest(opened_at, end, now)
    if opened_at is None or end is None or not opened_at < end <= now:
        return opened_at
    is_same_day = end.astimezone(state.zone).date() == opened_at.astimezone(state.zone).date()
    last = _last_start(seen)
    was_hindered = is_same_day and last is not None and last < _minute(opened_at)
    return end if was_hindered else opened_at


def _last_start(seen: Seen) -> datetime | None:
    """When it was started, otherwise created; None: ECS shows neither."""
    return seen.started_at or seen.created_at


def _latest(boundary: datetime | None, end: datetime | None, now: datetime) -> datetime | None:
    """The later of a boundary and a tag's end, if that is past."""
    past = [one for one in (boundary, end) if one is not None and one <= now]
    return max(past, default=None)


def _minute(moment: datetime) -> datetime:
    """Its minute: ECS shows starts to the minute, and in doubt it was later."""
    return moment.replace(second=0, microsecond=0)


def in_words(duration: timedelta) -> str:
    """``2h``, ``90m``: a duration of whole minutes, as in the settings."""
    minutes = duration // timedelta(minutes=1)
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


class _Times(msgspec.Struct, frozen=True):
    """Times as people of a zone say them at an instant."""

    zone: tzinfo
    now: datetime

    def shown(self, moment: datetime) -> str:
        """``20:00`` today, ``Fri 20:00`` within three days, else with the date."""
        local, today = moment.astimezone(self.zone), self.now.astimezone(self.zone).date()
        if local.date() == today:
            return f"{local:%H:%M}"
        if abs(local.date() - today) <= _NEAR:
            return f"{WEEKDAYS[local.weekday()].title()} {local:%H:%M}"
        return f"{local:%Y-%m-%d %H:%M}"

    def after(self, words: str, moment: datetime | None) -> str:
        """Words and the time after them; "" if there is none."""
        return "" if moment is None else f"{words} {self.shown(moment)}"
