"""The answers as alibabacloud_ecs20140526's own models have them: every type is the documented."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.account.model import LockReason
from local.ecs.account.network import default_group_id, default_vpc_id, default_vswitch_id
from local.ecs.account.quirks import Quirks
from local.ecs.account.system_events import EventType
from local.ecs.clock import ManualClock
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec
from local.ecs.operations import OPERATIONS
from local.ecs.server import LocalEcs
from tests.clients.adapters import REGION, Key, needs, python_v1, python_v2_typed

SPEC = InstanceSpec(
    name="web-1",
    tags={"team": "dev"},
    locks=(LockReason.SECURITY,),
    data_disks=(DiskSpec(size_gib=100),),
    has_eip=True,
    bandwidth_out=5,
)


@pytest.fixture
def ecs() -> Iterator[LocalEcs]:
    with LocalEcs(Emulator(Options(build=lambda: Ecs(Fleet((SPEC,)), ManualClock())))) as running:
        yield running


def ask(ecs: LocalEcs, operation: str, **parameters: object) -> Any:  # noqa: ANN401  # the SDK's model
    return python_v2_typed(ecs.url, Key(), operation, {"RegionId": REGION, **parameters})


def test_an_instance_is_typed_down_to_its_leaves(ecs: LocalEcs) -> None:
    body = ask(ecs, "DescribeInstances", MaxResults=10)
    (instance,) = body.instances.instance

    assert (body.next_token, body.page_size) == ("", 10)
    assert type(instance.cpu) is type(instance.memory) is type(instance.gpuamount) is int
    assert instance.deletion_protection is instance.recyclable is False
    assert instance.io_optimized is True
    assert instance.auto_release_time == ""
    assert instance.operation_locks.lock_reason[0].lock_reason == "security"
    assert (instance.tags.tag[0].tag_key, instance.tags.tag[0].tag_value) == ("team", "dev")
    assert instance.eip_address.ip_address
    (interface,) = instance.network_interfaces.network_interface
    assert interface.primary_ip_address in instance.vpc_attributes.private_ip_address.ip_address


def test_disks_snapshots_and_prices_are_typed(ecs: LocalEcs) -> None:
    (one,) = ecs.engine.instances()
    ecs.engine.lock(one.instance_id)
    disks = ask(ecs, "DescribeDisks", MaxResults=10).disks.disk
    ask(ecs, "CreateSnapshot", DiskId=disks[0].disk_id)
    (snapshot,) = ask(ecs, "DescribeSnapshots").snapshots.snapshot
    price = ask(ecs, "DescribePrice", ResourceType="instance", InstanceType="ecs.g7.large")

    assert [(disk.size, disk.delete_with_instance) for disk in disks] == [(40, True), (100, True)]
    assert disks[0].attachments.attachment[0].instance_id == disks[0].instance_id
    assert (snapshot.progress, snapshot.available, snapshot.remain_time > 0) == ("0%", False, True)
    assert price.price_info.price.currency == "CNY"
    assert price.price_info.price.trade_price > 0


def test_the_members_of_a_batch_are_typed(ecs: LocalEcs) -> None:
    (one,) = [each.instance_id for each in ecs.engine.instances()]
    ecs.engine.lock(one)

    (member,) = ask(ecs, "StopInstances", InstanceId=[one]).instance_responses.instance_response

    assert (member.instance_id, str(member.code)) == (one, "200")
    assert (member.previous_status, member.current_status) == ("Running", "Stopping")


NEW = {
    "InstanceType": "ecs.g7.large",
    "ImageId": "aliyun_3_x64_20G_alibase_20260815.vhd",
    "SecurityGroupId": default_group_id(REGION),
    "VSwitchId": default_vswitch_id(REGION, f"{REGION}-h"),
}


def test_no_field_of_any_answer_is_unknown_to_the_models() -> None:
    """Each operation is answered once; what its model does not know it would lose."""
    models = needs("alibabacloud_ecs20140526.models")
    clock = ManualClock()
    quirks = Quirks(price_parts_are_detail_info=True)
    engine = Ecs(Fleet((SPEC,)), clock, quirks=quirks)
    seen = set()
    with LocalEcs(Emulator(Options(build=lambda: engine))) as ecs:
        for operation, parameters in every_operation(engine, clock):
            body = python_v1(ecs.url, Key(), operation, {"RegionId": REGION, **parameters})
            model = getattr(models, f"{operation}ResponseBody")
            assert model().from_map(body).to_map() == body
            seen.add(operation)
            clock.advance(timedelta(minutes=10))

    of_ecs = set(OPERATIONS) - {"GetCallerIdentity"}  # which is of STS
    assert seen == of_ecs, "every_operation yields each operation, but those of other products"


def every_operation(engine: Ecs, clock: ManualClock) -> Iterator[tuple[str, Mapping[str, object]]]:
    """What to ask one after another, so that each can be answered with something."""
    (one,) = [each.instance_id for each in engine.instances()]
    disk = engine.disks(one)[0].disk_id
    this: dict[str, object] = {"ResourceType": "instance", "ResourceId": [one]}
    yield "DescribeInstances", {"MaxResults": 10}
    yield "DescribeInstances", {"PageNumber": 1, "PageSize": 10}
    yield "DescribeInstanceStatus", {"PageNumber": 1, "PageSize": 10}
    yield "DescribeInstanceAttribute", {"InstanceId": one}
    yield "DescribeDisks", {"MaxResults": 10}
    engine.lock(one)  # in no way
    yield "CreateSnapshot", {"DiskId": disk}
    yield "DescribeSnapshots", {"MaxResults": 10}
    yield "CreateSnapshotGroup", {"InstanceId": one, "Name": "group"}
    yield "DescribeSnapshotGroups", {"MaxResults": 10}
    yield "DescribeRegions", {}
    yield "DescribeZones", {}
    yield "DescribeInstanceTypes", {"InstanceTypes": ["ecs.g7.large", "ecs.i3.xlarge"]}
    yield "DescribeInstanceTypeFamilies", {}
    yield "DescribeAvailableResource", {"DestinationResource": "SystemDisk"}
    yield "DescribeImages", {}
    yield "DescribeAccountAttributes", {}
    yield "DescribeInstanceAutoRenewAttribute", {"RenewalStatus": "Normal"}
    yield "DescribePrice", {"ResourceType": "instance", "InstanceType": "ecs.g7.large"}
    yield "TagResources", {**this, "Tag": [{"Key": "env", "Value": "ci"}]}
    yield "ListTagResources", this
    yield "UntagResources", {**this, "TagKey": ["env"]}
    yield "ModifyInstanceAttribute", {"InstanceId": one, "InstanceName": "another"}
    yield "DescribeUserData", {"InstanceId": one}
    engine.announce(one, EventType.MAINTENANCE_REBOOT, clock.now() + timedelta(hours=30), "old")
    yield "DescribeInstancesFullStatus", {"InstanceId": [one]}
    yield "DescribeInstanceHistoryEvents", {"EventCycleStatus": "Scheduled", "MaxResults": 10}
    yield "AllocatePublicIpAddress", {"InstanceId": one}
    yield from networks_and_keys(one)
    made = {"SecurityGroupId": engine.security_groups(REGION)[-1].group_id}
    yield "JoinSecurityGroup", {**made, "InstanceId": one}
    yield "LeaveSecurityGroup", {**made, "InstanceId": one}
    yield "DeleteSecurityGroup", made
    yield from disks_and_images(engine, clock, one)
    at = f"{clock.now() + timedelta(hours=9):%Y-%m-%dT%H:%M:00Z}"
    yield "ModifyInstanceAutoReleaseTime", {"InstanceId": one, "AutoReleaseTime": at}
    yield "DescribeInstances", {"MaxResults": 10}
    yield "CreateInstance", NEW
    yield "RunInstances", {**NEW, "Amount": 2}
    alone, member = [each.instance_id for each in engine.instances()][-2:]
    for operation in ("RebootInstance", "StopInstance", "StartInstance", "StopInstance"):
        yield operation, {"InstanceId": alone}
    for operation in ("RebootInstances", "StopInstances", "StartInstances", "StopInstances"):
        yield operation, {"InstanceId": [member], "BatchOptimization": "SuccessFirst"}
    yield "DeleteInstance", {"InstanceId": alone}
    yield "DeleteInstances", {"InstanceId": [member]}


def networks_and_keys(instance: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Groups and key pairs, made, given to an instance, and deleted."""
    group = {"SecurityGroupId": default_group_id(REGION)}
    ports = {"IpProtocol": "tcp", "PortRange": "22/22"}
    yield "CreateSecurityGroup", {"VpcId": default_vpc_id(REGION), "SecurityGroupName": "ci"}
    yield "ModifySecurityGroupAttribute", {**group, "Description": "the first"}
    yield "AuthorizeSecurityGroup", {**group, **ports, "SourceCidrIp": "10.0.0.0/8"}
    yield "AuthorizeSecurityGroupEgress", {**group, **ports, "DestCidrIp": "10.0.0.0/8"}
    yield "DescribeSecurityGroups", {}
    yield "DescribeSecurityGroupAttribute", group
    yield "RevokeSecurityGroup", {**group, **ports, "SourceCidrIp": "10.0.0.0/8"}
    yield "RevokeSecurityGroupEgress", {**group, **ports, "DestCidrIp": "10.0.0.0/8"}
    yield "CreateVpc", {"CidrBlock": "10.0.0.0/8", "VpcName": "ci"}
    yield "DescribeVpcs", {}
    vswitch = {"VpcId": default_vpc_id(REGION), "ZoneId": f"{REGION}-h"}
    yield "CreateVSwitch", {**vswitch, "CidrBlock": "172.31.0.0/24"}
    yield "DescribeVSwitches", {}
    yield "DescribeNetworkInterfaces", {}
    yield "DescribeEipAddresses", {}
    pair = {"KeyPairName": "ci"}
    yield "CreateKeyPair", pair
    yield "ImportKeyPair", {"KeyPairName": "mine", "PublicKeyBody": "ssh-rsa AAAA"}
    yield "DescribeKeyPairs", {}
    yield "AttachKeyPair", {**pair, "InstanceIds": json.dumps([instance])}
    yield "DetachKeyPair", {**pair, "InstanceIds": json.dumps([instance])}
    yield "DeleteKeyPairs", {"KeyPairNames": json.dumps(["ci"])}


def disks_and_images(
    engine: Ecs, clock: ManualClock, instance: str
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """A disk and an image, made, changed, and deleted, with the snapshot between them."""
    zone = engine.instance(instance).zone
    yield "CreateDisk", {"ZoneId": zone, "DiskCategory": "cloud_essd", "Size": 20}
    disk = {"DiskId": engine.disks()[-1].disk_id}
    yield "AttachDisk", {**disk, "InstanceId": instance}
    yield "ModifyDiskAttribute", {**disk, "DiskName": "logs"}
    yield "ResizeDisk", {**disk, "NewSize": 30}
    yield "DetachDisk", {**disk, "InstanceId": instance}
    yield "DeleteDisk", disk
    yield "CreateImage", {"InstanceId": instance, "ImageName": "golden"}
    clock.advance(timedelta(hours=1))
    image = engine.images(REGION)[-1]
    yield "DescribeImages", {"ImageOwnerAlias": "self"}
    yield "DeleteImage", {"ImageId": image.image_id}
    yield "DeleteSnapshot", {"SnapshotId": image.disks[0].snapshot_id}
