"""What the component fc3 and Function Compute accept, as far as a Curfew function needs it.

From fc3's own schema and ``publish.yaml`` (v0.1.22, 2026-05) and Function Compute's pages "Limits"
(2026-02) and "Advanced features of triggers". fc3 itself silently ignores unknown keys, and about a
wrong trigger says only that there are eight kinds; so each key is checked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

REGIONS = frozenset(
    {"cn-beijing", "cn-chengdu", "cn-hangzhou", "cn-heyuan-acdr-1", "cn-hongkong"}
    | {"cn-huhehaote", "cn-qingdao", "cn-shanghai", "cn-shanghai-cloudspe"}
    | {"cn-shanghai-finance-1", "cn-shenzhen", "cn-wulanchabu", "cn-zhangjiakou"}
    | {"ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2"}
    | {"ap-southeast-3", "ap-southeast-5", "ap-southeast-7", "eu-central-1", "eu-west-1"}
    | {"me-central-1", "us-east-1", "us-west-1"}
)
"""Function Compute's regions, from fc3's schema; a newer one may be missing."""

REQUIRED = ("functionName", "region", "runtime", "code", "handler")
ENVIRONMENT_BYTES = 4096
"""The total size of a function's environment variables ("Limits")."""
MOST_TRIGGERS = 50
"""The maximum number of triggers per function ("Limits")."""
EVENTBRIDGE_LONGEST_S = 300
"""Seconds that a function behind a custom EventBridge source may take ("Advanced features")."""


class Field(NamedTuple):
    """A known key.

    Attributes:
        type: The type of its value, for msgspec to convert; Any: not checked here.
        right: That in words.
    """

    type: Any
    right: str = ""


_YES_OR_NO = Field(bool, "true or false, without quotes; yes, no, on and off are texts")
_TEXT = Field(str, "a string")
_NOT_LOOKED_AT = Field(Any)


class _Destination(msgspec.Struct, forbid_unknown_fields=True):
    destination: str


class _Destinations(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    on_failure: _Destination | None = None
    on_success: _Destination | None = None


class _Tag(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    value: str


PROPS: Mapping[str, Field] = {
    "functionName": Field(
        Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")],
        "1 to 64 letters, digits, _ and -, not a digit or - first",
    ),
    "region": _TEXT,
    "runtime": Field(Literal["python3.10", "python3.12"], "python3.10 or python3.12"),
    "code": _TEXT,
    "handler": _TEXT,
    "description": _TEXT,
    "role": _TEXT,
    "timeout": Field(
        Annotated[int, Meta(ge=1, le=86_400)], "seconds, a whole number from 1 to 86400"
    ),
    "memorySize": Field(
        Annotated[int, Meta(ge=128, le=32_768, multiple_of=64)],
        "MB, a multiple of 64 from 128 to 32768",
    ),
    "cpu": Field(Annotated[float, Meta(ge=0.05, le=16)], "vCPUs, a number from 0.05 to 16"),
    "diskSize": Field(Literal[512, 10_240], "512 or 10240 (MB)"),
    "instanceConcurrency": Field(
        Literal[1], "1, or absent: an instance of these runtimes handles one event at a time"
    ),
    "internetAccess": _YES_OR_NO,
    # Each variable is checked on its own (`local.check.settings`).
    "environmentVariables": Field(dict[str, Any], "a mapping of names to strings"),
    "tags": Field(list[_Tag], "a list of {key: …, value: …}"),
    "triggers": Field(list[dict[str, Any]], "a list of triggers"),
    "asyncInvokeConfig": Field(dict[str, Any], "a mapping"),
    "concurrencyConfig": Field(
        Annotated[
            dict[Literal["reservedConcurrency"], Annotated[int, Meta(ge=1)]], Meta(min_length=1)
        ],
        "a mapping with reservedConcurrency, a whole number from 1 on; with 0 no event would run",
    ),
    "logConfig": Field(
        Literal["auto"] | dict[str, Any], "auto, or a mapping with project and logstore"
    ),
    "vpcConfig": Field(
        Literal["auto"] | dict[str, Any],
        "auto, or a mapping with vpcId, vSwitchIds and securityGroupId",
    ),
    **dict.fromkeys(
        [
            *("annotations", "customContainerConfig", "customDNS", "customRuntimeConfig"),
            *("enableLongLiving", "endpoint", "gpuConfig", "instanceIsolationMode"),
            *("instanceLifecycleConfig", "layers", "nasConfig", "ossMountConfig"),
            *("provisionConfig", "resourceGroupId", "scalingConfig", "sessionAffinity"),
            *("sessionAffinityConfig", "supplement", "tracingConfig", "vpcBinding"),
        ],
        _NOT_LOOKED_AT,
    ),
}
"""The keys of ``props``."""

ASYNCHRONOUS: Mapping[str, Field] = {
    "asyncTask": _YES_OR_NO,
    "maxAsyncRetryAttempts": Field(Annotated[int, Meta(ge=0, le=8)], "a whole number from 0 to 8"),
    "maxAsyncEventAgeInSeconds": Field(
        # The schema allows up to 2592000, the API 604800.
        Annotated[int, Meta(ge=1, le=604_800)],
        "seconds, a whole number from 1 to 604800",
    ),
    "destinationConfig": Field(_Destinations, "onFailure and onSuccess, each with a destination"),
    "qualifier": _TEXT,
}
"""The keys of ``asyncInvokeConfig``."""

TRIGGER: Mapping[str, Field] = {
    "triggerName": Field(
        Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,127}$")],
        "letters, digits, _ and -, not a digit or - first",
    ),
    "triggerType": Field(
        Literal[
            "cdn_events", "eventbridge", "http", "log", "mns_topic", "oss", "tablestore", "timer"
        ],
        "timer, mns_topic, eventbridge or http",
    ),
    "triggerConfig": Field(dict[str, Any], "a mapping"),
    "description": _TEXT,
    "invocationRole": _TEXT,
    "qualifier": _TEXT,
    "sourceArn": _TEXT,
}
"""The keys of a trigger; the first three are required."""

TRIGGER_REQUIRED = ("triggerName", "triggerType", "triggerConfig")


class Config(NamedTuple):
    """The configuration of one type of trigger."""

    fields: Mapping[str, Field]
    required: tuple[str, ...]


TRIGGER_CONFIGS: Mapping[str, Config] = {
    "timer": Config(
        {
            "cronExpression": _TEXT,
            "enable": _YES_OR_NO,
            "payload": Field(str, "a string: put it in quotes"),
        },
        ("cronExpression", "enable"),
    ),
    "mns_topic": Config(
        {
            "notifyContentFormat": Field(Literal["JSON", "STREAM"], "JSON or STREAM"),
            "notifyStrategy": Field(
                Literal["BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"],
                "BACKOFF_RETRY or EXPONENTIAL_DECAY_RETRY",
            ),
            "filterTag": Field(Annotated[str, Meta(max_length=16)], "at most 16 characters"),
        },
        ("notifyContentFormat", "notifyStrategy"),
    ),
    "eventbridge": Config(
        {
            "triggerEnable": _YES_OR_NO,
            "asyncInvocationType": _YES_OR_NO,
            "eventRuleFilterPattern": Field(str, "JSON in a string"),
            "eventSourceConfig": Field(
                dict[str, Any], "a mapping with eventSourceType and eventSourceParameters"
            ),
            "eventSinkConfig": _NOT_LOOKED_AT,
            "runOptions": _NOT_LOOKED_AT,
        },
        ("triggerEnable", "asyncInvocationType", "eventRuleFilterPattern", "eventSourceConfig"),
    ),
    "http": Config(
        {
            "authType": Field(
                Literal["anonymous", "function", "jwt"], "function, jwt or anonymous"
            ),
            "methods": Field(
                list[Literal["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]],
                "a list of GET, POST and so on",
            ),
            "authConfig": _NOT_LOOKED_AT,
            "disableURLInternet": _YES_OR_NO,
        },
        ("authType", "methods"),
    ),
}
"""The keys of ``triggerConfig``, for the types that carry requests to Curfew."""


def problems(
    found: Mapping[str, Any], fields: Mapping[str, Field], required: tuple[str, ...] = ()
) -> Iterator[str]:
    """What is wrong with a mapping's keys and values, one sentence each.

    Args:
        found: The mapping; every value is known.
        fields: The allowed keys.
        required: The required keys.
    """
    for key in required:
        if key not in found:
            yield f"{key} is missing; it must be {fields[key].right or 'there'}"
    for key, value in found.items():
        field = fields.get(key)
        if field is None:
            near = get_close_matches(str(key), fields, n=1)
            hint = f"did you mean {near[0]}?" if near else "fc3 would ignore it"
            yield f"{key} is not a key of fc3; {hint}"
            continue
        try:
            msgspec.convert(value, field.type)
        except msgspec.ValidationError:
            if value is None:
                hint = "" if key in required else ", or remove the line"
                yield f"{key} has no value: expected {field.right}{hint}"
                continue
            yield f"{key}: {_shown(value)} is invalid: expected {field.right}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004  # as in errors of requests
