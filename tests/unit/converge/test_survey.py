"""The first look at ids that no region shows: asked for again, or it is said why not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.ecs.clock import MANUAL_START, ManualClock
from local.ecs.fleet.fleet import HANGZHOU, SHANGHAI, InstanceSpec
from local.ecs.gateway.faults import Refuse
from shared.base.clock import Deadline
from shared.converge.survey import Eyes, Pause, Survey, Waits, survey
from shared.converge.target import LOOK_AGAIN_AFTER
from shared.domain.selection import ByIds
from shared.ecs.inventory import Inventory
from tests.harness.call import Call
from tests.harness.invocation import one_by_one

OLD = MANUAL_START - timedelta(days=1)
GHOST = "i-ghost"


def seen(call: Call, *ids: str, pause: Pause) -> tuple[Survey, list[Pause]]:
    """What is seen of these ids, and the waits that were asked for."""
    waits: list[Pause] = []

    def wait() -> Pause:
        waits.append(pause)
        return pause

    sources = [Inventory(call.api(region), one_by_one) for region in (HANGZHOU, SHANGHAI)]
    eyes = Eyes(lambda source, selection: source.select(selection), wait, one_by_one)
    return survey(ByIds(ids), sources, (), eyes), waits


@pytest.mark.parametrize(
    ("pause", "looks", "unsure"),
    [
        (Pause.OVER, 4, ""),
        (Pause.NO_TIME, 2, "too little time is left"),
        (Pause.ENOUGH, 2, ""),
    ],
)
def test_who_is_missing_is_asked_for_again_after_a_wait_or_it_is_said_why_not(
    call: Call, pause: Pause, looks: int, unsure: str
) -> None:
    call.fleet(InstanceSpec(instance_id="i-1", created_at=OLD))

    found, waits = seen(call, GHOST, "i-1", pause=pause)

    assert ([one.id for one in found.instances], found.missing) == (["i-1"], (GHOST,))
    assert found.unsure == unsure
    assert waits == [pause]
    asked = [
        one
        for one in call.ecs.log
        if one.region == HANGZHOU and GHOST in one.parameters.get("InstanceIds", "")
    ]
    assert len(asked) == looks


@pytest.mark.parametrize(
    ("left_s", "pause"), [(14.9, Pause.NO_TIME), (15, Pause.OVER), (16, Pause.OVER)]
)
def test_a_wait_takes_no_more_than_a_third_of_the_time(left_s: float, pause: Pause) -> None:
    clock = ManualClock(MANUAL_START)
    deadline = Deadline.after(MANUAL_START, timedelta(minutes=10))
    clock.sleep((deadline.work_until - MANUAL_START).total_seconds() - left_s)
    before = clock.now()

    assert Waits(clock, deadline).wait() is pause
    assert clock.now() - before == (LOOK_AGAIN_AFTER if pause is Pause.OVER else timedelta(0))


def test_an_invocation_waits_six_times() -> None:
    clock = ManualClock(MANUAL_START)
    waits = Waits(clock, Deadline.after(MANUAL_START, timedelta(hours=1)))

    assert [waits.wait() for _ in range(8)] == [Pause.OVER] * 6 + [Pause.ENOUGH] * 2


def test_nobody_waits_where_nobody_is_missing(call: Call) -> None:
    call.fleet(InstanceSpec(instance_id="i-1", created_at=OLD))

    found, waits = seen(call, "i-1", pause=Pause.NO_TIME)

    assert (found.missing, found.unsure, waits) == ((), "", [])


def test_a_region_that_cannot_be_asked_again_leaves_the_missing_unsure(call: Call) -> None:
    """A dry run follows each of the two looks that come before the wait."""
    call.fleet(InstanceSpec(instance_id="i-1", created_at=OLD))
    call.ecs.faults.add(
        Refuse(action="DescribeInstances", region=SHANGHAI, status=400, code="Odd", skip=4)
    )

    found, _ = seen(call, GHOST, pause=Pause.OVER)

    assert found.missing == (GHOST,)
    assert found.unread == {}
    assert found.unsure.startswith("DescribeInstances in cn-shanghai: ECS returned Odd")
