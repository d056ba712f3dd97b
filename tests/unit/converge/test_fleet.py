"""All regions of a request together: one plan over them, carried out side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from functions.release import ReleaseRule
from functions.set_auto_release import SetAutoReleaseRule
from local.ecs.account.durations import Durations
from local.ecs.account.model import ChargeType
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import HANGZHOU, SHANGHAI, DiskSpec, InstanceSpec
from local.ecs.gateway.faults import DroppedTags, Refuse
from shared.base.clock import Deadline
from shared.base.errors import Unavailable
from shared.base.parallel import threads
from shared.base.times import CHINA
from shared.converge.fleet import NOT_THERE, Fleet
from shared.converge.survey import Pause
from shared.domain.guards import Guard, Harm
from shared.domain.instance import Status
from shared.domain.narrowing import Narrowing
from shared.domain.plan import Judge, Result
from shared.domain.power import StopRule
from shared.domain.selection import ByIds, ByTagsAndName, Everything, Selection
from shared.domain.steps import DiskLook, Rule
from shared.ecs.inventory import Inventory
from tests.harness.call import Call
from tests.harness.invocation import one_by_one

STOP = StopRule(force=False, stopped_mode=None, wait=True)
RELEASE = ReleaseRule(
    force=False,
    snapshot=True,
    retention_days=7,
    kept_until=MANUAL_START + timedelta(days=7),
    begun_at=MANUAL_START,
    zone=CHINA,
)
EVERYTHING = Everything()


def make(
    call: Call,
    *regions: str,
    selection: Selection = EVERYTHING,
    releases: bool = False,
    side_by_side: Any = one_by_one,  # noqa: ANN401  # a Runner
) -> Fleet:
    return Fleet(
        judge=Judge(
            selection,
            Narrowing(),
            Guard(Harm.LOSS if releases else Harm.OUTAGE),
            RELEASE if releases else STOP,
        ),
        sources=tuple(Inventory(call.api(one), side_by_side) for one in regions),
        others=(),
        born_by=None,
        disks=DiskLook.ALL if releases else DiskLook.NONE,
        clock=call.ecs.clock,
        deadline=Deadline.after(call.ecs.clock.now(), timedelta(minutes=10)),
        wait=lambda: Pause.ENOUGH,
        side_by_side=side_by_side,
    )


def with_rule(fleet: Fleet, rule: Rule, disks: DiskLook = DiskLook.NONE) -> Fleet:
    judge = msgspec.structs.replace(fleet.judge, rule=rule)
    return msgspec.structs.replace(fleet, judge=judge, disks=disks)


def dev(instance_id: str, **fields: Any) -> InstanceSpec:  # noqa: ANN401  # any field of a spec
    spec = {"created_at": MANUAL_START - timedelta(days=1), **fields}
    return InstanceSpec(instance_id=instance_id, **spec)


def test_the_plan_is_over_all_regions(call: Call) -> None:
    call.fleet(
        dev("i-1"),
        dev("i-2", region=SHANGHAI),
        dev("i-3", region=SHANGHAI, tags={"curfew:protect": ""}),
    )
    call.ecs.engine.add(dev("i-4", region=SHANGHAI))
    call.ecs.engine.stop("i-4")

    plan = make(call, HANGZHOU, SHANGHAI).look().plan

    assert [one.id for one in plan.to_change] == ["i-1", "i-2"]
    assert [one.id for one in plan.awaited] == ["i-4"]
    assert [(one.instance.id, one.reason) for one in plan.left_alone] == [
        ("i-3", "tag curfew:protect")
    ]
    assert call.ecs.log.mutating() == ()


@pytest.mark.parametrize(
    ("regions", "shown"), [([HANGZHOU], HANGZHOU), ([HANGZHOU, SHANGHAI], "")], ids=["one", "two"]
)
def test_an_id_that_no_region_knows_is_absent(
    call: Call, regions: Sequence[str], shown: str
) -> None:
    call.fleet(dev("i-1"))

    plan = make(call, *regions, selection=ByIds(("i-ghost", "i-1"))).look().plan

    (ghost,) = plan.left_alone
    assert (ghost.instance.id, ghost.instance.region) == ("i-ghost", shown)
    assert (ghost.instance.status, ghost.result) == (Status.GONE, Result.FAILED)
    assert ghost.instance.seen_at == call.ecs.clock.now()
    assert [one.id for one in plan.to_change] == ["i-1"]


def test_a_region_that_cannot_be_read_is_told_and_the_others_are_planned(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2", region=SHANGHAI))
    call.ecs.faults.add(Refuse(region=SHANGHAI))

    scene = make(call, HANGZHOU, SHANGHAI).look()

    assert [one.id for one in scene.plan.to_change] == ["i-1"]
    assert list(scene.unread) == [SHANGHAI]
    assert scene.warnings == (f"{SHANGHAI} could not be read: {scene.unread[SHANGHAI]}",)


def test_where_no_region_can_be_read_there_is_no_plan(call: Call) -> None:
    call.ecs.faults.add(Refuse())

    with pytest.raises(Unavailable):
        make(call, HANGZHOU, SHANGHAI).look()


@pytest.mark.parametrize("skip", [0, 1], ids=["lost", "shown"])
def test_a_plan_knows_the_guards_whose_tags_got_lost(call: Call, skip: int) -> None:
    call.fleet(dev("i-1", tags={"curfew:protect": ""}), dev("i-2"))
    call.ecs.faults.add(DroppedTags(action="DescribeInstances", skip=skip))

    plan = make(call, HANGZHOU, releases=True).look().plan

    assert [one.id for one in plan.to_change] == ["i-2"]
    assert [one.reason for one in plan.left_alone] == ["tag curfew:protect"]
    assert [one.action for one in call.ecs.log].count("DescribeDisks") == 1


def test_what_a_plan_has_asked_for_is_not_asked_for_again_before_the_write(call: Call) -> None:
    call.fleet(dev("i-1"), durations=Durations(deleting=timedelta(0)))
    fleet = make(call, HANGZHOU, releases=True)
    by_force = with_rule(fleet, msgspec.structs.replace(RELEASE, force=True, snapshot=False))

    by_force.execute(by_force.look().plan)

    asked = [one for one in call.ecs.log if one.action == "ListTagResources"]
    assert ["DryRun" in one.parameters for one in asked] == [False, True]
    assert call.ecs.engine.instances() == ()


def test_no_tags_are_asked_for_where_nothing_gets_lost_or_changed(call: Call) -> None:
    at = MANUAL_START + timedelta(hours=2)
    call.fleet(dev("i-1", auto_release_at=at), dev("i-2", deletion_protection=True))
    stops = make(call, HANGZHOU)
    sets = with_rule(
        make(call, HANGZHOU, releases=True),
        SetAutoReleaseRule(at, "replace", may_move=False, zone=CHINA),
    )

    assert stops.look().plan.to_change != ()
    assert sets.look().plan.to_change == ()
    assert [one.action for one in call.ecs.log].count("ListTagResources") == 0


def test_disks_of_guarded_instances_are_not_read(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2", charge_type=ChargeType.PRE_PAID))

    make(call, HANGZHOU, releases=True).look()

    assert [one.parameters["InstanceId"] for one in call.ecs.log if "Disks" in one.action] == [
        "i-1"
    ]


def test_what_could_not_be_released_is_not_even_stopped(call: Call) -> None:
    call.fleet(dev("i-1", data_disks=(DiskSpec(category="local_ssd_pro"),)), dev("i-2"))
    fleet = make(call, HANGZHOU, releases=True)

    rows = fleet.execute(fleet.look().plan)

    assert {one.instance.id: one.result for one in rows} == {
        "i-1": Result.SKIPPED,
        "i-2": Result.CHANGED,
    }
    assert call.ecs.log.touched("i-1") == ()


def test_the_size_of_each_region_is_all_that_it_has(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2"), dev("i-3", region=SHANGHAI))
    fleet = make(call, HANGZHOU, SHANGHAI, "cn-beijing")

    assert fleet.sizes([HANGZHOU, SHANGHAI, "cn-beijing"]) == (
        {HANGZHOU: 2, SHANGHAI: 1, "cn-beijing": 0},
        {},
    )
    assert fleet.sizes([SHANGHAI]) == ({SHANGHAI: 1}, {})
    assert fleet.sizes([]) == ({}, {})


def test_a_region_that_cannot_be_counted_says_why_and_the_others_are_counted(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2", region=SHANGHAI))
    fleet = make(call, HANGZHOU, SHANGHAI)
    call.ecs.faults.add(Refuse(region=SHANGHAI))

    sizes, problems = fleet.sizes([HANGZHOU, SHANGHAI])

    assert sizes == {HANGZHOU: 1}
    assert list(problems) == [SHANGHAI]
    assert problems[SHANGHAI].startswith(
        "its region could not be counted for CURFEW_MAX_PERCENT: DescribeInstances in cn-shanghai: "
    )


def test_regions_are_counted_for_a_third_of_the_time_that_is_left(call: Call) -> None:
    call.fleet(dev("i-1"))
    fleet = make(call, HANGZHOU)
    call.ecs.faults.add(Refuse(status=400, code="Throttling"))
    begun, third = MANUAL_START, (fleet.deadline.work_until - MANUAL_START) / 3

    sizes, problems = fleet.sizes([HANGZHOU])

    assert (sizes, list(problems)) == ({}, [HANGZHOU])
    assert third / 2 < call.ecs.clock.now() - begun <= third


def test_what_nobody_foresaw_while_counting_keeps_no_other_region_from_it(
    call: Call, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    call.fleet(dev("i-1"), dev("i-2", region=SHANGHAI))
    size = Inventory.size

    def fails(source: Inventory) -> int:
        if source.client.region == SHANGHAI:
            raise ZeroDivisionError
        return size(source)

    monkeypatch.setattr(Inventory, "size", fails)

    sizes, problems = make(call, HANGZHOU, SHANGHAI).sizes([HANGZHOU, SHANGHAI])

    assert sizes == {HANGZHOU: 1}
    assert "ZeroDivisionError" in problems[SHANGHAI]
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("side_by_side", [one_by_one, threads], ids=["one-by-one", "threads"])
def test_what_is_executed_is_the_plan_and_each_row_is_there_once(
    call: Call, side_by_side: Callable[..., Any]
) -> None:
    call.fleet(*(dev(f"i-{number}") for number in range(250)), dev("i-far", region=SHANGHAI))
    fleet = make(call, HANGZHOU, SHANGHAI, side_by_side=side_by_side)
    plan = fleet.look().plan
    call.ecs.engine.add(dev("i-new"))

    rows = fleet.execute(plan)

    assert sorted(one.instance.id for one in rows) == sorted(one.id for one in plan.to_change)
    assert {one.result for one in rows} == {Result.CHANGED}
    assert call.ecs.log.touched("i-new") == ()
    assert sum(one.client.calls for one in fleet.sources) == len(call.ecs.log)


def test_what_was_created_after_the_event_is_left_out_and_named(call: Call) -> None:
    call.fleet(dev("i-old"), dev("i-new", created_at=MANUAL_START))
    fleet = msgspec.structs.replace(make(call, HANGZHOU), born_by=MANUAL_START - timedelta(hours=1))

    scene = fleet.look()

    assert [one.id for one in scene.plan.to_change] == ["i-old"]
    assert [(one.instance.id, one.result) for one in scene.plan.left_alone] == [
        ("i-new", Result.SKIPPED)
    ]
    assert scene.warnings == ("created after the event and left alone: i-new",)


@pytest.mark.parametrize(("number", "end"), [(5, "i-4"), (6, "i-4 and 1 more")])
def test_five_are_named_and_more_are_counted(call: Call, number: int, end: str) -> None:
    call.fleet(*(dev(f"i-{one}", created_at=MANUAL_START) for one in range(number)))
    fleet = msgspec.structs.replace(make(call, HANGZHOU), born_by=MANUAL_START - timedelta(hours=1))

    (warning,) = fleet.look().warnings

    assert warning == f"created after the event and left alone: i-0, i-1, i-2, i-3, {end}"


def test_of_what_was_created_after_the_event_no_disk_and_no_tag_is_asked_for(call: Call) -> None:
    call.fleet(dev("i-old"), dev("i-new", created_at=MANUAL_START))
    fleet = msgspec.structs.replace(
        make(call, HANGZHOU, releases=True), born_by=MANUAL_START - timedelta(hours=1)
    )

    fleet.look()

    asked = [one.parameters for one in call.ecs.log if one.action != "DescribeInstances"]
    assert "i-old" in str(asked)
    assert "i-new" not in str(asked)


NO_SUCH_KEY = "no instance has the tag key team."


@pytest.mark.parametrize(
    ("selection", "warnings"),
    [
        pytest.param(
            ByTagsAndName((("team", None),)),
            (f"nothing matched in {HANGZHOU}: {NO_SUCH_KEY}",),
            id="tags",
        ),
        pytest.param(
            ByIds(("i-ghost",)),
            (f"ECS does not know i-ghost: {NOT_THERE}",),
            id="ids",
        ),
        pytest.param(ByIds(("i-1",)), (), id="found"),
        pytest.param(EVERYTHING, (), id="all"),
    ],
)
def test_what_a_person_must_be_told_is_a_warning(
    call: Call, selection: Selection, warnings: tuple[str, ...]
) -> None:
    call.fleet(dev("i-1"))

    assert make(call, HANGZHOU, selection=selection).look().warnings == warnings
