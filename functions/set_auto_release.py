"""set_auto_release: have ECS itself release instances at a given time, with or without Curfew.

The time is one instant for every delivery of an event: ``release_after`` counts from the event's
own time. ECS keeps whole minutes, from 30 minutes to 3 years ahead, and on schedule releases even
instances with DeletionProtection (ModifyInstanceAutoReleaseTime, API reference), so the guards
check that.

Whether a time is too close is checked for each instance when its call is about to be made: a time
that is already set stands, and a lease that arrives late is set as close as ECS accepts.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from shared.action import Action, RequestTime
from shared.base.errors import InvalidEvent
from shared.base.times import in_zone, parse_duration, parse_instant, to_zone_text
from shared.domain.guards import Harm
from shared.domain.instance import Instance, Status
from shared.domain.steps import UNKNOWN_ID, Done, Impossible, Rule, SetAutoRelease, Step, in_words
from shared.request.explained import invalid
from shared.request.request import Request
from shared.run import REAL_WORLD, World, run
from shared.settings.settings import FcContext

EARLIEST = timedelta(minutes=30)
NEAREST = timedelta(minutes=31)
"""A time this far ahead is still 30 minutes ahead when ECS receives the call."""

LATEST = timedelta(days=3 * 365)
_EARLIEST_IN_WORDS = "ECS accepts only times at least 30 minutes ahead"
_AT = 'A time with a zone: "2026-11-24T20:00:00+08:00".'
_AFTER = 'Minutes, hours or days after the event, at least 30m: "90m", "2h", "3d".'


class SetAutoReleaseRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of set_auto_release; exactly one of the two times is required."""

    release_at: Annotated[str, Meta(max_length=64, description=_AT)] | UnsetType = UNSET
    release_after: Annotated[str, Meta(max_length=16, description=_AFTER)] | UnsetType = UNSET
    if_set: Annotated[
        Literal["replace", "keep", "earlier", "later"],
        Meta(
            description='"replace", "keep", "earlier" or "later": which time counts where one is '
            "already set.",
        ),
    ] = "replace"


class SetAutoReleaseRule(Rule, frozen=True):
    """From an instance's current state to having this release time.

    Attributes:
        at: A whole minute.
        if_set: What to do if another time is set.
        may_move: If it is too close, use the nearest time that ECS accepts.
        zone: The zone of the times in reports.
    """

    at: datetime
    if_set: Literal["replace", "keep", "earlier", "later"]
    may_move: bool
    zone: tzinfo

    def next_step(self, instance: Instance, now: datetime) -> Step:  # noqa: PLR0911  # one a case
        """The next step; a set time is never moved because the requested one is too close."""
        if instance.status is Status.GONE:
            return UNKNOWN_ID
        is_set = instance.auto_release_at
        if is_set == self.at:
            return Done()
        if is_set is not None and self._stays(is_set):
            return Done(f"keeps {self._shown(is_set)}, because if_set is {self.if_set}")
        if self.at >= now + EARLIEST:
            return SetAutoRelease(in_zone(self.at, self.zone))
        if not self.may_move:
            return Impossible(f"{self._shown(self.at)} is too early: {_EARLIEST_IN_WORDS}")
        if is_set is not None:
            return Done(f"release time {self._shown(is_set)}; {self._too_near()}")
        return SetAutoRelease(in_zone(_rounded_up(now + NEAREST), self.zone))

    def way(self, instance: Instance, now: datetime) -> str:
        """The time that would be set, and why it differs from the requested one."""
        step = self.next_step(instance, now)
        if isinstance(step, SetAutoRelease) and step.at != self.at:
            return f"{in_words(step)}; {self._too_near()}"
        return in_words(step)

    def told(self, made: str, reason: str) -> str:
        """The time that was set, and why it differs from the requested one or is no longer set."""
        asked = in_words(SetAutoRelease(in_zone(self.at, self.zone)))
        if any(one != asked for one in made.split(", ") if one):
            reason = self._too_near()
        return "; ".join(part for part in (made, reason) if part)

    def _stays(self, is_set: datetime) -> bool:
        return {
            "replace": False,
            "keep": True,
            "earlier": is_set < self.at,
            "later": is_set > self.at,
        }[self.if_set]

    def _too_near(self) -> str:
        return f"{self._shown(self.at)} is now too close: {_EARLIEST_IN_WORDS}"

    def _shown(self, moment: datetime) -> str:
        return to_zone_text(moment, self.zone)


def _rule(request: SetAutoReleaseRequest, when: RequestTime) -> SetAutoReleaseRule:
    at = _release_time(request, when)
    if at > when.now + LATEST:
        field = "release_after" if request.release_at is UNSET else "release_at"
        raise InvalidEvent(
            f"{field}: {to_zone_text(at, when.settings.zone)} is invalid: expected at most "
            "3 years ahead; ECS accepts no later time"
        )
    return SetAutoReleaseRule(
        at=at,
        if_set=request.if_set,
        may_move=request.release_at is UNSET,
        zone=when.settings.zone,
    )


def _release_time(request: SetAutoReleaseRequest, when: RequestTime) -> datetime:
    """The one time in the request, as a whole minute.

    Raises:
        InvalidEvent: there is none, or two, or one that cannot be parsed. A missing time would
            clear the release time, so it is never passed on.
    """
    if request.release_at is not UNSET and request.release_after is not UNSET:
        raise InvalidEvent("release_at and release_after: specify one of them, not both")
    if request.release_at is not UNSET:
        try:
            return parse_instant(request.release_at).replace(second=0, microsecond=0)
        except (ValueError, OverflowError):
            raise invalid("release_at", request.release_at, _AT) from None
    if request.release_after is not UNSET:
        try:
            after = parse_duration(request.release_after)
            at = _rounded_up(when.at + after)
        except (ValueError, OverflowError):
            raise invalid("release_after", request.release_after, _AFTER) from None
        if after < EARLIEST:
            raise invalid("release_after", request.release_after, f"{_AFTER} {_EARLIEST_IN_WORDS}.")
        return at
    raise InvalidEvent(
        "release_at or release_after is missing; to remove a release time, send the event to "
        '"clear_auto_release"'
    )


def _rounded_up(moment: datetime) -> datetime:
    minute = moment.replace(second=0, microsecond=0)
    return minute if minute == moment else minute + timedelta(minutes=1)


ACTION = Action("set_auto_release", SetAutoReleaseRequest, Harm.LOSS, _rule)


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point; see ``shared.run.run``."""
    return run(ACTION, event, context, world)
