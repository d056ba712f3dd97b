"""Regions by name, and prices."""

from __future__ import annotations

import pytest

from local.ecs.account.quirks import Quirks
from tests.harness.desk import Desk


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("", "华东1\uff08杭州\uff09"),
        ("zh-CN", "华东1\uff08杭州\uff09"),
        ("en-US", "China (Hangzhou)"),
        ("ja", "中国 (杭州)"),
    ],
)
def test_regions_are_named_in_the_language_asked_for(language: str, name: str) -> None:
    answer = Desk().ask("DescribeRegions", AcceptLanguage=language, ResourceType="instance")

    regions = {each["RegionId"]: each for each in answer["Regions"]["Region"]}
    assert regions["cn-hangzhou"] == {
        "RegionId": "cn-hangzhou",
        "RegionEndpoint": "ecs.cn-hangzhou.aliyuncs.com",
        "LocalName": name,
        "Status": "available",
    }


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"AcceptLanguage": "fr"}, (404, "InvalidAcceptLanguage.NotFound")),
        ({"ResourceType": "ship"}, (404, "InvalidResourceType.NotFound")),
        ({"InstanceChargeType": "Free"}, (404, "InvalidInstanceChargeType.NotFound")),
    ],
    ids=str,
)
def test_a_wrong_question_about_regions_is_refused(
    parameters: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert Desk().refusal("DescribeRegions", **parameters) == refusal


@pytest.mark.parametrize(
    ("parameters", "original", "trade"),
    [
        ({}, 0.5396, 0.5396),
        ({"Amount": "10"}, 5.396, 5.396),
        ({"SpotStrategy": "SpotAsPriceGo", "ZoneId": "cn-hangzhou-h"}, 0.5396, 0.1236),
        ({"SpotStrategy": "NoSpot"}, 0.5396, 0.5396),
        ({"PriceUnit": "Month"}, 174.8304, 174.8304),
        ({"PriceUnit": "Month", "Period": "2"}, 349.6608, 349.6608),
        ({"PriceUnit": "Year"}, 1783.2701, 1783.2701),
        ({"SystemDisk.Category": "cloud_essd", "SystemDisk.Size": "100"}, 0.659, 0.659),
        ({"DataDisk.1.Size": "100"}, 0.5886, 0.5886),
        ({"InternetMaxBandwidthOut": "10"}, 0.5396, 0.5396),
        (
            {"InternetMaxBandwidthOut": "10", "InternetChargeType": "PayByBandwidth"},
            1.1696,
            1.1696,
        ),
    ],
    ids=str,
)
def test_a_price_is_the_sum_of_its_parts(
    parameters: dict[str, str], original: float, trade: float
) -> None:
    answer = Desk().ask("DescribePrice", InstanceType="ecs.c7.large", **parameters)

    price = answer["PriceInfo"]["Price"]
    parts = price["DetailInfos"]["ResourcePriceModel"]
    assert price["OriginalPrice"] == pytest.approx(original, abs=1e-3)
    assert price["TradePrice"] == pytest.approx(trade, abs=1e-3)
    assert price["DiscountPrice"] == pytest.approx(original - trade, abs=1e-3)
    assert price["Currency"] == "CNY"
    assert sum(part["TradePrice"] for part in parts) == pytest.approx(trade, abs=1e-3)


@pytest.mark.parametrize(
    ("quirks", "inner"),
    [
        (Quirks(), "ResourcePriceModel"),
        (Quirks(price_parts_are_detail_info=True), "DetailInfo"),
    ],
    ids=["as-the-reference", "as-the-newest-sdk"],
)
def test_the_parts_of_a_price_have_two_names(quirks: Quirks, inner: str) -> None:
    answer = Desk(quirks=quirks).ask("DescribePrice", InstanceType="ecs.c7.large")

    assert set(answer["PriceInfo"]["Price"]["DetailInfos"]) == {inner}


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"InstanceType": ""}, (404, "InvalidInstanceType.Missing")),
        ({"InstanceType": "ecs.x1.huge"}, (400, "InvalidInstanceType.ValueNotSupported")),
        ({"ResourceType": "bandwidth"}, (400, "InvalidResourceType.ValueNotSupported")),
        ({"PriceUnit": "Week"}, (400, "InvalidPriceUnit.ValueNotSupported")),
        ({"Period": "0"}, (400, "InvalidPeriod")),
        ({"Amount": "1001"}, (403, "InvalidAmount.Malformed")),
        ({"SpotStrategy": "SpotAsPriceGo"}, (400, "MissingZoneId")),
        ({"SystemDisk.Size": "x"}, (400, "InvalidSystemDiskSize.ValueNotSupported")),
    ],
    ids=str,
)
def test_a_wrong_question_about_prices_is_refused(
    parameters: dict[str, str], refusal: tuple[int, str]
) -> None:
    asked = {"InstanceType": "ecs.c7.large"} | parameters

    assert Desk().refusal("DescribePrice", **asked) == refusal
