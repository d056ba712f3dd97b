"""ModifyInstanceAttribute: name, description, deletion protection, password.

Source: ModifyInstanceAttribute, API reference. Its other attributes are refused, not ignored.
"""

from __future__ import annotations

import re
from dataclasses import replace

from local.ecs.account.model import ChargeType, Instance, LockReason, SpotStrategy
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.rpc.instance_ids import one_instance
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request

_NAME = re.compile(r"(?!https?://)[^\W\d_][\w.:\-\[\]]{1,127}")
_DESCRIPTION = re.compile(r"(?!https?://)[^\0]{2,256}")
KINDS_IN_PASSWORD = 3
"""Lower case, upper case, digits, symbols: three of them at least."""
_PASSWORD_LENGTHS = range(8, 31)
_SYMBOLS = frozenset("()`~!@#$%^&*-_+=|{}[]:;'<>,.?/")
_NOT_EMULATED = frozenset(
    {
        "CpuOptions",
        "CreditSpecification",
        "EnableJumboFrame",
        "EnableNetworkEncryption",
        "HostName",
        "NetworkInterfaceQueueNumber",
        "PrivateDnsNameOptions",
        "Recyclable",
        "RemoteConnectionOptions",
        "SecurityGroupIds",
        "UserData",
    }
)


def modify_instance_attribute(request: Request) -> JsonObject:
    """Change what is named in the request, and nothing else.

    Raises:
        EcsError: no such instance, it is locked for security or being deleted, or a value is not
            valid, such as deletion protection for a PrePaid or spot instance.
    """
    parameters = request.parameters
    instance = one_instance(request)
    for name in sorted(parameters.names() & _NOT_EMULATED):
        raise Refusal.NOT_EMULATED.error(name=name)
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
    )
    request.state.put(changed)
    return {}


def _check_password(password: str) -> None:
    """A password is taken, if it is one that ECS takes, and forgotten."""
    kinds = (str.islower, str.isupper, str.isdigit, lambda each: each in _SYMBOLS)
    found = sum(any(map(kind, password)) for kind in kinds)
    right = len(password) in _PASSWORD_LENGTHS and found >= KINDS_IN_PASSWORD
    if password and not right:
        raise Refusal.PASSWORD.error()


def instance_name(parameters: Parameters) -> str:
    """``InstanceName``, or "" when absent.

    Raises:
        EcsError: it is not 2 to 128 characters that begin with a letter.
    """
    return checked_name(parameters.text("InstanceName"))


def checked_name(name: str) -> str:
    """The name of an instance, or "".

    Raises:
        EcsError: it is not 2 to 128 characters that begin with a letter.
    """
    if name and not _NAME.fullmatch(name):
        raise Refusal.INSTANCE_NAME.error()
    return name


def instance_description(parameters: Parameters) -> str:
    """``Description``, or "" when absent.

    Raises:
        EcsError: it is not 2 to 256 characters, or begins with an address of the web.
    """
    description = parameters.text("Description")
    if description and not _DESCRIPTION.fullmatch(description):
        raise Refusal.INSTANCE_DESCRIPTION.error()
    return description


def _protection(parameters: Parameters, instance: Instance) -> bool:
    if not parameters.text("DeletionProtection"):
        return instance.deletion_protection
    spot = instance.spot_strategy is not SpotStrategy.NO_SPOT
    if instance.charge_type is ChargeType.PRE_PAID or spot:
        raise Refusal.PROTECTION_NOT_VALID.error()
    return parameters.flag("DeletionProtection")
