"""Bugs in what schedules make of instances, for the invariants of apply_schedule to find."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

import functions.apply_schedule
import shared.domain.enforcement
import shared.domain.on_schedule
from local.ecs.gateway.faults import DroppedTags, Refuse
from shared.converge.target import Target
from shared.domain.days import InvalidSpec
from shared.domain.enforcement import Decision, Move, Terms
from shared.domain.guards import Guard, Harm
from shared.domain.instance import Instance
from shared.domain.on_schedule import ScheduleRule, Side, Timetable
from shared.domain.plan import Judge
from shared.domain.schedule import Schedule
from shared.domain.steps import Rule
from shared.domain.timetable import State
from tests.simulation import planted
from tests.simulation.fleets import SCHEDULE_KEY
from tests.simulation.planted import Planted
from tests.simulation.scenario import Scenario


def _no_guard_on_schedules(monkeypatch: pytest.MonkeyPatch) -> None:
    for rule in (ScheduleRule, Side):
        monkeypatch.setattr(rule, "harm", lambda *_: Harm.NONE)


def _the_guards_of_starts_on_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Guard.reason

    def other(self: Guard, instance: Instance, now: datetime) -> str:
        swapped = {Harm.OUTAGE: Harm.COST, Harm.COST: Harm.OUTAGE}.get(self.harm, self.harm)
        return honest(msgspec.structs.replace(self, harm=swapped), instance, now)

    monkeypatch.setattr(Guard, "reason", other)


def _a_guard_on_who_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScheduleRule, "harm", lambda *_: Harm.OUTAGE)


def _a_stop_of_what_was_started_since(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = Decision(Move.STOP, "running outside its hours")
    monkeypatch.setattr(shared.domain.enforcement, "_after_close", lambda *_: stop)


def _whatever_was_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*, catch_up: timedelta, enforced: bool) -> Terms:
        return Terms(1000 * catch_up, enforced)

    monkeypatch.setattr(functions.apply_schedule, "Terms", endless)


def _a_start_for_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.domain.enforcement, "WORTH_STARTING", timedelta(0))


def _an_opening_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.domain.enforcement, "_hindrance", lambda *_: "stopped")


def _a_close_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    left = Decision(Move.LEFT, "running")
    monkeypatch.setattr(shared.domain.enforcement, "_after_close", lambda *_: left)


def _a_schedule_missed_by_one_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Judge, "_is_doubted", lambda *_: False)


def _a_schedule_missed_after_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Target.decide

    def hasty(self: Target, judge: Judge, now: datetime) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(Judge, "is_left_in_doubt", lambda *_: False)
            honest(self, judge, now)

    monkeypatch.setattr(Target, "decide", hasty)


def _the_request_before_the_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Timetable.schedule_of

    def of_the_request(self: Timetable, instance: Instance) -> Schedule | None:
        return self.fallback or honest(self, instance)

    monkeypatch.setattr(Timetable, "schedule_of", of_the_request)


def _the_request_for_what_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Timetable.schedule_of

    def lenient(self: Timetable, instance: Instance) -> Schedule | None:
        try:
            return honest(self, instance)
        except InvalidSpec:
            return self.fallback

    monkeypatch.setattr(Timetable, "schedule_of", lenient)


def _schedules_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Timetable.state

    def in_utc(self: Timetable, schedule: Schedule, moment: datetime) -> State:
        return honest(msgspec.structs.replace(self, zone=timezone.utc), schedule, moment)

    monkeypatch.setattr(Timetable, "state", in_utc)


def _times_told_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = shared.domain.enforcement._Times  # noqa: SLF001  # where it would happen

    def in_utc(_: object, now: datetime) -> Any:  # noqa: ANN401  # passed on
        return honest(timezone.utc, now)

    monkeypatch.setattr(shared.domain.enforcement, "_Times", in_utc)


def _schedules_that_nobody_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(self: ScheduleRule, _: object, now: datetime) -> Iterator[str]:
        if self.at:
            yield shared.domain.on_schedule._as_of(self.at, now, self.timetable.zone)  # noqa: SLF001  # the rest is said

    monkeypatch.setattr(ScheduleRule, "warnings", silent)


def _a_plan_of_nobody_knows_when(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.domain.on_schedule, "_as_of", lambda *_: "this is a plan")


def _a_plan_of_now_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScheduleRule, "moment", lambda _, now: now)


def _days_that_are_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = functions.apply_schedule.ACTION

    def lenient(request: Any, when: Any) -> Rule:  # noqa: ANN401  # passed on
        return honest.rule(msgspec.structs.replace(request, days=msgspec.UNSET), when)

    action = msgspec.structs.replace(honest, rule=lenient)
    monkeypatch.setattr(functions.apply_schedule, "ACTION", action)


def of_schedules(given: Scenario) -> bool:
    """Schedules are applied."""
    return given.function == "apply_schedule"


def of_lost_schedules(given: Scenario) -> Scenario | None:
    """The request has a schedule, and ECS does not show those of the tags."""
    if not (of_schedules(given) and any("schedule" in one.request for one in given.messages)):
        return None
    lost = DroppedTags(action="DescribeInstances", key=SCHEDULE_KEY)
    return replace(given, faults=(lost,))


def of_lost_and_refused(given: Scenario) -> Scenario | None:
    """No request has a schedule, those of the tags get lost, and calls are made again."""
    if not of_schedules(given) or any("schedule" in one.request for one in given.messages):
        return None
    lost = DroppedTags(action="DescribeInstances", key=SCHEDULE_KEY)
    return replace(given, faults=(lost, Refuse(action="St*", times=3)))


def of_planned_times(given: Scenario) -> bool:
    """A plan is asked for as of another time."""
    return of_schedules(given) and any("at" in one.request for one in given.messages)


def _in_schedules(plant: Any, says: str) -> Planted:  # noqa: ANN401  # passed on
    return Planted(plant, planted.only(of_schedules), says)


SCHEDULES = (
    _in_schedules(_no_guard_on_schedules, "protected"),
    _in_schedules(_the_guards_of_starts_on_stops, ": kept"),
    _in_schedules(_a_guard_on_who_is_left, "guarded against what its schedule does not want"),
    _in_schedules(_a_stop_of_what_was_started_since, "stop, but it was started after the close"),
    _in_schedules(_whatever_was_missed, "start, but the opening is too long ago"),
    _in_schedules(_a_start_for_minutes, "start, but its span is nearly over"),
    _in_schedules(_an_opening_forgotten, "it is Instance"),
    _in_schedules(_a_close_forgotten, "it is Instance"),
    Planted(_a_schedule_missed_by_one_api, of_lost_schedules, "stop, but"),
    Planted(_a_schedule_missed_after_the_plan, of_lost_and_refused, "which was never so"),
    _in_schedules(_the_request_before_the_tag, "start, but"),
    _in_schedules(_the_request_for_what_cannot_be_read, "no schedule that can be read"),
    _in_schedules(_schedules_in_utc, "stop, but"),
    _in_schedules(_times_told_in_utc, "the reason is wrong"),
    _in_schedules(_schedules_that_nobody_is_told_of, "tells a schedule that cannot be read"),
    Planted(_a_plan_of_nobody_knows_when, planted.only(of_planned_times), "tells of when"),
    Planted(_a_plan_of_now_instead, planted.only(of_planned_times), "would change, though"),
    _in_schedules(_days_that_are_not_refused, "InvalidEvent"),
)
