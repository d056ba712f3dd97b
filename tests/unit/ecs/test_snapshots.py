"""Snapshots of disks: which count, how their progress is followed, when disks are read anew."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from local.ecs.account.durations import Durations
from local.ecs.fleet.fleet import DiskSpec
from shared.base.errors import AccessDenied
from shared.domain.instance import SnapshotStatus, Status
from tests.harness.call import Call
from tests.unit.ecs.stopped import (
    looked,
    only_without,
    reader,
    states,
    stopped,
    take_snapshot,
)


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


def test_no_snapshots_for_want_of_permission_is_no_answer(call: Call) -> None:
    call.fleet(stopped("i-1"))
    call.ecs.restrict(only_without("DescribeSnapshots"))
    made = reader(call)
    before = looked(made, "i-1")

    with pytest.raises(AccessDenied, match="ecs:DescribeSnapshots"):
        made.first(list(before.values()))


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
