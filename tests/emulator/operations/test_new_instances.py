"""What goes into RunInstances comes out of the lists."""

from __future__ import annotations

from base64 import b64encode
from ipaddress import IPv4Address
from typing import Any

import pytest

from local.ecs.account.model import Status
from local.ecs.account.network import (
    default_group_id,
    default_network,
    default_vpc_id,
    default_vswitch_id,
)
from local.ecs.account.quirks import Quirks
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from tests.harness.desk import REGION, Desk

PLAIN = {"ImageId": "ubuntu_24_04_x64_20G_alibase_20260916.vhd", "InstanceType": "ecs.c7.large"}
VSWITCH = default_vswitch_id(REGION, "cn-hangzhou-k")
SCRIPT = b64encode(b"#!/bin/sh\necho ready\n").decode()


def made(desk: Desk, **parameters: str | tuple[str, ...]) -> dict[str, Any]:
    """The first row of DescribeInstances after RunInstances."""
    desk.ask("RunInstances", **{**PLAIN, **parameters})
    row: dict[str, Any] = desk.ask("DescribeInstances")["Instances"]["Instance"][0]
    return row


def test_an_instance_is_shown_as_it_was_asked_for() -> None:
    desk = Desk()
    group = desk.ask("CreateSecurityGroup", VpcId=default_vpc_id(REGION))["SecurityGroupId"]

    row = made(
        desk,
        SecurityGroupIds=(group,),
        HostName="web.example",
        VSwitchId=VSWITCH,
        InternetMaxBandwidthOut="20",
        InternetMaxBandwidthIn="50",
        InternetChargeType="PayByBandwidth",
        SpotStrategy="SpotWithPriceLimit",
        SpotPriceLimit="0.125",
        SpotDuration="0",
        HttpTokens="required",
        DeploymentSetId="ds-1",
        CreditSpecification="Unlimited",
    )

    assert row["SecurityGroupIds"] == {"SecurityGroupId": [group]}
    assert row["VpcAttributes"]["VSwitchId"] == VSWITCH
    assert row["VpcAttributes"]["VpcId"] == default_vpc_id(REGION)
    assert row["ZoneId"] == "cn-hangzhou-k"
    facts = {
        "HostName": "web.example",
        "InternetMaxBandwidthOut": 20,
        "InternetMaxBandwidthIn": 50,
        "InternetChargeType": "PayByBandwidth",
        "SpotPriceLimit": 0.125,
        "SpotDuration": 0,
        "MetadataOptions": {"HttpEndpoint": "", "HttpTokens": "required"},
        "DeploymentSetId": "ds-1",
        "CreditSpecification": "Unlimited",
        "OSName": "Ubuntu  24.04 64位",
    }
    assert {name: row[name] for name in facts} == facts
    attribute = desk.ask("DescribeInstanceAttribute", InstanceId=row["InstanceId"])
    same = set(facts) & set(attribute)
    assert same >= {"HostName", "InternetMaxBandwidthIn", "CreditSpecification"}
    assert {name: attribute[name] for name in same} == {name: facts[name] for name in same}
    assert attribute["SecurityGroupIds"] == row["SecurityGroupIds"]


def test_disks_are_shown_as_they_were_asked_for() -> None:
    desk = Desk(InstanceSpec("old", data_disks=(DiskSpec(size_gib=60),)))
    old = desk.instance.disk_ids[1]
    snapshot = desk.ask("CreateSnapshot", DiskId=old)["SnapshotId"]
    desk.pass_time(60)

    desk.ask(
        "RunInstances",
        SystemDisk__PerformanceLevel="PL0",
        SystemDisk__Description="boots",
        SystemDisk__Encrypted="true",
        SystemDisk__KMSKeyId="key-1",
        DataDisk__1__SnapshotId=snapshot,
        DataDisk__1__Category="cloud_auto",
        DataDisk__1__BurstingEnabled="true",
        DataDisk__1__ProvisionedIops="700",
        DataDisk__1__AutoSnapshotPolicyId="sp-1",
        **PLAIN,
    )

    system, data = desk.ask("DescribeDisks", InstanceId=desk.ids()[1])["Disks"]["Disk"]
    names = ("PerformanceLevel", "Description", "Encrypted", "KMSKeyId", "ImageId")
    assert [system[name] for name in names] == ["PL0", "boots", True, "key-1", PLAIN["ImageId"]]
    shown = ("SourceSnapshotId", "Size", "BurstingEnabled", "ProvisionedIops")
    assert [data[name] for name in shown] == [snapshot, 60, True, 700]
    assert data["AutoSnapshotPolicyId"] == "sp-1"
    found = desk.ask("DescribeDisks", SnapshotId=snapshot)["Disks"]["Disk"]
    assert [each["DiskId"] for each in found] == [data["DiskId"]]


def test_user_data_come_out_as_they_went_in() -> None:
    desk = Desk()
    instance_id = made(desk, UserData=SCRIPT)["InstanceId"]
    desk.ask("RunInstances", **PLAIN)

    answers = [desk.ask("DescribeUserData", InstanceId=each) for each in desk.ids()]

    assert answers[0] == {"InstanceId": instance_id, "RegionId": REGION, "UserData": SCRIPT}
    assert answers[1]["UserData"] == ""
    assert desk.refusal("DescribeUserData", InstanceId="i-gone")[0] == 404


def test_addresses_are_the_vswitches_own_and_in_a_row() -> None:
    desk = Desk()
    network = default_network(REGION, "cn-hangzhou-k")
    first, second = str(network[9]), str(network[10])

    desk.ask(
        "RunInstances",
        Amount="2",
        VSwitchId=VSWITCH,
        PrivateIpAddress=first,
        **PLAIN,
    )
    other = made(desk, VSwitchId=VSWITCH)["VpcAttributes"]["PrivateIpAddress"]["IpAddress"]

    rows = desk.ask("DescribeInstances")["Instances"]["Instance"]
    shown = [row["VpcAttributes"]["PrivateIpAddress"]["IpAddress"] for row in rows]
    assert shown[:2] == [[first], [second]]
    assert IPv4Address(other[0]) in network
    interface = rows[0]["NetworkInterfaces"]["NetworkInterface"][0]
    assert interface["PrimaryIpAddress"] == first


def test_the_primary_interface_may_say_where_an_instance_is() -> None:
    row = made(
        Desk(),
        NetworkInterface__1__InstanceType="Secondary",
        NetworkInterface__1__VSwitchId="vsw-other",
        NetworkInterface__2__InstanceType="Primary",
        NetworkInterface__2__VSwitchId=VSWITCH,
    )

    assert row["VpcAttributes"]["VSwitchId"] == VSWITCH


def test_host_names_may_be_listed_or_in_sequence() -> None:
    desk = Desk()

    desk.ask("RunInstances", Amount="2", HostName="web-[1,2]", **PLAIN)
    desk.ask("RunInstances", Amount="2", HostNames=("first",), **PLAIN)
    desk.ask("RunInstances", Amount="2", HostName="db", UniqueSuffix="true", **PLAIN)

    rows = desk.ask("DescribeInstances")["Instances"]["Instance"]
    shown = [row["HostName"] for row in rows]
    assert shown[:3] == ["web-01", "web-02", "first"]
    assert shown[3].startswith("iZbp1")
    assert shown[4:] == ["db001", "db002"]


def test_an_image_of_ones_own_says_what_its_system_is() -> None:
    desk = Desk(InstanceSpec("old", image_id=PLAIN["ImageId"]))
    image = desk.ask("CreateImage", InstanceId=desk.instance_id, ImageName="mine")["ImageId"]
    desk.pass_time(3600)

    desk.ask("RunInstances", ImageId=image, InstanceType="ecs.c7.large")

    rows = desk.ask("DescribeInstances")["Instances"]["Instance"]
    assert [row["OSName"] for row in rows] == ["Ubuntu  24.04 64位"] * 2
    assert [row["OSType"] for row in rows] == ["linux"] * 2


def test_only_spot_instances_say_how_long_they_are_kept() -> None:
    assert "SpotDuration" not in made(Desk())
    row = made(Desk(), SpotStrategy="SpotAsPriceGo")
    assert (row["SpotDuration"], row["SpotInterruptionBehavior"]) == (1, "Terminate")


def test_an_instance_that_is_created_is_shown_as_it_was_asked_for() -> None:
    desk = Desk()

    desk.ask("CreateInstance", HostName="web", UserData=SCRIPT, VSwitchId=VSWITCH, **PLAIN)

    row = desk.ask("DescribeInstances")["Instances"]["Instance"][0]
    assert (row["HostName"], row["VpcAttributes"]["VSwitchId"]) == ("web", VSWITCH)
    assert desk.instance.user_data == SCRIPT


def test_an_image_may_be_the_newest_of_a_family() -> None:
    desk = Desk()

    desk.ask("RunInstances", ImageFamily="acs:ubuntu_22_04_x64", InstanceType="ecs.c7.large")
    refused = desk.refusal("RunInstances", ImageFamily="acs:plan9", InstanceType="ecs.c7.large")

    assert desk.instance.image_id.startswith("ubuntu_22_04_x64")
    assert refused == (404, "InvalidImageId.NotFound")


@pytest.mark.parametrize("refused", [True, False])
def test_an_unknown_image_is_taken_unless_the_quirk_refuses_it(*, refused: bool) -> None:
    desk = Desk(quirks=Quirks(unknown_images_are_refused=refused))
    unknown = {**PLAIN, "ImageId": "debian_99_x64.vhd"}

    if refused:
        assert desk.refusal("RunInstances", **unknown) == (404, "InvalidImageId.NotFound")
    else:
        desk.ask("RunInstances", **unknown)
    desk.ask("RunInstances", **PLAIN)


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"VSwitchId": "vsw-gone"}, (404, "InvalidVSwitchId.NotFound")),
        ({"VSwitchId": VSWITCH, "ZoneId": "cn-hangzhou-h"}, (400, "InvalidParameter.Mismatch")),
        ({"SecurityGroupId": "sg-gone"}, (404, "InvalidSecurityGroupId")),
        ({"SecurityGroupIds": tuple(f"sg-{n}" for n in range(6))}, (400, "InvalidParameter")),
        ({"PrivateIpAddress": "10.0.0.1"}, (400, "MissingParameter")),
        (
            {"VSwitchId": VSWITCH, "PrivateIpAddress": "10.0.0.1"},
            (400, "InvalidPrivateIpAddress"),
        ),
        (
            {"VSwitchId": VSWITCH, "PrivateIpAddress": "ten"},
            (400, "InvalidPrivateIpAddress.Malformed"),
        ),
        ({"UserData": "no base64!"}, (400, "InvalidParameter")),
        ({"UserData": "A" * 43_696}, (400, "InvalidUserData.SizeExceeded")),
        ({"CreditSpecification": "Endless"}, (400, "InvalidParameter.CreditSpecification")),
        (
            {"SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": "cheap"},
            (400, "InvalidSpotPriceLimit"),
        ),
        (
            {"SystemDisk__KMSKeyId": "key-1"},
            (400, "InvalidParameter.EncryptedIllegal"),
        ),
        ({"SystemDisk__PerformanceLevel": "PL9"}, (400, "InvalidParameter")),
        (
            {"SystemDisk__Category": "cloud_ssd", "SystemDisk__PerformanceLevel": "PL1"},
            (400, "InvalidParameter"),
        ),
        ({"SystemDisk__BurstingEnabled": "true"}, (400, "InvalidParameter")),
        ({"DataDisk__1__SnapshotId": "s-gone"}, (404, "InvalidDataDiskSnapshotId.NotFound")),
        ({"HostName": "web", "HostNames": ("db",)}, (400, "InvalidParameter")),
        (
            {"VSwitchId": VSWITCH, "PrivateIpAddress": "255.255.255.255", "Amount": "2"},
            (400, "InvalidPrivateIpAddress"),
        ),
        (
            {"SystemDisk__Category": "cloud_auto", "SystemDisk__ProvisionedIops": "-1"},
            (400, "InvalidParameter"),
        ),
        ({"SpotDuration": "7"}, (400, "InvalidParameter")),
        ({"HttpTokens": "maybe"}, (400, "InvalidParameter")),
        ({"HttpEndpoint": "on"}, (400, "InvalidParameter")),
        ({"LaunchTemplateId": "lt-1"}, (400, "UnsupportedParameter")),
        ({"CpuOptions__Core": "2"}, (400, "UnsupportedParameter")),
        ({"Tenancy": "host"}, (400, "UnsupportedParameter")),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_ecs_words(
    parameters: dict[str, str | tuple[str, ...]], refusal: tuple[int, str]
) -> None:
    desk = Desk()

    assert desk.refusal("RunInstances", **PLAIN, **parameters) == refusal
    assert desk.ids() == ()


def test_what_asks_for_nothing_special_is_taken() -> None:
    desk = Desk()

    desk.ask("RunInstances", Tenancy="default", HibernationOptions__Configured="false", **PLAIN)

    assert len(desk.ids()) == 1


def test_a_limit_of_the_price_need_not_be_told() -> None:
    """Ray's node provider asks so."""
    assert made(Desk(), SpotStrategy="SpotWithPriceLimit")["SpotPriceLimit"] == 0.0


def test_an_address_is_given_once() -> None:
    desk = Desk()
    address = made(desk, VSwitchId=VSWITCH)["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0]

    refused = desk.refusal("RunInstances", VSwitchId=VSWITCH, PrivateIpAddress=address, **PLAIN)

    assert refused == (400, "InvalidPrivateIpAddress.Duplicated")


def test_only_complete_snapshots_of_data_disks_make_data_disks() -> None:
    desk = Desk(InstanceSpec("old", data_disks=(DiskSpec(size_gib=60),)))
    system, data = desk.instance.disk_ids
    of_system = desk.ask("CreateSnapshot", DiskId=system)["SnapshotId"]
    of_data = desk.ask("CreateSnapshot", DiskId=data)["SnapshotId"]

    early = desk.refusal("RunInstances", DataDisk__1__SnapshotId=of_data, **PLAIN)
    desk.pass_time(60)
    wrong = desk.refusal("RunInstances", DataDisk__1__SnapshotId=of_system, **PLAIN)
    small = desk.refusal(
        "RunInstances", DataDisk__1__SnapshotId=of_data, DataDisk__1__Size="20", **PLAIN
    )

    assert early == (403, "InvalidSnapshotId.NotReady")
    assert wrong == (403, "InvalidSnapshotId.NotDataDiskSnapshot")
    assert small == (400, "InvalidDataDiskSize.ValueNotSupported")


def test_attributes_that_are_changed_are_shown() -> None:
    desk = Desk(InstanceSpec("web", status=Status.STOPPED))
    group = desk.ask("CreateSecurityGroup", VpcId=default_vpc_id(REGION))["SecurityGroupId"]

    desk.ask(
        "ModifyInstanceAttribute",
        InstanceId=desk.instance_id,
        HostName="db",
        UserData=SCRIPT,
        CreditSpecification="Standard",
        SecurityGroupIds=(group,),
        Password="Forgotten-1",
    )

    row = desk.ask("DescribeInstances")["Instances"]["Instance"][0]
    assert (row["HostName"], row["CreditSpecification"]) == ("db", "Standard")
    assert row["SecurityGroupIds"] == {"SecurityGroupId": [group]}
    assert desk.ask("DescribeUserData", InstanceId=desk.instance_id)["UserData"] == SCRIPT


def test_only_a_stopped_instance_takes_other_user_data() -> None:
    desk = Desk(InstanceSpec("web"))

    refused = desk.refusal("ModifyInstanceAttribute", InstanceId=desk.instance_id, UserData=SCRIPT)

    assert refused == (403, "IncorrectInstanceStatus")


def test_a_group_of_another_network_is_refused() -> None:
    desk = Desk()
    other = default_vpc_id("cn-shanghai")
    group = desk.ask("CreateSecurityGroup", RegionId="cn-shanghai", VpcId=other)

    refused = desk.refusal("RunInstances", SecurityGroupId=group["SecurityGroupId"], **PLAIN)

    assert refused == (404, "InvalidSecurityGroupId")


def test_a_key_pair_must_be_there_and_is_for_linux() -> None:
    desk = Desk(InstanceSpec("old", key_pair="fleets"))
    windows = {**PLAIN, "ImageId": "win2022_21H2_x64_dtc_en-us_40G_alibase_20260916.vhd"}

    assert desk.refusal("RunInstances", KeyPairName="no", **PLAIN) == (
        404,
        "InvalidKeyPairName.NotFound",
    )
    assert desk.refusal("RunInstances", KeyPairName="fleets", **windows) == (
        403,
        "DependencyViolation.WindowsInstance",
    )
    assert desk.ask("RunInstances", KeyPairName="fleets", **PLAIN)["InstanceIdSets"]
    shown = desk.ask("DescribeKeyPairs")["KeyPairs"]["KeyPair"]
    assert [each["KeyPairName"] for each in shown] == ["fleets"]


def test_without_a_group_it_is_in_the_first_one_if_that_is_there_and_of_its_network() -> None:
    desk = Desk()
    vpc = desk.ask("CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"]
    elsewhere = desk.ask(
        "CreateVSwitch", VpcId=vpc, ZoneId="cn-hangzhou-k", CidrBlock="10.0.0.0/24"
    )["VSwitchId"]

    assert desk.refusal("RunInstances", VSwitchId=elsewhere, **PLAIN) == (
        400,
        "InvalidParameter.Mismatch",
    )
    desk.ask("DeleteSecurityGroup", SecurityGroupId=default_group_id(REGION))
    assert desk.refusal("RunInstances", **PLAIN) == (404, "InvalidSecurityGroupId")
    assert desk.ecs.instances() == ()
