"""What the zones sell, as DescribeAvailableResource lists it."""

from __future__ import annotations

import pytest

from tests.harness.desk import Desk


def values(desk: Desk, **given: str) -> list[str]:
    """What the first zone sells."""
    (zone, *_) = desk.ask("DescribeAvailableResource", **given)["AvailableZones"]["AvailableZone"]
    (resource,) = zone["AvailableResources"]["AvailableResource"]
    return [each["Value"] for each in resource["SupportedResources"]["SupportedResource"]]


@pytest.mark.parametrize(
    ("given", "some"),
    [
        ({"DestinationResource": "InstanceType", "Cores": "2", "Memory": "8"}, "ecs.g7.large"),
        ({"DestinationResource": "InstanceType", "InstanceType": "ecs.c7.large"}, "ecs.c7.large"),
        ({"DestinationResource": "InstanceType", "Memory": "0.5"}, "ecs.t5-lc2m1.nano"),
        ({"DestinationResource": "SystemDisk"}, "cloud_essd"),
        ({"DestinationResource": "DataDisk", "DataDiskCategory": "cloud_auto"}, "cloud_auto"),
        ({"DestinationResource": "IoOptimized"}, "optimized"),
        ({"DestinationResource": "Network"}, "vpc"),
    ],
    ids=str,
)
def test_a_zone_sells_what_is_asked_for(given: dict[str, str], some: str) -> None:
    assert some in values(Desk(), **given)


def test_types_have_the_cores_and_the_memory_that_are_asked_for() -> None:
    asked = {"DestinationResource": "InstanceType", "Cores": "2", "Memory": "8"}

    found = values(Desk(), **asked)

    assert "ecs.c7.large" not in found
    assert "ecs.g7.xlarge" not in found


def test_one_zone_or_all_are_listed() -> None:
    asked = {"RegionId": "cn-shenzhen", "DestinationResource": "InstanceType"}
    ask = Desk().ask

    every = ask("DescribeAvailableResource", **asked)["AvailableZones"]["AvailableZone"]
    one = ask("DescribeAvailableResource", **asked, ZoneId="cn-shenzhen-e")["AvailableZones"]

    assert len(every) == 6
    assert [zone["ZoneId"] for zone in one["AvailableZone"]] == ["cn-shenzhen-e"]
    assert {zone["StatusCategory"] for zone in every} == {"WithStock"}


def test_a_disk_is_listed_with_its_sizes() -> None:
    asked = {"DestinationResource": "DataDisk", "DataDiskCategory": "cloud_essd"}
    (zone, *_) = Desk().ask("DescribeAvailableResource", **asked)["AvailableZones"]["AvailableZone"]
    (resource,) = zone["AvailableResources"]["AvailableResource"]

    assert resource["SupportedResources"]["SupportedResource"] == [
        {
            "Max": 65536,
            "Min": 20,
            "Status": "Available",
            "StatusCategory": "WithStock",
            "Unit": "GiB",
            "Value": "cloud_essd",
        }
    ]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({}, (400, "Invalid.Param")),
        ({"DestinationResource": "Moon"}, (404, "Invalid.DestinationResource")),
        ({"InstanceChargeType": "Never"}, (400, "Invalid.InstanceChargeType")),
        ({"SpotStrategy": "Maybe"}, (404, "Invalid.SpotStrategy")),
        ({"IoOptimized": "yes"}, (404, "Invalid.IoOptimized")),
        ({"NetworkCategory": "tin"}, (404, "Invalid.NetworkCategory")),
        (
            {"InstanceType": "ecs.g7.large", "Cores": "2"},
            (403, "InvalidParam.TypeAndCpuMem.Conflict"),
        ),
    ],
    ids=str,
)
def test_a_wrong_question_is_refused(given: dict[str, str], refusal: tuple[int, str]) -> None:
    asked = {"DestinationResource": "InstanceType", **given} if given else {}

    assert Desk().refusal("DescribeAvailableResource", **asked) == refusal
