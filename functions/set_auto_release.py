"""set_auto_release: have ECS itself release instances at a time, whatever becomes of us.

The time is one instant for every delivery of an event: ``release_after`` counts from the event's
own time. ECS keeps whole minutes, from 30 minutes to 3 years ahead, and releases by schedule even
what has DeletionProtection (ModifyInstanceAutoReleaseTime, API reference), so the guards ask.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from shared.action import Action, Asked
from shared.errors import InvalidEvent
from shared.guards import Harm
from shared.model import Instance, Status
from shared.requests import Request, invalid
from shared.run import REAL_WORLD, World, run
from shared.settings import FcContext
from shared.steps import Done, Impossible, Rule, SetAutoRelease, Step
from shared.times import parse_duration, parse_instant, to_minute_text

EARLIEST = timedelta(minutes=30)
LATEST = timedelta(days=3 * 365)
_AT = 'A time with its zone: "2026-11-24T20:00:00+08:00".'
_AFTER = 'Minutes, hours or days from the event on: "90m", "2h", "3d".'


class SetAutoReleaseRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an event for set_auto_release may say; exactly one of the two times is needed."""

    release_at: Annotated[str, Meta(max_length=64, description=_AT)] | UnsetType = UNSET
    release_after: Annotated[str, Meta(max_length=16, description=_AFTER)] | UnsetType = UNSET
    if_set: Annotated[
        Literal["replace", "keep", "earlier", "later"],
        Meta(
            description='What to do where a release time is set: "replace" it, "keep" it, or take '
            'the "earlier" or the "later" of the two.'
        ),
    ] = "replace"


class SetAutoReleaseRule(Rule, frozen=True):
    """From what an instance is now to having this release time.

    Attributes:
        at: A whole minute.
        if_set: What to do where another time is set.
    """

    at: datetime
    if_set: Literal["replace", "keep", "earlier", "later"]

    def next_step(self, instance: Instance, now: datetime) -> Step:  # noqa: ARG002  # a Rule
        """The next step."""
        if instance.status is Status.GONE:
            return Impossible("ECS does not know this id", "InvalidInstanceId.NotFound")
        is_set = instance.auto_release_at
        if is_set is None:
            return SetAutoRelease(self.at)
        if is_set == self.at:
            return Done()
        stays = {
            "replace": False,
            "keep": True,
            "earlier": is_set < self.at,
            "later": is_set > self.at,
        }[self.if_set]
        if stays:
            return Done(f"keeps {to_minute_text(is_set)}, if_set is {self.if_set}")
        return SetAutoRelease(self.at)


def _rule(request: SetAutoReleaseRequest, asked: Asked) -> SetAutoReleaseRule:
    at = _release_time(request, asked)
    if at < asked.now + EARLIEST:
        raise _out_of_range(request, at, "at least 30 minutes ahead; ECS takes no earlier time")
    if at > asked.now + LATEST:
        raise _out_of_range(request, at, "at most 3 years ahead; ECS takes no later time")
    return SetAutoReleaseRule(at, request.if_set)


def _release_time(request: SetAutoReleaseRequest, asked: Asked) -> datetime:
    """The one time that the request states, as a whole minute.

    Raises:
        InvalidEvent: it states none, or two, or one that cannot be read. A missing time would
            clear the release time, so it is never passed on.
    """
    if request.release_at is not UNSET and request.release_after is not UNSET:
        raise InvalidEvent("release_at and release_after: state one of them, not both")
    if request.release_at is not UNSET:
        try:
            return parse_instant(request.release_at).replace(second=0, microsecond=0)
        except (ValueError, OverflowError):
            raise invalid("release_at", request.release_at, _AT) from None
    if request.release_after is not UNSET:
        try:
            return _rounded_up(asked.at + parse_duration(request.release_after))
        except (ValueError, OverflowError):
            raise invalid("release_after", request.release_after, _AFTER) from None
    raise InvalidEvent(
        "release_at or release_after is missing; to take a release time away, send the event to "
        '"clear_auto_release"'
    )


def _rounded_up(moment: datetime) -> datetime:
    minute = moment.replace(second=0, microsecond=0)
    return minute if minute == moment else minute + timedelta(minutes=1)


def _out_of_range(request: SetAutoReleaseRequest, at: datetime, right: str) -> InvalidEvent:
    field = "release_after" if request.release_at is UNSET else "release_at"
    return InvalidEvent(f"{field}: {to_minute_text(at)} is not right; it must be {right}")


ACTION = Action("set_auto_release", SetAutoReleaseRequest, Harm.LOSS, _rule)


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point; see ``shared.run.run``."""
    return run(ACTION, event, context, world)
