"""The plan: who would change, who is left alone and why, who is only waited for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

import pytest
from msgspec.structs import replace

from shared.guards import Guard, Harm
from shared.model import Instance, Status
from shared.plan import Plan, Result, Row, WatchOnly, dry_run_rows, left_alone, make_plan
from shared.steps import Delete, Done, Impossible, Rule, Skip, Step, Stop, Wait

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
FREE, OUTAGE = Guard(Harm.NONE), Guard(Harm.OUTAGE)
STOP = Stop(force=False)


def instance(number: int, status: Status, *, protected: bool = False) -> Instance:
    tags = {"curfew:protect": ""} if protected else {}
    return Instance(f"i-{number}", "cn-hangzhou", NOW, status, tags=tags)


class TableRule(Rule, frozen=True):
    """Answers by status; what is not in the table is waited for."""

    steps: Mapping[Status, Step]

    def next_step(self, instance: Instance, now: datetime) -> Step:
        assert now == NOW
        return self.steps.get(instance.status, Wait(instance.status.value))


RULE = TableRule(
    {
        Status.RUNNING: STOP,
        Status.STOPPED: Done("off"),
        Status.GONE: Impossible("ECS does not know this id", "InvalidInstanceId.NotFound"),
        Status.UNKNOWN: Skip("it would be harmed"),
    }
)


@pytest.mark.parametrize(
    ("one", "row"),
    [
        pytest.param(instance(1, Status.RUNNING), None, id="it-would-change"),
        pytest.param(instance(1, Status.STOPPING), None, id="it-is-waited-for"),
        pytest.param(
            instance(1, Status.STOPPED),
            Row(instance(1, Status.STOPPED), Result.UNCHANGED, "off"),
            id="it-was-so-already",
        ),
        pytest.param(
            instance(1, Status.UNKNOWN),
            Row(instance(1, Status.UNKNOWN), Result.SKIPPED, "it would be harmed"),
            id="the-rule-skips-it",
        ),
        pytest.param(
            instance(1, Status.GONE),
            Row(
                instance(1, Status.GONE),
                Result.FAILED,
                "ECS does not know this id",
                "InvalidInstanceId.NotFound",
            ),
            id="it-cannot-be",
        ),
        pytest.param(
            instance(1, Status.RUNNING, protected=True),
            Row(instance(1, Status.RUNNING, protected=True), Result.SKIPPED, "tag curfew:protect"),
            id="it-is-guarded",
        ),
        pytest.param(
            instance(1, Status.STOPPED, protected=True),
            Row(instance(1, Status.STOPPED, protected=True), Result.SKIPPED, "tag curfew:protect"),
            id="the-guard-is-asked-before-the-rule",
        ),
        pytest.param(
            instance(1, Status.GONE, protected=True),
            Row(
                instance(1, Status.GONE, protected=True),
                Result.FAILED,
                "ECS does not know this id",
                "InvalidInstanceId.NotFound",
            ),
            id="what-is-gone-needs-no-guard",
        ),
    ],
)
def test_what_is_left_alone_has_its_row(one: Instance, row: Row | None) -> None:
    assert left_alone(one, RULE, OUTAGE, NOW) == row


def test_a_plan_tells_those_that_change_from_those_that_are_left_and_waited_for() -> None:
    running, stopping, stopped, starting = (
        instance(number, status)
        for number, status in enumerate(
            (Status.RUNNING, Status.STOPPING, Status.STOPPED, Status.STARTING)
        )
    )

    plan = make_plan([running, stopping, stopped, starting], RULE, OUTAGE, NOW)

    assert plan == Plan(
        settled=(Row(stopped, Result.UNCHANGED, "off"),),
        targets=(running, starting),
        awaited=(stopping,),
    )


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("protected", [False, True])
def test_each_instance_is_in_a_plan_exactly_once(
    status: Status,
    protected: bool,  # noqa: FBT001  # a column of the table
) -> None:
    one = instance(1, status, protected=protected)

    plan = make_plan([one], RULE, OUTAGE, NOW)

    assert [*(row.instance for row in plan.settled), *plan.targets, *plan.awaited] == [one]
    assert not (protected and status is not Status.GONE and (plan.targets or plan.awaited))


def test_what_goes_on_after_its_transition_would_change() -> None:
    rule = TableRule({Status.RUNNING: STOP, Status.STOPPED: Delete(force=False)})
    stopping = instance(1, Status.STOPPING)

    assert make_plan([stopping], rule, FREE, NOW) == Plan((), (stopping,), ())


def test_a_plan_of_nothing_is_empty() -> None:
    assert make_plan([], RULE, OUTAGE, NOW) == Plan((), (), ())


def test_a_dry_run_tells_the_whole_plan() -> None:
    running, stopping, stopped, starting = (
        instance(number, status)
        for number, status in enumerate(
            (Status.RUNNING, Status.STOPPING, Status.STOPPED, Status.STARTING)
        )
    )
    plan = make_plan([running, stopping, stopped, starting], RULE, OUTAGE, NOW)

    assert dry_run_rows(plan, RULE, NOW) == (
        Row(stopped, Result.UNCHANGED, "off"),
        Row(running, Result.WOULD_CHANGE, "stop"),
        Row(starting, Result.WOULD_CHANGE, "wait: Starting"),
        Row(stopping, Result.UNCHANGED, "Stopping already, by someone else"),
    )


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (Status.STOPPING, Wait("Stopping")),
        (Status.STOPPED, Done("off")),
        (Status.UNKNOWN, Skip("it would be harmed")),
        (
            Status.GONE,
            Impossible("ECS does not know this id", "InvalidInstanceId.NotFound"),
        ),
        (Status.RUNNING, Impossible("Running again, by someone else; not in the plan")),
    ],
)
def test_what_is_only_waited_for_is_never_acted_on(status: Status, step: Step) -> None:
    assert WatchOnly(RULE).next_step(instance(1, status), NOW) == step


def test_the_row_shows_the_instance_as_it_was_seen() -> None:
    one = replace(instance(1, Status.STOPPED), name="ci-1")

    (row,) = make_plan([one], RULE, OUTAGE, NOW).settled

    assert row.instance == one
