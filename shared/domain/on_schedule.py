"""The rule of schedules: on in working hours, off outside, each instance by its own schedule. Pure.

The schedule is in the instance's tag ``curfew:schedule``, otherwise in the request. ``enforcement``
decides what it means for an instance; how to get there is up to the rules of stop and start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import ClassVar

import msgspec

from shared.base.times import spoken
from shared.domain.calendar import Calendar, calendar_of
from shared.domain.days import InvalidSpec, plain, quoted
from shared.domain.enforcement import Decision, Move, Power, Seen, Terms, decide
from shared.domain.guards import (
    KEEP_OFF_UNTIL_TAG,
    KEEP_UNTIL_TAG,
    SCHEDULE_TAG,
    Guard,
    Harm,
    end_of_tag,
    plain_key,
    printable_key,
)
from shared.domain.instance import Instance, Status
from shared.domain.power import StartRule, StopRule
from shared.domain.schedule import Schedule
from shared.domain.schedule_names import resolve_spec, schedules_of
from shared.domain.steps import UNKNOWN_ID, Done, NoCall, Rule, Skip, Start, Step, Stop, in_words
from shared.domain.timetable import State, state_at
from shared.settings.settings import Settings

NO_SCHEDULE = f"no tag {SCHEDULE_TAG}, and no schedule in the request"
_NAMED = 3
_EXAMPLES, _EXAMPLE = 2, 140
"""How many examples one sentence has, and how much of each."""

_START_IT = (
    "; ECS does not show when it stopped, so it may have run at the opening; if it is needed "
    "before, start it by hand"
)
_POWER = {Status.RUNNING: Power.ON, Status.STOPPED: Power.OFF}


class Timetable(msgspec.Struct, frozen=True):
    """Which schedule an instance has, and what it says at a given time.

    Attributes:
        named: The named schedules.
        fallback: The schedule of instances without the tag; None: they have none.
        zone: The zone of schedules that state none, and of plain dates in tags.
        calendar: What knows working days.
    """

    named: Mapping[str, Schedule]
    fallback: Schedule | None
    zone: tzinfo
    calendar: Calendar

    def schedule_of(self, instance: Instance) -> Schedule | None:
        """Its schedule; None: it has none.

        Raises:
            InvalidSpec: its tag cannot be parsed.
        """
        specs = {value for key, value in instance.tags.items() if plain_key(key) == SCHEDULE_TAG}
        if not specs:
            return self.fallback
        if len(specs) > 1:
            several = _listed([quoted(one) for one in sorted(specs)], _NAMED)
            raise InvalidSpec(f"there are several: {several}; keep one")
        return resolve_spec(specs.pop(), self.named)

    def state(self, schedule: Schedule, moment: datetime) -> State:
        """What a schedule says at an instant."""
        return state_at(schedule, moment, self.zone, self.calendar)

    def shown(self, instance: Instance, schedule: Schedule) -> str:
        """Its schedule as people know it: a name with its spec, or the spec."""
        written = (plain(v) for k, v in instance.tags.items() if plain_key(k) == SCHEDULE_TAG)
        name = next((one for one in written if one.casefold() in self.named), "")
        return f"{name} ({schedule})" if name else str(schedule)

    def seen(self, instance: Instance) -> Seen:
        """What the rule needs to know of an instance."""
        return Seen(
            _POWER.get(instance.status, Power.ON_THE_WAY),
            instance.started_at,
            instance.created_at,
            end_of_tag(instance, KEEP_UNTIL_TAG, self.zone),
            end_of_tag(instance, KEEP_OFF_UNTIL_TAG, self.zone),
        )


def timetable_of(settings: Settings) -> Timetable:
    """The timetable from the operator's settings; instances without the tag have no schedule.

    Raises:
        Refused: a setting for schedules or working days is invalid.
    """
    return Timetable(schedules_of(settings), None, settings.zone, calendar_of(settings))


class ScheduleRule(Rule, frozen=True):
    """From an instance's current state to the one its schedule wants.

    Attributes:
        timetable: Which schedule it has.
        terms: How strictly it is enforced.
        stop: How it is stopped.
        start: How it is started.
        guard: Which instances may not be started, so that no missed opening is reported.
        at: The time for which it is evaluated; None: now.
    """

    doubts: ClassVar[tuple[str, ...]] = (SCHEDULE_TAG,)
    timetable: Timetable
    terms: Terms
    stop: StopRule
    start: StartRule
    guard: Guard
    at: datetime | None = None

    def next_step(self, instance: Instance, now: datetime) -> Step:
        """Stop, start, or leave it; an instance between running and stopped is left alone."""
        if instance.status is Status.GONE:
            return UNKNOWN_ID
        decision = self.decision(instance, now)
        if isinstance(decision, Skip):
            return decision
        match decision.move:
            case Move.STOP:
                return self.stop.next_step(instance, now)
            case Move.START:
                return self.start.next_step(instance, now)
        told = (decision.reason, self._how_stopped(instance, now))
        return Done("; ".join(part for part in told if part))

    def decision(self, instance: Instance, now: datetime) -> Decision | Skip:
        """What its schedule decides for it, or why it has no usable schedule."""
        try:
            schedule = self.timetable.schedule_of(instance)
        except InvalidSpec as error:
            return Skip(f"tag {SCHEDULE_TAG} cannot be read: {error}")
        if schedule is None:
            return Skip(NO_SCHEDULE)
        moment = self.moment(now)
        state = self.timetable.state(schedule, moment)
        return decide(state, self.timetable.seen(instance), moment, self.terms)

    def in_words(self, instance: Instance, now: datetime, guarded: Collection[Harm] = ()) -> str:
        """Its schedule, the state it implies, and what comes next; "" if it has none.

        No run does what it is ``guarded`` against.
        """
        decision = self.decision(instance, now)
        if isinstance(decision, Skip):
            return "" if decision.reason == NO_SCHEDULE else decision.reason
        schedule = self.timetable.schedule_of(instance)
        shown = self.timetable.shown(instance, schedule) if schedule else ""
        next_to_do = {Move.STOP: "; the next run stops it", Move.START: "; the next run starts it"}
        coming = "" if self.harm(instance, now) in guarded else next_to_do.get(decision.move, "")
        return f"schedule {shown}: {decision.reason}{coming}"

    def moment(self, now: datetime) -> datetime:
        """The time that the request sets for its dry run, otherwise now."""
        return self.at or now

    def harm(self, instance: Instance, now: datetime) -> Harm:
        """A stop is guarded like any stop, a start like any start; nothing else needs to be."""
        match self.next_step(instance, now):
            case Stop():
                return Harm.OUTAGE
            case Start():
                return Harm.COST
        return Harm.NONE

    def sides(self, instances: Sequence[Instance]) -> Iterable[tuple[Rule, Sequence[Instance]]]:
        """Running instances are stopped, stopped ones started, and this run undoes neither."""
        on = [one for one in instances if one.status is Status.RUNNING]
        off = [one for one in instances if one.status is not Status.RUNNING]
        return (
            (Side(self, self.stop, Harm.OUTAGE), on),
            (Side(self, self.start, Harm.COST), off),
        )

    def way(self, instance: Instance, now: datetime) -> str:
        """The reason, then the steps of a stop or a start."""
        match self.next_step(instance, now):
            case Stop():
                return f"{self.why(instance, now)}: {self.stop.way(instance, now)}"
            case Start():
                return f"{self.why(instance, now)}: {self.start.way(instance, now)}"
            case step:
                return in_words(step)

    def warnings(self, instances: Iterable[Instance], now: datetime) -> Iterator[str]:
        """The time of the plan, unparsable schedules, missed openings, the calendar's end."""
        if self.at:
            yield _as_of(self.at, now, self.timetable.zone)
        unreadable: dict[str, list[str]] = defaultdict(list)
        missed: dict[str, list[str]] = defaultdict(list)
        schedules: dict[Schedule, None] = {}
        for one in instances:
            if one.unreadable or one.status is Status.GONE:
                continue
            try:
                schedule = self.timetable.schedule_of(one)
            except InvalidSpec as error:
                unreadable[f"{_written(one)} cannot be read: {error}"].append(one.id)
            else:
                schedules |= {schedule: None} if schedule else {}
                if told := self._gave_up(one, now):
                    missed[told].append(one.id)
        yield from _in_one(missed, "have an opening that is no longer caught up", _START_IT)
        yield from _in_one(unreadable, f"have a tag {SCHEDULE_TAG} that cannot be read")
        yield from _calendar_warning(self.timetable, schedules, self.moment(now))

    def _gave_up(self, instance: Instance, now: datetime) -> str:
        """What is said about an opening that has just passed without a start; "" if none has."""
        decision = self.decision(instance, now)
        if isinstance(decision, Skip) or not decision.gave_up:
            return ""
        if self.guard.reason(instance, self.moment(now)):
            return ""
        return decision.reason

    def why(self, instance: Instance, now: datetime) -> str:
        """Why its schedule has it stopped, started, or left alone."""
        return self.decision(instance, now).reason

    def _how_stopped(self, instance: Instance, now: datetime) -> str:
        """What is said about the mode in which it is stopped."""
        if instance.status is not Status.STOPPED:
            return ""
        return in_words(self.stop.next_step(instance, now))


class Side(Rule, frozen=True):
    """One of the two things that the rule of schedules does, to an instance of the plan.

    The rule of stop or start, for as long as the schedule wants what it would do.
    """

    doubts: ClassVar[tuple[str, ...]] = ScheduleRule.doubts
    schedule: ScheduleRule
    rule: StopRule | StartRule
    does: Harm

    def next_step(self, instance: Instance, now: datetime) -> Step:
        """The next step; what the schedule no longer wants is left to the next run."""
        step = self.rule.next_step(instance, now)
        return step if isinstance(step, NoCall) else self.schedule.next_step(instance, now)

    def harm(self, instance: Instance, now: datetime) -> Harm:  # noqa: ARG002  # the same for all
        """The harm of stop, or of start."""
        return self.does

    def awaited(self, instance: Instance) -> str:
        """What stop or start say."""
        return self.rule.awaited(instance)

    def unchanged(self, before: Instance) -> str:
        """What stop or start say."""
        return self.rule.unchanged(before)

    def told(self, made: str, reason: str) -> str:
        """What stop or start say."""
        return self.rule.told(made, reason)

    def changed(self, before: Instance, after: Instance) -> str:
        """What stop or start say."""
        return self.rule.changed(before, after)

    def because(self, instance: Instance, now: datetime) -> str:
        """Why the schedule wants it so."""
        return f"because it was {self.schedule.why(instance, now)}"


def _calendar_warning(
    timetable: Timetable, schedules: Iterable[Schedule], moment: datetime
) -> Iterator[str]:
    """A warning that days beyond the calendar were needed, or soon will be."""
    asking = [one for one in schedules if one.asks_calendar]
    if not asking:
        return
    guesses = [timetable.state(one, moment).guessed for one in asking]
    guessed = min((day for day in guesses if day), default=None)
    today = moment.astimezone(timetable.zone).date()
    if warning := timetable.calendar.warning(today, guessed):
        yield warning


def _as_of(at: datetime, now: datetime, zone: tzinfo) -> str:
    """The time of a plan that is not for now."""
    is_past = at < now.replace(second=0, microsecond=0)
    is_today = at.astimezone(zone).date() == now.astimezone(zone).date()
    right = "a later time" if is_today else "tonight's date"
    past = f'; that is in the past: write {right} in "at"' if is_past else ""
    return f"this plan is as of {spoken(at, zone)}, with the instances as they are now{past}"


def _written(instance: Instance) -> str:
    tags = (
        f"tag {printable_key(key)} {quoted(value)}"
        for key, value in instance.tags.items()
        if plain_key(key) == SCHEDULE_TAG
    )
    return ", ".join(tags)


def _in_one(found: Mapping[str, Sequence[str]], what: str, so: str = "") -> Iterator[str]:
    """One sentence about everything found, if anything was: how many, and a few examples.

    Args:
        found: What is said about which instance.
        what: What is said about all.
        so: What follows for each.
    """
    if not found:
        return
    often_first = sorted(found.items(), key=lambda one: -len(one[1]))
    if len(found) == 1:
        ((why, ids),) = often_first
        yield f"{_listed(ids, _NAMED)}: {why}{so}"
        return
    examples = [f"{_listed(ids, 1)}: {why}" for why, ids in often_first[:_EXAMPLES]]
    shortened = (one if len(one) <= _EXAMPLE else f"{one[:_EXAMPLE]}…" for one in examples)
    number = sum(map(len, found.values()))
    yield f"{number} instances {what}; their rows say why; for example {'; '.join(shortened)}{so}"


def _listed(ids: Sequence[str], most: int) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more
