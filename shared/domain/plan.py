"""The plan: what to do according to the first look, and what is left alone and why.

An instance is acted on only while it is still selected, unguarded and not at the goal: ``Judge``
checks all three, with the first look and with every later one.

A dry run is the plan itself. Nothing outside it is ever executed: later looks can only make it
smaller. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum

import msgspec
from msgspec import UNSET, UnsetType

from shared.base.errors import unforeseen
from shared.domain.guards import Guard, Harm, plain_key
from shared.domain.instance import Instance, Status, after_transition
from shared.domain.narrowing import Narrowing
from shared.domain.prices import ListPrice
from shared.domain.selection import ByIds, ByTagsAndName, Selection, mismatch
from shared.domain.steps import Done, Impossible, NoCall, Rule, Skip, Step, Wait


class Result(str, Enum):
    """The result for one instance; worst first."""

    FAILED = "failed"
    PENDING = "pending"
    SKIPPED = "skipped"
    CHANGED = "changed"
    WOULD_CHANGE = "would_change"
    UNCHANGED = "unchanged"


class Row(msgspec.Struct, frozen=True):
    """One instance's line in the report.

    Attributes:
        instance: As ECS last showed it.
        reason: Why, in words; a skip always has one.
        code: ECS's code if it refused.
        list_price: What it costs per hour; None if unknown; UNSET if not requested.
    """

    instance: Instance
    result: Result
    reason: str = ""
    code: str = ""
    list_price: ListPrice | UnsetType | None = UNSET


VANISHED = "no longer shown by ECS; not deleted by this run"
LOST_TAGS = "ECS shows none of its tags now; nothing is done until ECS shows them again"
UNCONFIRMED_TAGS = (
    "no second response of ECS confirms which tags it lacks; nothing is done until one does"
)
UNSURE_TAGS = "ECS's responses about its tags disagree; nothing is done until they agree"


class Judge(msgspec.Struct, frozen=True):
    """What decides for each look at an instance: is it selected, is it guarded, what comes next?

    Attributes:
        selection: Which instances are selected; checked again with each look.
        narrowing: Which of these are excluded; checked again, too.
        guard: Which are protected.
        rule: What comes next.
    """

    selection: Selection
    narrowing: Narrowing
    guard: Guard
    rule: Rule

    def row_if_left_alone(self, instance: Instance, now: datetime) -> Row | None:
        """The row of an instance that is left alone; None if there is something to do."""
        if why := self._left_out(instance):
            result, reason = Result.SKIPPED, why
        elif instance.unreadable:
            result, reason = Result.FAILED, f"ECS's row cannot be read: {instance.unreadable}"
        elif self.has_lost_tags(instance):
            result, reason = Result.PENDING, LOST_TAGS
        else:
            result, reason = Result.SKIPPED, self._forbidden(instance, now)
        if reason:
            return Row(instance, result, reason)
        match self.rule.next_step(instance, now):
            case Done(reason):
                return Row(instance, Result.UNCHANGED, reason)
            case Skip(reason):
                return Row(instance, Result.SKIPPED, reason)
            case Impossible(reason, code):
                return Row(instance, Result.FAILED, reason, code)
        return None

    def _left_out(self, instance: Instance) -> str:
        """Why the narrowing excludes it, in words; "" if it does not."""
        why = "" if instance.status is Status.GONE else self.narrowing.mismatch(instance)
        was = "not" if isinstance(self.selection, ByIds) else "no longer"
        return f"{was} selected: {why}" if why else ""

    def _forbidden(self, instance: Instance, now: datetime) -> str:
        """Why nothing may be done to it: it is no longer selected, or is guarded."""
        if instance.status is Status.GONE:
            return ""
        if why := mismatch(self.selection, instance):
            return f"no longer selected: {why}"
        harm, moment = self.rule.harm(instance, now), self.rule.moment(now)
        is_usual = harm is None or harm is self.guard.harm
        guard = self.guard if is_usual else msgspec.structs.replace(self.guard, harm=harm)
        reason = guard.reason(instance, moment)
        told = (guard.despite(instance, moment) if reason else "", reason)
        return "; ".join(part for part in told if part)

    def has_lost_tags(self, instance: Instance) -> bool:
        """Does it show no tags at all, although a tag selected it or permits changing it?

        People change tags one by one; a response that lost them shows none at all.
        """
        if instance.tags or instance.status is Status.GONE:
            return False
        by_tags = isinstance(self.selection, ByTagsAndName) and bool(self.selection.tags)
        return by_tags or (bool(self.guard.only_tags) and not instance.tags_checked)

    def lacks_tags(self, instance: Instance) -> bool:
        """Does it lack tags whose absence a second API must show before it is acted on?

        Those that would exclude it; before a loss, any tag at all; otherwise those that the rule
        doubts.
        """
        if self.narrowing.rests_on_absence(instance):
            return True
        if self.guard.harm is Harm.LOSS:
            return not instance.tags
        return self._is_doubted(instance)

    def _is_doubted(self, instance: Instance) -> bool:
        """Does it lack a tag whose absence decides for the rule?"""
        return not {plain_key(key) for key in instance.tags}.issuperset(self.rule.doubts)

    def unconfirmed(self, instance: Instance, row: Row | None, now: datetime) -> str:
        """Why its missing tags cannot be acted on yet; "" if they can.

        Args:
            instance: As the first look shows it.
            row: Its row if they are really missing; None: there is something to do.
            now: The time of that.
        """
        if instance.tags_checked:
            return ""
        if self.narrowing.rests_on_absence(instance):
            return UNSURE_TAGS if row is None or row.result is Result.UNCHANGED else ""
        if row is not None and not self.is_left_in_doubt(instance, row, now):
            return ""
        return UNCONFIRMED_TAGS if self._is_doubted(instance) else ""

    def is_left_in_doubt(self, instance: Instance, row: Row, now: datetime) -> bool:
        """Is it left alone only because a tag that the rule doubts is missing in one API?

        Args:
            instance: As the latest look shows it.
            row: What ``row_if_left_alone`` returned for it.
            now: The time of that.
        """
        if instance.tags_checked or instance.status is Status.GONE:
            return False
        if not self._is_doubted(instance):
            return False
        skip = self.rule.next_step(instance, now)
        return isinstance(skip, Skip) and skip.reason == row.reason


class Plan(msgspec.Struct, frozen=True):
    """What to do.

    Attributes:
        left_alone: Rows of the instances that are left as they are.
        to_change: The instances that would change, as the first look showed them.
        awaited: Those that somebody else is already changing, and that are only waited for.
    """

    left_alone: tuple[Row, ...]
    to_change: tuple[Instance, ...]
    awaited: tuple[Instance, ...]


def make_plan(instances: Iterable[Instance], judge: Judge, now: datetime) -> Plan:
    """Apply selection, guard and rule to each instance as first seen."""
    rows: list[Row] = []
    targets: list[Instance] = []
    awaited: list[Instance] = []
    for instance in instances:
        row = _row_if_left_alone(judge, instance, now)
        if row is not None and instance.status is Status.GONE:
            rows.append(msgspec.structs.replace(row, reason=VANISHED))
        elif row is not None:
            rows.append(row)
        elif isinstance(judge.rule.next_step(after_transition(instance), now), Done):
            awaited.append(instance)
        else:
            targets.append(instance)
    return Plan(tuple(rows), tuple(targets), tuple(awaited))


def _row_if_left_alone(judge: Judge, instance: Instance, now: datetime) -> Row | None:
    """The row of an instance that is left alone; a failure does not block the others."""
    try:
        row = judge.row_if_left_alone(instance, now)
        if why := judge.unconfirmed(instance, row, now):
            return Row(instance, Result.PENDING, why)
        if row is None or row.result is not Result.SKIPPED:
            return row
        told = (row.reason, judge.rule.left(instance))
        return msgspec.structs.replace(row, reason="; ".join(part for part in told if part))
    except Exception as error:  # noqa: BLE001  # as it says
        return Row(instance, Result.FAILED, unforeseen(error))


def without_regions(plan: Plan, problems: Mapping[str, str]) -> Plan:
    """The plan without the targets in these regions, which are pending for the given reason."""
    rows = tuple(
        Row(one, Result.PENDING, problems[one.region])
        for one in plan.to_change
        if one.region in problems
    )
    targets = tuple(one for one in plan.to_change if one.region not in problems)
    return Plan((*plan.left_alone, *rows), targets, plan.awaited)


def dry_run_rows(plan: Plan, rule: Rule, now: datetime) -> tuple[Row, ...]:
    """The plan as a report: nothing was done, and this would be."""
    would_change = (Row(one, Result.WOULD_CHANGE, rule.way(one, now)) for one in plan.to_change)
    awaited = (Row(one, Result.UNCHANGED, rule.awaited(one)) for one in plan.awaited)
    return (*plan.left_alone, *would_change, *awaited)


class WatchOnly(Rule, frozen=True):
    """A rule that may wait but never act: for instances that are not in the plan."""

    rule: Rule

    def next_step(self, instance: Instance, now: datetime) -> Step:
        """What the rule returns, unless it wants to act."""
        step = self.rule.next_step(instance, now)
        if isinstance(step, Wait):
            return Wait(self.rule.awaited(instance))
        if isinstance(step, NoCall):
            return step
        return Impossible(f"{instance.status.value} again, not by this run; not in the plan")

    def awaited(self, instance: Instance) -> str:
        """What the rule returns."""
        return self.rule.awaited(instance)

    def unchanged(self, before: Instance) -> str:
        """What the rule adds."""
        return self.rule.unchanged(before)


def rows_released_by(rows: Iterable[Row], until: datetime) -> tuple[Row, ...]:
    """The rows of instances that ECS will release by then; failed and pending ones may be."""
    return tuple(
        row
        for row in rows
        if row.result in {Result.FAILED, Result.PENDING} or is_released_by(row, until)
    )


def is_released_by(row: Row, until: datetime) -> bool:
    """Will ECS have released it by then, if nobody moves its release time?"""
    at = row.instance.auto_release_at
    return at is not None and at <= until
