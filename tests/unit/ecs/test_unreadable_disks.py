"""Disks and snapshots that cannot be read make their own instance unreadable, no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pytest_mock import MockerFixture

from shared.base.errors import Unavailable
from shared.domain.instance import SnapshotStatus
from shared.domain.steps import DiskLook
from shared.ecs.fields import RELEASE_TAG
from tests.harness.call import Body, Call
from tests.unit.ecs.stopped import KEPT, looked, reader, running, states, stopped, take_snapshot


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
