"""Security groups: made, listed, joined, left, deleted."""

from __future__ import annotations

import json

import pytest

from local.ecs.account.model import LockReason
from local.ecs.account.network import default_group_id, default_vpc_id
from local.ecs.engine import Caller
from local.ecs.fleet.fleet import InstanceSpec
from tests.harness.desk import REGION, Deny, Desk

VPC = default_vpc_id(REGION)
FIRST = default_group_id(REGION)
WEB = InstanceSpec("web", instance_id="i-web")
CIDR = {"IpProtocol": "tcp", "PortRange": "22/22"}


def make(desk: Desk, **given: str) -> str:
    made: str = desk.ask("CreateSecurityGroup", VpcId=VPC, **given)["SecurityGroupId"]
    return made


def listed(desk: Desk, **given: str) -> list[str]:
    found = desk.ask("DescribeSecurityGroups", **given)["SecurityGroups"]["SecurityGroup"]
    return [each["SecurityGroupId"] for each in found]


def test_a_group_is_made_and_has_the_form_of_the_platform() -> None:
    desk = Desk()
    made = make(desk, SecurityGroupName="ci", Tag__1__Key="team", Tag__1__Value="dev")

    answer = desk.ask("DescribeSecurityGroups", SecurityGroupName="ci")

    assert (answer["TotalCount"], answer["RegionId"]) == (1, REGION)
    assert answer["SecurityGroups"]["SecurityGroup"] == [
        {
            "CreationTime": "2026-11-23T10:00:00Z",
            "Description": "",
            "EcsCount": 0,
            "ResourceGroupId": "",
            "SecurityGroupId": made,
            "SecurityGroupName": "ci",
            "SecurityGroupType": "normal",
            "ServiceManaged": False,
            "Tags": {"Tag": [{"TagKey": "team", "TagValue": "dev"}]},
            "VpcId": VPC,
        }
    ]


def test_groups_are_found_by_filters() -> None:
    desk = Desk(WEB)
    made = make(desk, SecurityGroupName="ci", Tag__1__Key="team")

    assert listed(desk) == [FIRST, made]
    assert listed(desk, SecurityGroupIds=json.dumps([made, "sg-gone"])) == [made]
    assert listed(desk, SecurityGroupId=made) == [made]
    assert listed(desk, Tag__1__Key="team") == [made]
    assert listed(desk, VpcId="vpc-gone") == []
    assert listed(desk, RegionId="cn-beijing") == [default_group_id("cn-beijing")]
    assert listed(desk, PageSize="1", PageNumber="2") == [made]


def test_an_instance_is_in_the_first_group_until_it_joins_another() -> None:
    desk = Desk(WEB)
    made = make(desk)

    desk.ask("JoinSecurityGroup", InstanceId="i-web", SecurityGroupId=made)
    both = shown_groups(desk)
    desk.ask("LeaveSecurityGroup", InstanceId="i-web", SecurityGroupId=FIRST)

    assert both == [FIRST, made]
    assert shown_groups(desk) == [made]
    assert desk.refusal("LeaveSecurityGroup", InstanceId="i-web", SecurityGroupId=made) == (
        403,
        "InstanceLastSecurityGroup",
    )


def shown_groups(desk: Desk) -> list[str]:
    (entry,) = desk.ask("DescribeInstances")["Instances"]["Instance"]
    groups: list[str] = entry["SecurityGroupIds"]["SecurityGroupId"]
    return groups


def test_who_cannot_join_or_leave_is_refused() -> None:
    desk = Desk(WEB, InstanceSpec("locked", instance_id="i-locked", locks=(LockReason.SECURITY,)))
    groups = [make(desk) for _ in range(5)]
    for each in groups[:4]:
        desk.ask("JoinSecurityGroup", InstanceId="i-web", SecurityGroupId=each)
    vpc = desk.ask("CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"]
    far = desk.ask("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]

    def refused(action: str, instance: str, group: str) -> tuple[int, str]:
        return desk.refusal(action, InstanceId=instance, SecurityGroupId=group)

    join, leave = "JoinSecurityGroup", "LeaveSecurityGroup"
    assert refused(join, "i-web", groups[0]) == (403, "InvalidInstanceId.AlreadyExists")
    assert refused(join, "i-web", groups[4]) == (400, "InstanceSecurityGroupLimitExceeded")
    assert refused(join, "i-web", far) == (400, "InvalidInstanceId.Mismatch")
    assert refused(join, "i-gone", groups[0]) == (404, "InvalidInstanceId.NotFound")
    assert refused(join, "i-web", "sg-gone") == (404, "InvalidSecurityGroupId.NotFound")
    assert refused(join, "i-locked", groups[0]) == (403, "InstanceLockedForSecurity")
    assert refused(leave, "i-web", groups[4]) == (403, "InstanceNotInSecurityGroup")
    desk.ask("StopInstance", InstanceId="i-web")
    assert refused(leave, "i-web", groups[0]) == (403, "IncorrectInstanceStatus")


def test_a_group_is_deleted_when_nobody_needs_it() -> None:
    desk = Desk(WEB)
    made, other = make(desk), make(desk)
    desk.ask("AuthorizeSecurityGroup", SecurityGroupId=other, SourceGroupId=made, **CIDR)
    named = desk.refusal("DeleteSecurityGroup", SecurityGroupId=made)

    desk.ask("DeleteSecurityGroup", SecurityGroupId=other)
    desk.ask("DeleteSecurityGroup", SecurityGroupId=made)

    assert named == (403, "DependencyViolation")
    assert desk.refusal("DeleteSecurityGroup", SecurityGroupId=FIRST) == named
    assert desk.refusal("DeleteSecurityGroup", SecurityGroupId=made)[0] == 404
    assert listed(desk) == [FIRST]


def test_a_group_gets_another_name() -> None:
    desk = Desk()
    made = make(desk, SecurityGroupName="old", Description="of old")

    desk.ask("ModifySecurityGroupAttribute", SecurityGroupId=made, SecurityGroupName="new")

    (entry,) = desk.ask("DescribeSecurityGroups", SecurityGroupId=made)["SecurityGroups"][
        "SecurityGroup"
    ]
    assert (entry["SecurityGroupName"], entry["Description"]) == ("new", "of old")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({}, (403, "InvalidVpcId.NotFound")),
        ({"VpcId": "vpc-gone"}, (404, "InvalidVpcId.NotFound")),
        ({"VpcId": VPC, "SecurityGroupName": "1"}, (400, "InvalidSecurityGroupName.Malformed")),
        (
            {"VpcId": VPC, "Description": "http://x"},
            (400, "InvalidSecurityGroupDiscription.Malformed"),
        ),
    ],
    ids=str,
)
def test_a_group_that_cannot_be_is_not_made(
    given: dict[str, str], refusal: tuple[int, str]
) -> None:
    desk = Desk()

    assert desk.refusal("CreateSecurityGroup", **given) == refusal
    assert listed(desk) == [FIRST]


def test_a_region_has_100_groups_at_most() -> None:
    desk = Desk()
    for _ in range(99):
        make(desk)

    assert desk.refusal("CreateSecurityGroup", VpcId=VPC) == (403, "QuotaExceed.SecurityGroup")


def test_ram_is_asked_for_groups_by_their_names() -> None:
    deny = Deny()
    nobody = Caller(authorizer=deny)

    assert Desk().refusal("DeleteSecurityGroup", nobody, SecurityGroupId=FIRST) == (
        403,
        "Forbidden.RAM",
    )
    (asked,) = deny.asked
    assert asked[0] == "ecs:DeleteSecurityGroup"
    assert asked[1].endswith(f":securitygroup/{FIRST}")


def test_a_group_can_be_tagged_like_other_resources() -> None:
    desk = Desk()
    team = {"Tag__1__Key": "team", "Tag__1__Value": "dev"}

    desk.ask("TagResources", ResourceType="securitygroup", ResourceId=(FIRST,), **team)

    assert listed(desk, **team) == [FIRST]
