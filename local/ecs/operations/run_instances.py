"""RunInstances and CreateInstance. Source: their pages in the API reference.

Their parameters are parsed in `local.ecs.operations.new_instance` and similar modules.
"""

from __future__ import annotations

from dataclasses import replace

from local.ecs.account.catalog import DISK_CATEGORIES, INSTANCE_TYPES, disk_price, instance_price
from local.ecs.account.model import ChargeType, SpotStrategy, Status
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.fleet.creation import create
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.operations.instance_texts import (
    checked_host_name,
    checked_name,
    instance_name,
)
from local.ecs.operations.new_instance import asked_spec
from local.ecs.operations.new_network import asked_place
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request, idempotent
from local.ecs.rpc.sequences import has_sequence, in_sequence

LARGEST_AMOUNT = 100


@idempotent
def run_instances(request: Request) -> JsonObject:
    """Create 1 to 100 identical instances, which then start by themselves.

    Raises:
        EcsError: RAM denies it, a parameter is absent, unknown or out of range, or this is a dry
            run.
    """
    region = request.region()
    request.authorize("instance/*", region, {})
    amount = _amount(request.parameters)
    names = _names(request.parameters, amount)
    host_names = _host_names(request.parameters, amount)
    place = asked_place(request, region, amount)
    spec = asked_spec(request, region, Status.PENDING, place)
    _admit(request, spec, amount)
    private_ips = place.private_ips or ("",) * amount
    instances = [
        create(
            request.state,
            replace(spec, name=name, host_name=host_name, private_ip=private_ip),
            request.state.mint("i", region),
        )
        for name, host_name, private_ip in zip(names, host_names, private_ips, strict=True)
    ]
    answer: JsonObject = {
        "InstanceIdSets": {"InstanceIdSet": [each.instance_id for each in instances]},
        "TradePrice": round(amount * _hourly(spec), 4),
    }
    if spec.charge_type is ChargeType.PRE_PAID:
        answer["OrderId"] = _order_id(request)
    return answer


@idempotent
def create_instance(request: Request) -> JsonObject:
    """Create one instance that waits to be started; ECS's few seconds of Pending are omitted.

    It has no public address before AllocatePublicIpAddress gives it one.

    Raises:
        EcsError: RAM denies it, a parameter is absent, unknown or out of range, or this is a dry
            run.
    """
    region = request.region()
    request.authorize("instance/*", region, {})
    place = asked_place(request, region, 1)
    spec = replace(
        asked_spec(request, region, Status.STOPPED, place),
        name=instance_name(request.parameters),
        host_name=checked_host_name(request.parameters.text("HostName")),
        private_ip=place.private_ips[0] if place.private_ips else "",
        has_public_ip=False,
    )
    _admit(request, spec, 1)
    made = create(request.state, spec, request.state.mint("i", region))
    answer: JsonObject = {"InstanceId": made.instance_id, "TradePrice": round(_hourly(spec), 4)}
    if spec.charge_type is ChargeType.PRE_PAID:
        answer["OrderId"] = _order_id(request)
    return answer


def _admit(request: Request, spec: InstanceSpec, number: int) -> None:
    request.authorize_new_tags("instance/*", spec.region, spec.tags)
    request.stop_if_dry_run()
    if not request.state.creates(number):
        raise Refusal.TOO_MANY_CREATIONS.error()


def _order_id(request: Request) -> str:
    return str(2_000_000_000_000 + len(request.state.instances))


def _amount(parameters: Parameters) -> int:
    """How many to create, 1 to 100; MinAmount may not be more."""
    amount = parameters.number("Amount", 1, Refusal.AMOUNT)
    if not 1 <= amount <= LARGEST_AMOUNT:
        raise Refusal.AMOUNT.error()
    least = parameters.number("MinAmount", 1, Refusal.MIN_AMOUNT)
    if not 1 <= least <= amount:
        raise Refusal.MIN_AMOUNT.error()
    return amount


def _names(parameters: Parameters, amount: int) -> tuple[str, ...]:
    """A name for each, in sequence; with UniqueSuffix ``web001``, ``web002`` and so on."""
    return tuple(map(checked_name, _numbered(parameters, "InstanceName", amount)))


def _host_names(parameters: Parameters, amount: int) -> tuple[str, ...]:
    """A host name for each, in the same way, or the listed ones; the rest are generated."""
    listed = parameters.repeated("HostNames")
    if listed and parameters.text("HostName"):
        raise Refusal.INVALID_PARAMETER.error(name="HostNames")
    if listed:
        found = (*listed[:amount], *("",) * (amount - len(listed)))
    else:
        found = _numbered(parameters, "HostName", amount)
    return tuple(map(checked_host_name, found))


def _numbered(parameters: Parameters, parameter: str, amount: int) -> tuple[str, ...]:
    name = parameters.text(parameter)
    if name and amount > 1 and parameters.flag("UniqueSuffix") and not has_sequence(name):
        name = f"{name}[1,3]"
    return in_sequence(name, amount)


def _hourly(spec: InstanceSpec) -> float:
    """The hourly price of one such instance, with its disks."""
    spot = spec.spot_strategy is not SpotStrategy.NO_SPOT
    _, trade = instance_price(INSTANCE_TYPES[spec.instance_type], "Hour", 1, spot=spot)
    disks = (spec.system_disk, *spec.data_disks)
    return trade + sum(
        disk_price(DISK_CATEGORIES[disk.category], disk.size_gib, "Hour", 1) for disk in disks
    )
