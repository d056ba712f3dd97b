"""The plan: what the first look says is to be done, and what is left alone and why.

A dry run is the plan itself. What is executed is always within it: later looks can only make
it smaller. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum

import msgspec

from shared.guards import Guard
from shared.model import Instance, Status, settled
from shared.steps import Done, Impossible, NoCall, Rule, Skip, Step, Wait


class Result(str, Enum):
    """What became of one instance; worst first."""

    FAILED = "failed"
    PENDING = "pending"
    SKIPPED = "skipped"
    CHANGED = "changed"
    WOULD_CHANGE = "would_change"
    UNCHANGED = "unchanged"


class Row(msgspec.Struct, frozen=True):
    """One instance's line in the report.

    Attributes:
        instance: As ECS showed it last.
        reason: Why, in words; a skip always has one.
        code: ECS's code where it refused.
    """

    instance: Instance
    result: Result
    reason: str = ""
    code: str = ""


class Plan(msgspec.Struct, frozen=True):
    """What is to be done.

    Attributes:
        settled: Rows of the instances that are left as they are.
        targets: The instances that would change, as the first look showed them.
        awaited: Those that change already, by someone else's doing, and are only waited for.
    """

    settled: tuple[Row, ...]
    targets: tuple[Instance, ...]
    awaited: tuple[Instance, ...]


def make_plan(instances: Iterable[Instance], rule: Rule, guard: Guard, now: datetime) -> Plan:
    """Ask guard and rule about each instance as it was first seen."""
    rows: list[Row] = []
    targets: list[Instance] = []
    awaited: list[Instance] = []
    for instance in instances:
        row = left_alone(instance, rule, guard, now)
        if row is not None:
            rows.append(row)
        elif isinstance(rule.next_step(settled(instance), now), Done):
            awaited.append(instance)
        else:
            targets.append(instance)
    return Plan(tuple(rows), tuple(targets), tuple(awaited))


def left_alone(instance: Instance, rule: Rule, guard: Guard, now: datetime) -> Row | None:
    """The row of an instance that nothing is done to; None if something is to be done."""
    if instance.status is not Status.GONE and (reason := guard.reason(instance, now)):
        return Row(instance, Result.SKIPPED, reason)
    match rule.next_step(instance, now):
        case Done(reason):
            return Row(instance, Result.UNCHANGED, reason)
        case Skip(reason):
            return Row(instance, Result.SKIPPED, reason)
        case Impossible(reason, code):
            return Row(instance, Result.FAILED, reason, code)
    return None


def dry_run_rows(plan: Plan, rule: Rule, now: datetime) -> tuple[Row, ...]:
    """The plan as a report: nothing was done, and this is what would be."""
    would_change = (Row(one, Result.WOULD_CHANGE, rule.way(one, now)) for one in plan.targets)
    awaited = (Row(one, Result.UNCHANGED, rule.awaited(one)) for one in plan.awaited)
    return (*plan.settled, *would_change, *awaited)


class WatchOnly(Rule, frozen=True):
    """A rule that may wait but never act: for instances that are not in the plan."""

    rule: Rule

    def next_step(self, instance: Instance, now: datetime) -> Step:
        """What the rule says, unless it wants to act."""
        step = self.rule.next_step(instance, now)
        if isinstance(step, Wait):
            return Wait(self.rule.awaited(instance))
        if isinstance(step, NoCall):
            return step
        return Impossible(f"{instance.status.value} again, by someone else; not in the plan")
