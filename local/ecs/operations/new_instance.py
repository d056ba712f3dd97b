"""The requests of RunInstances and CreateInstance, parsed and checked.

Source: RunInstances, API reference. Whatever a list shows of an instance is stored as requested;
    passwords and what happens inside a machine are discarded; what a list would show but the
    emulator does not support is refused.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from local.ecs.account.catalog import INSTANCE_TYPES
from local.ecs.account.images import public_images
from local.ecs.account.key_pairs import key_of
from local.ecs.account.model import ChargeType, SpotStrategy, Status
from local.ecs.errors import Refusal
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.operations.auto_release import asked_time
from local.ecs.operations.instance_texts import (
    asked_credits,
    asked_user_data,
    instance_description,
)
from local.ecs.operations.new_disks import asked_disks
from local.ecs.operations.new_network import Place, asked_bandwidth, asked_charge_type
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.reference import documented
from local.ecs.rpc.request import Request

_DAYS = {"Week": 7, "Month": 30}
LONGEST_PERIOD_MONTHS = 60
_PRICE = re.compile(r"\d{1,6}(\.\d{1,3})?")
_SPOT_HOURS = range(7)
_SWITCH = frozenset({"enabled", "disabled"})
_TOKENS = frozenset({"optional", "required"})
_refused = documented("RunInstances").error


def asked_spec(request: Request, region: str, status: Status, place: Place) -> InstanceSpec:
    """The requested instance, without its names and its private address.

    Raises:
        EcsError: a parameter is absent, unknown, out of range, or conflicts with another.
    """
    parameters = request.parameters
    instance_type = parameters.required("InstanceType", Refusal.NOT_SUPPLIED)
    if instance_type not in INSTANCE_TYPES:
        raise Refusal.INSTANCE_TYPE.error()
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
    system_disk, data_disks = asked_disks(request, tags)
    image_id = _image_id(request)
    bandwidth_in, bandwidth_out = asked_bandwidth(parameters)
    return InstanceSpec(
        region=region,
        zone=place.zone,
        instance_type=instance_type,
        image_id=image_id,
        status=status,
        description=instance_description(parameters),
        key_pair=_key_pair(request, region, image_id),
        resource_group_id=parameters.text("ResourceGroupId"),
        charge_type=charge_type,
        spot_strategy=strategy,
        tags=tags,
        deletion_protection=protected,
        system_disk=system_disk,
        data_disks=data_disks,
        expires_at=_expiry(parameters, request.state.now) if pre_paid else None,
        auto_release_at=release_at,
        has_public_ip=bandwidth_out > 0,
        security_group_ids=place.security_group_ids,
        vpc_id=place.vpc_id,
        vswitch_id=place.vswitch_id,
        internet_charge_type=asked_charge_type(parameters),
        bandwidth_in=bandwidth_in,
        bandwidth_out=bandwidth_out,
        spot_price_limit=_price_limit(parameters, strategy),
        spot_duration=_spot_duration(parameters),
        http_endpoint=_word(parameters, "HttpEndpoint", _SWITCH),
        http_tokens=_word(parameters, "HttpTokens", _TOKENS),
        credit_specification=asked_credits(parameters),
        deployment_set_id=parameters.text("DeploymentSetId"),
        user_data=asked_user_data(parameters),
    )


def _image_id(request: Request) -> str:
    """The image: by its id, or the newest of a family.

    Raises:
        EcsError: neither is given, the family does not exist, or the image does not by the quirk.
    """
    parameters, state = request.parameters, request.state
    image_id = parameters.text("ImageId")
    if not image_id and (family := parameters.text("ImageFamily")):
        found = (each.image_id for each in public_images().values() if each.family == family)
        image_id = next(found, "")
        if not image_id:
            raise _refused("InvalidImageId.NotFound")
    if not image_id:
        raise Refusal.NOT_SUPPLIED.error(name="ImageId")
    known = image_id in public_images() or state.images.find(image_id, request.region()) is not None
    if not known and state.settings.quirks.unknown_images_are_refused:
        raise _refused("InvalidImageId.NotFound")
    return image_id


def _key_pair(request: Request, region: str, image_id: str) -> str:
    """The name of the key pair.

    Raises:
        EcsError: it is not there, or the image's system is Windows, which takes none.
    """
    name = request.parameters.text("KeyPairName")
    if name and request.state.key_pairs.find(key_of(region, name)) is None:
        raise _refused("InvalidKeyPairName.NotFound")
    if name and image_id.startswith("win"):
        raise _refused("DependencyViolation.WindowsInstance")
    return name


def _charge_type(parameters: Parameters) -> ChargeType:
    asked = parameters.choice("InstanceChargeType", ChargeType, Refusal.UNKNOWN_CHARGE_TYPE)
    return asked or ChargeType.POST_PAID


def _strategy(parameters: Parameters, charge_type: ChargeType) -> SpotStrategy:
    asked = parameters.choice("SpotStrategy", SpotStrategy, Refusal.SPOT_STRATEGY)
    strategy = asked or SpotStrategy.NO_SPOT
    if strategy is not SpotStrategy.NO_SPOT and charge_type is ChargeType.PRE_PAID:
        raise Refusal.SPOT_PREPAID.error()
    return strategy


def _price_limit(parameters: Parameters, strategy: SpotStrategy) -> float:
    """``SpotPriceLimit``, which applies only with SpotWithPriceLimit; 0 if absent.

    The reference does not require it, and Ray's node provider never sends it.
    """
    text = parameters.text("SpotPriceLimit")
    if strategy is not SpotStrategy.WITH_PRICE_LIMIT or not text:
        return 0.0
    if not _PRICE.fullmatch(text) or float(text) <= 0:
        raise _refused("InvalidSpotPriceLimit")
    return float(text)


def _spot_duration(parameters: Parameters) -> int:
    """``SpotDuration``: 0 to 6 hours, by default 1."""
    hours = parameters.number("SpotDuration", 1)
    if hours not in _SPOT_HOURS:
        raise Refusal.INVALID_PARAMETER.error(name="SpotDuration")
    return hours


def _word(parameters: Parameters, name: str, words: frozenset[str]) -> str:
    asked = parameters.text(name)
    if asked and asked not in words:
        raise Refusal.INVALID_PARAMETER.error(name=name)
    return asked


def _expiry(parameters: Parameters, now: datetime) -> datetime:
    """When a subscription of ``Period`` months or weeks ends; a month has 30 days here."""
    period = parameters.number("Period", 0, Refusal.PERIOD)
    if not 1 <= period <= LONGEST_PERIOD_MONTHS:
        raise Refusal.PERIOD.error()
    days = _DAYS.get(parameters.text("PeriodUnit", "Month"))
    if days is None:
        raise Refusal.INVALID_PARAMETER.error(name="PeriodUnit")
    return now + timedelta(days=days * period)
