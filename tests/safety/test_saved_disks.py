"""What ECS leaves out of its answers makes no disk count as saved that is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import GarbledRow, Refuse
from shared.errors import Incomplete
from tests.harness.reports import table
from tests.harness.stage import DEV, Stage

WEB = InstanceSpec("dev-web", tags=DEV)


@pytest.mark.promise("S28")
def test_without_a_start_time_a_snapshot_of_an_earlier_run_does_not_count() -> None:
    stage = Stage([WEB])
    one = stage.id_of("dev-web")
    stage.gateway.faults.add(Refuse(action="DeleteInstances", code="OperationDenied", status=403))
    with pytest.raises(Incomplete):
        stage.ask("release", {"instance_ids": [one]})
    stage.engine.start(one)
    stage.clock.advance(timedelta(days=1))  # a day of work that no snapshot holds
    stage.engine.stop(one)
    stage.clock.advance(timedelta(minutes=1))
    stage.gateway.faults.clear()
    stage.gateway.faults.add(
        GarbledRow(action="DescribeInstances", id=one, field="StartTime", absent=True)
    )
    before = {shot.snapshot_id for shot in stage.engine.snapshots()}

    # So that the snapshot of the day before is kept for long enough.
    report = stage.ask("release", {"instance_ids": [one], "snapshot_retention_days": 6})

    (taken,) = {shot.snapshot_id for shot in stage.engine.snapshots()} - before
    assert report["counts"]["changed"] == 1
    assert taken in report["instances"][0]["reason"]


@pytest.mark.promise("S28")
def test_the_storage_of_its_host_is_not_lost_because_no_list_shows_it() -> None:
    """A row says LocalStorageAmount, and DescribeDisks shows the disks that ECS can snapshot."""
    stage = Stage([InstanceSpec("dev-data", instance_type="ecs.i3.xlarge", tags=DEV)])
    kept = (
        "the local storage of its host cannot be snapshotted; set snapshot to false to release it "
        "without one"
    )

    for dry_run in (True, False):
        report = stage.ask("release", {"tags": DEV, "dry_run": dry_run})
        assert table(report) == {"dev-data": ("skipped", kept)}
    assert stage.writes() == ()

    report = stage.ask("release", {"tags": DEV, "dry_run": False, "snapshot": False})
    assert report["counts"]["changed"] == 1
