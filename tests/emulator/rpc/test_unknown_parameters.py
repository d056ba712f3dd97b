"""Parameters that the emulator does not have are refused: ignored ones would choose too much."""

from __future__ import annotations

import re

import pytest

from local.ecs.account.model import Status
from local.ecs.account.quirks import Quirks
from local.ecs.errors import EcsError
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.operations import OPERATIONS
from local.ecs.rpc.reference import COMMON, check_parameters, documented
from tests.harness.desk import ROOT, Deny, Desk, names

WEB = InstanceSpec("web", instance_id="i-web", tags={"team": "web"})
DB = InstanceSpec("db", instance_id="i-db")


def refused(desk: Desk, action: str, **parameters: str) -> EcsError:
    with pytest.raises(EcsError) as caught:
        desk.ask(action, ROOT, **parameters)
    return caught.value


@pytest.mark.parametrize("action", OPERATIONS)
def test_every_operation_refuses_what_it_does_not_have(action: str) -> None:
    with pytest.raises(EcsError) as caught:
        check_parameters(action, {"RegionId": "cn-hangzhou", "Coffee": "1"}, unknown_too=True)

    assert (caught.value.status, caught.value.code) == (400, "UnsupportedParameter")
    assert f"The emulator refuses Coffee: {action} has no such parameter" in caught.value.message


@pytest.mark.parametrize("action", OPERATIONS)
def test_every_operation_takes_what_it_has_and_what_all_are_sent(action: str) -> None:
    known = documented(action)
    emulated = [
        form for form in known.forms if not {form, form.partition(".")[0]} & known.not_emulated
    ]
    sent = {re.sub(r"\bN\b", "12", form): "1" for form in (*emulated, *COMMON - {"DryRun"})}

    check_parameters(action, sent, unknown_too=True)


@pytest.mark.parametrize(
    ("action", "sent", "meant"),
    [
        ("DescribeInstances", "Tags.1.Key", "Tag.N.Key"),
        ("DescribeInstances", "Tag.1.Keys", "Tag.N.Key"),
        ("DescribeInstances", "tag.1.key", "Tag.N.Key"),
        ("DescribeInstances", "Filter.1.Values", "Filter.N.Value"),
        ("DescribeInstances", "InstanceId.1", "InstanceIds"),
        ("DescribeDisks", "diskIds", "DiskIds"),
        ("StopInstances", "InstanceIds", "InstanceId.N"),
        ("StopInstances", "StopMode", "StoppedMode"),
        ("RunInstances", "DataDisks.1.Size", "DataDisk.N.Size"),
        ("RunInstances", "SystemDisk.1.Size", "SystemDisk.Size"),
        ("DescribeVpcs", "VpcIds", "VpcId"),
        ("CreateSnapshotGroup", "RetentionDays", "InstantAccessRetentionDays"),
    ],
)
def test_a_misspelt_parameter_is_refused_and_the_right_one_named(
    action: str, sent: str, meant: str
) -> None:
    told = refused(Desk(WEB), action, **{sent: "x"})

    assert f"The emulator refuses {sent}: " in told.message
    assert told.message.endswith(f"did you mean {meant}?)")


def test_nothing_is_done_and_ram_is_not_asked_before() -> None:
    desk, ram = Desk(WEB), Deny()

    refused(desk, "StopInstance", InstanceId="i-web", Forced="true")

    assert desk.instance.status is Status.RUNNING
    assert ram.asked == []


def test_what_programs_in_use_send_besides_is_ignored() -> None:
    assert names(Desk(WEB, DB), on="DescribeInstances") == ["web", "db"]


def test_without_a_value_it_asks_for_nothing() -> None:
    assert names(Desk(WEB, DB), Tags__1__Key="") == ["web", "db"]


def test_by_the_quirk_it_is_ignored_as_by_ecs() -> None:
    as_ecs = Desk(WEB, DB, quirks=Quirks(unknown_parameters_are_refused=False))

    assert names(as_ecs, Tags__1__Key="team") == ["web", "db"]
    assert names(as_ecs, Tag__1__Key="team") == ["web"]


@pytest.mark.parametrize("unknown_too", [True, False])
@pytest.mark.parametrize(
    ("action", "sent"),
    [
        ("DescribeInstances", {"HpcClusterId": "hpc-1"}),
        ("DescribeDisks", {"Filter.1.Key": "CreationStartTime"}),
        ("DescribeSnapshots", {"Encrypted": "false"}),
        ("DescribePrice", {"Capacity": "5"}),
        ("StopInstance", {"Hibernate": "true"}),
        ("CreateVpc", {"EnableIpv6": "true"}),
        ("AttachDisk", {"Bootable": "true"}),
        ("CreateImage", {"Architecture": "arm64"}),
        ("RunInstances", {"CpuOptions.Core": "2"}),
        ("RunInstances", {"DataDisk.3.EncryptAlgorithm": "SM4"}),
        ("RunInstances", {"NetworkInterface.1.Ipv6Address.1": "2001:db8::1"}),
        ("AuthorizeSecurityGroup", {"Permissions.2.SourcePrefixListId": "pl-1"}),
    ],
)
def test_what_ecs_has_and_the_emulator_has_not_is_refused(
    action: str, sent: dict[str, str], *, unknown_too: bool
) -> None:
    with pytest.raises(EcsError) as caught:
        check_parameters(action, sent, unknown_too=unknown_too)

    (name,) = sent
    assert caught.value.message.endswith(f"(The emulator does not know {name}.)")


def test_a_change_may_say_that_it_wants_what_there_is_anyway() -> None:
    ipv4 = {"EnableIpv6": "false", "Ipv6Isp": ""}

    check_parameters("CreateVpc", ipv4, unknown_too=True)
    check_parameters("CreateImage", {"Architecture": "x86_64"}, unknown_too=True)


@pytest.mark.parametrize("action", OPERATIONS)
def test_what_is_not_emulated_is_documented(action: str) -> None:
    known = documented(action)

    assert known.not_emulated <= known.forms | known.parameters


@pytest.mark.parametrize("number", ["9" * 5_000, "1" * 10, "\u0661", "-1", "1.2"])
def test_a_number_in_a_name_is_a_short_one(number: str) -> None:
    told = refused(Desk(WEB), "StopInstances", **{f"InstanceId.{number}": "i-web"})

    assert told.code == "UnsupportedParameter"


def test_a_dry_run_of_a_change_that_has_none_changes_nothing() -> None:
    desk = Desk(WEB)

    told = refused(desk, "TagResources", DryRun="true", ResourceType="instance", ResourceId="i-web")

    assert "The emulator refuses DryRun: TagResources has no such parameter" in told.message
    assert desk.instance.tags == {"team": "web"}
