"""Every refusal in the table is reached, in ECS's own words, and raised nowhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import pytest

from local.ecs.account.durations import DEFAULT_DURATIONS, NO_TIME, Durations
from local.ecs.account.model import ChargeType, LockReason, NetworkType, Status
from local.ecs.account.quirks import DEFAULT_QUIRKS, Quirks
from local.ecs.clock import MANUAL_START
from local.ecs.engine import Caller
from local.ecs.errors import EcsError, Refusal
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from tests.harness.desk import ROOT, Deny, Desk

Given = dict[str, str | tuple[str, ...]]

IDS_101 = tuple(f"i-{number}" for number in range(101))
JSON_101 = json.dumps(IDS_101)
RUN: Given = {"ImageId": "x.vhd", "InstanceType": "ecs.c7.large"}
TAG: Given = {"ResourceType": "instance", "ResourceId": ("i-web",), "Tag.1.Key": "key"}
PRICE: Given = {"InstanceType": "ecs.c7.large"}
WEB = InstanceSpec("web", instance_id="i-web")


@dataclass(frozen=True)
class Case:
    """A request that meets one refusal; the instance is ``i-web``, its disk ``d-web``."""

    action: str
    given: Given = field(default_factory=dict)
    spec: InstanceSpec = WEB
    before: tuple[tuple[str, Given], ...] = ()
    details: dict[str, str] = field(default_factory=dict)
    caller: Caller = ROOT
    durations: Durations = DEFAULT_DURATIONS
    quirks: Quirks = DEFAULT_QUIRKS


STOPPED = replace(WEB, status=Status.STOPPED)
PRE_PAID = replace(WEB, charge_type=ChargeType.PRE_PAID)
SEIZED = replace(WEB, locks=(LockReason.SECURITY,))
ID: Given = {"InstanceId": "i-web"}
GONE: Given = {"InstanceId": "i-gone"}
DISK: Given = {"DiskId": "d-web"}
DRY: Given = {"DryRun": "true"}
STOP_CHARGING: Given = ID | {"StoppedMode": "StopCharging"}
NO_SILENCE = Quirks(unsupported_stop_charging_is_refused=True)

CASES: dict[Refusal, Case] = {
    Refusal.UNKNOWN_ACTION: Case("MakeCoffee", details={"name": "MakeCoffee"}),
    Refusal.MISSING: Case("StopInstance", details={"name": "InstanceId"}),
    Refusal.INVALID_PARAMETER: Case(
        "StopInstance", ID | {"StoppedMode": "Hibernate"}, details={"name": "StoppedMode"}
    ),
    Refusal.NOT_EMULATED: Case(
        "DescribeInstances", {"HpcClusterId": "hpc-1"}, details={"name": "HpcClusterId"}
    ),
    Refusal.UNKNOWN_PARAMETER: Case(
        "StopInstance",
        ID | {"Coffee": "black"},
        details={"name": "Coffee", "action": "StopInstance", "hint": ""},
    ),
    Refusal.FORBIDDEN: Case(
        "StopInstance",
        ID,
        caller=Caller("42", Deny()),
    ),
    Refusal.UNKNOWN_REGION: Case("DescribeInstances", {"RegionId": "cn-atlantis"}),
    Refusal.DRY_RUN: Case("StopInstance", ID | DRY),
    Refusal.DRY_RUN_OF_BATCH: Case("StopInstances", {"InstanceId": ("i-web",)} | DRY),
    Refusal.TOKEN_REUSED: Case(
        "RunInstances",
        RUN | {"ClientToken": "t", "Amount": "2"},
        before=(("RunInstances", RUN | {"ClientToken": "t"}),),
    ),
    Refusal.TOKEN_MALFORMED: Case("RunInstances", RUN | {"ClientToken": "t" * 65}),
    Refusal.UNKNOWN_INSTANCE: Case("StopInstance", GONE),
    Refusal.UNKNOWN_INSTANCES: Case("StopInstances", {"InstanceId": ("i-gone",)}),
    Refusal.NO_INSTANCE_IDS: Case("StopInstances"),
    Refusal.TOO_MANY_INSTANCE_IDS: Case("DescribeInstanceStatus", {"InstanceId": IDS_101}),
    Refusal.MALFORMED_INSTANCE_IDS: Case("StartInstances", {"InstanceId": ("web",)}),
    Refusal.INSTANCE_IDS_FILTER: Case("DescribeInstances", {"InstanceIds": JSON_101}),
    Refusal.INCORRECT_POWER_STATUS: Case(
        "StopInstance", ID, STOPPED, details={"status": "Stopped", "expected": "Running"}
    ),
    Refusal.LOCKED_FOR_SECURITY: Case("StopInstance", ID, SEIZED),
    Refusal.EXPIRED_OR_IN_ARREARS: Case(
        "StartInstance", ID, replace(WEB, status=Status.STOPPED, locks=(LockReason.FINANCIAL,))
    ),
    Refusal.SUBSCRIPTION_OVER: Case(
        "StartInstance", ID, replace(PRE_PAID, status=Status.STOPPED, expires_at=MANUAL_START)
    ),
    Refusal.CLASSIC_STOP_CHARGING: Case(
        "StopInstance",
        STOP_CHARGING,
        replace(WEB, network=NetworkType.CLASSIC),
        quirks=NO_SILENCE,
    ),
    Refusal.PRE_PAID_STOP_CHARGING: Case(
        "StopInstance", STOP_CHARGING, PRE_PAID, quirks=NO_SILENCE
    ),
    Refusal.LOCAL_DISK_STOP_CHARGING: Case(
        "StopInstance",
        STOP_CHARGING,
        replace(WEB, instance_type="ecs.i3.xlarge"),
        quirks=NO_SILENCE,
    ),
    Refusal.TOO_MANY_CREATIONS: Case("RunInstances", RUN, quirks=Quirks(creations_per_minute=0)),
    Refusal.INCORRECT_STATUS: Case("DeleteInstance", ID),
    Refusal.INITIALIZING: Case("DeleteInstance", ID, replace(WEB, status=Status.PENDING)),
    Refusal.DELETION_PROTECTED: Case("DeleteInstance", ID, replace(WEB, deletion_protection=True)),
    Refusal.CHARGE_TYPE: Case("ModifyInstanceAutoReleaseTime", ID, PRE_PAID),
    Refusal.SEVERAL_REGIONS: Case(
        "DeleteInstances", {"InstanceId": ("i-web",), "RegionId": "cn-shanghai"}
    ),
    Refusal.MALFORMED_DELETION_IDS: Case("DeleteInstances", {"InstanceId": ("web",)}),
    Refusal.NO_RELEASE_INSTANCE_ID: Case("ModifyInstanceAutoReleaseTime"),
    Refusal.AUTO_RELEASE_TIME: Case(
        "ModifyInstanceAutoReleaseTime", ID | {"AutoReleaseTime": "soon"}
    ),
    Refusal.NO_SUCH_RESOURCE: Case("ModifyInstanceAutoReleaseTime", GONE),
    Refusal.PROTECTION_NOT_VALID: Case(
        "ModifyInstanceAttribute", ID | {"DeletionProtection": "true"}, PRE_PAID
    ),
    Refusal.PASSWORD: Case("ModifyInstanceAttribute", ID | {"Password": "only-lower-case"}),
    Refusal.INSTANCE_NAME: Case("ModifyInstanceAttribute", ID | {"InstanceName": "1"}),
    Refusal.INSTANCE_DESCRIPTION: Case("ModifyInstanceAttribute", ID | {"Description": "1"}),
    Refusal.UNKNOWN_CHARGE_TYPE: Case("DescribeInstances", {"InstanceChargeType": "Free"}),
    Refusal.UNKNOWN_LOCK_REASON: Case("DescribeInstances", {"LockReason": "lost-key"}),
    Refusal.UNKNOWN_FILTER_KEY: Case("DescribeInstances", {"Filter.1.Key": "Colour"}),
    Refusal.UNKNOWN_NETWORK_TYPE: Case("DescribeInstances", {"InstanceNetworkType": "wifi"}),
    Refusal.UNKNOWN_STATUS: Case("DescribeInstances", {"Status": "Asleep"}),
    Refusal.UNKNOWN_ZONE: Case("DescribeInstanceStatus", {"ZoneId": "cn-hangzhou-z"}),
    Refusal.TAG_MISMATCH: Case("DescribeInstances", {"Tag.1.Value": "dev"}),
    Refusal.TAG_COUNT: Case(
        "DescribeInstances", {f"Tag.{number}.Key": "k" for number in range(21)}
    ),
    Refusal.TOO_MANY_DISK_IDS: Case("DescribeDisks", {"DiskIds": JSON_101}),
    Refusal.MALFORMED_DISK_IDS: Case("DescribeDisks", {"DiskIds": "d-1"}),
    Refusal.DISK_TYPE: Case("DescribeDisks", {"DiskType": "floppy"}),
    Refusal.DISK_STATUS: Case("DescribeDisks", {"Status": "Lost"}),
    Refusal.UNKNOWN_DISK: Case("CreateSnapshot", {"DiskId": "d-gone"}),
    Refusal.SNAPSHOT_IDS: Case("DescribeSnapshots", {"SnapshotIds": JSON_101}),
    Refusal.SNAPSHOT_TYPE: Case("DescribeSnapshots", {"SnapshotType": "odd"}),
    Refusal.SNAPSHOT_NAME: Case("CreateSnapshot", DISK | {"SnapshotName": "auto"}),
    Refusal.SNAPSHOT_GROUP_NAME: Case("CreateSnapshotGroup", ID | {"Name": "auto"}),
    Refusal.SNAPSHOT_DESCRIPTION: Case("CreateSnapshot", DISK | {"Description": "x"}),
    Refusal.RETENTION_DAYS: Case("CreateSnapshot", DISK | {"RetentionDays": "0"}),
    Refusal.SNAPSHOT_IN_PROGRESS: Case("CreateSnapshot", DISK, before=(("CreateSnapshot", DISK),)),
    Refusal.SNAPSHOT_OF_BUSY_INSTANCE: Case(
        "CreateSnapshot", DISK, replace(WEB, status=Status.STARTING)
    ),
    Refusal.SNAPSHOT_OF_LOCKED_INSTANCE: Case("CreateSnapshot", DISK, SEIZED),
    Refusal.SNAPSHOT_QUOTA: Case(
        "CreateSnapshot", DISK, before=(("CreateSnapshot", DISK),) * 256, durations=NO_TIME
    ),
    Refusal.DISK_CATEGORY: Case(
        "CreateSnapshot", DISK, replace(WEB, system_disk=DiskSpec(894, "local_ssd_pro"))
    ),
    Refusal.NO_RESOURCE_TYPE: Case("TagResources", TAG | {"ResourceType": ""}),
    Refusal.NO_TAG_REGION: Case("TagResources", TAG | {"RegionId": ""}),
    Refusal.NO_TAGS: Case("TagResources", TAG | {"Tag.1.Key": ()}),
    Refusal.NO_RESOURCE_IDS: Case("TagResources", TAG | {"ResourceId": ()}),
    Refusal.TOO_MANY_RESOURCE_IDS: Case("TagResources", TAG | {"ResourceId": IDS_101}),
    Refusal.TOO_MANY_TAGS: Case(
        "TagResources", TAG | {f"Tag.{number}.Key": f"k{number}" for number in range(21)}
    ),
    Refusal.DUPLICATE_TAG_KEY: Case("TagResources", TAG | {"Tag.2.Key": "key"}),
    Refusal.TAG_KEY: Case("TagResources", TAG | {"Tag.1.Key": "acs:key"}),
    Refusal.TAG_VALUE: Case("TagResources", TAG | {"Tag.1.Value": "http://x"}),
    Refusal.TAG_QUOTA: Case(
        "TagResources", TAG, replace(WEB, tags={f"k{number}": "" for number in range(20)})
    ),
    Refusal.UNKNOWN_RESOURCE: Case("TagResources", TAG | {"ResourceId": ("i-gone",)}),
    Refusal.UNKNOWN_RESOURCE_TYPE: Case("TagResources", TAG | {"ResourceType": "ship"}),
    Refusal.ACCEPT_LANGUAGE: Case("DescribeRegions", {"AcceptLanguage": "fr"}),
    Refusal.PRICED_RESOURCE_TYPE: Case("DescribePrice", PRICE | {"ResourceType": "ship"}),
    Refusal.PRICE_UNIT: Case("DescribePrice", PRICE | {"PriceUnit": "Week"}),
    Refusal.PRICED_AMOUNT: Case("DescribePrice", PRICE | {"Amount": "0"}),
    Refusal.NO_INSTANCE_TYPE: Case("DescribePrice"),
    Refusal.INSTANCE_TYPE: Case("DescribePrice", {"InstanceType": "ecs.x1.huge"}),
    Refusal.PERIOD: Case("DescribePrice", PRICE | {"Period": "0"}),
    Refusal.NOT_SUPPLIED: Case("RunInstances", RUN | {"ImageId": ""}, details={"name": "ImageId"}),
    Refusal.AMOUNT: Case("RunInstances", RUN | {"Amount": "101"}),
    Refusal.MIN_AMOUNT: Case("RunInstances", RUN | {"MinAmount": "2"}),
    Refusal.INTERNET_CHARGE_TYPE: Case("RunInstances", RUN | {"InternetChargeType": "PayByLuck"}),
    Refusal.BANDWIDTH_OUT: Case("RunInstances", RUN | {"InternetMaxBandwidthOut": "101"}),
    Refusal.BANDWIDTH_IN: Case("RunInstances", RUN | {"InternetMaxBandwidthIn": "0"}),
    Refusal.HOST_NAME: Case("RunInstances", RUN | {"HostName": "-"}),
    Refusal.SPOT_STRATEGY: Case("RunInstances", RUN | {"SpotStrategy": "Cheap"}),
    Refusal.SPOT_PREPAID: Case(
        "RunInstances", RUN | {"SpotStrategy": "SpotAsPriceGo", "InstanceChargeType": "PrePaid"}
    ),
    Refusal.SYSTEM_DISK_CATEGORY: Case("RunInstances", RUN | {"SystemDisk.Category": "tape"}),
    Refusal.SYSTEM_DISK_SIZE: Case("RunInstances", RUN | {"SystemDisk.Size": "1"}),
    Refusal.DATA_DISK_CATEGORY: Case("RunInstances", RUN | {"DataDisk.1.Category": "tape"}),
    Refusal.DATA_DISK_SIZE: Case("RunInstances", RUN | {"DataDisk.1.Size": "1"}),
}


@pytest.mark.parametrize("refusal", Refusal, ids=lambda refusal: refusal.name)
def test_each_refusal_is_reached_in_ecs_words(refusal: Refusal) -> None:
    case = CASES[refusal]
    desk = Desk(case.spec, durations=case.durations, quirks=case.quirks)
    disk_id = desk.instance.disk_ids[0]

    def actual(given: Given) -> Given:
        return {key: disk_id if value == "d-web" else value for key, value in given.items()}

    for action, given in case.before:
        desk.ask(action, **actual(given))
    with pytest.raises(EcsError) as caught:
        desk.ask(case.action, case.caller, **actual(case.given))

    expected = refusal.error(**case.details)
    told = caught.value
    assert (told.status, told.code, told.message) == (
        expected.status,
        expected.code,
        expected.message,
    )


def test_no_two_rows_say_the_same() -> None:
    rows = [(each.status, each.code, each.message) for each in Refusal]

    assert len(set(rows)) == len(rows) == len(Refusal.__members__)


def test_an_error_reads_well() -> None:
    error = Refusal.MISSING.error(name="RegionId")

    assert str(error) == "400 MissingRegionId: RegionId is mandatory for this action."


def test_a_detail_left_out_is_noticed() -> None:
    with pytest.raises(KeyError):
        Refusal.INCORRECT_POWER_STATUS.error(status="Running")


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("StopInstances", {"InstanceId": ("i-web",)}),
        ("StartInstance", ID),
        ("RebootInstance", ID),
        ("DeleteInstance", ID),
        ("DeleteInstances", {"InstanceId": ("i-web", "i-gone")}),
        ("ModifyInstanceAutoReleaseTime", ID),
        ("ModifyInstanceAttribute", ID | {"DeletionProtection": "false"}),
        ("DescribeInstanceAttribute", ID),
        ("CreateSnapshot", DISK),
        ("CreateSnapshot", {"DiskId": "d-gone"}),
        ("CreateSnapshotGroup", ID),
        ("TagResources", TAG),
        ("UntagResources", {"ResourceType": "instance", "ResourceId": ("i-web",), "All": "true"}),
        ("DescribePrice", PRICE),
        ("RunInstances", RUN),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_ram_is_asked_before_anything_else_is_told(action: str, given: Given) -> None:
    desk = Desk(SEIZED)
    before = desk.ecs.instances()
    disk_id = desk.instance.disk_ids[0]
    actual = {key: disk_id if value == "d-web" else value for key, value in given.items()}

    refusal = desk.refusal(action, Caller(authorizer=Deny()), **actual)

    assert refusal == (403, "Forbidden.RAM")
    assert desk.ecs.instances() == before
