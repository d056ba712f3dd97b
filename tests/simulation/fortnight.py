"""One fortnight, all decided by a seed: machines, their schedules, and what people do meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone
from functools import cached_property
from random import Random
from zoneinfo import ZoneInfo

from tests.simulation.fortnight_schedules import (
    MARGIN,
    Drawer,
    Meaning,
    Spec,
    meaning_of,
    window_of,
)

DAYS = 14
TIMERS = (2, 17, 32, 47)
MIDNIGHTS = 5
"""In one of so many fortnights people are busy at midnight."""
_MINUTE = timedelta(minutes=1)
_FIRSTS = (
    date(2026, 2, 9),  # Spring Festival, and the worked weekends around it
    date(2026, 3, 1),  # clocks change in New York
    date(2026, 3, 23),  # in Berlin, and on Lord Howe Island
    date(2026, 6, 1),
    date(2026, 9, 21),  # National Day; Lord Howe Island again
    date(2026, 10, 20),  # Berlin and New York
    date(2026, 12, 22),  # beyond what is known of working days
)


@dataclass(frozen=True)
class Tags:
    """What an instance's tags say to Curfew.

    Attributes:
        spec: ``curfew:schedule``; None: no such tag.
        keep: ``curfew:keep-until``, as written.
        keep_off: ``curfew:keep-off-until``, as written.
        protect: ``curfew:protect`` is there.
    """

    spec: Spec | None = None
    keep: str = ""
    keep_off: str = ""
    protect: bool = False

    @property
    def written(self) -> dict[str, str]:
        """The tags."""
        tags = {"team": "dev"}
        if self.spec:
            tags["curfew:schedule"] = self.spec.tag
        if self.keep:
            tags["curfew:keep-until"] = self.keep
        if self.keep_off:
            tags["curfew:keep-off-until"] = self.keep_off
        return tags | ({"curfew:protect": ""} if self.protect else {})


@dataclass(frozen=True)
class Hand:
    """What somebody does to one instance.

    Attributes:
        at: When; a run that goes on then is waited for.
        machine: The number of the instance.
        what: ``start``, ``stop``, ``reboot``, or ``tag``.
        tags: The tags from then on.
    """

    at: datetime
    machine: int
    what: str
    tags: Tags = Tags()


@dataclass(frozen=True)
class Span:
    """From a time to another."""

    begin: datetime
    end: datetime

    def has(self, moment: datetime) -> bool:
        """Whether it is in it."""
        return self.begin <= moment < self.end


@dataclass(frozen=True)
class Fortnight:
    """Everything that is given before the first timer.

    Attributes:
        seed: Gives this fortnight again.
        first: When it begins, in UTC.
        zone: CURFEW_TZ.
        catch_up: CURFEW_CATCH_UP.
        enforced: As the request has it.
        fallback: The request's ``schedule``: a spec, or the name of one.
        named: CURFEW_SCHEDULES.
        machines: The tags of each instance at the begin, and whether it runs.
        hands: What people do, in order.
        outages: When timers are lost.
        sold_out: When nothing can be started.
        twice: How probable it is that a timer is delivered twice.
        reboot_moves: Whether a reboot counts as a start for ECS.
    """

    seed: int
    first: datetime
    zone: str
    catch_up: timedelta
    enforced: bool
    fallback: Spec | None
    named: tuple[Spec, ...]
    machines: tuple[tuple[Tags, bool], ...]
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()
    hands: tuple[Hand, ...] = ()
    outages: tuple[Span, ...] = ()
    sold_out: tuple[Span, ...] = ()
    twice: float = 0.05
    reboot_moves: bool = True

    @property
    def window(self) -> datetime:
        """Where minutes are counted from."""
        return window_of(self.first)

    @property
    def end(self) -> datetime:
        """After the last timer."""
        return self.first + timedelta(days=DAYS)

    @property
    def environ(self) -> dict[str, str]:
        """The operator's variables."""
        minutes = self.catch_up // _MINUTE
        stated = {
            "CURFEW_TZ": self.zone,
            "CURFEW_CATCH_UP": f"{minutes}m" if minutes < 60 else f"{minutes // 60}h",  # an hour
            "CURFEW_SCHEDULES": json.dumps({one.name: one.text for one in self.named}),
            "CURFEW_HOLIDAYS": " ".join(map(str, self.holidays)),
            "CURFEW_WORKDAYS": " ".join(map(str, self.workdays)),
        }
        return {key: value for key, value in stated.items() if value}

    @property
    def request(self) -> Mapping[str, object]:
        """The timer's."""
        request: dict[str, object] = {"tags": {"team": "dev"}, "enforced": self.enforced}
        return request | ({"schedule": self.fallback.tag} if self.fallback else {})

    @cached_property
    def due(self) -> tuple[datetime, ...]:
        """The times of all timers."""
        hours = (self.first + timedelta(hours=number) for number in range(DAYS * 24))
        return tuple(hour + minute * _MINUTE for hour in hours for minute in TIMERS)

    def is_lost(self, timer: datetime) -> bool:
        """Whether a timer never comes."""
        return any(one.has(timer) for one in self.outages)

    @cached_property
    def come(self) -> tuple[datetime, ...]:
        """The times of the timers that come."""
        return tuple(timer for timer in self.due if not self.is_lost(timer))

    @property
    def first_after_outages(self) -> set[datetime]:
        """The first timer after each outage that comes."""
        return {next(timer for timer in self.come if timer >= one.end) for one in self.outages}

    def is_caught_up(self, outage: Span) -> bool:
        """Whether the time without a run is shorter than CURFEW_CATCH_UP; outages may overlap."""
        before = max((one for one in self.come if one < outage.begin), default=self.first)
        after = next(one for one in self.come if one >= outage.end)
        return after - before + 2 * _MINUTE <= self.catch_up

    def meaning(self, tags: Tags) -> Meaning | None:
        """What these tags' schedule says; None: there is none that can be read."""
        spec = tags.spec or self.fallback
        if spec is None or spec.kind == "unreadable":
            return None
        return meaning_of(spec, self.window, 2 * MARGIN.days + DAYS, self.zone)

    def minute(self, moment: datetime) -> float:
        """A time in the minutes of meanings."""
        return (moment - self.window) / _MINUTE

    def end_of(self, tag: str) -> datetime | None:
        """When a tag like ``curfew:keep-until`` ends; None: it is not there."""
        if not tag:
            return None
        if len(tag) == len("2026-11-24"):
            following = date.fromisoformat(tag) + timedelta(days=1)
            return datetime.combine(following, time(), ZoneInfo(self.zone)).astimezone(timezone.utc)
        return datetime.fromisoformat(tag)


def fortnight(seed: int) -> Fortnight:
    """The fortnight of a seed."""
    dice = Random(f"{seed} fortnight")  # noqa: S311  # a fortnight, not a secret
    first = datetime.combine(dice.choice(_FIRSTS), time(), timezone.utc)
    own = dice.sample([first.date() + timedelta(days=number) for number in range(DAYS)], 2)
    is_own = dice.random() < 0.2
    holidays, workdays = ((own[0],), (own[1],)) if is_own else ((), ())
    drawer = Drawer(dice, first.date(), holidays, workdays)
    named = tuple(drawer.spec(name) for name in ("office", "lab-2"))
    is_short = dice.random() < 0.5
    made = _Maker(dice, drawer, named, first)
    machines = tuple(made.machine() for _ in range(dice.randint(3, 8)))
    catch_up = timedelta(minutes=dice.choice((30, 60, 120, 120, 360, 1440)))
    given = Fortnight(
        seed=seed,
        first=first,
        zone=dice.choice(("Asia/Shanghai", "Asia/Shanghai", "Europe/Berlin", "America/New_York")),
        catch_up=catch_up,
        enforced=dice.random() < 0.15,
        fallback=drawer.spec() if dice.random() < 0.6 else None,
        named=named,
        machines=machines,
        holidays=holidays,
        workdays=workdays,
        outages=tuple(_outage(dice, first, catch_up, is_short=is_short) for _ in range(4)),
        sold_out=() if is_short else tuple(_sold_out(dice, first) for _ in range(3)),
        reboot_moves=dice.random() < 0.5,
    )
    if given.fallback and given.fallback.kind == "unreadable":
        given = _without_fallback(given)
    if seed % MIDNIGHTS == MIDNIGHTS // 2:
        given = replace(given, fallback=named[0])
        return _with_midnights(_with_hands(given, made), drawer)
    return _with_hands(given, made)


def _without_fallback(given: Fortnight) -> Fortnight:
    """A request whose schedule cannot be read is refused; that is for other tests."""
    return replace(given, fallback=None)


def _with_hands(given: Fortnight, made: _Maker) -> Fortnight:
    hands: list[Hand] = []
    for number, (tags, _) in enumerate(given.machines):
        hands += made.hands(given, number, tags)
    return replace(given, hands=(*sorted(hands, key=lambda one: one.at),))


def _with_midnights(given: Fortnight, drawer: Drawer) -> Fortnight:
    """People who give another schedule about midnight, often such as closed just then."""
    dice = Random(f"{given.seed} midnights")  # noqa: S311  # a fortnight, not a secret
    hands = list(given.hands)
    for _ in range(10):
        day = given.first.date() + timedelta(days=dice.randint(1, DAYS - 2))
        midnight = datetime.combine(day, time(), ZoneInfo(given.zone)).astimezone(timezone.utc)
        at = midnight + timedelta(seconds=dice.choice((-1000, -61, -1, 0, 1, 59, 61, 200, 1900)))
        drawn = [drawer.spec() for _ in range(4)]
        lone = [one for one in drawn if one.kind == "closes"] or drawn
        what = dice.choice(("tag", "tag", "tag", "start", "stop"))
        hands.append(Hand(at, dice.randrange(len(given.machines)), what, Tags(lone[0])))
    return replace(given, hands=(*sorted(hands, key=lambda one: one.at),))


def _outage(dice: Random, first: datetime, catch_up: timedelta, *, is_short: bool) -> Span:
    minutes = dice.choice((30, 45, 75, 120, 240, 600, 1440))
    if is_short:
        minutes = max(5, min(minutes, catch_up // _MINUTE - 32))
    begin = first + dice.randint(60, (DAYS - 2) * 1440) * _MINUTE
    return Span(begin, begin + minutes * _MINUTE)


def _sold_out(dice: Random, first: datetime) -> Span:
    begin = first + dice.randint(60, (DAYS - 2) * 1440) * _MINUTE
    return Span(begin, begin + timedelta(hours=dice.choice((1, 3))))


@dataclass
class _Maker:
    """Makes machines and what people do to them."""

    dice: Random
    drawer: Drawer
    named: tuple[Spec, ...]
    first: datetime
    _kinds: tuple[str, ...] = field(
        default=("start", "start", "stop", "stop", "reboot", "retag", "keep", "keep", "free"),
        init=False,
    )

    def machine(self) -> tuple[Tags, bool]:
        tags = Tags(self._spec())
        if self.dice.random() < 0.25:
            tags = self._guarded(tags, self._some_time())
        return tags, self.dice.random() < 0.5

    def hands(self, given: Fortnight, number: int, tags: Tags) -> list[Hand]:
        """What people do to one of them; to some nothing."""
        if self.dice.random() < 0.3:
            return []
        hands: list[Hand] = []
        times = sorted(self._moment(given, tags) for _ in range(self.dice.randint(2, 14)))
        for at in times:
            what = self.dice.choice(self._kinds)
            if what == "retag":
                tags = Tags(self._spec(), tags.keep, tags.keep_off, tags.protect)
            elif what == "keep":
                tags = self._guarded(tags, at)
            elif what == "free":
                tags = Tags(tags.spec)
            is_power = what in {"start", "stop", "reboot"}
            hands.append(Hand(at, number, what if is_power else "tag", tags))
        return hands

    def _spec(self) -> Spec | None:
        draw = self.dice.random()
        if draw < 0.15:
            return None
        return self.dice.choice(self.named) if draw < 0.35 else self.drawer.spec()

    def _guarded(self, tags: Tags, at: datetime) -> Tags:
        end = at + self.dice.choice((20, 90, 600, 2000)) * _MINUTE
        end = end.replace(second=0)
        text = self.dice.choice(
            (
                f"{end.date()}",
                end.isoformat(),
                end.astimezone(ZoneInfo("Asia/Shanghai")).isoformat(),
            )
        )
        draw = self.dice.random()
        if draw < 0.2:
            return Tags(tags.spec, tags.keep, tags.keep_off, protect=True)
        if draw < 0.6:
            return Tags(tags.spec, text, tags.keep_off, tags.protect)
        return Tags(tags.spec, tags.keep, text, tags.protect)

    def _some_time(self) -> datetime:
        return self.first + self.dice.randint(1, DAYS * 1440 - 90) * _MINUTE

    def _moment(self, given: Fortnight, tags: Tags) -> datetime:
        """Any time, but rather one soon before or after its schedule opens or closes."""
        dice = self.dice
        seconds = timedelta(seconds=dice.randint(0, 59))
        meaning = given.meaning(tags)
        first = given.minute(given.first)
        near = [
            one
            for one in (meaning.openings + meaning.closes if meaning else ())
            if first + 90 < one < first + (DAYS - 1) * 1440
        ]
        if not near or dice.random() < 0.4:
            return self._some_time() + seconds
        minutes = dice.choice(near) + dice.choice((-75, -20, -1, 0, 0, 1, 20, 25, 40, 75))
        return given.window + minutes * _MINUTE + seconds
