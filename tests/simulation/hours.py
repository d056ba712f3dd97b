"""What a scenario's operator has set about time, and the days of its requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.simulation.fleets import DUSK
from tests.simulation.fortnight_schedules import Drawer

ZONES = ("Asia/Shanghai", "Asia/Shanghai", "Asia/Shanghai", "Pacific/Fiji", "America/New_York")
"""Midnight in Fiji is seventeen seconds before dusk."""


class NightDrawer(Drawer):
    """Draws what matters on one evening."""

    latest = 2


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
        holidays: CURFEW_HOLIDAYS.
        workdays: CURFEW_WORKDAYS.
    """

    zone: str = "Asia/Shanghai"
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()

    @property
    def environ(self) -> dict[str, str]:
        """The variables."""
        return {
            "CURFEW_TZ": self.zone if self.zone != "Asia/Shanghai" else "",
            "CURFEW_HOLIDAYS": " ".join(map(str, self.holidays)),
            "CURFEW_WORKDAYS": " ".join(map(str, self.workdays)),
        }

    def local(self, moment: datetime) -> datetime:
        """A time as the operator's clocks show it."""
        return moment.astimezone(ZoneInfo(self.zone))


IN_CHINA = Hours()


def hours_of(seed: int) -> Hours:
    """The operator's time of a seed."""
    dice = Random(f"{seed} hours")  # noqa: S311  # a scenario, not a secret
    zone = dice.choice(ZONES)
    today = DUSK.astimezone(ZoneInfo(zone)).date()
    if dice.random() < 0.7:
        return Hours(zone)
    own = dice.sample([today + timedelta(days=number) for number in (-1, 0, 0, 1)], 2)
    if own[0] == own[1]:  # none is both
        return Hours(zone, holidays=(today,))
    return Hours(zone, holidays=(own[0],), workdays=(own[1],))


def days_of(dice: Random, hours: Hours) -> Days:
    """Some days, as a list of day words or as one text."""
    drawer = NightDrawer(dice, hours.local(DUSK).date(), hours.holidays, hours.workdays)
    drawn = [drawer.days() for _ in range(dice.choice((1, 1, 2)))]
    words = [word for text, _ in drawn for word in text.split()]
    said: object = words if dice.random() < 0.5 else dice.choice((" ", ", ")).join(words)
    return Days(said, lambda day: any(has(day) for _, has in drawn))
