"""What ECS leaves out of its answers makes no disk count as saved that is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import GarbledRow, Refuse
from shared.base.errors import Incomplete
from tests.harness.reports import table
from tests.harness.stage import DEV, Stage
from tests.harness.transport import Direct

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


class OfAll(Direct):
    """DescribeDisks forgets whose disks were asked for."""

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        if operation == "DescribeDisks":
            parameters = {key: one for key, one in parameters.items() if key != "InstanceId"}
        return super().send(operation, parameters, timeout_s=timeout_s)


@pytest.mark.promise("S28")
def test_the_disks_of_another_instance_are_not_saved_in_place_of_its_own() -> None:
    stage = Stage([WEB, InstanceSpec("prod-db")])
    own, *_ = stage.engine.disks(stage.id_of("dev-web"))
    stage.transport = OfAll(stage.gateway)

    report = stage.ask("release", {"tags": DEV, "dry_run": False})

    assert report["counts"]["changed"] == 1
    assert [shot.disk_id for shot in stage.engine.snapshots()] == [own.disk_id]


class OfAnother(Direct):
    """DescribeDisks lists the disks of another instance than was asked for."""

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        body = super().send(operation, parameters, timeout_s=timeout_s)
        if operation == "DescribeDisks":
            body = json.loads(json.dumps(body).replace('"i-', '"i-another-'))
        return body


@pytest.mark.promise("S28")
def test_an_instance_of_which_only_foreign_disks_are_listed_is_kept() -> None:
    stage = Stage([WEB])
    stage.transport = OfAnother(stage.gateway)

    with pytest.raises(Incomplete, match="ECS shows no disks for it"):
        stage.ask("release", {"tags": DEV, "dry_run": False})

    assert stage.writes() == ()
