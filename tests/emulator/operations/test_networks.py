"""VPCs and vSwitches made and listed, in both versions."""

from __future__ import annotations

from typing import Any

import pytest

from local.ecs.account.network import default_vpc_id, default_vswitch_id
from local.ecs.engine import Caller
from local.ecs.errors import EcsError
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.products import Product
from tests.harness.desk import REGION, ROOT, Deny, Desk, wire

VPC = default_vpc_id(REGION)
ZONE = "cn-hangzhou-h"


def vpcs(desk: Desk, **given: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ask("DescribeVpcs", **given)["Vpcs"]["Vpc"]
    return found


def vswitches(desk: Desk, **given: str) -> list[str]:
    found = desk.ask("DescribeVSwitches", **given)["VSwitches"]["VSwitch"]
    return [each["VSwitchId"] for each in found]


def make(desk: Desk, **given: str) -> str:
    made: str = desk.ask("CreateVpc", **{"CidrBlock": "10.0.0.0/8", **given})["VpcId"]
    return made


def test_a_vpc_is_made_with_its_router_and_listed() -> None:
    desk = Desk()

    answer = desk.ask("CreateVpc", VpcName="ci", Description="for CI")
    (entry,) = vpcs(desk, VpcId=answer["VpcId"])

    assert answer.keys() == {"RouteTableId", "VRouterId", "VpcId"}
    assert entry == {
        "CidrBlock": "172.16.0.0/12",
        "CreationTime": "2026-11-23T10:00:00Z",
        "Description": "for CI",
        "IsDefault": False,
        "RegionId": REGION,
        "Status": "Available",
        "UserCidrs": {"UserCidr": []},
        "VRouterId": answer["VRouterId"],
        "VSwitchIds": {"VSwitchId": []},
        "VpcId": answer["VpcId"],
        "VpcName": "ci",
    }


def test_vpcs_are_found_by_several_ids_name_and_whether_they_are_the_first() -> None:
    desk = Desk()
    made = make(desk, VpcName="ci")

    def found(**given: str) -> list[str]:
        return [each["VpcId"] for each in vpcs(desk, **given)]

    assert found() == [VPC, made]
    assert found(VpcId=f"{made},{VPC},vpc-gone") == [VPC, made]
    assert found(VpcName="ci") == [made]
    assert found(IsDefault="true") == [VPC]


def test_a_vswitch_is_a_part_of_its_vpc_in_one_zone() -> None:
    desk = Desk()
    vpc = make(desk)

    made = desk.ask("CreateVSwitch", VpcId=vpc, ZoneId=ZONE, CidrBlock="10.1.0.0/24")["VSwitchId"]

    assert vswitches(desk, VpcId=vpc) == [made]
    assert made in vswitches(desk, ZoneId=ZONE)
    (entry,) = vpcs(desk, VpcId=vpc)
    assert entry["VSwitchIds"] == {"VSwitchId": [made]}


def test_a_vswitch_counts_the_addresses_that_are_free() -> None:
    desk = Desk(InstanceSpec("web", zone=ZONE), InstanceSpec("db", zone="cn-hangzhou-k"))
    first = default_vswitch_id(REGION, ZONE)

    (entry,) = desk.ask("DescribeVSwitches", VSwitchId=first)["VSwitches"]["VSwitch"]

    assert entry["AvailableIpAddressCount"] == 4096 - 4 - 1


def test_vpcs_own_version_shows_more_of_both() -> None:
    desk = Desk()

    vpc = desk.ecs.call("DescribeVpcs", wire({}), ROOT, Product.VPC)["Vpcs"]["Vpc"][0]
    part = desk.ecs.call("DescribeVSwitches", wire({}), ROOT, Product.VPC)
    made = desk.ecs.call("CreateVpc", wire({}), ROOT, Product.VPC)

    assert vpc.keys() - vpcs(desk)[0].keys() == {
        "Ipv6CidrBlock",
        "NatGatewayIds",
        "OwnerId",
        "ResourceGroupId",
        "RouterTableIds",
        "SecondaryCidrBlocks",
        "Tags",
    }
    assert part["VSwitches"]["VSwitch"][0]["RouteTable"]["RouteTableType"] == "System"
    assert "ResourceGroupId" in made


def test_an_operation_is_only_in_the_versions_that_have_it() -> None:
    desk = Desk()

    def has(action: str, product: Product) -> bool:
        try:
            desk.ecs.call(action, wire({}), ROOT, product)
        except EcsError as error:
            return error.code != "InvalidAction.NotFound"
        return True

    assert [has("DescribeVpcs", each) for each in Product] == [True, True, False]
    assert [has("DescribeInstances", each) for each in Product] == [True, False, False]
    assert [has("GetCallerIdentity", each) for each in Product] == [False, False, True]


def test_ram_knows_networks_as_vpcs_whoever_is_asked() -> None:
    deny = Deny()
    nobody = Caller(authorizer=deny)

    refusal = Desk().refusal("CreateVpc", nobody)

    assert refusal == (403, "Forbidden.RAM")
    assert deny.asked[0] == ("vpc:CreateVpc", f"acs:vpc:{REGION}:{nobody.account_id}:vpc/*")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"CidrBlock": "8.8.8.0/24"}, "InvalidParameter"),
        ({"CidrBlock": "10.0.0.0/29"}, "InvalidParameter"),
        ({"CidrBlock": "10.0.0.1/8"}, "InvalidParameter"),
        ({"CidrBlock": "ten"}, "InvalidParameter"),
        ({"VpcName": "http://x"}, "InvalidVpcName.Malformed"),
        ({"Description": "https://x"}, "InvalidVpcDiscription.Malformed"),
    ],
    ids=str,
)
def test_a_vpc_that_cannot_be_is_not_made(given: dict[str, str], code: str) -> None:
    desk = Desk()

    assert desk.refusal("CreateVpc", **given) == (400, code)
    assert len(vpcs(desk)) == 1


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"VpcId": "vpc-gone"}, (404, "InvalidVpcId.NotFound")),
        ({"ZoneId": "cn-hangzhou-z"}, (404, "InvalidZoneId.NotFound")),
        ({"CidrBlock": "ten"}, (400, "InvalidCidrBlock.Malformed")),
        ({"CidrBlock": "172.31.0.0/30"}, (400, "InvalidCirdrBlock.MaskLength")),
        ({"CidrBlock": "10.0.0.0/24"}, (400, "InvalidParameter")),
        ({"CidrBlock": "172.16.1.0/24"}, (400, "InvalidCidrBlock.Overlapped")),
        ({"VSwitchName": "http://x"}, (400, "InvalidVSwitchName.Malformed")),
        ({"Description": "http://x"}, (400, "InvalidVSwitchDiscription.Malformed")),
    ],
    ids=str,
)
def test_a_vswitch_that_cannot_be_is_not_made(
    given: dict[str, str], refusal: tuple[int, str]
) -> None:
    desk = Desk()
    asked = {"VpcId": VPC, "ZoneId": ZONE, "CidrBlock": "172.31.0.0/24", **given}
    before = vswitches(desk)

    assert desk.refusal("CreateVSwitch", **asked) == refusal
    assert vswitches(desk) == before


def test_a_region_has_ten_vpcs_of_ones_own_and_a_vpc_150_vswitches() -> None:
    desk = Desk()
    vpc, *_ = (make(desk) for _ in range(10))
    for number in range(150):
        cidr = f"10.{number}.0.0/16"
        desk.ask("CreateVSwitch", VpcId=vpc, ZoneId=ZONE, CidrBlock=cidr)
    one_more = {"VpcId": vpc, "ZoneId": ZONE, "CidrBlock": "10.200.0.0/16"}

    assert desk.refusal("CreateVpc") == (400, "QuotaExceeded.Vpc")
    assert desk.refusal("CreateVSwitch", **one_more) == (400, "QuotaExceeded.VSwitch")
