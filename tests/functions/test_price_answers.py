"""What ECS may answer when it is asked for prices: what is not beyond doubt is unknown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.describe import handler
from local.ecs.fleet.fleet import SHANGHAI, DiskSpec
from tests.functions.test_describe_prices import of, priced, questions
from tests.harness.call import Body, Call

NAN = float("nan")
FORM = "ECS does not say what the parts of the price are"
NONE = "ECS returned an invalid price"
WHOLE = "the parts of the price that ECS answers are not the whole"
UNNAMED = "ECS does not say in which currency the price is"


def prices_as(**change: object) -> Any:  # noqa: ANN401  # what Call.shown takes
    def changed(_: object, body: Body) -> Body:
        price = body["PriceInfo"]["Price"]
        return {"PriceInfo": {"Price": {**price, **change}}}

    return changed


def parts(**costs: object) -> dict[str, object]:
    rows = [{"Resource": name, "OriginalPrice": cost} for name, cost in costs.items()]
    return {"DetailInfos": {"ResourcePriceModel": rows}}


def of_all(total: object, **costs: object) -> dict[str, object]:
    return {"OriginalPrice": total, **parts(**costs)}


def odd_answers() -> Iterator[Any]:
    yield pytest.param({"DetailInfos": {}}, FORM, id="no-parts")
    yield pytest.param({"DetailInfos": None}, FORM, id="null")
    yield pytest.param({"OriginalPrice": "dear"}, FORM, id="no-number")
    yield pytest.param({"OriginalPrice": 10**400}, FORM, id="huge")
    yield pytest.param(of_all(1, instanceType=[1]), FORM, id="list")
    yield pytest.param(of_all(1, instanceType="1"), FORM, id="text")
    yield pytest.param(of_all(1, instanceType=True), FORM, id="true")
    yield pytest.param(of_all(0, instanceType=0), NONE, id="nothing")
    yield pytest.param({"OriginalPrice": NAN}, NONE, id="nan")
    yield pytest.param(of_all(1, instanceType=float("inf")), NONE, id="inf")
    yield pytest.param(of_all(1, instanceType=1, systemDisk=NAN), NONE, id="nan-last")
    yield pytest.param(of_all(1, instanceType=2, systemDisk=-1), NONE, id="negative")
    yield pytest.param(of_all(1, instanceType=1, instance=-0.5), NONE, id="negative-twice")
    yield pytest.param(of_all(2e6, instanceType=1e6, systemDisk=1e6), NONE, id="too-dear")
    yield pytest.param(of_all(3, instanceType=1, systemDisk=1), WHOLE, id="not-the-whole")
    for named in ("instanceType", "systemDisk"):
        other = "systemDisk" if named == "instanceType" else "instanceType"
        why = f"ECS answers no price of: {named}"
        yield pytest.param(of_all(1, **{other: 1}), why, id=f"without-{named}")
        yield pytest.param(of_all(1, **{other: 1, named: 0}), why, id=f"{named}-for-nothing")
        yield pytest.param(of_all(1, **{other: 1, named: 1e-7}), why, id=f"{named}-for-a-trace")
    for strange, shown in {"moonlight": "moonlight", 7: "7", None: "None"}.items():
        rows = [{"Resource": strange, "OriginalPrice": 1}]
        why = f"ECS names parts that are not understood: {shown}"
        odd = {"OriginalPrice": 1, "DetailInfos": {"ResourcePriceModel": rows}}
        yield pytest.param(odd, why, id=f"strange-part-{shown}")
    for name, currency in {"no": None, "long": "CNY" * 9_999, "marked": "<b>\u202e"}.items():
        yield pytest.param({"Currency": currency}, UNNAMED, id=f"{name}-currency")


@pytest.mark.parametrize(("change", "why"), [*odd_answers()])
def test_a_price_that_is_not_understood_is_unknown_and_never_nothing(
    call: Call, change: dict[str, object], why: str
) -> None:
    call.by_sdk = False  # NaN is no JSON
    call.fleet(of("i-1"))
    call.shown("DescribePrice", prices_as(**change))

    report = call(handler, {"all": True, "prices": True})

    assert report["instances"][0]["list_price"] is None
    assert report["warnings"] == [
        "list price unknown for 1 instance in cn-hangzhou: DescribePrice of ecs.g7.large: " + why
    ]
    assert json.dumps(report, allow_nan=False)


def test_names_of_parts_are_not_repeated_at_any_length(call: Call) -> None:
    call.by_sdk = False
    call.fleet(of("i-1"))
    call.shown("DescribePrice", prices_as(**of_all(1, **{"moonlight" * 999: 1})))

    [warning] = call(handler, {"all": True, "prices": True})["warnings"]

    assert len(warning) < 300


def test_no_price_is_told_in_the_currency_of_another(call: Call) -> None:
    call.by_sdk = False
    call.fleet(
        of("i-1"),
        of("i-2"),
        of("i-3", instance_type="ecs.c7.large"),
        of("i-4", instance_type="ecs.c7.large", region=SHANGHAI),
    )
    currencies = iter(["CNY", "USD", "USD"])

    def changed(_: object, body: Body) -> Body:
        price = body["PriceInfo"]["Price"]
        return {"PriceInfo": {"Price": {**price, "Currency": next(currencies)}}}

    call.shown("DescribePrice", changed)

    request = {"all": True, "prices": True, "regions": ["cn-hangzhou", "cn-shanghai"]}
    report = call(handler, request)

    prices = {one["id"]: one["list_price"] for one in report["instances"]}
    assert {name: price and price["currency"] for name, price in prices.items()} == {
        "i-1": "CNY",
        "i-2": "CNY",
        "i-3": None,
        "i-4": "USD",
    }
    [warning] = report["warnings"]
    assert warning.endswith("of ecs.c7.large: ECS answers it in USD, and others in CNY")


def test_what_was_answered_of_a_configuration_counts_before_what_was_of_another(
    call: Call,
) -> None:
    """That a part costs the same everywhere is not confirmed."""
    call.by_sdk = False
    call.fleet(of("i-1"), of("i-2"), of("i-3", instance_type="ecs.c7.large"))
    answers = iter([(3, 2, 1), (9, 4, 5)])

    def changed(asked: Any, body: Body) -> Body:  # noqa: ANN401  # what Call.shown gives
        total, instance, disk = next(answers)
        answer = prices_as(**of_all(total, instanceType=instance, systemDisk=disk))(asked, body)
        return dict(answer)

    call.shown("DescribePrice", changed)

    prices = priced(call)

    assert {name: price["hour"] for name, price in prices.items()} == {"i-1": 3, "i-2": 3, "i-3": 9}
    assert questions(call) == 2


def test_a_disk_that_two_pages_show_is_paid_for_once(call: Call) -> None:
    call.by_sdk = False
    call.fleet(of("i-1", data_disks=(DiskSpec(size_gib=100),)), of("i-2", data_disks=()))
    once = priced(call)

    def twice(_: object, body: Body) -> Body:
        disks = body["Disks"]["Disk"]
        return {**body, "Disks": {"Disk": [*disks, *disks]}}

    call.shown("DescribeDisks", twice)

    assert priced(call) == once
    assert all(once.values())


def test_of_two_system_disks_neither_has_a_price(call: Call) -> None:
    def with_another(_: object, body: Body) -> Body:
        disks = body["Disks"]["Disk"]
        others = [{**one, "DiskId": f"{one['DiskId']}x", "Size": 999} for one in disks]
        return {**body, "Disks": {"Disk": [*disks, *others]}}

    call.by_sdk = False
    call.fleet(of("i-1"))
    call.shown("DescribeDisks", with_another)

    assert priced(call) == {"i-1": None}
