"""A Saturday worked in exchange for a holiday: schedules know it, and allow for overtime.

10 October 2026 is such a day, by the State Council's notice for 2026; plain "Monday to Friday" does
not know it. The events are the sample of ``apply_schedule``, as a timer sends it.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from local.demo.day import Claim, Day, Step, Told
from local.ecs.account.model import Instance, Status, StoppedMode
from local.ecs.fleet.fleet import Fleet, InstanceSpec
from shared.base.times import CHINA

_SAMPLE = "apply_schedule.timer.json"
TITLE = "Another day: Saturday 10 October 2026, worked in exchange for a holiday"
_OFFICE, _WEEK = "workdays 08:30-20:00", "mon-fri 08:30-20:00"
_LATE = "dev-web-1"


def fleet_of_the_saturday(morning: datetime) -> Fleet:
    """Three machines that Friday's close has stopped, and one with a Monday-to-Friday schedule."""
    tags = {"team": "dev", "env": "dev"}
    schedules = {"dev-api-1": _OFFICE, "dev-db-1": _OFFICE, _LATE: _OFFICE, "dev-old-1": _WEEK}
    yesterday, month_ago = morning - timedelta(days=1), morning - timedelta(days=30)
    return Fleet(
        tuple(
            InstanceSpec(
                name,
                status=Status.STOPPED,
                stopped_mode=StoppedMode.STOP_CHARGING,
                tags={**tags, "curfew:schedule": schedule},
                created_at=month_ago,
                started_at=yesterday,
            )
            for name, schedule in schedules.items()
        )
    )


def open_the_saturday(day: Day) -> Told:
    """The morning's timer starts what works on working days."""
    delivery = day.send(_SAMPLE)
    machines = _by_name(day)
    return Told(
        (
            Claim(
                "what has the schedule of working days is running",
                all(_is_on(one) for name, one in machines.items() if name != "dev-old-1"),
            ),
            Claim("what has Monday to Friday stays off", not _is_on(machines["dev-old-1"])),
        ),
        delivery,
    )


def close_the_saturday(day: Day) -> Told:
    """The evening's timer stops it."""
    delivery = day.send(_SAMPLE)
    return Told(
        (Claim("everything is off", not any(map(_is_on, _by_name(day).values()))),), delivery
    )


def work_late(day: Day) -> Told:
    """Somebody starts a machine by hand."""
    machine = _by_name(day)[_LATE]
    day.stage.engine.start(machine.instance_id)
    day.stage.clock.advance(timedelta(minutes=1))
    others_are_off = not any(_is_on(one) for name, one in _by_name(day).items() if name != _LATE)
    return Told(
        (
            Claim(f"{_LATE} is running", _is_on(_by_name(day)[_LATE])),
            Claim("everything else stays off", others_are_off),
        ),
        trigger="a person starts it in the ECS console; Curfew is not involved",
    )


def leave_who_works_late(day: Day) -> Told:
    """The next timer leaves it."""
    delivery = day.send(_SAMPLE)
    return Told(
        (
            Claim(f"{_LATE} runs on, until the end of Sunday", _is_on(_by_name(day)[_LATE])),
            Claim("nothing was changed", not any(one.is_mutating for one in day.calls())),
        ),
        delivery,
    )


def _by_name(day: Day) -> dict[str, Instance]:
    return {one.name: one for one in day.instances().values()}


def _is_on(instance: Instance) -> bool:
    return instance.status in {Status.STARTING, Status.RUNNING}


def _at(hour: int, minute: int) -> datetime:
    return datetime(2026, 10, 10, hour, minute, tzinfo=CHINA).astimezone(timezone.utc)


STEPS = (
    Step(_at(8, 32), "A worked Saturday: schedules know", open_the_saturday),
    Step(_at(20, 2), "Its evening: the machines go off", close_the_saturday),
    Step(_at(21, 13), f"Somebody works late, and starts {_LATE}", work_late),
    Step(_at(21, 17), "The next timer leaves it running", leave_who_works_late),
)
"""The Saturday, in order."""
