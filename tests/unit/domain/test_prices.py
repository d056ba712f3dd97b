"""What decides the list price of an instance, part by part."""

from __future__ import annotations

from datetime import datetime, timezone

import msgspec
import pytest

from shared.domain.instance import Bought, Instance, Status
from shared.domain.prices import (
    Configuration,
    Disks,
    ListPrice,
    PricedDisk,
    configuration,
    list_price,
    why_without_price,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
SYSTEM, DATA = PricedDisk("cloud_essd", 40, "PL1"), PricedDisk("cloud_essd", 100, "PL0")
LOCAL = PricedDisk("local_ssd_pro", 900)
SEEN = Instance(
    "i-1",
    "cn-hangzhou",
    NOW,
    Status.RUNNING,
    instance_type="ecs.g7.large",
    charge_type="PostPaid",
    public_ip="192.0.2.1",
    bought=Bought(image_id="win2022", network="vpc", fixed_mbps=5),
)


def seen(**fields: object) -> Instance:
    return msgspec.structs.replace(SEEN, **fields)


def test_a_configuration_is_all_that_decides_a_price() -> None:
    made = configuration(SEEN, Disks(SYSTEM, (DATA, LOCAL)))

    assert made == Configuration(
        "cn-hangzhou", "ecs.g7.large", "vpc", "win2022", 5, Disks(SYSTEM, (DATA,))
    )


def test_the_order_of_data_disks_decides_nothing() -> None:
    other = PricedDisk("cloud_auto", 20)

    assert configuration(SEEN, Disks(SYSTEM, (DATA, other))) == configuration(
        SEEN, Disks(SYSTEM, (other, DATA))
    )


def test_bandwidth_is_paid_for_with_a_static_address_alone() -> None:
    assert configuration(seen(public_ip=""), Disks()).mbps == 0


def test_each_part_is_known_by_all_that_decides_what_it_costs() -> None:
    assert configuration(SEEN, Disks(SYSTEM, (DATA,))).parts() == {
        "instanceType": ("cn-hangzhou", "ecs.g7.large", "vpc"),
        "image": ("cn-hangzhou", "ecs.g7.large", "win2022"),
        "systemDisk": ("cn-hangzhou", SYSTEM),
        "dataDisk": ("cn-hangzhou", DATA),
        "bandwidth": ("cn-hangzhou", 5),
    }


def test_what_is_not_there_is_no_part() -> None:
    parts = configuration(seen(public_ip=""), Disks(SYSTEM)).parts()

    assert list(parts) == ["instanceType", "image", "systemDisk"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, ""),
        ({"status": Status.GONE}, "not shown by ECS"),
        ({"unreadable": "no status"}, "not shown by ECS"),
        ({"instance_type": ""}, "not shown by ECS"),
        ({"charge_type": "PrePaid"}, "subscription"),
        ({"charge_type": ""}, "unknown charge type"),
        ({"charge_type": "PayByMoon"}, "unknown charge type"),
        ({"bought": Bought(is_spot=True)}, "spot instance"),
    ],
)
def test_who_has_no_list_price_and_why(fields: dict[str, object], why: str) -> None:
    assert why_without_price(seen(**fields)) == why


PARTS = {"instanceType": 0.5, "image": 0.2, "bandwidth": 0.1, "systemDisk": 0.03, "dataDisk": 0.04}


@pytest.mark.parametrize(
    ("fields", "ends"), [({}, 0.8), ({"has_local_disks": True}, 0.0)], ids=["plain", "local-disks"]
)
def test_in_economical_mode_all_ends_but_the_disks(fields: dict[str, object], ends: float) -> None:
    assert list_price(seen(**fields), PARTS, "CNY") == ListPrice(0.87, ends, "CNY")


def test_a_sum_has_no_more_digits_than_a_price() -> None:
    parts = {"instanceType": 0.1234564, "image": 0.0000004}

    assert list_price(SEEN, parts, "CNY") == ListPrice(0.123457, 0.123457, "CNY")
