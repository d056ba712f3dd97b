"""Stopped instances with disks, and the reader of these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from local.ecs.account.model import Status as EcsStatus
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from shared.domain.instance import Instance, SnapshotStatus
from shared.domain.steps import DiskLook
from shared.ecs.disks import DiskReader
from shared.ecs.fields import RELEASE_TAG
from shared.ecs.inventory import Inventory
from tests.harness.call import Call
from tests.harness.invocation import one_by_one

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
    return DiskReader(Inventory(call.api(), one_by_one), wanted)


def looked(made: DiskReader, *ids: str) -> dict[str, Instance]:
    return made.inventory.look(list(ids))


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


def asked(call: Call, action: str) -> list[Mapping[str, str]]:
    return [dict(one.parameters) for one in call.ecs.log if one.action == action]
