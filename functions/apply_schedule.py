"""apply_schedule: on in working hours, off outside; each instance by its own schedule.

A timer calls it every quarter of an hour. Nothing is stored: what to do follows from the schedule,
the time, and when ECS says that the instance was last started.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from shared.action import Action, RequestTime
from shared.base.errors import InvalidEvent
from shared.base.strict_json import shown
from shared.base.times import parse_instant
from shared.domain.days import InvalidSpec
from shared.domain.enforcement import Terms
from shared.domain.guards import Harm, guard_of
from shared.domain.on_schedule import ScheduleRule, Timetable, timetable_of
from shared.domain.power import StartRule
from shared.domain.schedule_names import resolve_spec
from shared.request.explained import invalid
from shared.request.request import Request
from shared.request.stopping import Force, Mode, stop_rule
from shared.run import REAL_WORLD, World, run
from shared.settings.settings import FcContext

_SCHEDULE = (
    'A schedule of at most 128 characters: "workdays 08:30-20:00"; or the name of one in '
    "CURFEW_SCHEDULES. It is for instances without the tag curfew:schedule."
)
_LONGEST_AWAY = timedelta(days=3650)
_AT = (
    'A time with a zone: "2026-11-24T20:00:00+08:00". Only with "dry_run": true: the plan at that '
    "time, if nothing else changes."
)


class ApplyScheduleRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of apply_schedule."""

    schedule: (
        Annotated[str, Meta(min_length=1, max_length=128, description=_SCHEDULE)] | UnsetType
    ) = UNSET
    enforced: Annotated[
        bool,
        Meta(
            description="true to stop everything outside its hours, or false to leave what was "
            "started after a close running until the next one."
        ),
    ] = False
    at: Annotated[str, Meta(max_length=64, description=_AT)] | UnsetType = UNSET
    force: Force = False
    stopped_mode: Mode | UnsetType = UNSET


def _rule(request: ApplyScheduleRequest, when: RequestTime) -> ScheduleRule:
    if request.days is not UNSET:
        raise InvalidEvent(
            "days: apply_schedule takes none; put the days into the schedule, as in "
            '"workdays 08:30-20:00"'
        )
    settings = when.settings
    return ScheduleRule(
        timetable=_with_fallback(timetable_of(settings), request),
        terms=Terms(catch_up=settings.catch_up, enforced=request.enforced),
        stop=stop_rule(request, wait=True),
        start=StartRule(wait=True),
        guard=guard_of(Harm.COST, settings),
        at=_at(request, when.at),
    )


def _with_fallback(timetable: Timetable, request: ApplyScheduleRequest) -> Timetable:
    """The timetable with the request's schedule for instances without the tag.

    Raises:
        InvalidEvent: the schedule cannot be parsed.
    """
    if request.schedule is UNSET:
        return timetable
    try:
        fallback = resolve_spec(request.schedule, timetable.named)
        return msgspec.structs.replace(timetable, fallback=fallback)
    except InvalidSpec as error:
        raise InvalidEvent(f"schedule: {error}") from None


def _at(request: ApplyScheduleRequest, sent_at: datetime) -> datetime | None:
    """The time for which the plan is requested; None: now.

    Raises:
        InvalidEvent: it is not a dry run, or the time cannot be read or is years away.
    """
    if request.at is UNSET:
        return None
    if request.dry_run is not True:
        raise InvalidEvent('at: it is only valid in a dry run; set "dry_run" to true, or omit "at"')
    try:
        moment = parse_instant(request.at)
    except (ValueError, OverflowError):
        raise invalid("at", request.at, _AT) from None
    if abs(moment - sent_at) > _LONGEST_AWAY:
        raise InvalidEvent(f"at: {shown(request.at)} is more than ten years away")
    return moment


ACTION = Action("apply_schedule", ApplyScheduleRequest, Harm.OUTAGE, _rule)


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point; see ``shared.run.run``."""
    return run(ACTION, event, context, world)
