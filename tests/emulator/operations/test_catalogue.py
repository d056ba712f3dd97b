"""Zones, instance types and their families, as they are listed."""

from __future__ import annotations

import pytest

from local.ecs.account.catalog import INSTANCE_TYPES
from local.ecs.account.regions import REGIONS
from local.ecs.engine import Caller
from tests.harness.desk import Deny, Desk


@pytest.mark.parametrize(
    ("region", "language", "first", "name"),
    [
        ("cn-hangzhou", "", "cn-hangzhou-b", "杭州 可用区B"),
        ("cn-hangzhou", "en-US", "cn-hangzhou-b", "Hangzhou Zone B"),
        ("us-west-1", "en-US", "us-west-1a", "Silicon Valley Zone A"),
        ("ap-southeast-1", "en-US", "ap-southeast-1a", "Singapore Zone A"),
    ],
)
def test_the_zones_of_a_region_are_named_in_the_language_asked_for(
    region: str, language: str, first: str, name: str
) -> None:
    zones = Desk().ask("DescribeZones", RegionId=region, AcceptLanguage=language)["Zones"]["Zone"]

    assert [zone["ZoneId"] for zone in zones] == list(REGIONS[region].zones)
    assert (zones[0]["ZoneId"], zones[0]["LocalName"]) == (first, name)
    assert "ecs.g7.large" in zones[0]["AvailableInstanceTypes"]["InstanceTypes"]
    assert "cloud_essd" in zones[0]["AvailableDiskCategories"]["DiskCategories"]


def test_all_29_regions_have_zones_and_a_default_among_them() -> None:
    desk = Desk()
    regions = desk.ask("DescribeRegions")["Regions"]["Region"]

    assert len(regions) == 29
    assert {each["RegionId"] for each in regions} == REGIONS.keys()
    assert all(each.default_zone in each.zones for each in REGIONS.values())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"InstanceTypes": ("ecs.g7.large", "ecs.t6-c1m1.large")},
            ["ecs.g7.large", "ecs.t6-c1m1.large"],
        ),
        (
            {"InstanceTypeFamily": "ecs.t6", "MaximumMemorySize": "1.5"},
            ["ecs.t6-c2m1.large", "ecs.t6-c4m1.large"],
        ),
        ({"InstanceTypeFamily": "ecs.g8y", "MinimumCpuCoreCount": "64"}, ["ecs.g8y.16xlarge"]),
        ({"InstanceTypeFamily": "ecs.g8y", "CpuArchitecture": "X86"}, []),
        (
            {"InstanceTypeFamily": "ecs.gn6i", "MaximumCpuCoreCount": "8"},
            ["ecs.gn6i-c4g1.xlarge", "ecs.gn6i-c8g1.2xlarge"],
        ),
        (
            {"InstanceTypeFamily": "ecs.c7", "MinimumMemorySize": "200"},
            ["ecs.c7.32xlarge"],
        ),
    ],
    ids=str,
)
def test_instance_types_are_found_by_name_family_and_size(
    given: dict[str, str | tuple[str, ...]], expected: list[str]
) -> None:
    found = Desk().ask("DescribeInstanceTypes", **given)["InstanceTypes"]["InstanceType"]

    assert sorted(each["InstanceTypeId"] for each in found) == expected


def test_an_instance_type_has_the_form_of_the_platform() -> None:
    ask = Desk().ask

    plain, local, graphic = (
        ask("DescribeInstanceTypes", InstanceTypes__1=name)["InstanceTypes"]["InstanceType"][0]
        for name in ("ecs.t5-lc2m1.nano", "ecs.i3.xlarge", "ecs.gn6i-c4g1.xlarge")
    )

    assert plain == {
        "CpuArchitecture": "X86",
        "CpuCoreCount": 1,
        "DiskQuantity": 17,
        "EniIpv6AddressQuantity": 2,
        "EniPrivateIpAddressQuantity": 2,
        "EniQuantity": 2,
        "GPUAmount": 0,
        "GPUSpec": "",
        "InstanceFamilyLevel": "CreditEntryLevel",
        "InstanceTypeFamily": "ecs.t5",
        "InstanceTypeId": "ecs.t5-lc2m1.nano",
        "LocalStorageCategory": "",
        "MemorySize": 0.5,
    }
    local_disk = ("LocalStorageAmount", "LocalStorageCapacity", "LocalStorageCategory")
    assert [local[name] for name in local_disk] == [1, 894, "local_ssd_pro"]
    assert (graphic["GPUAmount"], graphic["GPUSpec"]) == (1, "NVIDIA T4")


def test_all_types_come_in_pages_that_a_token_leads_through() -> None:
    desk, found, token = Desk(), [], ""
    while True:
        page = desk.ask("DescribeInstanceTypes", MaxResults="300", NextToken=token)
        found += [each["InstanceTypeId"] for each in page["InstanceTypes"]["InstanceType"]]
        token = page["NextToken"]
        if not token:
            break

    assert found == list(INSTANCE_TYPES)


def test_a_filter_of_instance_types_that_is_not_emulated_is_refused() -> None:
    desk = Desk()

    assert desk.refusal("DescribeInstanceTypes", GPUSpec="NVIDIA T4")[1] == "UnsupportedParameter"
    many = tuple(f"ecs.g7.{number}xlarge" for number in range(11))
    assert desk.refusal("DescribeInstanceTypes", InstanceTypes=many)[1] == "InvalidParameter"
    assert desk.refusal("DescribeInstanceTypes", MinimumMemorySize="x")[1] == "InvalidParameter"


@pytest.mark.parametrize(
    ("family", "generation"),
    [("ecs.g5", "ecs-4"), ("ecs.t6", "ecs-5"), ("ecs.hfc7", "ecs-6"), ("ecs.ebmg6e", "ecs-5")],
)
def test_a_family_is_of_the_generation_that_the_reference_gives(
    family: str, generation: str
) -> None:
    answer = Desk().ask("DescribeInstanceTypeFamilies", Generation=generation)

    rows = answer["InstanceTypeFamilies"]["InstanceTypeFamily"]
    assert {"InstanceTypeFamilyId": family, "Generation": generation} in rows
    assert {row["Generation"] for row in rows} == {generation}


def test_without_permission_the_catalogue_is_empty() -> None:
    desk, nobody = Desk(), Caller(authorizer=Deny())

    assert desk.ask("DescribeZones", nobody) == {"Zones": {"Zone": []}}
    assert desk.ask("DescribeInstanceTypes", nobody)["InstanceTypes"] == {"InstanceType": []}


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("NextToken", "-5"), ("MinimumMemorySize", "nan"), ("MaximumMemorySize", "1e999")],
)
def test_a_number_that_is_none_is_refused(parameter: str, value: str) -> None:
    refusal = Desk().refusal("DescribeInstanceTypes", **{parameter: value})

    assert refusal == (400, "InvalidParameter")
