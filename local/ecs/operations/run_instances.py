"""RunInstances and CreateInstance. Source: their pages in the API reference.

What an instance is here (type, disks, tags, charge type, times) is honoured; what the emulator has
no use for (passwords, images' contents, network interfaces, cloud-init) is accepted and forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from local.ecs.account.catalog import DISK_CATEGORIES, INSTANCE_TYPES, disk_price, instance_price
from local.ecs.account.model import ChargeType, SpotStrategy, Status
from local.ecs.account.regions import REGIONS
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.fleet.creation import create
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from local.ecs.operations.attributes import checked_name, instance_description, instance_name
from local.ecs.operations.auto_release import asked_time
from local.ecs.operations.prices import asked_category, asked_size
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request, idempotent
from local.ecs.rpc.sequences import has_sequence, in_sequence

LARGEST_AMOUNT = 100
MAX_DATA_DISKS = 16
DAYS_PER_MONTH = 30
LONGEST_PERIOD_MONTHS = 60


@idempotent
def run_instances(request: Request) -> JsonObject:
    """Make 1 to 100 instances that are alike; they start by themselves.

    Raises:
        EcsError: RAM denies it, a parameter is absent, unknown or out of range, or this is a dry
            run.
    """
    region = request.region()
    request.authorize("instance/*", region, {})
    amount = _amount(request.parameters)
    names = _names(request.parameters, amount)
    spec = _spec(request, region, Status.PENDING)
    _admit(request, spec, amount)
    instances = [
        create(request.state, replace(spec, name=name), request.state.mint("i", region))
        for name in names
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
    """Make one instance that waits to be started; ECS's few seconds of Pending are left out.

    Raises:
        EcsError: RAM denies it, a parameter is absent, unknown or out of range, or this is a dry
            run.
    """
    region = request.region()
    request.authorize("instance/*", region, {})
    name = instance_name(request.parameters)
    spec = replace(_spec(request, region, Status.STOPPED), name=name)
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


def _spec(request: Request, region: str, status: Status) -> InstanceSpec:
    """The instance that is asked for, without its name."""
    parameters = request.parameters
    image_id = parameters.required("ImageId", Refusal.NOT_SUPPLIED)
    instance_type = parameters.required("InstanceType", Refusal.NOT_SUPPLIED)
    if instance_type not in INSTANCE_TYPES:
        raise Refusal.INSTANCE_TYPE.error()
    zone = parameters.text("ZoneId")
    if zone and zone not in REGIONS[region].zones:
        raise Refusal.UNKNOWN_ZONE.error()
    charge_type = _charge_type(parameters)
    pre_paid = charge_type is ChargeType.PRE_PAID
    release_at = asked_time(request)
    if pre_paid and release_at is not None:
        raise Refusal.CHARGE_TYPE.error()
    strategy = _strategy(parameters, charge_type)
    protected = parameters.flag("DeletionProtection")
    if protected and (pre_paid or strategy is not SpotStrategy.NO_SPOT):
        raise Refusal.PROTECTION_NOT_VALID.error()
    tags = parameters.new_tags()
    system_disk, data_disks = _disks(parameters, tags)
    return InstanceSpec(
        region=region,
        zone=zone,
        instance_type=instance_type,
        image_id=image_id,
        status=status,
        description=instance_description(parameters),
        key_pair=parameters.text("KeyPairName"),
        resource_group_id=parameters.text("ResourceGroupId"),
        charge_type=charge_type,
        spot_strategy=strategy,
        tags=tags,
        deletion_protection=protected,
        system_disk=system_disk,
        data_disks=data_disks,
        expires_at=_expiry(parameters, request.state.now) if pre_paid else None,
        auto_release_at=release_at,
        has_public_ip=parameters.number("InternetMaxBandwidthOut", 0) > 0,
    )


def _amount(parameters: Parameters) -> int:
    """How many to make, 1 to 100; MinAmount may not be more."""
    amount = parameters.number("Amount", 1, Refusal.AMOUNT)
    if not 1 <= amount <= LARGEST_AMOUNT:
        raise Refusal.AMOUNT.error()
    least = parameters.number("MinAmount", 1, Refusal.MIN_AMOUNT)
    if not 1 <= least <= amount:
        raise Refusal.MIN_AMOUNT.error()
    return amount


def _names(parameters: Parameters, amount: int) -> tuple[str, ...]:
    """A name for each, in sequence; with UniqueSuffix ``web001``, ``web002`` and so on."""
    name = parameters.text("InstanceName")
    if name and amount > 1 and parameters.flag("UniqueSuffix") and not has_sequence(name):
        name = f"{name}[1,3]"
    return tuple(map(checked_name, in_sequence(name, amount)))


def _charge_type(parameters: Parameters) -> ChargeType:
    asked = parameters.choice("InstanceChargeType", ChargeType, Refusal.UNKNOWN_CHARGE_TYPE)
    return asked or ChargeType.POST_PAID


def _strategy(parameters: Parameters, charge_type: ChargeType) -> SpotStrategy:
    asked = parameters.choice("SpotStrategy", SpotStrategy, Refusal.SPOT_STRATEGY)
    strategy = asked or SpotStrategy.NO_SPOT
    if strategy is not SpotStrategy.NO_SPOT and charge_type is ChargeType.PRE_PAID:
        raise Refusal.SPOT_PREPAID.error()
    return strategy


def _expiry(parameters: Parameters, now: datetime) -> datetime:
    """When a subscription of ``Period`` months ends; a month has 30 days here."""
    months = parameters.number("Period", 0, Refusal.PERIOD)
    if not 1 <= months <= LONGEST_PERIOD_MONTHS:
        raise Refusal.PERIOD.error()
    return now + timedelta(days=DAYS_PER_MONTH * months)


def _disks(
    parameters: Parameters, tags: Mapping[str, str]
) -> tuple[DiskSpec, tuple[DiskSpec, ...]]:
    """The system disk, which always goes with its instance, and the data disks.

    They have the instance's tags. Source: Tag.N of RunInstances, API reference.
    """
    category = asked_category(
        parameters, "SystemDisk.Category", "cloud_essd", Refusal.SYSTEM_DISK_CATEGORY
    )
    system = DiskSpec(
        size_gib=asked_size(parameters, "SystemDisk.Size", category, Refusal.SYSTEM_DISK_SIZE),
        category=category.name,
        name=parameters.text("SystemDisk.DiskName"),
        tags=tags,
    )
    asked = parameters.structures("DataDisk")
    if len(asked) > MAX_DATA_DISKS:
        raise Refusal.INVALID_PARAMETER.error(name="DataDisk")
    return system, tuple(_data_disk(each, tags) for each in asked)


def _data_disk(parameters: Parameters, tags: Mapping[str, str]) -> DiskSpec:
    category = asked_category(parameters, "Category", "cloud_essd", Refusal.DATA_DISK_CATEGORY)
    return DiskSpec(
        size_gib=asked_size(parameters, "Size", category, Refusal.DATA_DISK_SIZE),
        category=category.name,
        delete_with_instance=parameters.flag("DeleteWithInstance", default=True),
        name=parameters.text("DiskName"),
        tags=tags,
    )


def _hourly(spec: InstanceSpec) -> float:
    """What one such instance costs an hour, with its disks."""
    spot = spec.spot_strategy is not SpotStrategy.NO_SPOT
    _, trade = instance_price(INSTANCE_TYPES[spec.instance_type], "Hour", 1, spot=spot)
    disks = (spec.system_disk, *spec.data_disks)
    return trade + sum(
        disk_price(DISK_CATEGORIES[disk.category], disk.size_gib, "Hour", 1) for disk in disks
    )
