"""DescribeRegions. Source: its page in the API reference."""

from __future__ import annotations

from enum import Enum

from local.ecs.account.model import ChargeType
from local.ecs.account.regions import REGIONS, Region
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.rpc.request import Request


class Language(Enum):
    """What AcceptLanguage may be."""

    CHINESE = "zh-CN"
    ENGLISH = "en-US"
    JAPANESE = "ja"


class RegionResource(Enum):
    """What a region may be asked to offer."""

    INSTANCE = "instance"
    DISK = "disk"
    RESERVED_INSTANCE = "reservedinstance"
    SAVINGS_PLAN = "savingsplan"


def describe_regions(request: Request) -> JsonObject:
    """All regions, named in the language that is asked for; Chinese by default.

    Raises:
        EcsError: language, charge type or resource type is unknown.
    """
    parameters = request.parameters
    language = parameters.choice("AcceptLanguage", Language, Refusal.ACCEPT_LANGUAGE)
    parameters.choice("InstanceChargeType", ChargeType, Refusal.UNKNOWN_CHARGE_TYPE)
    parameters.choice("ResourceType", RegionResource, Refusal.UNKNOWN_RESOURCE_TYPE)
    allowed = request.may_list("*", "*")
    return {
        "Regions": {
            "Region": [
                {
                    "RegionId": region.region_id,
                    "RegionEndpoint": region.endpoint,
                    "LocalName": _local_name(region, language or Language.CHINESE),
                    "Status": "available",
                }
                for region in (REGIONS.values() if allowed else ())
            ]
        }
    }


def _local_name(region: Region, language: Language) -> str:
    return {
        Language.CHINESE: region.name_zh,
        Language.ENGLISH: region.name_en,
        Language.JAPANESE: region.name_ja,
    }[language]
