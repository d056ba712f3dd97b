"""The plan: who would change, who is left alone and why, who is only waited for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

import pytest
from msgspec.structs import replace

from shared.domain.guards import Guard, Harm
from shared.domain.instance import Instance, Status
from shared.domain.narrowing import Narrowing
from shared.domain.plan import (
    LOST_TAGS,
    VANISHED,
    Judge,
    Plan,
    Result,
    Row,
    WatchOnly,
    dry_run_rows,
    make_plan,
    without_regions,
)
from shared.domain.selection import ByIds, ByTagsAndName, Everything, Selection
from shared.domain.steps import Delete, Done, Impossible, Rule, Skip, Step, Stop, Wait

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
STOP = Stop(force=False)
EVERYTHING = Everything()


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


def judge(rule: Rule = RULE, harm: Harm = Harm.OUTAGE, selection: Selection = EVERYTHING) -> Judge:
    return Judge(selection, Narrowing(), Guard(harm), rule)


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
            replace(instance(1, Status.UNKNOWN, protected=True), unreadable="Status is None"),
            Row(
                replace(instance(1, Status.UNKNOWN, protected=True), unreadable="Status is None"),
                Result.FAILED,
                "ECS's row cannot be read: Status is None",
            ),
            id="its-row-cannot-be-read",
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
    assert judge().row_if_left_alone(one, NOW) == row


TAGGED = ByTagsAndName(tags=(("env", frozenset({"dev", "test"})), ("team", None)), name="ci-*")
FITS = {"env": "dev", "team": "web"}


@pytest.mark.parametrize(
    ("tags", "name", "reason"),
    [
        pytest.param(FITS, "ci-1", "", id="still-meant"),
        pytest.param({**FITS, "env": "test"}, "ci-2", "", id="meant-in-another-way"),
        pytest.param(
            {**FITS, "env": "prod"},
            "ci-1",
            "no longer selected: its tag env is 'prod'",
            id="retagged",
        ),
        pytest.param(
            {"env": "dev"}, "ci-1", "no longer selected: it has no tag team", id="untagged"
        ),
        pytest.param(FITS, "db-1", "no longer selected: its name is 'db-1'", id="renamed"),
        pytest.param(
            {**FITS, "env": "prod", "curfew:protect": ""},
            "ci-1",
            "no longer selected: its tag env is 'prod'",
            id="told-before-any-guard",
        ),
    ],
)
def test_who_is_not_meant_any_more_is_left_alone(
    tags: Mapping[str, str], name: str, reason: str
) -> None:
    one = replace(instance(1, Status.RUNNING), tags=tags, name=name)

    assert judge(selection=TAGGED).row_if_left_alone(one, NOW) == (
        Row(one, Result.SKIPPED, reason) if reason else None
    )


@pytest.mark.parametrize(
    "selection", [TAGGED, ByTagsAndName(tags=TAGGED.tags)], ids=["tags+name", "tags"]
)
def test_who_was_found_by_tags_and_shows_none_is_put_off(selection: Selection) -> None:
    one = replace(instance(1, Status.RUNNING), name="ci-1")

    assert judge(selection=selection).has_lost_tags(one)
    assert judge(selection=selection).row_if_left_alone(one, NOW) == Row(
        one, Result.PENDING, LOST_TAGS
    )


@pytest.mark.parametrize(
    "selection",
    [EVERYTHING, ByIds(("i-1",)), ByTagsAndName(name="ci-*")],
    ids=["all", "ids", "name"],
)
def test_who_was_not_found_by_tags_needs_none(selection: Selection) -> None:
    one = replace(instance(1, Status.RUNNING), name="ci-1")

    assert not judge(selection=selection).has_lost_tags(one)
    assert judge(selection=selection).row_if_left_alone(one, NOW) is None


def test_what_is_gone_has_no_tags_to_lose_and_is_not_asked_for_its_selection() -> None:
    gone = instance(1, Status.GONE)

    row = judge(selection=TAGGED).row_if_left_alone(gone, NOW)

    assert not judge(selection=TAGGED).has_lost_tags(gone)
    assert row is not None
    assert row.result is Result.FAILED


def test_what_is_gone_when_a_plan_is_made_was_not_released_by_it() -> None:
    rule = TableRule({Status.GONE: Done("gone; left over, and goes on costing: disk d-1")})
    gone = instance(1, Status.GONE)

    assert make_plan([gone], judge(rule), NOW) == Plan(
        (Row(gone, Result.UNCHANGED, VANISHED),), (), ()
    )


def test_regions_that_could_not_be_counted_are_pending_and_the_others_stay() -> None:
    near = instance(1, Status.RUNNING)
    far = replace(instance(2, Status.RUNNING), region="cn-shanghai")
    stopped = Row(instance(3, Status.STOPPED), Result.UNCHANGED, "off")
    plan = Plan((stopped,), (near, far), (far,))

    assert without_regions(plan, {"cn-shanghai": "not counted"}) == Plan(
        (stopped, Row(far, Result.PENDING, "not counted")), (near,), (far,)
    )
    assert without_regions(plan, {}) == plan


def test_a_plan_tells_those_that_change_from_those_that_are_left_and_waited_for() -> None:
    running, stopping, stopped, starting = (
        instance(number, status)
        for number, status in enumerate(
            (Status.RUNNING, Status.STOPPING, Status.STOPPED, Status.STARTING)
        )
    )

    plan = make_plan([running, stopping, stopped, starting], judge(), NOW)

    assert plan == Plan(
        left_alone=(Row(stopped, Result.UNCHANGED, "off"),),
        to_change=(running, starting),
        awaited=(stopping,),
    )


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("protected", [False, True])
def test_each_instance_is_in_a_plan_exactly_once(
    status: Status,
    protected: bool,  # noqa: FBT001  # a column of the table
) -> None:
    one = instance(1, status, protected=protected)

    plan = make_plan([one], judge(), NOW)

    assert [*(row.instance for row in plan.left_alone), *plan.to_change, *plan.awaited] == [one]
    assert not (protected and status is not Status.GONE and (plan.to_change or plan.awaited))


def test_what_goes_on_after_its_transition_would_change() -> None:
    rule = TableRule({Status.RUNNING: STOP, Status.STOPPED: Delete(force=False)})
    stopping = instance(1, Status.STOPPING)

    assert make_plan([stopping], judge(rule, Harm.NONE), NOW) == Plan((), (stopping,), ())


def test_a_plan_of_nothing_is_empty() -> None:
    assert make_plan([], judge(), NOW) == Plan((), (), ())


def test_a_dry_run_tells_the_whole_plan() -> None:
    running, stopping, stopped, starting = (
        instance(number, status)
        for number, status in enumerate(
            (Status.RUNNING, Status.STOPPING, Status.STOPPED, Status.STARTING)
        )
    )
    plan = make_plan([running, stopping, stopped, starting], judge(), NOW)

    assert dry_run_rows(plan, RULE, NOW) == (
        Row(stopped, Result.UNCHANGED, "off"),
        Row(running, Result.WOULD_CHANGE, "stop"),
        Row(starting, Result.WOULD_CHANGE, "wait: Starting, stop"),
        Row(stopping, Result.UNCHANGED, "Stopping already, not by this run"),
    )


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (Status.STOPPING, Wait("Stopping already, not by this run")),
        (Status.STOPPED, Done("off")),
        (Status.UNKNOWN, Skip("it would be harmed")),
        (
            Status.GONE,
            Impossible("ECS does not know this id", "InvalidInstanceId.NotFound"),
        ),
        (Status.RUNNING, Impossible("Running again, not by this run; not in the plan")),
    ],
)
def test_what_is_only_waited_for_is_never_acted_on(status: Status, step: Step) -> None:
    assert WatchOnly(RULE).next_step(instance(1, status), NOW) == step


def test_the_row_shows_the_instance_as_it_was_seen() -> None:
    one = replace(instance(1, Status.STOPPED), name="ci-1")

    (row,) = make_plan([one], judge(), NOW).left_alone

    assert row.instance == one
