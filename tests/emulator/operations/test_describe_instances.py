"""Lists of instances: filters, pages, what an entry looks like, what is left out."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from local.ecs.account.catalog import INSTANCE_TYPES
from local.ecs.account.model import (
    ChargeType,
    LockReason,
    NetworkType,
    SpotStrategy,
    Status,
    StoppedMode,
)
from local.ecs.account.network import default_vpc_id, default_vswitch_id
from local.ecs.account.quirks import Quirks
from local.ecs.clock import MANUAL_START
from local.ecs.errors import EcsError
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.rpc import render
from tests.harness.desk import REGION, Desk, iso, names

LONG_AGO = MANUAL_START - timedelta(days=10)


def many(count: int) -> Desk:
    return Desk(*(InstanceSpec(f"web-{number:03d}") for number in range(count)))


@pytest.fixture(scope="module")
def mixed() -> Desk:
    """One of each kind; read only."""
    return Desk(
        InstanceSpec("web-1", tags={"env": "dev", "team": "a"}, has_public_ip=True, has_eip=True),
        InstanceSpec("web-2", tags={"env": "prod"}, zone="cn-hangzhou-k", key_pair="ops"),
        InstanceSpec("db.1", instance_type="ecs.r7.large", status=Status.STOPPED),
        InstanceSpec("yearly", charge_type=ChargeType.PRE_PAID, created_at=LONG_AGO),
        InstanceSpec("unpaid", locks=(LockReason.FINANCIAL,), resource_group_id="rg-1"),
        InstanceSpec("old", network=NetworkType.CLASSIC, image_id="old.vhd"),
        InstanceSpec("far", region="cn-shanghai", tags={"env": "dev"}),
    )


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ["web-1", "web-2", "db.1", "yearly", "unpaid", "old"]),
        ({"RegionId": "cn-shanghai"}, ["far"]),
        ({"RegionId": "cn-beijing"}, []),
        ({"InstanceName": "web-1"}, ["web-1"]),
        ({"InstanceName": "web"}, []),
        ({"InstanceName": "web-*"}, ["web-1", "web-2"]),
        ({"InstanceName": "*b*1"}, ["web-1", "db.1"]),
        ({"InstanceName": "w*-*"}, ["web-1", "web-2"]),
        ({"InstanceName": "web-1*1"}, []),
        ({"InstanceName": "*"}, ["web-1", "web-2", "db.1", "yearly", "unpaid", "old"]),
        ({"InstanceName": "db?1"}, []),
        ({"Status": "Stopped"}, ["db.1"]),
        ({"InstanceChargeType": "PrePaid"}, ["yearly"]),
        ({"InstanceNetworkType": "classic"}, ["old"]),
        ({"InstanceType": "ecs.r7.large"}, ["db.1"]),
        ({"InstanceTypeFamily": "ecs.r7"}, ["db.1"]),
        ({"ImageId": "old.vhd"}, ["old"]),
        ({"KeyPairName": "ops"}, ["web-2"]),
        ({"ResourceGroupId": "rg-1"}, ["unpaid"]),
        ({"ZoneId": "cn-hangzhou-k"}, ["web-2"]),
        ({"VpcId": "vpc-gone"}, []),
        (
            {"VpcId": default_vpc_id(REGION), "Filter.1.Key": "ExpiredStartTime"}
            | {"Filter.1.Value": "2029-01-01T00:00Z"},
            ["web-1", "web-2", "db.1", "unpaid"],
        ),
        ({"VSwitchId": default_vswitch_id(REGION, "cn-hangzhou-k")}, ["web-2"]),
        ({"LockReason": "financial"}, ["unpaid"]),
        ({"Tag.1.Key": "env"}, ["web-1", "web-2"]),
        ({"Tag.1.Key": "env", "Tag.1.Value": "prod"}, ["web-2"]),
        ({"Tag.1.Key": "env", "Tag.2.Key": "team"}, ["web-1"]),
        ({"Tag.1.Key": "Env"}, []),
        ({"Filter.1.Key": "CreationEndTime", "Filter.1.Value": "2026-11-20T00:00Z"}, ["yearly"]),
        (
            {"Filter.1.Key": "CreationStartTime", "Filter.1.Value": "2026-11-20T00:00Z"},
            ["web-1", "web-2", "db.1", "unpaid", "old"],
        ),
        ({"Filter.1.Key": "ExpiredEndTime", "Filter.1.Value": "2029-01-01T00:00Z"}, ["yearly"]),
        (
            {"Filter.1.Key": "ExpiredStartTime", "Filter.1.Value": "2029-01-01T00:00Z"},
            ["web-1", "web-2", "db.1", "unpaid", "old"],
        ),
        ({"InstanceName": "web-*", "Tag.1.Key": "team"}, ["web-1"]),
        ({"InstanceIds": "[]"}, []),
        ({"InstanceIds": '["i-gone"]'}, []),
        ({"InstanceIds": ""}, ["web-1", "web-2", "db.1", "yearly", "unpaid", "old"]),
        ({"AdditionalAttributes.1": "META_OPTIONS", "Status": "Stopped"}, ["db.1"]),
    ],
    ids=str,
)
def test_every_filter_must_hold(
    mixed: Desk, parameters: dict[str, str], expected: list[str]
) -> None:
    assert names(mixed, **parameters) == expected


def test_instances_are_found_by_address(mixed: Desk) -> None:
    web = mixed.instance

    found = [
        names(mixed, PublicIpAddresses=json.dumps([web.public_ip])),
        names(mixed, EipAddresses=json.dumps([web.eip])),
        names(mixed, PrivateIpAddresses=json.dumps([render.private_ip(web)])),
        names(mixed, EipAddresses='[""]'),
    ]

    assert found == [["web-1"], ["web-1"], ["web-1"], []]


@pytest.mark.parametrize("read", [True, False])
def test_ids_in_single_quotes_are_read_unless_the_quirk_refuses_them(*, read: bool) -> None:
    desk = Desk(InstanceSpec("web-1"), quirks=Quirks(single_quoted_ids_are_read=read))
    printed = str([desk.instance_id, "i-gone"])

    if read:
        assert names(desk, InstanceIds=printed) == ["web-1"]
    else:
        assert desk.refusal("DescribeInstances", InstanceIds=printed)[0] == 403
    assert names(desk, InstanceIds=json.dumps([desk.instance_id])) == ["web-1"]
    for wrong in ("['i-1]", "[i-1]", "'i-1'", "['i\\'1']", "['i-1', \"i-2\"]"):
        assert desk.refusal("DescribeInstances", InstanceIds=wrong)[0] == 403


def test_ids_of_another_region_are_absent(mixed: Desk) -> None:
    ids = json.dumps([each.instance_id for each in mixed.ecs.instances()])

    assert names(mixed, RegionId="cn-shanghai", InstanceIds=ids) == ["far"]


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"Status": "Asleep"}, (404, "InvalidStatus.NotFound")),
        ({"InstanceChargeType": "Free"}, (404, "InvalidInstanceChargeType.NotFound")),
        ({"InstanceNetworkType": "wifi"}, (404, "InvalidNetworkType.NotFound")),
        ({"LockReason": "lost-key"}, (404, "InvalidLockReason.NotFound")),
        ({"Filter.1.Key": "Colour"}, (404, "InvalidFilterKey.NotFound")),
        (
            {"Filter.1.Key": "CreationEndTime", "Filter.1.Value": "2026-11-20"},
            (400, "InvalidParameter"),
        ),
        (
            {"Filter.1.Key": "CreationEndTime", "Filter.1.Value": "2026-11-31T00:00Z"},
            (400, "InvalidParameter"),
        ),
        ({"Tag.1.Value": "dev"}, (400, "InvalidTag.Mismatch")),
        ({f"Tag.{n}.Key": "k" for n in range(1, 22)}, (400, "InvalidTagCount")),
        ({"InstanceIds": "i-1,i-2"}, (403, "InvalidInstanceIds.Malformed")),
        ({"InstanceIds": '{"i": 1}'}, (403, "InvalidInstanceIds.Malformed")),
        ({"InstanceIds": "[1]"}, (403, "InvalidInstanceIds.Malformed")),
        ({"InstanceIds": "[" * 100_000}, (403, "InvalidInstanceIds.Malformed")),
        (
            {"InstanceIds": json.dumps([f"i-{n}" for n in range(101)])},
            (403, "InvalidInstanceIds.Malformed"),
        ),
        ({"MaxResults": "many"}, (400, "InvalidParameter")),
        ({"NextToken": "abc"}, (400, "InvalidParameter")),
        ({"NextToken": "0" * 32}, (400, "InvalidParameter")),
        ({"DryRun": "maybe"}, (400, "InvalidParameter")),
        ({"HpcClusterId": "hpc-1"}, (400, "UnsupportedParameter")),
        ({"RegionId": ""}, (400, "MissingRegionId")),
        ({"RegionId": "cn-atlantis"}, (404, "InvalidRegionId.NotFound")),
        ({"DryRun": "true"}, (400, "DryRunOperation")),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_filter_is_refused(
    mixed: Desk, parameters: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert mixed.refusal("DescribeInstances", **parameters) == refusal


def test_a_list_by_tag_shows_1000_and_not_a_word_about_the_rest() -> None:
    desk = Desk(
        *(InstanceSpec(f"web-{number:03d}", tags={"env": "dev"}) for number in range(50)),
        quirks=Quirks(tag_filter_limit=25),
    )
    tag = {"Tag.1.Key": "env", "Tag.1.Value": "dev"}

    first = desk.ask("DescribeInstances", MaxResults="20", **tag)
    rest = desk.ask("DescribeInstances", MaxResults="20", NextToken=first["NextToken"], **tag)
    by_number = desk.ask("DescribeInstances", PageNumber="1", **tag)

    assert Quirks().tag_filter_limit == 1000
    assert [len(each["Instances"]["Instance"]) for each in (first, rest)] == [20, 5]
    assert (rest["NextToken"], by_number["TotalCount"]) == ("", 25)
    assert len(names(desk)) == 50


def test_a_new_instance_may_be_missing_from_lists_for_a_while() -> None:
    desk = Desk(quirks=Quirks(listing_delay=timedelta(seconds=30)))
    added = desk.ecs.add(InstanceSpec("new"))

    before = names(desk), names(desk, InstanceIds=json.dumps([added.instance_id]))
    status = desk.ask("DescribeInstanceStatus")["TotalCount"]
    desk.pass_time(30)

    assert before == ([], [])
    assert status == 0
    assert names(desk) == ["new"]
    assert desk.ids() == (added.instance_id,)


def test_an_entry_has_the_form_of_the_platform() -> None:
    desk = Desk(
        InstanceSpec("web-1", tags={"env": "dev"}, has_eip=True, created_at=LONG_AGO, key_pair="k")
    )
    desk.ask(
        "ModifyInstanceAutoReleaseTime",
        InstanceId=desk.instance_id,
        AutoReleaseTime=iso(desk, hours=2),
    )

    entry = desk.ask("DescribeInstances")["Instances"]["Instance"][0]

    facts = {
        "AutoReleaseTime": "2026-11-23T12:00Z",
        "CreationTime": "2026-11-13T10:00Z",
        "ExpiredTime": "2099-12-31T15:59Z",
        "StartTime": "2026-11-13T10:00Z",
        "Status": "Running",
        "StoppedMode": "Not-applicable",
        "InstanceChargeType": "PostPaid",
        "SpotStrategy": "NoSpot",
        "DeletionProtection": False,
        "OperationLocks": {"LockReason": []},
        "Tags": {"Tag": [{"TagKey": "env", "TagValue": "dev"}]},
        "KeyPairName": "k",
        "Cpu": 2,
        "Memory": 8192,
        "InstanceTypeFamily": "ecs.g7",
        "ZoneId": "cn-hangzhou-h",
        "VlanId": "",
    }
    assert {key: entry[key] for key in facts} == facts
    assert entry["EipAddress"]["IpAddress"] == desk.instance.eip != ""
    assert entry["VpcAttributes"]["PrivateIpAddress"]["IpAddress"] != []


def test_what_is_not_set_is_shown_in_the_platforms_ways() -> None:
    desk = Desk(InstanceSpec("bare", locks=(LockReason.FINANCIAL, LockReason.SECURITY)))

    entry = desk.ask("DescribeInstances")["Instances"]["Instance"][0]

    assert entry["AutoReleaseTime"] == ""
    assert "Tags" not in entry
    assert "KeyPairName" not in entry
    assert entry["OperationLocks"] == {
        "LockReason": [
            {"LockReason": "financial", "LockMsg": ""},
            {"LockReason": "security", "LockMsg": ""},
        ]
    }


@pytest.mark.parametrize(
    ("spec", "mode"),
    [
        (InstanceSpec("a"), "Not-applicable"),
        (InstanceSpec("b", status=Status.STOPPED), "KeepCharging"),
        (
            InstanceSpec("c", status=Status.STOPPED, stopped_mode=StoppedMode.STOP_CHARGING),
            "StopCharging",
        ),
        (
            InstanceSpec("d", status=Status.STOPPED, charge_type=ChargeType.PRE_PAID),
            "Not-applicable",
        ),
    ],
    ids=["running", "stopped", "stop-charging", "prepaid"],
)
def test_the_stopped_mode_shown_depends_on_status_and_charge_type(
    spec: InstanceSpec, mode: str
) -> None:
    entry = Desk(spec).ask("DescribeInstances")["Instances"]["Instance"][0]

    assert entry["StoppedMode"] == mode


def test_classic_instances_have_no_vpc_and_spot_ones_their_strategy() -> None:
    desk = Desk(
        InstanceSpec("classic", network=NetworkType.CLASSIC),
        InstanceSpec("spot", spot_strategy=SpotStrategy.AS_PRICE_GOES),
    )

    classic, spot = desk.ask("DescribeInstances")["Instances"]["Instance"]

    assert classic["VpcAttributes"]["VpcId"] == ""
    assert classic["NetworkInterfaces"] == {"NetworkInterface": []}
    assert len(classic["InnerIpAddress"]["IpAddress"]) == 1
    assert spot["SpotStrategy"] == "SpotAsPriceGo"


def test_local_disks_are_shown_where_there_are_any() -> None:
    desk = Desk(
        InstanceSpec("one", instance_type="ecs.i3.xlarge"),
        InstanceSpec("many", instance_type="ecs.d1.2xlarge"),
        InstanceSpec("none"),
    )

    one, many_, none = desk.ask("DescribeInstances")["Instances"]["Instance"]

    assert (one["LocalStorageAmount"], one["LocalStorageCapacity"]) == (1, 894)
    assert (many_["LocalStorageAmount"], many_["LocalStorageCapacity"]) == (4, 5500)
    assert {"LocalStorageAmount", "LocalStorageCapacity"}.isdisjoint(none)


def test_only_families_without_local_disks_support_stop_charging() -> None:
    with_local_disks = {each.family for each in INSTANCE_TYPES.values() if each.local_disks}

    assert {"ecs.i2", "ecs.i3", "ecs.d1", "ecs.d2s"} <= with_local_disks
    assert with_local_disks | {"ecs.re6p", "ecs.re6p-redis", "ecs.ebmre6p"} == {
        each.family for each in INSTANCE_TYPES.values() if not each.supports_stop_charging
    }


def test_a_region_that_is_not_there_is_told_as_ecs_tells_it() -> None:
    with pytest.raises(EcsError) as caught:
        Desk().ask("DescribeInstances", RegionId="cn-hangzou")

    assert str(caught.value) == (
        "404 InvalidRegionId.NotFound: The specified RegionId does not exist."
    )


def test_the_attributes_of_one_instance_are_flat_and_fewer() -> None:
    desk = Desk(InstanceSpec("web", tags={"env": "dev"}, locks=(LockReason.FINANCIAL,)))

    answer = desk.ask("DescribeInstanceAttribute", InstanceId=desk.instance_id)

    assert answer["Status"] == "Running"
    assert answer["CreationTime"] == "2026-11-23T10:00:00Z"
    assert answer["OperationLocks"] == {"LockReason": [{"LockReason": "financial"}]}
    assert {"AutoReleaseTime", "DeletionProtection", "Tags"}.isdisjoint(answer)


def test_the_attributes_of_no_instance_are_refused() -> None:
    desk = Desk()

    codes = [
        desk.refusal("DescribeInstanceAttribute", InstanceId="i-gone"),
        desk.refusal("DescribeInstanceAttribute"),
    ]

    assert codes == [(404, "InvalidInstanceId.NotFound"), (400, "MissingInstanceId")]


def test_statuses_come_in_pages_of_50_at_most() -> None:
    desk = many(60)

    answer = desk.ask("DescribeInstanceStatus", InstanceId=desk.ids(), PageSize="100")
    rest = desk.ask("DescribeInstanceStatus", InstanceId=desk.ids(), PageSize="50", PageNumber="2")

    assert len(answer["InstanceStatuses"]["InstanceStatus"]) == 50
    assert (answer["TotalCount"], answer["PageSize"], answer["PageNumber"]) == (60, 50, 1)
    assert rest["InstanceStatuses"]["InstanceStatus"][0] == {
        "InstanceId": desk.ids()[50],
        "Status": "Running",
    }
    assert "NextToken" not in answer


def test_statuses_of_all_instances_of_a_zone(mixed: Desk) -> None:
    everything = mixed.ask("DescribeInstanceStatus")
    zone = mixed.ask("DescribeInstanceStatus", ZoneId="cn-hangzhou-k")

    assert (everything["TotalCount"], zone["TotalCount"]) == (6, 1)
    assert mixed.refusal("DescribeInstanceStatus", ZoneId="cn-hangzhou-z") == (
        404,
        "InvalidZoneId.NotFound",
    )


def test_the_code_for_too_many_ids_can_be_another_one() -> None:
    desk = Desk(quirks=Quirks(too_many_ids_code="InvalidParameter"))
    ids = json.dumps([f"i-{number}" for number in range(101)])

    assert desk.refusal("DescribeInstances", InstanceIds=ids) == (403, "InvalidParameter")
    assert Desk().refusal("DescribeInstances", InstanceIds=ids) == (
        403,
        "InvalidInstanceIds.Malformed",
    )


def test_the_elastic_address_is_told_before_the_public_one(mixed: Desk) -> None:
    """As in the recorded answers: footmark, below Ansible's modules, recurses without end else."""
    told = mixed.ask("DescribeInstances", InstanceName="web-2")
    entry = list(told["Instances"]["Instance"][0])

    assert entry.index("EipAddress") < entry.index("PublicIpAddress")
