"""describe with prices, over the emulator: rates, never guesses; at most twenty questions."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.describe import handler
from local.ecs.account.model import (
    ChargeType,
    InternetChargeType,
    NetworkType,
    SpotStrategy,
    Status,
)
from local.ecs.account.quirks import Quirks
from local.ecs.fleet.fleet import SHANGHAI, DiskSpec, InstanceSpec
from local.ecs.gateway.faults import Cut, Refuse
from tests.harness.call import Body, Call

DISK = DiskSpec(size_gib=40, category="cloud_essd")
DISK_PRICE = 40 * 0.00139


def priced(call: Call, **request: object) -> dict[str, Any]:
    """By id, what the report says of each price."""
    report = call(handler, {"all": True, "prices": True, **request})
    assert report["outcome"] == "complete"
    return {one["id"]: one["list_price"] for one in report["instances"]}


def questions(call: Call) -> int:
    return call.actions().count("DescribePrice")


def of(instance_id: str, **fields: Any) -> InstanceSpec:  # noqa: ANN401  # any field
    return InstanceSpec(instance_id=instance_id, **{"system_disk": DISK, **fields})


def test_nobody_is_told_a_price_who_did_not_ask(call: Call) -> None:
    call.fleet(of("i-1"))

    report = call(handler, {"all": True})

    assert "list_price" not in report["instances"][0]
    assert call.actions() == ["DescribeInstances"]


@pytest.mark.parametrize("detail_info", [False, True], ids=["as-the-reference", "as-the-sdk"])
def test_the_disks_go_on_costing_and_the_rest_ends(call: Call, *, detail_info: bool) -> None:
    data = DiskSpec(size_gib=100, category="cloud_efficiency")
    call.fleet(
        of("i-1"),
        of("i-2", instance_type="ecs.c7.large", data_disks=(data, data)),
        of("i-3", status=Status.STOPPED),
        quirks=Quirks(price_parts_are_detail_info=detail_info),
    )

    prices = priced(call)

    small = {"hour": round(0.67 + DISK_PRICE, 4), "ends": 0.67, "currency": "CNY"}
    disks = DISK_PRICE + 200 * 0.00049
    large = {"hour": round(0.52 + disks, 4), "ends": 0.52, "currency": "CNY"}
    assert prices == {"i-1": small, "i-2": large, "i-3": small}
    assert questions(call) == 2


def test_where_economical_mode_has_no_effect_nothing_ends(call: Call) -> None:
    call.fleet(
        of("i-1", instance_type="ecs.i3.xlarge"), of("i-2", network=NetworkType.CLASSIC), of("i-3")
    )

    prices = priced(call)

    assert [prices[one]["ends"] for one in ("i-1", "i-2", "i-3")] == [0.0, 0.0, 0.67]
    assert prices["i-1"]["hour"] == pytest.approx(2.41 + DISK_PRICE, abs=1e-4)


def test_what_is_not_paid_by_the_hour_has_no_price_an_hour(call: Call) -> None:
    call.fleet(
        of("i-1", charge_type=ChargeType.PRE_PAID),
        of("i-2", spot_strategy=SpotStrategy.AS_PRICE_GOES),
        of("i-3", spot_strategy=SpotStrategy.AS_PRICE_GOES),
    )

    report = call(handler, {"all": True, "prices": True})

    assert [one["list_price"] for one in report["instances"]] == [None] * 3
    assert report["warnings"] == [
        "no hourly list price for 2 instances in cn-hangzhou: spot instance",
        "no hourly list price for 1 instance in cn-hangzhou: subscription",
    ]
    assert questions(call) == 0


def test_a_bandwidth_that_is_paid_by_its_size_ends_with_its_address(call: Call) -> None:
    by_size = InternetChargeType.BY_BANDWIDTH
    call.fleet(
        of("i-1", has_public_ip=True, bandwidth_out=5, internet_charge_type=by_size),
        of("i-2", has_public_ip=True, bandwidth_out=5),
        of("i-3", has_eip=True, bandwidth_out=5, internet_charge_type=by_size),
    )

    prices = priced(call)

    assert prices["i-1"]["ends"] == pytest.approx(0.67 + 5 * 0.063)
    assert [prices[one]["ends"] for one in ("i-2", "i-3")] == [0.67, 0.67]


def test_what_is_known_of_the_parts_is_not_asked_again(call: Call) -> None:
    """Six types and six disks are 36 configurations, but eleven questions at the most."""
    types = [f"ecs.{family}7.{size}" for family in "cg" for size in ("large", "xlarge", "2xlarge")]
    sizes = range(40, 46)
    call.fleet(
        *(
            of(f"i-{kind}{size}", instance_type=name, system_disk=DiskSpec(size_gib=size))
            for kind, name in enumerate(types)
            for size in sizes
        )
    )

    prices = priced(call)

    assert all(prices.values())
    assert len({str(one) for one in prices.values()}) == 36
    assert questions(call) <= 11


def test_more_than_twenty_questions_are_not_asked_and_the_rest_is_unknown(call: Call) -> None:
    call.fleet(
        *(of(f"i-{size:02}", system_disk=DiskSpec(size_gib=40 + size)) for size in range(25)),
        *(of(f"i-9{size}", system_disk=DiskSpec(size_gib=64)) for size in range(3)),
    )

    report = call(handler, {"all": True, "prices": True})

    unknown = [one["id"] for one in report["instances"] if one["list_price"] is None]
    assert questions(call) == 20
    assert len(unknown) == 5
    assert not set(unknown) & {"i-24", "i-90", "i-91", "i-92"}, "what most have is asked first"
    [warning] = report["warnings"]
    assert warning == (
        "list price unknown for 5 instances in cn-hangzhou: 20 calls of DescribePrice are not "
        "enough for all; describe fewer"
    )


def test_throttled_questions_count_too(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.ecs.prices.MOST_TIME", timedelta(hours=20))
    call.fleet(of("i-1"), of("i-2", instance_type="ecs.c7.large"))
    call.ecs.faults.add(Refuse(action="DescribePrice", status=400, code="Throttling.User"))

    report = call(handler, {"all": True, "prices": True}, timeout_s=86_400)

    assert report["outcome"] == "complete"
    assert [one["list_price"] for one in report["instances"]] == [None, None]
    assert questions(call) == 20


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        pytest.param(
            Refuse(action="DescribePrice", status=400, code="PriceNotFound", times=1),
            "DescribePrice of ecs.g7.large: PriceNotFound",
            id="refused",
        ),
        pytest.param(
            Cut(action="DescribePrice", times=1),
            "DescribePrice: nothing readable came back",
            id="cut",
        ),
    ],
)
def test_a_price_that_is_not_answered_is_unknown_and_the_report_complete(
    call: Call, fault: Refuse | Cut, why: str
) -> None:
    call.by_sdk = False
    call.fleet(of("i-1"), of("i-2"), of("i-3", instance_type="ecs.c7.large", region=SHANGHAI))
    call.ecs.faults.add(fault)

    report = call(handler, {"all": True, "prices": True, "regions": ["cn-hangzhou", "cn-shanghai"]})

    assert report["outcome"] == "complete"
    assert {one["id"]: bool(one["list_price"]) for one in report["instances"]} == {
        "i-1": False,
        "i-2": False,
        "i-3": True,
    }
    assert report["warnings"] == [f"list price unknown for 2 instances in cn-hangzhou: {why}"]


def test_the_messages_of_a_list_share_what_is_known(call: Call) -> None:
    call.fleet(of("i-1"), of("i-2"))
    events = [json.dumps({"instance_ids": [one], "prices": True}) for one in ("i-1", "i-2")]

    answer = call(handler, json.dumps(events).encode())

    assert all(one["instances"][0]["list_price"] for one in answer["reports"])
    assert questions(call) == 1


def test_disks_that_cannot_be_read_make_the_price_unknown(call: Call) -> None:
    def without_size(_: object, body: Body) -> Body:
        first, *others = body["Disks"]["Disk"]
        return {"Disks": {"Disk": [{**first, "Size": "large"}, *others]}}

    call.fleet(of("i-1"), of("i-2"))
    call.shown("DescribeDisks", without_size)

    prices = priced(call)

    assert min(prices.values(), key=bool) is None
    assert any(prices.values())
