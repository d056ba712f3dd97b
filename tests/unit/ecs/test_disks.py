"""Disks and their snapshots: read when they matter, with as few calls as can be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from pytest_mock import MockerFixture

from local.ecs.account.durations import Durations
from local.ecs.account.model import Status as EcsStatus
from local.ecs.account.quirks import Quirks
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import HANGZHOU, DiskSpec, InstanceSpec
from local.ecs.gateway.faults import LostPermission, MissingPage
from shared.domain.instance import Disk, Instance, SnapshotStatus, Status, absent
from shared.domain.steps import DiskLook
from shared.ecs.disks import DiskReader
from shared.ecs.fields import RELEASE_TAG
from shared.ecs.inventory import Inventory
from shared.errors import AccessDenied, Unavailable
from tests.harness.call import Body, Call
from tests.harness.invocation import bounded

KEPT = DiskSpec(delete_with_instance=False)


def only_without(action: str) -> Mapping[str, Any]:
    return {
        "Version": "1",
        "Statement": [
            {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"},
            {"Effect": "Deny", "Action": f"ecs:{action}", "Resource": "*"},
        ],
    }


def stopped(instance_id: str, *disks: DiskSpec) -> InstanceSpec:
    return InstanceSpec(
        instance_id=instance_id,
        status=EcsStatus.STOPPED,
        data_disks=disks,
        created_at=MANUAL_START - timedelta(days=1),
    )


def running(instance_id: str, *disks: DiskSpec) -> InstanceSpec:
    return InstanceSpec(instance_id=instance_id, data_disks=disks)


def reader(call: Call, wanted: DiskLook = DiskLook.ALL) -> DiskReader:
    return DiskReader(Inventory(call.api(), bounded), wanted)


def looked(made: DiskReader, *ids: str) -> dict[str, Instance]:
    return made.inventory.look(list(ids))


def disk_ids(instance: Instance) -> list[str]:
    return [disk.id for disk in instance.disks or ()]


def take_snapshot(call: Call, disk_id: str, instance_id: str) -> str:
    """As Curfew does it, or a duplicate of it."""
    answer = call.api().write(
        "CreateSnapshot",
        {"DiskId": disk_id, "Tag.1.Key": RELEASE_TAG, "Tag.1.Value": instance_id},
        call.ecs.clock.now(),
    )
    snapshot_id: str = answer.body["SnapshotId"]  # type: ignore[union-attr]  # it was sent
    return snapshot_id


def states(instance: Instance) -> dict[str, list[SnapshotStatus]]:
    return {disk.id: [one.status for one in disk.snapshots] for disk in instance.disks or ()}


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


def asked(call: Call, action: str) -> list[Mapping[str, str]]:
    return [dict(one.parameters) for one in call.ecs.log if one.action == action]


def test_disks_that_are_only_told_of_are_asked_for_without_their_instances(call: Call) -> None:
    call.fleet(running("i-1", KEPT))
    made = reader(call, DiskLook.NAMES)

    made.first(list(looked(made, "i-1").values()))

    assert asked(call, "DescribeDisks") == [{"RegionId": HANGZHOU, "MaxResults": "500"}]


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


def test_one_snapshot_may_be_accomplished_before_another(call: Call) -> None:
    call.fleet(stopped("i-1", DiskSpec()), durations=Durations(snapshot=timedelta(seconds=60)))
    first, second = (one.disk_id for one in call.ecs.engine.disks("i-1"))
    take_snapshot(call, first, "i-1")
    call.ecs.clock.advance(timedelta(seconds=40))
    take_snapshot(call, second, "i-1")
    made = reader(call)
    before = {one.id: one for one in made.first(list(looked(made, "i-1").values()))}
    call.ecs.clock.advance(timedelta(seconds=40))

    found = made.add(looked(made, "i-1"), before)

    assert states(found["i-1"]) == {
        first: [SnapshotStatus.ACCOMPLISHED],
        second: [SnapshotStatus.PROGRESSING],
    }


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


def test_no_snapshots_for_want_of_permission_is_no_answer(call: Call) -> None:
    call.fleet(stopped("i-1"))
    call.ecs.restrict(only_without("DescribeSnapshots"))
    made = reader(call)
    before = looked(made, "i-1")

    with pytest.raises(AccessDenied, match="ecs:DescribeSnapshots"):
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


def test_only_our_snapshots_of_this_instance_count(call: Call) -> None:
    call.fleet(stopped("i-1"), stopped("i-2"))
    (disk,) = call.ecs.engine.disks("i-1")
    take_snapshot(call, disk.disk_id, "i-2")
    call.ecs.clock.advance(timedelta(minutes=1))
    call.api().write("CreateSnapshot", {"DiskId": disk.disk_id}, call.ecs.clock.now())
    call.ecs.clock.advance(timedelta(minutes=1))
    ours = take_snapshot(call, disk.disk_id, "i-1")

    made = reader(call)
    (found,) = made.first(list(looked(made, "i-1").values()))

    assert [one.id for disk in found.disks or () for one in disk.snapshots] == [ours]


def test_while_snapshots_progress_only_they_are_asked_for_a_hundred_a_call(call: Call) -> None:
    ids = [f"i-{number:03}" for number in range(120)]
    call.fleet(*(stopped(one) for one in ids))
    for disk in call.ecs.engine.disks():
        take_snapshot(call, disk.disk_id, disk.instance_id)
    made = reader(call)
    before = {one.id: one for one in made.first(list(looked(made, *ids).values()))}
    call.ecs.log.clear()

    found = made.add(looked(made, *ids), before)

    assert call.actions() == ["DescribeInstances"] * 2 + ["DescribeSnapshots"] * 2
    asked = [
        len(json.loads(one.parameters["SnapshotIds"]))
        for one in call.ecs.log
        if "SnapshotIds" in one.parameters
    ]
    assert asked == [100, 20]
    assert {one.disks for one in found.values()} == {one.disks for one in before.values()}


def test_disks_are_read_anew_when_the_last_snapshot_is_accomplished(call: Call) -> None:
    call.fleet(stopped("i-1"))
    (disk,) = call.ecs.engine.disks("i-1")
    take_snapshot(call, disk.disk_id, "i-1")
    made = reader(call)
    before = {one.id: one for one in made.first(list(looked(made, "i-1").values()))}
    call.ecs.clock.advance(timedelta(minutes=5))
    call.ecs.log.clear()

    found = made.add(looked(made, "i-1"), before)

    assert states(found["i-1"]) == {disk.disk_id: [SnapshotStatus.ACCOMPLISHED]}
    assert call.actions() == [
        "DescribeInstances",
        "DescribeSnapshots",
        "DescribeDisks",
        "DescribeSnapshots",
        "DescribeInstances",
    ]


def test_who_was_started_while_disks_were_read_is_without_disks(call: Call) -> None:
    call.fleet(stopped("i-1"))
    made = reader(call)
    before = {one.id: one for one in made.first(list(looked(made, "i-1").values()))}
    shown = looked(made, "i-1")

    def somebody() -> None:
        call.ecs.clock.advance(timedelta(minutes=2))
        call.ecs.engine.start("i-1")
        call.ecs.clock.advance(timedelta(minutes=2))
        call.ecs.engine.stop("i-1")
        call.ecs.clock.advance(timedelta(minutes=2))

    call.meanwhile("DescribeDisks", somebody)
    found = made.add(shown, before)

    assert found["i-1"].status is Status.STOPPED
    assert found["i-1"].disks is None
    assert found["i-1"].seen_at == shown["i-1"].seen_at


def test_disks_are_read_anew_after_another_start(call: Call) -> None:
    call.fleet(stopped("i-1"))
    (disk,) = call.ecs.engine.disks("i-1")
    take_snapshot(call, disk.disk_id, "i-1")
    made = reader(call)
    before = {one.id: one for one in made.first(list(looked(made, "i-1").values()))}
    call.ecs.engine.start("i-1")
    call.ecs.clock.advance(timedelta(seconds=30))
    call.ecs.engine.stop("i-1")
    call.ecs.clock.advance(timedelta(seconds=30))

    found = made.add(looked(made, "i-1"), before)

    assert states(found["i-1"]) == {disk.disk_id: [SnapshotStatus.FAILED]}
    assert found["i-1"].started_at != before["i-1"].started_at


def test_a_snapshot_that_vanished_has_its_disks_read_anew(call: Call) -> None:
    call.fleet(stopped("i-1"))
    (disk,) = call.ecs.engine.disks("i-1")
    take_snapshot(call, disk.disk_id, "i-1")
    made = reader(call)
    before = {one.id: one for one in made.first(list(looked(made, "i-1").values()))}
    call.fleet(stopped("i-1"))

    found = made.add(looked(made, "i-1"), before)

    assert states(before["i-1"]) == {disk.disk_id: [SnapshotStatus.PROGRESSING]}
    assert states(found["i-1"]) == {disk.disk_id: []}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no-list"),
        pytest.param({"Disks": {"Disk": ["d-1"]}}, id="bare-ids"),
        pytest.param({"Disks": {"Disk": []}, "NextToken": 5}, id="token-of-another-type"),
    ],
)
@pytest.mark.parametrize("wanted", [DiskLook.ALL, DiskLook.NAMES])
def test_an_answer_about_disks_of_another_shape_means_nothing(
    call: Call, mocker: MockerFixture, body: Mapping[str, Any], wanted: DiskLook
) -> None:
    call.fleet(running("i-1"))
    made = reader(call, wanted)
    before = looked(made, "i-1")
    mocker.patch("shared.ecs.sdk.SdkTransport.send", return_value=body)

    with pytest.raises(Unavailable):
        made.first(list(before.values()))


SICK_DISKS: Mapping[str, Mapping[str, object]] = {
    "no-id": {"DiskId": None},
    "id-of-another-type": {"DiskId": 5},
    "category": {"Category": 5},
    "attached-sometime": {"AttachedTime": "soon"},
}
EACH_SICK_DISK = pytest.mark.parametrize("fields", SICK_DISKS.values(), ids=SICK_DISKS)


def sicken(call: Call, fields: Mapping[str, object]) -> None:
    """Have the disks of i-1 shown with these fields."""

    def change(_: object, body: Body) -> Body:
        rows = [
            one | fields if one["InstanceId"] == "i-1" else one for one in body["Disks"]["Disk"]
        ]
        return {**body, "Disks": {"Disk": rows}}

    call.shown("DescribeDisks", change)


@EACH_SICK_DISK
def test_a_disk_that_cannot_be_read_makes_its_own_instance_unreadable(
    call: Call, fields: Mapping[str, object]
) -> None:
    call.fleet(stopped("i-1"), stopped("i-2"))
    made = reader(call)
    before = looked(made, "i-1", "i-2")
    sicken(call, fields)

    first = {one.id: one for one in made.first(list(before.values()))}
    again = made.add(before, before)

    for found in (first, again):
        assert found["i-1"].unreadable.startswith("ECS returned an unreadable disk: ")
        assert found["i-1"].disks is None
        assert (found["i-2"].unreadable, len(found["i-2"].disks or ())) == ("", 1)


@EACH_SICK_DISK
def test_of_disks_that_are_only_told_of_one_that_cannot_be_read_is_left_out(
    call: Call, fields: Mapping[str, object]
) -> None:
    call.fleet(stopped("i-1", KEPT), stopped("i-2", KEPT))
    made = reader(call, DiskLook.NAMES)
    before = looked(made, "i-1", "i-2")
    sicken(call, fields)

    first = made.first(list(before.values()))

    assert [(one.id, one.unreadable, len(one.disks or ())) for one in first] == [
        ("i-1", "", 0),
        ("i-2", "", 2),
    ]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"Status": "progressing", "CreationTime": "2026-11-23T10:00:00Z"}, id="no-id"),
        pytest.param({"SnapshotId": "s-1"}, id="no-status"),
        pytest.param({"SnapshotId": "s-1", "Status": "failed", "CreationTime": "?"}, id="no-time"),
        pytest.param({"SnapshotId": "s-1", "Tags": []}, id="tags-of-another-type"),
    ],
)
def test_a_snapshot_that_cannot_be_read_makes_its_instance_unreadable(
    call: Call, mocker: MockerFixture, row: Mapping[str, Any]
) -> None:
    call.fleet(stopped("i-1"))
    made = reader(call)
    before = looked(made, "i-1")
    tags = {"Tags": {"Tag": [{"TagKey": RELEASE_TAG, "TagValue": "i-1"}]}}
    body = {
        "Disks": {"Disk": [{"DiskId": "d-1", "Category": "cloud"}]},
        "Snapshots": {"Snapshot": [{"SourceDiskId": "d-1", **tags, **row}]},
    }
    mocker.patch("shared.ecs.sdk.SdkTransport.send", return_value=body)

    (found,) = made.first(list(before.values()))

    assert found.unreadable.startswith("ECS returned an unreadable snapshot: ")


def test_a_snapshot_in_progress_that_cannot_be_read_any_more_makes_it_unreadable(
    call: Call,
) -> None:
    call.fleet(stopped("i-1"))
    (disk,) = call.ecs.engine.disks("i-1")
    take_snapshot(call, disk.disk_id, "i-1")
    made = reader(call)
    before = {one.id: one for one in made.first(list(looked(made, "i-1").values()))}

    def change(_: object, body: Body) -> Body:
        rows = [{**one, "CreationTime": "soon"} for one in body["Snapshots"]["Snapshot"]]
        return {**body, "Snapshots": {"Snapshot": rows}}

    call.shown("DescribeSnapshots", change)

    found = made.add(looked(made, "i-1"), before)

    assert found["i-1"].unreadable.startswith("ECS returned an unreadable snapshot: ")


def test_a_snapshot_in_no_documented_state_has_failed(call: Call, mocker: MockerFixture) -> None:
    call.fleet(stopped("i-1"))
    made = reader(call)
    before = looked(made, "i-1")
    snapshot = {
        "SnapshotId": "s-1",
        "SourceDiskId": "d-1",
        "Status": "Perhaps",
        "CreationTime": "2026-11-23T10:00:00Z",
        "Tags": {"Tag": [{"TagKey": RELEASE_TAG, "TagValue": "i-1"}]},
    }
    body = {
        "Disks": {"Disk": [{"DiskId": "d-1", "Category": "cloud"}]},
        "Snapshots": {"Snapshot": [snapshot]},
    }
    mocker.patch("shared.ecs.sdk.SdkTransport.send", return_value=body)

    (found,) = made.first(list(before.values()))

    assert states(found) == {"d-1": [SnapshotStatus.FAILED]}
