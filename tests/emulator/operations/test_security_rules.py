"""Rules of security groups: authorized, shown, revoked."""

from __future__ import annotations

from typing import Any

import pytest

from local.ecs.account.network import default_group_id, default_vpc_id
from tests.harness.desk import REGION, Desk

GROUP = default_group_id(REGION)
SSH = {"IpProtocol": "tcp", "PortRange": "22/22", "SourceCidrIp": "10.0.0.0/8"}
OUT = {"IpProtocol": "all", "PortRange": "-1/-1", "DestCidrIp": "0.0.0.0/0"}


def rules(desk: Desk, group: str = GROUP, **given: str) -> list[dict[str, Any]]:
    answer = desk.ask("DescribeSecurityGroupAttribute", SecurityGroupId=group, **given)
    found: list[dict[str, Any]] = answer["Permissions"]["Permission"]
    return found


def test_a_rule_is_shown_as_the_platform_shows_it() -> None:
    desk = Desk()

    desk.ask("AuthorizeSecurityGroup", SecurityGroupId=GROUP, **SSH, Priority="5")

    (rule,) = rules(desk)
    assert rule.pop("SecurityGroupRuleId").startswith("sgr-bp1")
    assert rule == {
        "CreateTime": "2026-11-23T10:00:00Z",
        "Description": "",
        "DestCidrIp": "",
        "DestGroupId": "",
        "DestGroupName": "",
        "DestGroupOwnerAccount": "",
        "Direction": "ingress",
        "IpProtocol": "TCP",
        "Ipv6DestCidrIp": "",
        "Ipv6SourceCidrIp": "",
        "NicType": "intranet",
        "Policy": "Accept",
        "PortRange": "22/22",
        "Priority": "5",
        "SourceCidrIp": "10.0.0.0/8",
        "SourceGroupId": "",
        "SourceGroupName": "",
        "SourceGroupOwnerAccount": "",
        "SourcePortRange": "",
    }


def test_each_direction_can_be_asked_for_alone() -> None:
    desk = Desk()
    desk.ask("AuthorizeSecurityGroup", SecurityGroupId=GROUP, **SSH)
    desk.ask("AuthorizeSecurityGroupEgress", SecurityGroupId=GROUP, **OUT)

    assert [each["SourceCidrIp"] for each in rules(desk, Direction="ingress")] == ["10.0.0.0/8"]
    assert [each["DestCidrIp"] for each in rules(desk, Direction="egress")] == ["0.0.0.0/0"]
    assert len(rules(desk, Direction="all")) == len(rules(desk)) == 2


def test_several_rules_come_in_one_request() -> None:
    desk = Desk()
    two = {
        f"Permissions__{number}__{name}": value
        for number, rule in enumerate((SSH, {**SSH, "PortRange": "80/443"}), 1)
        for name, value in rule.items()
    }

    desk.ask("AuthorizeSecurityGroup", SecurityGroupId=GROUP, **two)

    assert [each["PortRange"] for each in rules(desk)] == ["22/22", "80/443"]


def test_a_rule_that_is_there_is_not_added_again() -> None:
    desk = Desk()
    for _ in range(2):
        desk.ask("AuthorizeSecurityGroup", SecurityGroupId=GROUP, **SSH)

    assert len(rules(desk)) == 1


def test_a_rule_is_revoked_by_what_it_says_or_by_its_id() -> None:
    desk = Desk()
    desk.ask("AuthorizeSecurityGroup", SecurityGroupId=GROUP, **SSH)
    desk.ask("AuthorizeSecurityGroupEgress", SecurityGroupId=GROUP, **OUT)

    desk.ask("RevokeSecurityGroup", SecurityGroupId=GROUP, **{**SSH, "PortRange": "23/23"})
    kept = len(rules(desk))
    desk.ask("RevokeSecurityGroup", SecurityGroupId=GROUP, **SSH)
    (left,) = rules(desk)
    desk.ask(
        "RevokeSecurityGroupEgress",
        SecurityGroupId=GROUP,
        SecurityGroupRuleId=(left["SecurityGroupRuleId"],),
    )

    assert (kept, left["Direction"], rules(desk)) == (2, "egress", [])


def test_a_rule_names_the_group_at_its_other_end() -> None:
    desk = Desk()
    made = desk.ask("CreateSecurityGroup", VpcId=default_vpc_id(REGION), SecurityGroupName="app")[
        "SecurityGroupId"
    ]
    ports = {"IpProtocol": "tcp", "PortRange": "5432/5432"}

    desk.ask("AuthorizeSecurityGroup", SecurityGroupId=GROUP, SourceGroupId=made, **ports)

    (rule,) = rules(desk)
    assert (rule["SourceGroupId"], rule["SourceGroupName"]) == (made, "app")
    assert rule["SourceCidrIp"] == ""


def test_a_group_has_200_rules_at_most() -> None:
    desk = Desk()
    many = {
        f"Permissions__{port}__{name}": value
        for port in range(1, 201)
        for name, value in {**SSH, "PortRange": f"{port}/{port}"}.items()
    }
    desk.ask("AuthorizeSecurityGroup", SecurityGroupId=GROUP, **many)

    assert desk.refusal("AuthorizeSecurityGroupEgress", SecurityGroupId=GROUP, **OUT) == (
        403,
        "AuthorizationLimitExceed",
    )


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"IpProtocol": "ipx"}, (400, "InvalidIpProtocol.ValueNotSupported")),
        ({"PortRange": "ssh"}, (400, "InvalidIpProtocol.Malformed")),
        ({"PortRange": "443/80"}, (400, "OperationDenied")),
        ({"PortRange": "-1/-1"}, (400, "OperationDenied")),
        ({"IpProtocol": "icmp"}, (400, "OperationDenied")),
        ({"Policy": "maybe"}, (400, "InvalidPolicy.Malformed")),
        ({"Priority": "101"}, (400, "InvalidPriority.ValueNotSupported")),
        ({"Priority": "9" * 5_000}, (400, "InvalidPriority.ValueNotSupported")),
        ({"NicType": "both"}, (400, "InvalidNicType.ValueNotSupported")),
        ({"SourceCidrIp": "10.0.0.0/99"}, (400, "InvalidSourceCidrIp.Malformed")),
        ({"SourceCidrIp": ""}, (400, "MissingParameter.Source")),
        ({"SourceGroupId": GROUP}, (403, "InvalidParamter.Conflict")),
        ({"SourceGroupId": "sg-gone"}, (404, "InvalidSourceGroupId.NotFound")),
        ({"SecurityGroupId": "sg-gone"}, (404, "InvalidSecurityGroupId.NotFound")),
        (
            {"SourceCidrIp": "", "Ipv6SourceCidrIp": "10.0.0.0/8"},
            (400, "InvalidParam.Ipv6SourceCidrIp"),
        ),
    ],
    ids=str,
)
def test_a_rule_that_is_not_valid_is_refused(
    given: dict[str, str], refusal: tuple[int, str]
) -> None:
    desk = Desk()
    asked = {"SecurityGroupId": GROUP, **SSH, **given}

    assert desk.refusal("AuthorizeSecurityGroup", **asked) == refusal
    assert rules(desk) == []


def test_what_goes_out_has_words_of_its_own() -> None:
    desk = Desk()

    def refused(action: str, **given: str) -> str:
        return desk.refusal(action, SecurityGroupId=GROUP, **{**OUT, **given})[1]

    out, back = "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupEgress"
    assert refused(out, DestCidrIp="") == "MissingParameter.Dest"
    assert refused(out, DestGroupId="sg-gone") == "InvalidDestGroupId.NotFound"
    assert refused(out, DestGroupId=GROUP) == "InvalidParamter.Conflict"
    assert refused(back, DestGroupId=GROUP) == "InvalidSecurityGroup.IsSame"
    assert refused(back, PortRange="x") == "InvalidIpPortRange.Malformed"


def test_a_wrong_question_about_a_group_is_refused() -> None:
    desk, action = Desk(), "DescribeSecurityGroupAttribute"

    def refused(**given: str) -> tuple[int, str]:
        return desk.refusal(action, **{"SecurityGroupId": GROUP, **given})

    assert refused(Direction="sideways") == (400, "InvalidParamter")
    assert refused(NicType="wireless") == (400, "InvalidNicType.ValueNotSupported")
    assert refused(SecurityGroupId="sg-gone") == (404, "InvalidSecurityGroupId.NotFound")


def test_each_rule_has_an_id_of_its_own() -> None:
    desk = Desk()
    for each in (SSH, {**SSH, "Policy": "drop"}, {**SSH, "DestCidrIp": "10.1.0.0/16"}):
        desk.ask("AuthorizeSecurityGroup", SecurityGroupId=GROUP, **each)
    first, *others = (each["SecurityGroupRuleId"] for each in rules(desk))

    desk.ask("RevokeSecurityGroup", SecurityGroupId=GROUP, SecurityGroupRuleId=(first,))

    assert [each["SecurityGroupRuleId"] for each in rules(desk)] == others


def test_a_rule_is_revoked_by_its_id_in_its_own_direction_only() -> None:
    desk = Desk()
    desk.ask("AuthorizeSecurityGroupEgress", SecurityGroupId=GROUP, **OUT)
    (rule,) = rules(desk)
    named = {"SecurityGroupId": GROUP, "SecurityGroupRuleId.1": rule["SecurityGroupRuleId"]}

    desk.ask("RevokeSecurityGroup", **named)
    kept = rules(desk)
    desk.ask("RevokeSecurityGroupEgress", **named)

    assert kept == [rule]
    assert rules(desk) == []
