"""Names, descriptions and other texts of an instance, checked as ECS checks them.

Sources: RunInstances and ModifyInstanceAttribute, API reference.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode

from local.ecs.errors import Refusal
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.reference import documented

LARGEST_USER_DATA = 32 * 1024
"""The size limit in bytes, before encoding ("Instance user data", user guide)."""
_NAME = re.compile(r"(?!https?://)[^\W\d_][\w.:\-\[\]]{1,127}")
_DESCRIPTION = re.compile(r"(?!https?://)[^\0]{2,256}")
_HOST_NAME = re.compile(r"(?=.{2,64}$)[A-Za-z0-9]+([.-][A-Za-z0-9]+)*")
_CREDITS = frozenset({"Standard", "Unlimited"})
_refused = documented("RunInstances").error


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
        EcsError: it is not 2 to 256 characters, or begins with a web address.
    """
    description = parameters.text("Description")
    if description and not _DESCRIPTION.fullmatch(description):
        raise Refusal.INSTANCE_DESCRIPTION.error()
    return description


def checked_host_name(name: str) -> str:
    """A host name, or "".

    Raises:
        EcsError: it is not 2 to 64 characters in parts of letters and digits.
    """
    if name and not _HOST_NAME.fullmatch(name):
        raise Refusal.HOST_NAME.error()
    return name


def asked_user_data(parameters: Parameters) -> str:
    """``UserData`` unchanged: Base64.

    Raises:
        EcsError: it is not Base64, or of more than 32 KB.
    """
    text = parameters.text("UserData")
    try:
        content = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal.INVALID_PARAMETER.error(name="UserData") from None
    if len(content) > LARGEST_USER_DATA:
        raise _refused("InvalidUserData.SizeExceeded")
    return text


def asked_credits(parameters: Parameters) -> str:
    """``CreditSpecification``, or "".

    Raises:
        EcsError: it is neither Standard nor Unlimited.
    """
    asked = parameters.text("CreditSpecification")
    if asked and asked not in _CREDITS:
        raise _refused("InvalidParameter.CreditSpecification")
    return asked
