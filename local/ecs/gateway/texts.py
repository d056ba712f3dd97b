"""ECS's own text for an error code, for faults that give only the code."""

from __future__ import annotations

from collections.abc import Mapping

from local.ecs.errors import Refusal
from local.ecs.gateway.throttle import DENIALS

UNKNOWN = "The request processing has failed due to some unknown error."
"""The text of InternalError ("Common errors", API reference), and of any code unknown here."""

_OTHERS: Mapping[str, str] = {
    "InternalError": UNKNOWN,
    "ServiceUnavailable": "The request has failed due to a temporary failure of the server.",
    "OperationDenied.NoStock": (
        "The requested resource is sold out in the specified zone; try other types of resources "
        "or other regions and zones."
    ),
    "InvalidAction.NotFound": "Specified api is not found, please check your url and method.",
    "InvalidAccessKeyId.NotFound": "Specified access key is not found.",
    "InvalidAccessKeyId.Inactive": "Specified access key is disabled.",
    "InvalidSecurityToken.Expired": "Specified SecurityToken is expired.",
    "InvalidTimeStamp.Expired": "Specified time stamp or date value is expired.",
}
"""Codes that no operation here returns by itself."""


def _texts() -> dict[str, str]:
    """The first text of each code without placeholders."""
    texts = {denial.code: denial.message for denial in reversed(list(DENIALS.values()))}
    for refusal in reversed(list(Refusal)):
        if "{" not in refusal.code + refusal.message:
            texts[refusal.code] = refusal.message
    return {**texts, **_OTHERS}


_TEXTS = _texts()


def text_of(code: str) -> str:
    """ECS's text for this code; for one unknown here, `UNKNOWN`."""
    return _TEXTS.get(code, UNKNOWN)
