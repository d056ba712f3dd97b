"""The rule of schedules by itself: of when its plan is, and what its two sides say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from shared.base.times import CHINA
from shared.domain.enforcement import Terms
from shared.domain.guards import Guard, Harm
from shared.domain.instance import Instance, Status
from shared.domain.on_schedule import ScheduleRule, Timetable
from shared.domain.power import HANGS, StartRule, StopRule
from shared.domain.steps import Start
from tests.unit.domain.schedules import CALENDAR, local
from tests.unit.domain.tagged import FREE

STOP, START = StopRule(force=True, stopped_mode=None, wait=True), StartRule(wait=True)
PAST = '; that is in the past: write {} in "at"'


def rule(at: datetime | None = None) -> ScheduleRule:
    return ScheduleRule(
        timetable=Timetable({}, None, CHINA, CALENDAR),
        terms=Terms(timedelta(hours=2), enforced=False),
        stop=STOP,
        start=START,
        guard=Guard(Harm.COST),
        at=at,
    )


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-11-26 08:32", ""),
        ("2026-11-26 08:31", PAST.format("a later time")),
        ("2026-11-26 06:00", PAST.format("a later time")),
        ("2026-11-25 20:00", PAST.format("tonight's date")),
        ("2026-11-25 07:00", PAST.format("tonight's date")),
    ],
)
@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=59, microseconds=7)], ids=str)
def test_a_plan_of_the_past_says_what_to_write(at: str, said: str, late: timedelta) -> None:
    now = local("2026-11-26 08:32") + late

    (warning,) = rule(local(at)).warnings((), now)

    assert warning.endswith(f", with the instances as they are now{said}")


def test_a_time_of_the_same_minute_is_not_past() -> None:
    now = local("2026-11-26 08:32") + timedelta(microseconds=7)

    (warning,) = rule(local("2026-11-26 08:32")).warnings((), now)

    assert "past" not in warning


def test_the_day_is_that_of_the_operators_zone() -> None:
    (warning,) = rule(local("2026-11-26 05:00")).warnings((), local("2026-11-26 08:30"))
    (early,) = rule(local("2026-11-26 05:00")).warnings((), local("2026-11-26 06:30"))

    assert warning == early
    assert warning.endswith(PAST.format("a later time"))


def test_each_side_says_what_stop_and_start_say() -> None:
    (stops, _), (starts, _) = rule().sides(())
    going = replace(FREE, status=Status.STOPPING)

    assert stops.awaited(going) == STOP.awaited(going) == HANGS
    assert starts.awaited(going) == START.awaited(going) != HANGS
    assert stops.unchanged(going) == STOP.unchanged(going) != ""
    assert starts.unchanged(going) == START.unchanged(going) == ""


@pytest.mark.parametrize(
    ("number", "named"), [(3, "i-0, i-1, i-2: "), (4, "i-0, i-1, i-2 and 1 more: ")]
)
def test_three_whose_schedule_cannot_be_read_are_named_and_more_are_counted(
    number: int, named: str
) -> None:
    wrong = [replace(FREE, id=f"i-{one}", tags={"curfew:schedule": "?"}) for one in range(number)]

    (warning,) = rule().warnings(wrong, local("2026-11-26 08:30"))

    assert warning.startswith(f"{named}tag curfew:schedule '?' cannot be read")


OFFICE = "workdays 08:30-20:00"
MORNING = local("2026-11-26 08:32")


def scheduled(spec: str, **fields: Any) -> Instance:  # noqa: ANN401  # an instance's fields
    return replace(FREE, tags={"curfew:schedule": spec}, **fields)


def test_who_shows_no_start_is_judged_by_its_creation() -> None:
    created = local("2026-11-25 12:00")
    new = scheduled(OFFICE, status=Status.STOPPED, started_at=None, created_at=created)

    assert rule().timetable.seen(new).created_at == created
    assert rule().next_step(new, MORNING) == Start()


@pytest.mark.parametrize(
    ("now", "status", "way"),
    [
        ("08:32", Status.STOPPED, "stopped, and the opening was at 08:30: start"),
        ("20:02", Status.RUNNING, "running since 08:00, before the close at 20:00: power off"),
        ("12:00", Status.RUNNING, "running until 20:00"),
    ],
)
def test_the_way_begins_with_its_reason(now: str, status: Status, way: str) -> None:
    day = "26" if status is Status.RUNNING else "25"
    one = scheduled(OFFICE, status=status, started_at=local(f"2026-11-{day} 08:00"))

    assert rule().way(one, local(f"2026-11-26 {now}")).startswith(way)


def test_what_it_is_guarded_against_is_not_said_to_be_next() -> None:
    one = scheduled(OFFICE, started_at=local("2026-11-26 08:00"))
    late = local("2026-11-26 20:02")
    said = f"schedule {OFFICE}: running since 08:00, before the close at 20:00"

    assert rule().in_words(one, late) == f"{said}; the next run stops it"
    assert rule().in_words(one, late, {Harm.OUTAGE}) == said


def test_a_warning_is_of_each_that_can_be_read_and_of_no_other() -> None:
    gone = scheduled("?", id="i-gone", status=Status.GONE)
    odd = scheduled("?", id="i-odd", unreadable="odd")
    wrong = scheduled("?", id="i-wrong")

    assert list(rule().warnings((gone, odd), MORNING)) == []
    (warning,) = rule().warnings((gone, odd, wrong), MORNING)
    assert warning.startswith("i-wrong: ")


def test_every_schedule_may_need_the_calendar() -> None:
    far = local("2031-01-15 12:00")
    asking, other = scheduled(OFFICE), scheduled("daily 9:00-18:00", id="i-2")

    for listed in ((asking, other), (other, asking)):
        (warning,) = rule().warnings(listed, far)
        assert "calendar" in warning
    assert list(rule().warnings((other,), far)) == []


def test_several_that_cannot_be_read_are_counted_with_short_examples() -> None:
    wrong = [scheduled(spec, id=f"i-{at}") for at, spec in enumerate(("", "?"))]

    (warning,) = rule().warnings(wrong, MORNING)

    begin, short, long = warning.split("; for example ")[0], *warning.split("; i-1: ")
    assert begin == "2 instances have a tag curfew:schedule that cannot be read; their rows say why"
    assert "…" not in short
    assert long.endswith("…")
    assert len(f"i-1: {long}") == 141


def test_several_missed_openings_are_counted_and_what_helps_is_said_once() -> None:
    stopped = [
        scheduled(spec, id=f"i-{at}", status=Status.STOPPED, started_at=local("2026-11-25 08:00"))
        for at, spec in enumerate(("daily 8:30-20:00", "daily 8:20-20:00"))
    ]

    (warning,) = rule().warnings(stopped, local("2026-11-26 10:31"))

    assert warning.startswith("2 instances have an opening that is no longer caught up; ")
    assert warning.count("start it by hand") == 1


def test_the_calendars_end_is_told_from_december_on_in_the_operators_zone() -> None:
    december = local(f"{CALENDAR.until}-12-01 03:00")
    running = scheduled(OFFICE, started_at=december)

    (warning,) = rule().warnings((running,), december)

    assert warning.startswith(f"the calendar of working days ends with {CALENDAR.until}: ")
    assert list(rule().warnings((running,), december - timedelta(hours=4))) == []
