"""The operations of ECS that the emulator knows, by the name that a request gives."""

from __future__ import annotations

from collections.abc import Mapping

from local.ecs.operations import (
    attributes,
    auto_release,
    deletion,
    describe_instances,
    describe_snapshots,
    disks,
    power,
    prices,
    regions,
    run_instances,
    snapshots,
    tags,
)
from local.ecs.rpc.request import Operation

OPERATIONS: Mapping[str, Operation] = {
    "CreateInstance": run_instances.create_instance,
    "CreateSnapshot": snapshots.create_snapshot,
    "CreateSnapshotGroup": snapshots.create_snapshot_group,
    "DeleteInstance": deletion.delete_instance,
    "DeleteInstances": deletion.delete_instances,
    "DescribeDisks": disks.describe_disks,
    "DescribeInstanceAttribute": describe_instances.describe_instance_attribute,
    "DescribeInstanceStatus": describe_instances.describe_instance_status,
    "DescribeInstances": describe_instances.describe_instances,
    "DescribePrice": prices.describe_price,
    "DescribeRegions": regions.describe_regions,
    "DescribeSnapshotGroups": describe_snapshots.describe_snapshot_groups,
    "DescribeSnapshots": describe_snapshots.describe_snapshots,
    "ListTagResources": tags.list_tag_resources,
    "ModifyInstanceAttribute": attributes.modify_instance_attribute,
    "ModifyInstanceAutoReleaseTime": auto_release.modify_instance_auto_release_time,
    "RebootInstance": power.reboot_instance,
    "RebootInstances": power.reboot_instances,
    "RunInstances": run_instances.run_instances,
    "StartInstance": power.start_instance,
    "StartInstances": power.start_instances,
    "StopInstance": power.stop_instance,
    "StopInstances": power.stop_instances,
    "TagResources": tags.tag_resources,
    "UntagResources": tags.untag_resources,
}
