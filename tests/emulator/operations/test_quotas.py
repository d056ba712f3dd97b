"""The account's quotas, and what it has used of them."""

from __future__ import annotations

from local.ecs.account.model import ChargeType, SpotStrategy
from local.ecs.fleet.fleet import InstanceSpec
from tests.harness.desk import DB, Desk


def shown(desk: Desk, *names: str) -> dict[str, list[str]]:
    answer = desk.ask("DescribeAccountAttributes", AttributeName=names)
    return {
        item["AttributeName"]: [each["Value"] for each in item["AttributeValues"]["ValueItem"]]
        for item in answer["AccountAttributeItems"]["AccountAttributeItem"]
    }


def test_what_is_used_is_what_pay_as_you_go_and_spot_instances_have() -> None:
    spot = InstanceSpec("spot", spot_strategy=SpotStrategy.AS_PRICE_GOES)
    paid = InstanceSpec("paid", charge_type=ChargeType.PRE_PAID)
    desk = Desk(DB, spot, paid)

    assert shown(
        desk,
        "used-postpaid-instance-vcpu-count",
        "used-spot-instance-vcpu-count",
        "used-postpaid-yundisk-capacity",
    ) == {
        "used-postpaid-instance-vcpu-count": ["2"],
        "used-spot-instance-vcpu-count": ["2"],
        "used-postpaid-yundisk-capacity": ["280"],
    }


def test_all_quotas_are_shown_unless_some_are_named() -> None:
    desk = Desk()

    assert shown(desk, "max-security-groups") == {"max-security-groups": ["100"]}
    assert shown(desk)["instance-network-type"] == ["vpc"]
    assert "ecs.g7.large" in shown(desk)["supported-postpaid-instance-types"]
