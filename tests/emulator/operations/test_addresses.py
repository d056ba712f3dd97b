"""Interfaces and addresses of instances."""

from __future__ import annotations

import pytest

from local.ecs.account.model import LockReason, NetworkType, Status
from local.ecs.account.network import default_group_id, default_vpc_id
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.products import Product
from tests.harness.desk import REGION, ROOT, Desk, wire

WEB = InstanceSpec("web", instance_id="i-web", has_eip=True)
OLD = InstanceSpec("old", instance_id="i-old", network=NetworkType.CLASSIC)
READY = InstanceSpec("ready", instance_id="i-ready", bandwidth_out=5)


def test_each_instance_in_a_vpc_has_one_interface() -> None:
    desk = Desk(WEB, OLD)

    answer = desk.ask("DescribeNetworkInterfaces")
    (shown,) = answer["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    instance = desk.ask("DescribeInstances", InstanceName="web")["Instances"]["Instance"][0]

    (own,) = instance["NetworkInterfaces"]["NetworkInterface"]
    assert shown["NetworkInterfaceId"] == own["NetworkInterfaceId"]
    assert shown["PrivateIpAddress"] == own["PrimaryIpAddress"]
    assert shown["MacAddress"] == own["MacAddress"]
    assert (shown["InstanceId"], shown["Status"], shown["Type"]) == ("i-web", "InUse", "Primary")
    assert shown["SecurityGroupIds"] == {"SecurityGroupId": [default_group_id(REGION)]}


def test_interfaces_are_found_by_what_they_belong_to() -> None:
    desk = Desk(WEB, READY)

    def found(**given: str | tuple[str, ...]) -> list[str]:
        answer = desk.ask("DescribeNetworkInterfaces", **given)
        return [
            each["InstanceId"] for each in answer["NetworkInterfaceSets"]["NetworkInterfaceSet"]
        ]

    first = desk.ask("DescribeNetworkInterfaces", InstanceId="i-web")
    (entry,) = first["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    assert found(InstanceId="i-ready") == ["i-ready"]
    assert found(NetworkInterfaceId=(entry["NetworkInterfaceId"],)) == ["i-web"]
    assert found(PrimaryIpAddress=entry["PrivateIpAddress"]) == ["i-web"]
    assert found(SecurityGroupId=default_group_id(REGION)) == ["i-web", "i-ready"]
    assert found(VpcId=default_vpc_id(REGION), Type="Primary") == ["i-web", "i-ready"]
    assert found(VpcId="vpc-gone") == found(Type="Secondary") == []


def test_elastic_addresses_are_those_of_instances() -> None:
    desk = Desk(WEB, READY)
    eip = desk.ecs.instance("i-web").eip

    (entry,) = desk.ask("DescribeEipAddresses")["EipAddresses"]["EipAddress"]
    by_address = desk.ask("DescribeEipAddresses", EipAddress=f"{eip},1.2.3.4")["TotalCount"]
    elsewhere = desk.ask("DescribeEipAddresses", AssociatedInstanceId="i-ready")["TotalCount"]
    newer = desk.ecs.call("DescribeEipAddresses", wire({}), ROOT, Product.VPC)

    assert (entry["IpAddress"], entry["InstanceId"], entry["Status"]) == (eip, "i-web", "InUse")
    assert (by_address, elsewhere) == (1, 0)
    assert newer["EipAddresses"]["EipAddress"][0]["ISP"] == "BGP"


def test_an_instance_with_bandwidth_is_given_a_public_address_once() -> None:
    desk = Desk(READY)

    address = desk.ask("AllocatePublicIpAddress", InstanceId="i-ready")["IpAddress"]

    assert desk.instance.public_ip == address
    assert desk.refusal("AllocatePublicIpAddress", InstanceId="i-ready") == (
        403,
        "AllocatedAlready",
    )


def test_an_instance_that_is_created_has_no_public_address_before_it_is_given_one() -> None:
    desk = Desk()
    new = {"ImageId": "x.vhd", "InstanceType": "ecs.g7.large", "InternetMaxBandwidthOut": "5"}

    desk.ask("CreateInstance", **new)
    desk.ask("RunInstances", **new)

    created, run = desk.ecs.instances()
    assert (created.public_ip, created.bandwidth_out) == ("", 5)
    assert run.public_ip


@pytest.mark.parametrize(
    ("spec", "refusal"),
    [
        (InstanceSpec(instance_id="i-1"), (400, "AllocateIpInvalidInstanceBandwidth")),
        (
            InstanceSpec(instance_id="i-1", bandwidth_out=5, locks=(LockReason.SECURITY,)),
            (403, "InstanceLockedForSecurity"),
        ),
        (
            InstanceSpec(instance_id="i-1", bandwidth_out=5, status=Status.STARTING),
            (403, "IncorrectInstanceStatus"),
        ),
        (InstanceSpec(instance_id="i-2"), (404, "InvalidInstanceId.NotFound")),
    ],
    ids=["bandwidth", "locked", "busy", "gone"],
)
def test_who_cannot_have_a_public_address_is_told(
    spec: InstanceSpec, refusal: tuple[int, str]
) -> None:
    assert Desk(spec).refusal("AllocatePublicIpAddress", InstanceId="i-1") == refusal
