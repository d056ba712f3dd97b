"""Subscriptions do not renew themselves here, and say so."""

from __future__ import annotations

import pytest

from local.ecs.account.model import ChargeType
from local.ecs.fleet.fleet import InstanceSpec
from tests.harness.desk import Desk

PAID = InstanceSpec("paid", charge_type=ChargeType.PRE_PAID, instance_id="i-paid")
OWED = InstanceSpec("owed", instance_id="i-owed")
ACTION = "DescribeInstanceAutoRenewAttribute"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"InstanceId": "i-paid"}, ["i-paid"]),
        ({"InstanceId": "i-paid,i-gone"}, ["i-paid"]),
        ({"RenewalStatus": "Normal"}, ["i-paid"]),
        ({"RenewalStatus": "AutoRenewal"}, []),
    ],
    ids=str,
)
def test_subscriptions_are_listed_by_id_or_status(given: dict[str, str], found: list[str]) -> None:
    answer = Desk(PAID, OWED).ask(ACTION, **given)

    rows = answer["InstanceRenewAttributes"]["InstanceRenewAttribute"]
    assert [row["InstanceId"] for row in rows] == found
    assert answer["TotalCount"] == len(found)
    assert all(not row["AutoRenewEnabled"] for row in rows)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "InvalidParameter.RenewalStatusInstanceId"),
        ({"RenewalStatus": "Perhaps"}, "InvalidParameter.RenewalStatus"),
        ({"InstanceId": "i-owed"}, "ChargeTypeViolation"),
        (
            {"InstanceId": ",".join(f"i-{number}" for number in range(101))},
            "InvalidParameter.ToManyInstanceIds",
        ),
    ],
    ids=["nothing", "status", "post-paid", "101"],
)
def test_a_wrong_question_about_renewal_is_refused(given: dict[str, str], code: str) -> None:
    assert Desk(PAID, OWED).refusal(ACTION, **given) == (403, code)
