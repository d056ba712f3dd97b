"""The ids of ECS's public regions, only for hints: ECS itself says which regions exist.

Source: "Regions and zones", ECS user guide, 2026. A region that is missing here works like any
other; the list only helps to distinguish a misspelt region from an unreachable one.
"""

from __future__ import annotations

_REGIONS = (
    "cn-qingdao cn-beijing cn-zhangjiakou cn-huhehaote cn-wulanchabu cn-hangzhou cn-shanghai "
    "cn-nanjing cn-fuzhou cn-wuhan-lr cn-shenzhen cn-heyuan cn-guangzhou "
    "cn-chengdu cn-hongkong ap-northeast-1 ap-northeast-2 ap-southeast-1 ap-southeast-3 "
    "ap-southeast-5 ap-southeast-6 ap-southeast-7 us-east-1 us-west-1 na-south-1 eu-west-1 "
    "eu-central-1 me-east-1 me-central-1"
)

_OF_THEIR_OWN = (
    "cn-hangzhou-finance cn-shanghai-finance-1 cn-shenzhen-finance-1 cn-beijing-finance-1 "
    "cn-north-2-gov-1"
)
"""Finance Cloud and Government Cloud: the SDK knows their endpoints, which follow no rule."""


def is_listed(region: str) -> bool:
    """Is this region in the list? Others may exist all the same."""
    return region in _REGIONS.split() or has_endpoint_of_its_own(region)


def has_endpoint_of_its_own(region: str) -> bool:
    """Is it a region of Finance Cloud or Government Cloud?"""
    return region in _OF_THEIR_OWN.split()


def hint(region: str) -> str:
    """A sentence that names the region that was probably meant, or shows the form of an id."""
    if is_listed(region):
        return "There is such a region; perhaps this account or endpoint does not have it."
    from difflib import get_close_matches  # noqa: PLC0415  # only a misspelt region needs it

    near = get_close_matches(region, _REGIONS.split(), n=1)
    return f"Did you mean {near[0]}?" if near else "Region ids look like cn-hangzhou."
