"""Attributes of instances, changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.ecs.account.model import ChargeType, LockReason, SpotStrategy
from local.ecs.fleet.fleet import InstanceSpec
from tests.harness.desk import Desk


def test_attributes_change_only_as_named() -> None:
    desk = Desk(InstanceSpec("web", description="first"))
    before = desk.instance

    desk.ask("ModifyInstanceAttribute", InstanceId=desk.instance_id, InstanceName="web-2")
    desk.ask("ModifyInstanceAttribute", InstanceId=desk.instance_id, Description="second")
    desk.ask("ModifyInstanceAttribute", InstanceId=desk.instance_id, Password="Taken-4-granted")
    desk.ask("ModifyInstanceAttribute", InstanceId=desk.instance_id, DeletionProtection="true")

    expected = replace(before, name="web-2", description="second", deletion_protection=True)
    assert desk.instance == expected


def test_protection_can_be_switched_off_again() -> None:
    desk = Desk(InstanceSpec("web", deletion_protection=True))

    desk.ask("ModifyInstanceAttribute", InstanceId=desk.instance_id, DeletionProtection="False")

    assert not desk.instance.deletion_protection


@pytest.mark.parametrize(
    ("spec", "parameters", "refusal"),
    [
        (
            InstanceSpec("yearly", charge_type=ChargeType.PRE_PAID),
            {"DeletionProtection": "true"},
            (403, "InvalidChargeType.ValueNotSupported"),
        ),
        (
            InstanceSpec("spot", spot_strategy=SpotStrategy.WITH_PRICE_LIMIT),
            {"DeletionProtection": "true"},
            (403, "InvalidChargeType.ValueNotSupported"),
        ),
        (
            InstanceSpec("seized", locks=(LockReason.SECURITY,)),
            {"DeletionProtection": "true"},
            (403, "InstanceLockedForSecurity"),
        ),
        (InstanceSpec("web"), {"Password": "…"}, (400, "InvalidPassword.Malformed")),
        (InstanceSpec("web"), {"Recyclable": "true"}, (400, "UnsupportedParameter")),
        (InstanceSpec("web"), {"HostName": "-"}, (400, "InvalidHostName.Malformed")),
        (InstanceSpec("web"), {"DeletionProtection": "on"}, (400, "InvalidParameter")),
        (InstanceSpec("web"), {"InstanceName": "x"}, (400, "InvalidInstanceName.Malformed")),
        (InstanceSpec("web"), {"Description": "x"}, (400, "InvalidDescription.Malformed")),
        (InstanceSpec("web"), {"InstanceId": "i-gone"}, (404, "InvalidInstanceId.NotFound")),
    ],
    ids=str,
)
def test_a_wrong_attribute_is_refused(
    spec: InstanceSpec, parameters: dict[str, str], refusal: tuple[int, str]
) -> None:
    desk = Desk(spec)
    before = desk.instance

    code = desk.refusal(
        "ModifyInstanceAttribute", **({"InstanceId": desk.instance_id} | parameters)
    )

    assert (code, desk.instance) == (refusal, before)
