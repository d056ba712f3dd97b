"""What a request of apply_schedule makes of one instance, by the meaning of its schedule.

The views are those of fortnights: minute by minute, by other means than Curfew's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from local.ecs.account.model import Instance, Status
from tests.simulation.fleets import DUSK, SCHEDULE_KEYS
from tests.simulation.fortnight import Tags
from tests.simulation.fortnight_schedules import Spec, meaning_of
from tests.simulation.fortnight_view import View
from tests.simulation.hours import Hours

SIDES = {Status.RUNNING: "stop", Status.STOPPED: "start"}
"""What there is to do about an instance; nothing, while it is on its way."""

_MINUTE = timedelta(minutes=1)
_DAYS_AROUND = 100
_WINDOW = datetime.combine(DUSK.date() - timedelta(days=_DAYS_AROUND), time(), timezone.utc)


@dataclass(frozen=True)
class Evening:
    """The terms of one request.

    Attributes:
        hours: The operator's time.
        fallback: The request's ``schedule``.
        enforced: As the request has it.
    """

    hours: Hours
    fallback: Spec | None
    enforced: bool

    @property
    def window(self) -> datetime:
        """Where minutes are counted from; nothing was started before."""
        return _WINDOW

    @property
    def catch_up(self) -> timedelta:
        """CURFEW_CATCH_UP."""
        return self.hours.catch_up

    def minute(self, moment: datetime) -> float:
        """A time in the minutes of meanings."""
        return (moment - _WINDOW) / _MINUTE

    def end_of(self, tag: str) -> datetime | None:
        """When a tag of the scenarios' vocabulary ends; None: it is not there, or nonsense."""
        if tag in {"", "tomorrow"}:
            return None
        if len(tag) == len("2026-11-24"):
            following = date.fromisoformat(tag) + timedelta(days=1)
            return datetime.combine(following, time(), ZoneInfo(self.hours.zone))
        return datetime.fromisoformat(tag.replace("Z", "+00:00"))

    def view(self, one: Instance, at: datetime) -> View | None:
        """What its schedule says of it; None: it has none that can be read."""
        spec = self._spec(one.tags)
        if spec is None or spec.kind == "unreadable":
            return None
        keep, keep_off = (one.tags.get(f"curfew:keep-{key}", "") for key in ("until", "off-until"))
        meaning = meaning_of(spec, _WINDOW, 2 * _DAYS_AROUND, self.hours.zone)
        started = int(self.minute(one.started_at))
        return View(self, Tags(spec, keep, keep_off), meaning, at, started)

    def is_beyond(self, told: str) -> bool:
        """Does a reason tell a time that lies outside of what meanings are known for?"""
        if not told[:4].isdecimal() or told[4:5] != "-":
            return False  # of these days
        days = date.fromisoformat(told[:10]) - DUSK.date()
        return abs(days) >= timedelta(days=_DAYS_AROUND - 4)

    def law_against(self, what: str, one: Instance, at: datetime) -> str:
        """Why its schedule does not want it stopped, or started; "" if it does."""
        view = self.view(one, at)
        if view is None:
            return "without a schedule that can be read"
        law = view.no_stop() if what == "stop" else view.no_start()
        return law.how if law else ""

    def due(self, one: Instance, at: datetime) -> str:
        """``stop`` or ``start``, if its schedule wants that of it now; "" if it does not."""
        what = SIDES.get(one.status, "")
        return "" if not what or one.deleting or self.law_against(what, one, at) else what

    def moments(self, one: Instance, begin: datetime, end: datetime) -> Iterator[datetime]:
        """Both, and whenever between them something changes by its schedule or its tags."""
        yield from (begin, end)
        view = self.view(one, begin)
        if view is None:
            return
        minutes = (*view.meaning.openings, *view.meaning.closes)
        changes = [_WINDOW + minute * _MINUTE for minute in minutes]
        changes += [one for one in map(self.end_of, (view.tags.keep, view.tags.keep_off)) if one]
        # A quarter of an hour before a close nothing is started any more.
        changes += [change - 15 * _MINUTE for change in changes]
        yield from (change for change in changes if begin < change < end)

    def _spec(self, tags: Mapping[str, str]) -> Spec | None:
        written = {tags[key] for key in SCHEDULE_KEYS if key in tags}
        if len(written) > 1:
            return Spec("unreadable")
        return self.hours.specs[written.pop()] if written else self.fallback
