"""Each official client, unmodified, takes a machine through its whole life on the emulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.account.network import default_group_id, default_vswitch_id
from local.ecs.clock import ManualClock
from local.ecs.gateway.faults import Refuse
from local.ecs.server import LocalEcs
from tests.clients.adapters import NAMES, REGION, Body, Client, Key, RefusedError

every_client = pytest.mark.parametrize("client", NAMES, indirect=True)

NAME = "CI机器_1.a-b:c"
ODD = "开发 *~+&=%/ 🙂 'a\"b\\<c>"
TAGS = [{"Key": "team", "Value": ODD}, {"Key": "env", "Value": "a+b~c d"}]


def run(client: Client, count: int = 1) -> list[str]:
    """New instances of the smallest kind."""
    answer = client.call(
        "RunInstances",
        InstanceType="ecs.g7.large",
        ImageId="aliyun_3_x64_20G_alibase_20260815.vhd",
        SecurityGroupId=default_group_id(REGION),
        VSwitchId=default_vswitch_id(REGION, f"{REGION}-h"),
        InstanceName=NAME,
        Description=ODD,
        Amount=count,
        Tag=TAGS,
    )
    ids: list[str] = answer["InstanceIdSets"]["InstanceIdSet"]
    return ids


def shown(client: Client, *ids: str) -> list[Body]:
    """How DescribeInstances shows these."""
    answer = client.call("DescribeInstances", InstanceIds=json.dumps(ids), MaxResults=100)
    rows: list[Body] = answer["Instances"]["Instance"]
    return rows


def status(client: Client, one: str) -> str:
    text: str = shown(client, one)[0]["Status"]
    return text


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as refused:
        call()
    return refused.value.code


@every_client
def test_a_machine_is_run_stopped_started_and_deleted(client: Client, clock: ManualClock) -> None:
    (one,) = run(client)
    seen = [status(client, one)]
    for operation in ("StopInstances", "StartInstances", "StopInstances"):
        clock.advance(timedelta(minutes=5))
        seen.append(status(client, one))
        answer = client.call(operation, InstanceId=[one], BatchOptimization="SuccessFirst")
        (member,) = answer["InstanceResponses"]["InstanceResponse"]
        assert (member["InstanceId"], str(member["Code"])) == (one, "200")
        seen.append(status(client, one))
    clock.advance(timedelta(minutes=5))
    client.call("DeleteInstances", InstanceId=[one])
    clock.advance(timedelta(minutes=5))

    assert seen == [
        "Pending",
        *("Running", "Stopping"),
        *("Stopped", "Starting"),
        *("Running", "Stopping"),
    ]
    assert shown(client, one) == []


@every_client
def test_names_and_tags_arrive_as_they_were_sent(client: Client) -> None:
    (one,) = run(client)
    client.call("TagResources", ResourceType="instance", ResourceId=[one], Tag=[*TAGS[:1]])
    client.call("UntagResources", ResourceType="instance", ResourceId=[one], TagKey=["env"])

    (row,) = shown(client, one)
    listed = client.call("ListTagResources", ResourceType="instance", ResourceId=[one])
    filtered = client.call("DescribeInstances", Tag=TAGS[:1], MaxResults=10)

    assert (row["InstanceName"], row["Description"]) == (NAME, ODD)
    assert row["Tags"] == {"Tag": [{"TagKey": "team", "TagValue": ODD}]}
    (tag,) = listed["TagResources"]["TagResource"]
    assert (tag["ResourceId"], tag["TagKey"], tag["TagValue"]) == (one, "team", ODD)
    assert [each["InstanceId"] for each in filtered["Instances"]["Instance"]] == [one]


@every_client
def test_a_list_is_walked_page_by_page(client: Client, ecs: LocalEcs) -> None:
    run(client, count=25)
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = client.call("DescribeInstances", MaxResults=10, **token)
        found += [each["InstanceId"] for each in answer["Instances"]["Instance"]]
        if not answer["NextToken"]:
            break
        token = {"NextToken": answer["NextToken"]}

    assert found == [each.instance_id for each in ecs.engine.instances("cn-hangzhou")]


@every_client
def test_a_disk_is_snapshotted_while_its_machine_is_stopped(
    client: Client, clock: ManualClock
) -> None:
    (one,) = run(client)
    clock.advance(timedelta(minutes=5))
    client.call("StopInstances", InstanceId=[one], ForceStop=True)
    clock.advance(timedelta(minutes=5))
    (disk,) = client.call("DescribeDisks", InstanceId=one)["Disks"]["Disk"]

    taken = client.call(
        "CreateSnapshot", DiskId=disk["DiskId"], RetentionDays=7, ClientToken="t-1"
    )["SnapshotId"]
    again = client.call(
        "CreateSnapshot", DiskId=disk["DiskId"], RetentionDays=7, ClientToken="t-1"
    )["SnapshotId"]
    states = []
    for _ in range(2):
        answer = client.call("DescribeSnapshots", SnapshotIds=json.dumps([taken]))
        (snapshot,) = answer["Snapshots"]["Snapshot"]
        states.append((snapshot["Status"], snapshot["RetentionDays"]))
        clock.advance(timedelta(hours=1))

    assert again == taken
    assert states == [("progressing", 7), ("accomplished", 7)]


@every_client
def test_a_release_time_is_set_cleared_and_kept_by_ecs(client: Client, clock: ManualClock) -> None:
    one, other = run(client, count=2)
    clock.advance(timedelta(minutes=5))
    at = clock.now() + timedelta(hours=2)
    for each in (one, other):
        client.call(
            "ModifyInstanceAutoReleaseTime",
            InstanceId=each,
            AutoReleaseTime=f"{at:%Y-%m-%dT%H:%M:59Z}",
        )
    is_set = [row["AutoReleaseTime"] for row in shown(client, one, other)]
    client.call("ModifyInstanceAutoReleaseTime", InstanceId=one)
    client.call("ModifyInstanceAttribute", InstanceId=other, DeletionProtection=True)
    is_left = [row["AutoReleaseTime"] for row in shown(client, one, other)]
    clock.advance(timedelta(hours=3))

    assert is_set == [f"{at:%Y-%m-%dT%H:%MZ}"] * 2
    assert is_left == ["", f"{at:%Y-%m-%dT%H:%MZ}"]
    assert [row["InstanceId"] for row in shown(client, one, other)] == [one]


@every_client
def test_protection_keeps_a_machine_until_it_is_taken_away(
    client: Client, clock: ManualClock
) -> None:
    (one,) = run(client)
    clock.advance(timedelta(minutes=5))
    client.call("ModifyInstanceAttribute", InstanceId=one, DeletionProtection=True)

    refused = code_of(lambda: client.call("DeleteInstances", InstanceId=[one], Force=True))
    (row,) = shown(client, one)
    client.call("ModifyInstanceAttribute", InstanceId=one, DeletionProtection=False)
    client.call("DeleteInstances", InstanceId=[one], Force=True)
    clock.advance(timedelta(minutes=5))

    assert (refused, row["DeletionProtection"]) == ("InvalidOperation.DeletionProtection", True)
    assert shown(client, one) == []


@every_client
def test_a_hundred_ids_go_in_one_call_and_each_has_its_answer(
    client: Client, clock: ManualClock
) -> None:
    ids = run(client, count=99)
    clock.advance(timedelta(minutes=5))

    answer = client.call(
        "StopInstances", InstanceId=[*ids, "i-nobody"], BatchOptimization="SuccessFirst"
    )
    many = code_of(lambda: client.call("StopInstances", InstanceId=[*ids, "i-a", "i-b"]))

    rows = answer["InstanceResponses"]["InstanceResponse"]
    codes = {row["InstanceId"]: str(row["Code"]) for row in rows}
    assert codes == dict.fromkeys(ids, "200") | {"i-nobody": "InvalidInstanceId.NotFound"}
    assert many == "InvalidParameter.TooManyInstanceIds"


def _running(client: Client) -> str:
    answer = client.call("DescribeInstances", Status="Running", MaxResults=10)
    one: str = answer["Instances"]["Instance"][0]["InstanceId"]
    return one


@every_client
@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        pytest.param("DescribeInstances", {"DryRun": True}, "DryRunOperation", id="dry-look"),
        pytest.param("StopInstances", {"DryRun": True}, "DRYRUN.SUCCESS", id="dry-stop"),
        pytest.param("StartInstances", {}, "IncorrectInstanceStatus", id="start-a-running-one"),
        pytest.param("DeleteInstances", {}, "IncorrectInstanceStatus", id="delete-a-running-one"),
        pytest.param(
            "StopInstance", {"InstanceId": "i-nobody"}, "InvalidInstanceId.NotFound", id="unknown"
        ),
        pytest.param(
            "ModifyInstanceAutoReleaseTime",
            {"InstanceId": "…", "AutoReleaseTime": "2020-01-01T00:00:00Z"},
            "InvalidAutoReleaseTime.Malformed",
            id="a-time-that-is-over",
        ),
        pytest.param("StopInstance", {"InstanceId": ""}, "MissingInstanceId", id="no-id"),
    ],
)
def test_what_ecs_refuses_reaches_the_client_as_its_own_error(
    client: Client, operation: str, parameters: dict[str, Any], code: str
) -> None:
    one = _running(client)
    batch = operation in {"StopInstances", "StartInstances", "DeleteInstances"}
    given = {"InstanceId": [one]} if batch else {}
    named = parameters | ({"InstanceId": one} if parameters.get("InstanceId") == "…" else {})

    assert code_of(lambda: client.call(operation, **given, **named)) == code


@every_client
@pytest.mark.parametrize(
    ("key", "codes"),
    [
        # The older Python SDK compares ECS's string to sign with its own and blames the secret.
        pytest.param(
            Key(secret="wrong"),
            {"SignatureDoesNotMatch", "InvalidAccessKeySecret"},
            id="wrong-secret",
        ),
        pytest.param(Key(id="nobody"), {"InvalidAccessKeyId.NotFound"}, id="unknown-key"),
    ],
)
def test_a_key_that_is_not_right_is_refused_in_ecss_words(
    client: Client, key: Key, codes: set[str]
) -> None:
    assert code_of(lambda: client.with_key(key).call("DescribeInstances")) in codes


@every_client
def test_a_temporary_key_is_taken_with_its_token(client: Client) -> None:
    temporary = client.with_key(Key(token="any-token"))

    assert len(temporary.call("DescribeInstances", MaxResults=10)["Instances"]["Instance"]) == 10


@every_client
def test_throttling_reaches_the_client_as_its_own_error(client: Client, ecs: LocalEcs) -> None:
    ecs.gateway.faults.add(
        Refuse(status=400, code="Throttling.User", message="Request was denied.", times=1)
    )

    assert code_of(lambda: client.call("StopInstances", InstanceId=["i-1"])) == "Throttling.User"
