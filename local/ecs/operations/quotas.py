"""DescribeAccountAttributes. Source: its page in the API reference."""

from __future__ import annotations

from local.ecs.account.catalog import INSTANCE_TYPES
from local.ecs.account.model import ChargeType, SpotStrategy
from local.ecs.account.state import JsonObject
from local.ecs.rpc.request import Request

_QUOTAS = {
    "instance-network-type": ("vpc",),
    "max-axt-command-count": ("100",),
    "max-axt-invocation-daily": ("5000",),
    "max-dedicated-hosts": ("2",),
    "max-elastic-network-interfaces": ("5000",),
    "max-postpaid-instance-vcpu-count": ("1000",),
    "max-postpaid-yundisk-capacity": ("204800",),
    "max-security-groups": ("100",),
    "max-spot-instance-vcpu-count": ("1000",),
    "real-name-authentication": ("yes",),
}
"""As in the API reference's sample; not enforced here."""


def describe_account_attributes(request: Request) -> JsonObject:
    """Quotas of the account, and what it has used of them.

    Raises:
        EcsError: the region is unknown.
    """
    region = request.region()
    asked = request.parameters.repeated("AttributeName")
    values: dict[str, tuple[str, ...]] = {**_QUOTAS, **_used(request, region)}
    allowed = request.may_list("*", region)
    items = [
        {
            "AttributeName": name,
            "AttributeValues": {"ValueItem": [{"Value": each} for each in found]},
        }
        for name, found in sorted(values.items())
        if allowed and (not asked or name in asked)
    ]
    return {"AccountAttributeItems": {"AccountAttributeItem": items}}


def _used(request: Request, region: str) -> dict[str, tuple[str, ...]]:
    spot = post_paid = 0
    for _, each in request.state.instances.walk(region):
        cores = INSTANCE_TYPES[each.instance_type].cpu
        if each.spot_strategy is not SpotStrategy.NO_SPOT:
            spot += cores
        elif each.charge_type is ChargeType.POST_PAID:
            post_paid += cores
    gib = sum(
        disk.size_gib
        for _, disk in request.state.disks.walk(region)
        if disk.charge_type is ChargeType.POST_PAID
    )
    return {
        "supported-postpaid-instance-types": tuple(INSTANCE_TYPES),
        "used-postpaid-instance-vcpu-count": (str(post_paid),),
        "used-postpaid-yundisk-capacity": (str(gib),),
        "used-spot-instance-vcpu-count": (str(spot),),
    }
