"""DescribeInstanceAutoRenewAttribute: nothing renews itself here.

Source: its page in the API reference. Without ids it lists the subscriptions of the region.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from local.ecs.account.model import ChargeType, Instance
from local.ecs.account.state import JsonObject
from local.ecs.rpc.parameters import MAX_IDS
from local.ecs.rpc.request import Operation, Request
from local.ecs.rpc.table import Listing, listed


class Renewal(Enum):
    """What RenewalStatus may ask for; no instance here is anything but Normal."""

    AUTOMATIC = "AutoRenewal"
    NORMAL = "Normal"
    NOT = "NotRenewal"


def _rows(request: Request, region: str) -> Iterator[tuple[int, Instance]]:
    parameters, state, reference = request.parameters, request.state, request.reference
    ids = tuple(filter(None, parameters.text("InstanceId").split(",")))
    status = parameters.text("RenewalStatus")
    if not ids and not status:
        raise reference.error("InvalidParameter.RenewalStatusInstanceId")
    if status and status not in {each.value for each in Renewal}:
        raise reference.error("InvalidParameter.RenewalStatus")
    if len(ids) > MAX_IDS:
        raise reference.error("InvalidParameter.ToManyInstanceIds")
    if not ids:
        for position, instance in state.instances.walk(region):
            if instance.charge_type is ChargeType.PRE_PAID:
                yield position, instance
        return
    for position, instance in state.instances.pick(region, ids):
        if instance.charge_type is ChargeType.POST_PAID:
            raise reference.error("ChargeTypeViolation")
        yield position, instance


def _show(request: Request, instance: Instance) -> JsonObject:  # noqa: ARG001  # as every row is shown
    return {
        "AutoRenewEnabled": False,
        "Duration": 0,
        "InstanceId": instance.instance_id,
        "PeriodUnit": "Month",
        "RenewalStatus": Renewal.NORMAL.value,
    }


describe_instance_auto_renew_attribute: Operation = listed(
    Listing(
        answer=("InstanceRenewAttributes", "InstanceRenewAttribute"),
        resource="instance/*",
        rows=_rows,
        show=_show,
        filters={"RenewalStatus": lambda _: Renewal.NORMAL.value},
        ignored=frozenset({"InstanceId"}),
        says_region=False,
    )
)
