"""One instance on its way, and a rule that is a table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from shared.converge.target import Target
from shared.domain.guards import Guard, Harm
from shared.domain.instance import Instance, Status
from shared.domain.narrowing import Narrowing
from shared.domain.outcome import Accepted, Rejected
from shared.domain.plan import Judge
from shared.domain.retries import Kind
from shared.domain.selection import Everything, Selection
from shared.domain.steps import (
    Done,
    Impossible,
    Rule,
    Step,
    Stop,
    Wait,
)

START = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
STOP = Stop(force=False)


class TableRule(Rule, frozen=True):
    """A rule that says what it is told to, by status."""

    steps: Mapping[Status, Step]

    def next_step(self, instance: Instance, now: datetime) -> Step:
        assert now >= START
        return self.steps[instance.status]


def says(**steps: Step) -> TableRule:
    return TableRule({Status[name.upper()]: step for name, step in steps.items()})


EVERYTHING = Everything()


def judge(rule: Rule, selection: Selection = EVERYTHING) -> Judge:
    return Judge(selection, Narrowing(), Guard(Harm.OUTAGE), rule)


STOPS = says(running=STOP, stopping=Wait("Stopping"), stopped=Done(), gone=Impossible("gone", "X"))


def instance(status: Status = Status.RUNNING, **fields: Any) -> Instance:  # noqa: ANN401  # any field
    return Instance("i-1", "cn-hangzhou", START, status, **fields)


def target(status: Status = Status.RUNNING) -> Target:
    return Target(instance(status), STOP, START, instance())


def rejected(
    kind: Kind, code: str = "X", *, alone: bool = True, in_doubt: bool = False
) -> Rejected:
    return Rejected(kind, code, "why", alone, in_doubt)


LOST = rejected(Kind.PASSING, "", in_doubt=True)


def accepted(status: Status = Status.STOPPING) -> Accepted:
    return Accepted(instance(status))
