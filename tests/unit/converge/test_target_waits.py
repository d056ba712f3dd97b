"""How long one instance is tried and waited for, by what ECS answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

import pytest

from shared.converge.target import PATIENCE, Target
from shared.domain.guards import Guard, Harm
from shared.domain.instance import Instance, Status
from shared.domain.narrowing import Narrowing
from shared.domain.outcome import Accepted, Rejected
from shared.domain.plan import Judge
from shared.domain.retries import Kind
from shared.domain.selection import Everything
from shared.domain.steps import Rule, SetAutoRelease, Step, Stop, Wait

START = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
STOP = Stop(force=False)
RUNNING = Instance("i-1", "cn-hangzhou", START, Status.RUNNING)


class TableRule(Rule, frozen=True):
    """A rule that says what it is told to, by status."""

    steps: Mapping[Status, Step]

    def next_step(self, instance: Instance, now: datetime) -> Step:
        assert now >= START
        return self.steps[instance.status]


def judge(step: Step) -> Judge:
    return Judge(Everything(), Narrowing(), Guard(Harm.OUTAGE), TableRule({Status.RUNNING: step}))


def target() -> Target:
    return Target(RUNNING, STOP, START, RUNNING)


def rejected(kind: Kind) -> Rejected:
    return Rejected(kind, "X", "", alone=True, in_doubt=False)


@pytest.mark.parametrize(
    ("kind", "longest"),
    [
        (Kind.PASSING, [10.0, 10.0, 10.0]),
        (Kind.STATUS, [10.0, 10.0, 10.0]),
        (Kind.BUSY, [16.0, 30.0, 30.0]),
    ],
)
def test_tries_grow_rarer(kind: Kind, longest: list[float]) -> None:
    one = target()
    found = []
    for _ in range(8):
        one.learn(STOP, rejected(kind), 1, judge(STOP).rule, START)
        found.append((one.due - START).total_seconds())

    assert found == [0.5, 1.0, 2.0, 4.0, 8.0, *longest]


@pytest.mark.parametrize(("kind", "tries"), [(Kind.STATUS, 20), (Kind.PASSING, 5)])
def test_what_may_be_final_is_tried_so_often(kind: Kind, tries: int) -> None:
    assert tries_of(kind) == tries


def test_what_passes_for_certain_is_tried_until_the_deadline() -> None:
    assert tries_of(Kind.BUSY) == 100


def tries_of(kind: Kind) -> int:
    """How often a call is made that is always refused so, at most 100."""
    one = target()
    made = 0
    while one.row is None and made < 100:
        one.learn(STOP, rejected(kind), 1, judge(STOP).rule, START)
        one.decide(judge(STOP), START)
        made += 1
    return made


def test_an_accepted_release_time_that_does_not_show_is_not_moved_on() -> None:
    """The nearest time that ECS takes is another one each minute."""
    minute = timedelta(minutes=1)
    first, second = SetAutoRelease(START + 32 * minute), SetAutoRelease(START + 33 * minute)
    one = target()
    one.learn(first, Accepted(RUNNING), 1, judge(first).rule, START)
    steps = []

    for late in (PATIENCE - timedelta(seconds=1), PATIENCE):
        one.decide(judge(second), START + late)
        steps.append(one.step)

    assert steps == [
        Wait("set release time 2026-11-24T12:32:00+00:00 was accepted, ECS does not show it yet"),
        second,
    ]
