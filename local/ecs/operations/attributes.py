"""ModifyInstanceAttribute, for the attributes that lists show.

Source: ModifyInstanceAttribute, API reference. Passwords are accepted and discarded; other
    attributes are refused, not ignored.
"""

from __future__ import annotations

from dataclasses import replace

from local.ecs.account.model import ChargeType, Instance, LockReason, SpotStrategy, Status
from local.ecs.account.network import vpc_of
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.operations.instance_texts import (
    asked_credits,
    asked_user_data,
    checked_host_name,
    instance_description,
    instance_name,
)
from local.ecs.operations.new_network import asked_groups
from local.ecs.rpc.instance_ids import one_instance
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request

KINDS_IN_PASSWORD = 3
"""Lower case, upper case, digits, symbols: at least three of them."""
_PASSWORD_LENGTHS = range(8, 31)
_SYMBOLS = frozenset("()`~!@#$%^&*-_+=|{}[]:;'<>,.?/")


def modify_instance_attribute(request: Request) -> JsonObject:
    """Change what is named in the request, and nothing else.

    Raises:
        EcsError: no such instance, it is locked for security or being deleted, or a value is not
            valid, such as deletion protection for a PrePaid or spot instance.
    """
    parameters = request.parameters
    instance = one_instance(request)
    if instance.is_locked(LockReason.SECURITY):
        raise Refusal.LOCKED_FOR_SECURITY.error()
    if instance.deleting:
        raise Refusal.INCORRECT_STATUS.error()
    _check_password(parameters.text("Password"))
    changed = replace(
        instance,
        name=instance_name(parameters) or instance.name,
        description=instance_description(parameters) or instance.description,
        deletion_protection=_protection(parameters, instance),
        host_name=checked_host_name(parameters.text("HostName")) or instance.host_name,
        credit_specification=asked_credits(parameters) or instance.credit_specification,
        user_data=_user_data(parameters, instance),
        security_group_ids=_groups(request, instance),
    )
    request.state.put(changed)
    return {}


def _check_password(password: str) -> None:
    """A password is accepted, if ECS would accept it, and discarded."""
    kinds = (str.islower, str.isupper, str.isdigit, lambda each: each in _SYMBOLS)
    found = sum(any(map(kind, password)) for kind in kinds)
    right = len(password) in _PASSWORD_LENGTHS and found >= KINDS_IN_PASSWORD
    if password and not right:
        raise Refusal.PASSWORD.error()


def _user_data(parameters: Parameters, instance: Instance) -> str:
    """New user data, accepted only by a stopped instance."""
    if not parameters.given("UserData"):
        return instance.user_data
    if instance.status is not Status.STOPPED:
        raise Refusal.INCORRECT_STATUS.error()
    return asked_user_data(parameters)


def _groups(request: Request, instance: Instance) -> tuple[str, ...]:
    """The named security groups, replacing the instance's current ones."""
    named = request.parameters.repeated("SecurityGroupIds")
    if not named:
        return instance.security_group_ids
    return asked_groups(request, instance.region, named, vpc_of(instance))


def _protection(parameters: Parameters, instance: Instance) -> bool:
    if not parameters.text("DeletionProtection"):
        return instance.deletion_protection
    spot = instance.spot_strategy is not SpotStrategy.NO_SPOT
    if instance.charge_type is ChargeType.PRE_PAID or spot:
        raise Refusal.PROTECTION_NOT_VALID.error()
    return parameters.flag("DeletionProtection")
