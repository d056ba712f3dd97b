"""What a scenario's operator has set about time: zone, days of its own, schedules."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from random import Random
from zoneinfo import ZoneInfo

from tests.simulation.fleets import DUSK, HARMLESS
from tests.simulation.fortnight_schedules import A_DAY, Drawer, Spec, Written

ZONES = ("Asia/Shanghai", "Asia/Shanghai", "Asia/Shanghai", "Pacific/Fiji", "America/New_York")
"""Midnight in Fiji is seventeen seconds before dusk."""


_MINUTE = timedelta(minutes=1)
_OFFICE = dict(HARMLESS)["curfew:schedule"]
_AWAY = (-180, -121, -119, -61, -30, -16, -14, -5, -1, 0, 0, 1, 2, 5, 14, 16, 29, 45)
"""So many minutes before or after dusk schedules open or close."""


class NightDrawer(Drawer):
    """Draws what matters on one evening; ``zone`` is the operator's."""

    latest = 2
    zone = "Asia/Shanghai"

    def _hours(self, kind: str) -> tuple[int | None, int | None]:
        """Hours that begin or end about dusk, on the clocks of the schedule's zone."""
        dice = self._dice
        if dice.random() < 0.15:
            return super()._hours(kind)
        dusk = DUSK.astimezone(ZoneInfo(self._place or self.zone))
        near = (dusk.hour * 60 + dusk.minute + dice.choice(_AWAY)) % A_DAY
        if kind == "openings":
            return near, None
        if kind == "closes":
            return None, near or A_DAY
        length = dice.choice((30, 40, 90, 240, 690, 1410))
        opens = near if dice.random() < 0.6 else (near - length) % A_DAY
        return opens, opens + length


@dataclass(frozen=True)
class Days:
    """The ``days`` of a request.

    Attributes:
        said: As the request has them.
        has: Whether a date is one of them.
    """

    said: object
    has: Callable[[date], bool] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Hours:
    """The operator's time; that of China, if nothing is set.

    Attributes:
        zone: CURFEW_TZ.
        catch_up: CURFEW_CATCH_UP.
        named: CURFEW_SCHEDULES.
        others: Schedules that stand in tags.
        holidays: CURFEW_HOLIDAYS.
        workdays: CURFEW_WORKDAYS.
    """

    zone: str = "Asia/Shanghai"
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()
    catch_up: timedelta = timedelta(hours=2)
    named: tuple[Spec, ...] = ()
    others: tuple[Spec, ...] = ()

    @cached_property
    def specs(self) -> Mapping[str, Spec]:
        """Every schedule of the scenario, by what stands in a tag."""
        drawn = {one.tag: one for one in (*self.named, *self.others)}
        return {_OFFICE: _office(self.holidays, self.workdays), **drawn}

    @property
    def environ(self) -> dict[str, str]:
        """The variables."""
        return {
            "CURFEW_TZ": self.zone if self.zone != "Asia/Shanghai" else "",
            "CURFEW_HOLIDAYS": " ".join(map(str, self.holidays)),
            "CURFEW_WORKDAYS": " ".join(map(str, self.workdays)),
            "CURFEW_CATCH_UP": f"{self.catch_up // _MINUTE}m" if self.catch_up != _LONG else "",
            "CURFEW_SCHEDULES": json.dumps({one.name: one.text for one in self.named}),
        }

    def local(self, moment: datetime) -> datetime:
        """A time as the operator's clocks show it."""
        return moment.astimezone(ZoneInfo(self.zone))


IN_CHINA = Hours()
_LONG = IN_CHINA.catch_up


def hours_of(seed: int) -> Hours:
    """The operator's time of a seed."""
    dice = Random(f"{seed} hours")  # noqa: S311  # a scenario, not a secret
    zone = dice.choice(ZONES)
    today = DUSK.astimezone(ZoneInfo(zone)).date()
    own = dice.sample([today + timedelta(days=number) for number in (-1, 0, 0, 1)], 2)
    if dice.random() < 0.7:
        hours = Hours(zone)
    elif own[0] == own[1]:  # none is both
        hours = Hours(zone, holidays=(today,))
    else:
        hours = Hours(zone, holidays=(own[0],), workdays=(own[1],))
    drawer = _drawer(Random(f"{seed} schedules"), hours)  # noqa: S311  # likewise
    return replace(
        hours,
        catch_up=dice.choice((30, 60, 120, 120, 1440)) * _MINUTE,
        named=(drawer.spec("office"), drawer.spec("lab-2")),
        others=tuple(drawer.spec() for _ in range(6)),
    )


def _drawer(dice: Random, hours: Hours) -> NightDrawer:
    drawer = NightDrawer(dice, hours.local(DUSK).date(), hours.holidays, hours.workdays)
    drawer.zone = hours.zone
    return drawer


def _office(holidays: tuple[date, ...], workdays: tuple[date, ...]) -> Spec:
    """The schedule of fleets that are about something else: it closes in China at dusk."""
    drawer = Drawer(Random(0), DUSK.date(), holidays, workdays)  # noqa: S311  # it draws nothing
    written = Written(_OFFICE, drawer.is_worked, by_date=False, hours=(8 * 60 + 30, 20 * 60))
    return Spec("spans", (written,), own=(*drawer.own.items(),))


def days_of(dice: Random, hours: Hours) -> Days:
    """Some days, as a list of day words or as one text."""
    drawer = _drawer(dice, hours)
    drawn = [drawer.days() for _ in range(dice.choice((1, 1, 2)))]
    words = [word for text, _ in drawn for word in text.split()]
    said: object = words if dice.random() < 0.5 else dice.choice((" ", ", ")).join(words)
    return Days(said, lambda day: any(has(day) for _, has in drawn))
