"""New instances."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.ecs.account.model import ChargeType, SpotStrategy, Status
from local.ecs.account.quirks import Quirks
from local.ecs.rpc.sequences import in_sequence
from tests.harness.desk import Desk, iso

PLAIN = {"ImageId": "ubuntu_24_04_x64", "InstanceType": "ecs.c7.large"}


def test_new_instances_start_by_themselves() -> None:
    desk = Desk()

    answer = desk.ask("RunInstances", Amount="2", InstanceName="runner", **PLAIN)

    seen = [desk.instance.status]
    for seconds in (2, 5):
        desk.pass_time(seconds)
        seen.append(desk.instance.status)
    assert answer["InstanceIdSets"]["InstanceIdSet"] == list(desk.ids())
    assert [each.name for each in desk.ecs.instances()] == ["runner", "runner"]
    assert seen == [Status.PENDING, Status.STARTING, Status.RUNNING]
    assert all(len(each) == 22 and each.startswith("i-bp1") for each in desk.ids())


def test_an_instance_that_is_created_waits_to_be_started() -> None:
    desk = Desk()

    answer = desk.ask("CreateInstance", InstanceName="runner", ClientToken="t", **PLAIN)
    again = desk.ask("CreateInstance", InstanceName="runner", ClientToken="t", **PLAIN)
    desk.pass_time(600)
    waiting = desk.instance.status
    desk.ask("StartInstance", InstanceId=desk.instance_id)
    desk.pass_time(600)

    assert answer["InstanceId"] == again["InstanceId"] == desk.instance_id
    assert [waiting, desk.instance.status] == [Status.STOPPED, Status.RUNNING]


def test_what_is_asked_for_is_what_is_made() -> None:
    desk = Desk()
    desk.ask("CreateKeyPair", KeyPairName="ops")

    answer = desk.ask(
        "RunInstances",
        InstanceName="runner-1",
        Description="of the pipeline",
        ZoneId="cn-hangzhou-k",
        KeyPairName="ops",
        ResourceGroupId="rg-1",
        SpotStrategy="SpotAsPriceGo",
        InternetMaxBandwidthOut="5",
        AutoReleaseTime=iso(desk, hours=2, seconds=30),
        SystemDisk__Size="60",
        SystemDisk__Category="cloud_ssd",
        DataDisk__1__Size="100",
        DataDisk__1__DeleteWithInstance="false",
        DataDisk__1__DiskName="cache",
        Tag__1__Key="purpose",
        Tag__1__Value="ci-runner",
        **PLAIN,
    )

    made = desk.instance
    assert answer["TradePrice"] == pytest.approx(0.52 * 0.2 + 160 * 0.00139, abs=1e-4)
    assert "OrderId" not in answer
    assert made.tags == {"purpose": "ci-runner"}
    assert (made.name, made.description, made.zone) == (
        "runner-1",
        "of the pipeline",
        "cn-hangzhou-k",
    )
    assert (made.key_pair, made.resource_group_id, made.image_id) == (
        "ops",
        "rg-1",
        "ubuntu_24_04_x64",
    )
    assert made.spot_strategy is SpotStrategy.AS_PRICE_GOES
    assert made.public_ip.startswith("198.51.100.")
    assert made.auto_release_at == desk.clock.now() + timedelta(hours=2)
    assert [
        (each.name, each.category, each.size_gib, each.delete_with_instance)
        for each in desk.ecs.disks()
    ] == [("", "cloud_ssd", 60, True), ("cache", "cloud_essd", 100, False)]


def test_disks_have_tags_and_resource_group_of_the_instance_that_is_made() -> None:
    desk = Desk()

    desk.ask(
        "RunInstances",
        Tag__1__Key="purpose",
        Tag__1__Value="ci-runner",
        DataDisk__1__Size="100",
        ResourceGroupId="rg-1",
        **PLAIN,
    )

    shown = desk.ask("DescribeDisks", Tag__1__Key="purpose")["Disks"]["Disk"]
    tags = {"Tag": [{"TagKey": "purpose", "TagValue": "ci-runner"}]}
    assert [(each["Tags"], each["ResourceGroupId"]) for each in shown] == [(tags, "rg-1")] * 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("web-[0,3]-x", ["web-000-x", "web-001-x", "web-002-x"]),
        ("web-[8,1]", ["web-8", "web-9", "web-0"]),
        ("web-[99]", ["web-000099", "web-000100", "web-000101"]),
        ("web-[,2]", ["web-00", "web-01", "web-02"]),
        ("web-[]x", ["web-000000x", "web-000001x", "web-000002x"]),
        ("web-[123,2]", ["web-000123", "web-000124", "web-000125"]),
        ("[0,3]-x", ["[0,3]-x"] * 3),
        ("web-[0, 3]", ["web-[0, 3]"] * 3),
        ("web", ["web"] * 3),
    ],
)
def test_names_in_sequence_have_their_numbers(name: str, expected: list[str]) -> None:
    assert list(in_sequence(name, 3)) == expected


def test_new_instances_have_names_in_sequence() -> None:
    desk = Desk()

    desk.ask("RunInstances", Amount="2", InstanceName="web-[7,2]-x", UniqueSuffix="true", **PLAIN)
    refused = desk.refusal("RunInstances", InstanceName="web-[0, 3]", **PLAIN)

    assert [each.name for each in desk.ecs.instances()] == ["web-07-x", "web-08-x"]
    assert refused == (400, "InvalidInstanceName.Malformed")


def test_a_new_instance_really_is_released_at_its_time() -> None:
    desk = Desk()
    desk.ask("RunInstances", AutoReleaseTime=iso(desk, minutes=30), **PLAIN)

    desk.pass_time(30 * 60)

    assert desk.ids() == ()


def test_a_subscription_has_an_order_and_an_end() -> None:
    desk = Desk()

    answer = desk.ask("RunInstances", InstanceChargeType="PrePaid", Period="2", **PLAIN)

    assert answer["OrderId"].isdecimal()
    assert desk.instance.charge_type is ChargeType.PRE_PAID
    assert desk.instance.expires_at == desk.clock.now() + timedelta(days=60)


def test_a_unique_suffix_numbers_the_names() -> None:
    desk = Desk()

    desk.ask("RunInstances", Amount="3", InstanceName="web", UniqueSuffix="true", **PLAIN)

    assert [each.name for each in desk.ecs.instances()] == ["web001", "web002", "web003"]


def test_an_instance_without_a_name_is_called_by_its_id() -> None:
    desk = Desk()

    desk.ask("RunInstances", **PLAIN)

    assert desk.instance.name == desk.instance_id


def test_a_repeated_token_makes_nothing_new() -> None:
    desk = Desk()
    first = desk.ask("RunInstances", ClientToken="build-7", **PLAIN)

    again = desk.ask("RunInstances", ClientToken="build-7", **PLAIN)

    assert first == again
    assert len(desk.ids()) == 1


def test_a_minute_makes_so_many_instances_and_no_more() -> None:
    desk = Desk(quirks=Quirks(creations_per_minute=150))
    asked = {"ImageId": "x.vhd", "InstanceType": "ecs.c7.large", "Amount": "100"}

    desk.ask("RunInstances", **asked)
    refusal = desk.refusal("RunInstances", **asked)
    elsewhere = desk.refusal("RunInstances", RegionId="cn-shanghai", **asked)
    desk.ask("RunInstances", **{**asked, "Amount": "50"})
    desk.pass_time(60)
    desk.ask("RunInstances", **asked)

    assert refusal == elsewhere == (400, "Throttling")
    assert len(desk.ids()) == 250


def test_ids_are_never_used_again() -> None:
    desk = Desk()
    made = []

    for _ in range(3):
        made += desk.ask("RunInstances", **PLAIN)["InstanceIdSets"]["InstanceIdSet"]
        desk.ecs.release(made[-1])

    assert len(set(made)) == 3


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"ImageId": ""}, (400, "MissingParameter")),
        ({"InstanceType": ""}, (400, "MissingParameter")),
        ({"InstanceType": "ecs.x1.huge"}, (400, "InvalidInstanceType.ValueNotSupported")),
        ({"Amount": "0"}, (403, "InvalidParam.Amount")),
        ({"Amount": "101"}, (403, "InvalidParam.Amount")),
        ({"MinAmount": "2"}, (400, "InvalidMinAmount.Malformed")),
        ({"ZoneId": "cn-hangzhou-z"}, (404, "InvalidZoneId.NotFound")),
        ({"InstanceName": "1"}, (400, "InvalidInstanceName.Malformed")),
        ({"Description": "x"}, (400, "InvalidDescription.Malformed")),
        ({"AutoReleaseTime": "soon"}, (400, "InvalidAutoReleaseTime.Malformed")),
        ({"InstanceChargeType": "Free"}, (404, "InvalidInstanceChargeType.NotFound")),
        ({"InstanceChargeType": "PrePaid"}, (400, "InvalidPeriod")),
        (
            {"InstanceChargeType": "PrePaid", "AutoReleaseTime": "2026-11-24T10:00:00Z"},
            (403, "ChargeTypeViolation"),
        ),
        ({"SpotStrategy": "Cheap"}, (400, "InvalidSpotStrategy")),
        (
            {"SpotStrategy": "SpotAsPriceGo", "InstanceChargeType": "PrePaid"},
            (400, "InvalidSpotPrepaid"),
        ),
        (
            {"SpotStrategy": "SpotAsPriceGo", "DeletionProtection": "true"},
            (403, "InvalidChargeType.ValueNotSupported"),
        ),
        ({"SystemDisk.Category": "tape"}, (400, "InvalidSystemDiskCategory.ValueNotSupported")),
        ({"SystemDisk.Size": "1"}, (400, "InvalidSystemDiskSize.ValueNotSupported")),
        ({"DataDisk.1.Category": "tape"}, (400, "InvalidDataDiskCategory.ValueNotSupported")),
        ({"DataDisk.1.Size": "99999"}, (400, "InvalidDataDiskSize.ValueNotSupported")),
        ({f"DataDisk.{n}.Size": "20" for n in range(1, 18)}, (403, "InstanceDiskNumLimitExceed")),
        ({"Tag.1.Key": "acs:x"}, (400, "InvalidTagKey.Malformed")),
        ({"DryRun": "true"}, (400, "DryRunOperation")),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_cannot_be_made_is_refused(
    parameters: dict[str, str], refusal: tuple[int, str]
) -> None:
    desk = Desk()

    assert desk.refusal("RunInstances", **(PLAIN | parameters)) == refusal
    assert desk.ids() == ()
