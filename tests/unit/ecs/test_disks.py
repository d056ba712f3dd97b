"""Disks and their snapshots: read when they matter, with as few calls as can be."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.ecs.account.quirks import Quirks
from local.ecs.fleet.fleet import HANGZHOU, DiskSpec
from local.ecs.gateway.faults import LostPermission, MissingPage
from shared.base.errors import AccessDenied
from shared.domain.instance import Disk, Instance, Status, absent
from shared.domain.steps import DiskLook
from shared.ecs.fields import RELEASE_TAG
from tests.harness.call import Call
from tests.unit.ecs.stopped import KEPT, asked, looked, only_without, reader, running, stopped


def disk_ids(instance: Instance) -> list[str]:
    return [disk.id for disk in instance.disks or ()]


def test_no_disk_is_read_where_none_matters(call: Call) -> None:
    call.fleet(running("i-1"))
    made = reader(call, DiskLook.NONE)
    before = looked(made, "i-1")
    call.ecs.log.clear()

    assert made.first(list(before.values())) == list(before.values())
    assert made.add(before, before) == before
    assert call.actions() == []


def test_one_listing_tells_the_disks_that_survive_and_those_that_are_lost(call: Call) -> None:
    call.fleet(running("i-1", KEPT, DiskSpec()), running("i-2"), running("i-3", KEPT, KEPT))
    made = reader(call, DiskLook.NAMES)
    before = looked(made, "i-1", "i-2", "i-3")

    found = made.first(list(before.values()))

    disks = {
        one.disk_id: Disk(
            one.disk_id,
            "cloud_essd",
            deleted_with_instance=one.delete_with_instance,
            attached_at=one.attached_at.replace(microsecond=0) if one.attached_at else None,
        )
        for one in call.ecs.engine.disks()
    }
    assert [len(one.disks or ()) for one in found] == [3, 1, 3]
    assert {one.id: one for each in found for one in each.disks or ()} == disks
    assert call.actions() == ["DescribeInstances", "DescribeDisks"]


@pytest.mark.parametrize(
    ("ids", "parameters"),
    [
        pytest.param(["i-1"], {"InstanceId": "i-1"}, id="one"),
        pytest.param(["i-1", "i-2"], {}, id="several"),
    ],
)
def test_disks_that_are_only_told_of_are_listed_in_one_go(
    call: Call, ids: list[str], parameters: dict[str, str]
) -> None:
    call.fleet(running("i-1", KEPT), running("i-2"), running("i-3"))
    made = reader(call, DiskLook.NAMES)

    found = made.first(list(looked(made, *ids).values()))

    assert asked(call, "DescribeDisks") == [
        {"RegionId": HANGZHOU, **parameters, "MaxResults": "500"}
    ]
    assert [len(one.disks or ()) for one in found] == [2, 1][: len(ids)]


def test_disks_and_our_snapshots_are_asked_for_by_instance(call: Call) -> None:
    call.fleet(stopped("i-1"))
    made = reader(call)

    made.first(list(looked(made, "i-1").values()))

    region = {"RegionId": HANGZHOU}
    assert asked(call, "DescribeDisks") == [{**region, "InstanceId": "i-1", "MaxResults": "500"}]
    assert asked(call, "DescribeSnapshots") == [
        {
            **region,
            "InstanceId": "i-1",
            "MaxResults": "100",
            "Tag.1.Key": RELEASE_TAG,
            "Tag.1.Value": "i-1",
        },
        {**region, "DryRun": "true"},
    ]


@pytest.mark.parametrize("wanted", DiskLook)
def test_what_is_gone_stays_as_it_was_seen(call: Call, wanted: DiskLook) -> None:
    call.fleet(running("i-1", KEPT))
    made = reader(call, wanted)
    gone = absent("i-ghost", HANGZHOU, call.ecs.clock.now())

    found = made.first([gone, *looked(made, "i-1").values()])

    assert [(one.id, one.status) for one in found] == [
        ("i-ghost", Status.GONE),
        ("i-1", Status.RUNNING),
    ]
    assert not found[0].disks


def test_what_is_released_while_its_disks_are_first_asked_for_is_gone(call: Call) -> None:
    call.fleet(running("i-1"), running("i-2"))
    made = reader(call)
    before = list(looked(made, "i-1", "i-2").values())
    call.ecs.clock.advance(timedelta(seconds=3))
    call.meanwhile("DescribeDisks", lambda: call.ecs.engine.release("i-1"), first=True)

    released, other = made.first(before)

    assert (released.status, released.seen_at) == (Status.GONE, call.ecs.clock.now())
    assert (other.status, len(other.disks or ())) == (Status.RUNNING, 1)


def test_what_is_released_while_its_disks_are_asked_for_again_is_left_out(call: Call) -> None:
    call.fleet(stopped("i-1"), stopped("i-2"))
    made = reader(call)
    before = looked(made, "i-1", "i-2")
    call.meanwhile("DescribeDisks", lambda: call.ecs.engine.release("i-1"), first=True)

    assert list(made.add(before, before)) == ["i-2"]


def test_what_shows_no_disk_and_is_there_is_not_taken_for_released(call: Call) -> None:
    call.fleet(running("i-1"))
    made = reader(call)
    before = list(looked(made, "i-1").values())
    call.shown("DescribeDisks", lambda _, body: {**body, "Disks": {"Disk": []}})

    (found,) = made.first(before)

    assert (found.status, found.disks) == (Status.RUNNING, ())


def test_disks_are_read_when_an_instance_is_first_seen_stopped(call: Call) -> None:
    call.fleet(stopped("i-1"))
    made = reader(call)
    before = looked(made, "i-1")

    found = made.add(before, before)

    assert disk_ids(found["i-1"]) == [one.disk_id for one in call.ecs.engine.disks("i-1")]


@pytest.mark.parametrize("is_empty", [True, False], ids=["empty", "refused"])
@pytest.mark.parametrize("wanted", [DiskLook.NAMES, DiskLook.ALL])
def test_no_disks_for_want_of_permission_is_no_answer(
    call: Call, wanted: DiskLook, *, is_empty: bool
) -> None:
    call.fleet(running("i-1", KEPT), quirks=Quirks(denied_describe_is_empty=is_empty))
    call.ecs.restrict(only_without("DescribeDisks"))
    made = reader(call, wanted)
    before = looked(made, "i-1")

    with pytest.raises(AccessDenied, match="ecs:DescribeDisks"):
        made.first(list(before.values()))


def test_a_running_instance_is_read_with_its_disks_alone(call: Call) -> None:
    call.fleet(running("i-1", KEPT))
    made = reader(call)

    (found,) = made.first(list(looked(made, "i-1").values()))

    assert disk_ids(found) == [one.disk_id for one in call.ecs.engine.disks("i-1")]
    assert call.actions() == ["DescribeInstances", "DescribeDisks"]


@pytest.mark.parametrize("is_first", [True, False], ids=["at-first", "later"])
def test_an_instance_that_shows_no_disk_is_gone_only_when_it_was_looked_for_twice(
    call: Call, *, is_first: bool
) -> None:
    call.fleet(stopped("i-1"))
    made = reader(call)
    before = looked(made, "i-1")
    call.ecs.faults.add(LostPermission(action="DescribeDisks", times=1, empty=True))
    call.ecs.faults.add(MissingPage(action="DescribeInstances", times=1))

    found = made.first([before["i-1"]])[0] if is_first else made.add(before, before)["i-1"]

    assert (found.status, found.disks) == (Status.STOPPED, ())
